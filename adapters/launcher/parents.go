package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// runtimeParents are the folders that the runtime may be unpacked into, the best one first. A folder that a person names
// is the only one: another in its place would be a surprise.
func runtimeParents(getenv func(string) string) []string {
	if named := getenv("CLAWDBOT_RUNTIME"); named != "" {
		absolute, err := filepath.Abs(named)
		if err != nil {
			absolute = named
		}
		return []string{absolute}
	}
	user := strconv.Itoa(os.Getuid())
	var parents []string
	if data := getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		parents = append(parents, filepath.Join(data, "clawdbot/runtime"))
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		parents = append(parents, filepath.Join(home, ".local/share/clawdbot/runtime"))
	}
	if executable, err := os.Executable(); err == nil {
		parents = append(parents, filepath.Join(filepath.Dir(executable), ".clawdbot-runtime-"+user))
	}
	return append(parents, "/var/lib/clawdbot/runtime", "/var/tmp/clawdbot-"+user+"/runtime", "/run/user/"+user+"/clawdbot/runtime")
}

// trusted refuses a folder in which somebody else but root could put other programs: it and all folders above it must
// belong to this user or to root, and let nobody else write. It follows symlinks and gives the path without them, so that
// nobody can turn them elsewhere later. The end of the path may be missing yet.
func trusted(folder string) (real string, err error) {
	if strings.Contains(folder, ",") {
		return "", errors.New("a path with a comma can't be given to the runtime")
	}
	missing := ""
	for real, err = filepath.EvalSymlinks(folder); errors.Is(err, fs.ErrNotExist); real, err = filepath.EvalSymlinks(folder) {
		folder, missing = filepath.Dir(folder), filepath.Join(filepath.Base(folder), missing)
	}
	if err != nil {
		return "", err
	}
	for at := real; ; at = filepath.Dir(at) {
		info, err := os.Lstat(at)
		if err != nil {
			return "", err
		}
		owner := info.Sys().(*syscall.Stat_t)
		if int(owner.Uid) != os.Getuid() && owner.Uid != 0 {
			return "", fmt.Errorf("%s belongs to another user", at)
		}
		open := info.Mode() & 0o022
		if at != real || missing != "" {
			// In a sticky folder, as /tmp is, nobody else can move what is ours. A group of the user's own, by its number,
			// is how many systems set up homes.
			if info.Mode()&fs.ModeSticky != 0 {
				open = 0
			} else if owner.Gid == 0 || int(owner.Gid) == os.Getuid() {
				open &= 0o002
			}
		}
		if !info.IsDir() {
			return "", fmt.Errorf("%s isn't a folder", at)
		}
		if open != 0 {
			return "", fmt.Errorf("%s may be written by others", at)
		}
		if at == "/" {
			return filepath.Join(real, missing), nil
		}
	}
}

// usable refuses a file system that no program can be started from, or that has less room than is wanted.
func usable(folder string, wanted int64) error {
	var system syscall.Statfs_t
	if err := syscall.Statfs(folder, &system); err != nil {
		return err
	}
	if system.Flags&noExec != 0 {
		return errors.New("programs can't be run there (mounted noexec)")
	}
	if free := int64(system.Bavail) * int64(system.Bsize); free < wanted {
		return fmt.Errorf("%d MB are wanted there, and %d MB are free", wanted>>20, free>>20)
	}
	return nil
}
