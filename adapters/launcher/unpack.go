package main

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/klauspost/compress/zstd"
)

// unpacker puts a payload into the first of some folders that will do.
type unpacker struct {
	payload Payload
	parents []string
	// check says what the system lacks.
	check func() error
	// warm fills the runtime's cache; fs.ErrPermission says that no program can run there.
	warm func(root, cache string) error
	// say is stderr; on a terminal it also hears how far unpacking has come.
	say        io.Writer
	isTerminal bool
}

// errDamaged is of the executable itself.
var errDamaged = errors.New("this executable is damaged; compare it with SHA256SUMS and copy it here again")

// ensureRuntime finds the folder with the unpacked files, or unpacks them, and holds it until this process, and all that it
// becomes by exec, have ended. It has compared it with what this executable carries, and mended what differed.
func ensureRuntime() (root string, err error) {
	return unpacker{carried(), runtimeParents(os.Getenv), checkSystem, warmRuntime, os.Stderr, isTerminal(os.Stderr)}.ensure()
}

// ensure is ensureRuntime for a payload and folders of the caller's choice.
func (u unpacker) ensure() (string, error) {
	files, err := u.payload.files()
	if err != nil {
		return "", err
	}
	// A whole copy wins wherever it is: an administrator may have unpacked it where this user can't.
	for _, parent := range u.parents {
		real, err := trusted(parent)
		if root := u.rootIn(real); err == nil && u.damage(root) == nil {
			if !isFinished(root) {
				_ = u.unpackInto(real, files) // it works without, only slower
			}
			if hold(root) == nil {
				return root, nil
			}
		}
	}
	if err := u.check(); err != nil {
		return "", err
	}
	var reasons []string
	for _, parent := range u.parents {
		real, err := trusted(parent)
		if err == nil {
			err = u.unpackInto(real, files)
		}
		if err == nil {
			err = hold(u.rootIn(real))
		}
		if err == nil {
			return u.rootIn(real), nil
		}
		if errors.Is(err, errDamaged) {
			return "", fmt.Errorf("Cannot start: %w", err)
		}
		var system syscall.Errno
		if errors.As(err, &system) {
			err = system // without the path
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", parent, err))
	}
	return "", fmt.Errorf("Cannot unpack Clawdbot: %s; run `CLAWDBOT_RUNTIME=FOLDER clawdbot` with a folder that is yours alone", strings.Join(reasons, "; "))
}

// rootIn is the folder of this version.
func (u unpacker) rootIn(parent string) string { return filepath.Join(parent, u.payload.Digest[:16]) }

// damage says why what is at root can't be used.
func (u unpacker) damage(root string) error {
	if _, err := trusted(root); err != nil {
		return err
	}
	if err := usable(root, 0); err != nil {
		return err
	}
	return u.payload.compare(root, isApp)
}

// unpackInto makes a whole copy in this folder, once for all that start at the same time.
func (u unpacker) unpackInto(parent string, files map[string]carriedFile) error {
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	if _, err := trusted(parent); err != nil { // in /var/tmp somebody may have been faster
		return err
	}
	return locked(parent, 5*time.Minute, func() error {
		root := u.rootIn(parent)
		if damage := u.damage(root); damage != nil {
			if _, err := os.Lstat(root); err == nil {
				fmt.Fprintf(u.say, "Unpacking Clawdbot anew: %s was changed\n", root)
			}
			if err := u.replace(parent, files); err != nil {
				return err
			}
		}
		return u.finish(parent, root)
	})
}

// locked calls do while no other process unpacks or removes in this folder, and removes what killed ones left. The kernel
// drops the lock of a process that dies.
func locked(parent string, wait time.Duration, do func() error) error {
	lock, err := os.OpenFile(filepath.Join(parent, ".lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	for until := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return err
		}
		if time.Now().After(until) {
			return fmt.Errorf("another start has been unpacking there for %v", wait)
		}
	}
	removeLeftovers(parent)
	defer removeLeftovers(parent)
	return do()
}

// removeLeftovers removes temporary folders, although nothing in them may be written.
func removeLeftovers(parent string) {
	leftovers, _ := os.ReadDir(parent)
	for _, leftover := range leftovers {
		if path := filepath.Join(parent, leftover.Name()); strings.HasPrefix(leftover.Name(), ".tmp-") {
			_ = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
				if entry != nil && entry.IsDir() {
					_ = os.Chmod(path, 0o700) // called before what is in it is read
				}
				return nil
			})
			_ = os.RemoveAll(path)
		}
	}
}

