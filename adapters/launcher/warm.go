package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// isFinished says that the cache was made, or tried: from then on root itself may not be written either.
func isFinished(root string) bool {
	info, err := os.Lstat(root)
	return err == nil && info.Mode()&0o222 == 0
}

// finish makes the runtime's cache in its place, and then takes the right to write from root. The cache is keyed by
// absolute paths, so the payload can't have it. It is made beside root and moved: killed in the middle, there is none, and
// the next start makes it. Where it can't be made there is an empty one, and everything works, only slower. An error is
// of a folder in which no program can run at all; then nothing stays there.
func (u unpacker) finish(parent, root string) error {
	if isFinished(root) {
		return nil
	}
	removeTree(filepath.Join(root, warmFolder)) // of a start that was killed after moving it
	cache, err := os.MkdirTemp(parent, ".tmp-")
	if err != nil {
		return err
	}
	if err := u.warm(root, cache); errors.Is(err, fs.ErrPermission) {
		_ = os.Rename(root, cache+"-refused")
		return errors.New("the system doesn't let programs run there")
	} else if err != nil {
		removeTree(cache)
		if err := os.Mkdir(cache, 0o700); err != nil {
			return err
		}
	}
	if err := errors.Join(seal(cache), os.Chmod(cache, 0o555), os.Rename(cache, filepath.Join(root, warmFolder))); err != nil {
		return err
	}
	return errors.Join(syncFile(root), os.Chmod(root, 0o555), syncFile(root))
}

// warmRuntime runs the program once, without any right, so that the runtime notes its modules and their compiled code.
func warmRuntime(root, cache string) error {

	command := exec.Command(filepath.Join(root, "deno"), "run", "--quiet", "--no-prompt", "--no-remote", "--cached-only", "--ignore-env",
		"--no-check", "--no-config", "--no-lock", "--no-npm", "--node-modules-dir=none", "--unstable-no-legacy-abort",
		filepath.Join(root, "app/main.js"), "--version")
	command.Env = []string{"DENO_DIR=" + cache, "DENO_NO_UPDATE_CHECK=1", "NO_COLOR=1"}
	command.Dir = "/"
	return command.Run()
}
