package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// isFinished says that all work at a copy was done: then root itself may not be written either.
func isFinished(root string) bool {
	info, err := os.Lstat(root)
	return err == nil && info.Mode()&0o222 == 0
}

// finish makes the runtime's cache, and takes the right to write from root. The cache is keyed by absolute paths, so the
// payload can't have it. It is made beside root and moved: after a kill there is none, or one of which all is on the disk.
// Where it can't be made there is an empty one. The only other error is that no program can run there; then nothing stays.
func (u unpacker) finish(parent, root string) error {
	if isFinished(root) {
		return nil
	}
	cache, err := os.MkdirTemp(parent, ".tmp-")
	if err != nil {
		return err
	}
	if err := u.warm(root, cache); errors.Is(err, fs.ErrPermission) {
		return errors.Join(errors.New("the system lets no program run there"), os.Rename(root, cache+"-refused"))
	} else if err != nil {
		if err := os.Rename(cache, cache+"-unfinished"); err != nil {
			return err
		}
		if err := os.Mkdir(cache, 0o700); err != nil {
			return err
		}
	}
	to := filepath.Join(root, cacheName)
	_ = os.Rename(to, cache+"-old") // of a start that was killed below
	if err := errors.Join(seal(cache), os.Rename(cache, to), os.Chmod(to, 0o555), syncFile(to)); err != nil {
		return err
	}
	removeLeftovers(parent) // before, since a start that finds a finished copy looks for none
	return errors.Join(os.Chmod(root, 0o555), syncFile(root))
}

// warmRuntime lets the runtime note the program's modules and their compiled code. Each later start of any role then takes
// 60 ms of CPU in place of 200 (Deno 2.9.5, x86-64, 2 shared vCPU, medians of 25). One run isn't enough: only the second
// that opens these files leaves them such that one that can't write uses them.
func warmRuntime(root, cache string) error {
	runtime.LockOSThread() // a child ends with the thread that started it
	defer runtime.UnlockOSThread()
	for _, role := range []string{"host", "--version"} {
		args := append([]string{"run", "--ignore-env"}, runtimeFlags...)
		command := exec.Command(filepath.Join(root, "deno"), append(args, filepath.Join(root, "app/main.js"), role)...)
		command.Env = []string{"DENO_DIR=" + cache, "DENO_NO_UPDATE_CHECK=1", "HOME=" + cache}
		command.Dir = "/"
		command.SysProcAttr = childAttributes()
		// The host ends with an error: nobody tells it what to host.
		if err := command.Run(); err != nil && !(role == "host" && command.ProcessState != nil) {
			return err
		}
	}
	// SQLite reads a database in WAL mode that it can't write only beside these two files; empty ones will do.
	databases, err := fs.Glob(os.DirFS(cache), "*_cache_v?")
	for _, database := range databases {
		for _, name := range []string{database + "-wal", database + "-shm"} {
			file, openErr := os.OpenFile(filepath.Join(cache, name), os.O_CREATE|os.O_RDONLY, 0o600)
			err = errors.Join(err, openErr, file.Close())
		}
	}
	return err
}
