package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// hold marks root as used until this process has ended, and what it turns into by exec: it opens the folder with a shared
// lock, and leaves it open. The kernel drops the lock of a process that dies.
func hold(root string) error {
	fd, err := syscall.Open(root, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0) // no O_CLOEXEC
	if err != nil {
		return err
	}
	// Where the file system has no locks for folders, sweepRuntimes gets none either, and removes nothing.
	err = syscall.Flock(fd, syscall.LOCK_SH|syscall.LOCK_NB)
	var held, there syscall.Stat_t
	gone := errors.Is(err, syscall.EWOULDBLOCK) || syscall.Fstat(fd, &held) != nil || syscall.Lstat(root, &there) != nil || held.Ino != there.Ino
	if gone {
		_ = syscall.Close(fd)
		return fmt.Errorf("%s is being removed", root)
	}
	return nil
}

// keepFromChildren closes the files that this process was given, but the standard ones, when it starts a program.
func keepFromChildren() {
	for fd := 3; fd < 256; fd++ {
		syscall.CloseOnExec(fd)
	}
}

// versionName is the name of a folder that ensureRuntime made.
var versionName = regexp.MustCompile(`^[0-9a-f]{16}$`)

// sweepRuntimes removes the other versions beside root that no process holds. What it can't remove stays.
func sweepRuntimes(root string) {
	parent := filepath.Dir(root)
	_ = locked(parent, 0, func() error {
		entries, err := os.ReadDir(parent)
		for _, entry := range entries {
			if entry.Name() != filepath.Base(root) && entry.IsDir() && versionName.MatchString(entry.Name()) {
				sweep(filepath.Join(parent, entry.Name()))
			}
		}
		return err
	})
}

// sweep moves one version out of the way while nobody can begin to hold it; the temporary folder is then removed.
func sweep(version string) {
	folder, err := os.Open(version)
	if err != nil {
		return
	}
	defer folder.Close()
	if syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = os.Rename(version, filepath.Join(filepath.Dir(version), ".tmp-"+filepath.Base(version)))
	}
}