// replace unpacks into a temporary folder, and moves that to root when all of it is on the disk.
func (u unpacker) replace(parent string, files map[string]carriedFile) error {
	wanted := int64(16 << 20) // for the cache 6, and 10 that stay free
	for _, file := range files {
		wanted += file.size
	}
	if err := usable(parent, wanted); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(parent, ".tmp-")
	if err != nil {
		return err
	}
	var system syscall.Errno
	if err := u.extract(temporary, files); errors.As(err, &system) {
		return err
	} else if err != nil {
		return errDamaged
	}
	// Killed between the two renames, there is no copy, and the next start unpacks.
	if err := os.Rename(u.rootIn(parent), temporary+"-old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return errors.Join(os.Rename(temporary, u.rootIn(parent)), syncFile(parent))
}

// extract writes the archive's files, each with the digest that the manifest has.
func (u unpacker) extract(into string, files map[string]carriedFile) error {
	archive := &progress{archive: u.payload.Archive, say: io.Discard, started: time.Now()}
	if u.isTerminal {
		archive.say = u.say
	}
	defer archive.end()
	// One goroutine, small buffers, and a window of 8 MB: 20 MB of memory; with one of 64 MB it was 55 MB more.
	plain, err := zstd.NewReader(archive, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return err
	}
	defer plain.Close()
	entries := tar.NewReader(plain)
	for left := len(files); left > 0; {
		entry, err := entries.Next()
		if err != nil {
			return err
		}
		if entry.Typeflag == tar.TypeDir {
			continue
		}
		left--
		file, known := files[entry.Name]
		if !known || entry.Typeflag != tar.TypeReg || entry.Size != file.size {
			return errDamaged
		}
		path := filepath.Join(into, entry.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		digest := sha256.New()
		if err := writeFile(path, fs.FileMode(entry.Mode), io.TeeReader(entries, digest)); err != nil {
			return err
		}
		if fmt.Sprintf("%x", digest.Sum(nil)) != file.digest {
			return errDamaged
		}
	}
	if err := writeFile(filepath.Join(into, manifestName), 0o444, strings.NewReader(u.payload.Manifest)); err != nil {
		return err
	}
	return seal(into)
}

// writeFile sees a file onto the disk.
func writeFile(path string, mode fs.FileMode, content io.Reader) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Sync(), file.Close())
}

// syncFile sees a file that is there, or a folder's names, onto the disk.
func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// seal takes the right to write from everything in a folder, but not yet from itself, and sees all of it onto the disk.
func seal(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if path != folder {
			mode := fs.FileMode(0o444)
			if info.Mode()&0o100 != 0 {
				mode = 0o555 // folders too
			}
			if err := os.Chmod(path, mode); err != nil {
				return err
			}
		}
		return syncFile(path)
	})
}

// progress reads the archive, and says on a terminal how far that has come once it has taken a second.
type progress struct {
	archive       string
	say           io.Writer
	started       time.Time
	read, percent int
}

// Read gives the next bytes.
func (p *progress) Read(buffer []byte) (int, error) {
	n := copy(buffer, p.archive[p.read:])
	if n == 0 {
		return 0, io.EOF
	}
	p.read += n
	if percent := p.read * 100 / len(p.archive); percent > p.percent && time.Since(p.started) > time.Second {
		p.percent = percent
		fmt.Fprintf(p.say, "\rUnpacking Clawdbot: %d %%", percent)
	}
	return n, nil
}

// end removes the line again.
func (p *progress) end() {
	if p.percent > 0 {
		fmt.Fprint(p.say, "\r\x1b[K")
	}
}
