package main

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
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

// unpacker puts a payload's files into the first folder that will do.
type unpacker struct {
	payload Payload
	parents []string
	// check says what the system lacks.
	check func() error
	// warm fills the cache folder for the runtime in root.
	warm func(root, cache string) error
	// say is the terminal, or nil where there is none.
	say io.Writer
}

// errDamaged is of the executable itself: no other folder mends it.
var errDamaged = errors.New("this executable is damaged; copy it here again and compare it with SHA256SUMS")

// ensureRuntime finds the folder with the unpacked files, or unpacks them, and holds it until this process and all that
// it turns into by exec have ended. Never answers with a folder that is incomplete.
func ensureRuntime() (root string, err error) {
	return unpacker{carried(), runtimeParents(os.Getenv), checkSystem, warmRuntime, terminal(os.Stderr)}.ensure()
}

// ensure is ensureRuntime for a payload and folders of the caller's choice.
func (u unpacker) ensure() (string, error) {
	if _, err := u.payload.files(); err != nil {
		return "", err
	}
	// A whole copy wins wherever it is: also one that an administrator unpacked, and that this user can't write.
	for _, parent := range u.parents {
		real, err := trusted(parent)
		if err != nil || u.whole(real) != nil {
			continue
		}
		root := filepath.Join(real, u.payload.id())
		if !isFinished(root) {
			_ = locked(real, lockWait, func() error { return u.finish(real, root) }) // it works without, only slower
		}
		if hold(root) == nil {
			return root, nil
		}
	}
	if err := u.check(); err != nil {
		return "", err
	}
	var reasons []string
	for _, parent := range u.parents {
		root, err := u.unpackInto(parent)
		if err == nil {
			return root, nil
		}
		if errors.Is(err, errDamaged) {
			return "", fmt.Errorf("Cannot unpack Clawdbot: %w", err)
		}
		reasons = append(reasons, fmt.Sprintf("%s: %s", parent, reason(err)))
	}
	return "", fmt.Errorf("Cannot unpack Clawdbot: %s; run `CLAWDBOT_RUNTIME=FOLDER clawdbot` with a folder that is yours alone",
		strings.Join(reasons, "; "))
}

// reason is an error without the path that stands before it anyway.
func reason(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// whole says what is wrong with the copy in this parent. What runs can't have been unpacked by somebody else.
func (u unpacker) whole(parent string) error {
	root := filepath.Join(parent, u.payload.id())
	if _, err := trusted(root); err != nil {
		return err
	}
	if err := runsPrograms(root); err != nil {
		return err
	}
	return u.payload.compare(root, isApp)
}

// unpackInto makes a whole copy in this parent, once for all that start at the same time.
func (u unpacker) unpackInto(parent string) (root string, err error) {
	if _, err := trusted(parent); err != nil { // its nearest folder that exists, before anything is made in it
		return "", err
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	real, err := trusted(parent)
	if err != nil {
		return "", err
	}
	root = filepath.Join(real, u.payload.id())
	err = locked(real, lockWait, func() error {
		damage := u.whole(real)
		if damage != nil {
			if _, err := os.Lstat(root); err == nil && u.say != nil {
				fmt.Fprintf(u.say, "Unpacking Clawdbot anew: %v\n", damage)
			}
			if err := u.replace(real, root); err != nil {
				return err
			}
		}
		if err := u.finish(real, root); err != nil {
			return err
		}
		return hold(root)
	})
	return root, err
}

// lockWait is longer than unpacking onto a slow disk takes.
const lockWait = 5 * time.Minute

// locked calls do while no other process unpacks into this parent, after removing what killed ones left. The kernel drops
// the lock of a process that dies.
func locked(parent string, wait time.Duration, do func() error) error {
	lock, err := os.OpenFile(filepath.Join(parent, ".lock"), os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	for deadline := time.Now().Add(wait); ; time.Sleep(20 * time.Millisecond) {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return fmt.Errorf("its files can't be locked (%w)", err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("another start has been unpacking there for %v", wait)
		}
	}
	removeLeftovers(parent)
	defer removeLeftovers(parent)
	return do()
}

// removeLeftovers removes temporary folders. Only who holds the lock may call it.
func removeLeftovers(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".tmp-") {
			removeTree(filepath.Join(parent, entry.Name()))
		}
	}
}

// removeTree removes a folder although nothing in it may be written.
func removeTree(root string) {
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(path, 0o700) // before its content is read
		}
		return nil
	})
	_ = os.RemoveAll(root)
}

// replace unpacks into a temporary folder, and moves it to root when all of it is on the disk.
func (u unpacker) replace(parent, root string) error {
	if err := runsPrograms(parent); err != nil {
		return err
	}
	files, err := u.payload.files()
	if err != nil {
		return err
	}
	size := int64(16 << 20) // the cache, and room that stays free
	for _, file := range files {
		size += file.size
	}
	if err := hasRoom(parent, size); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(parent, ".tmp-")
	if err != nil {
		return err
	}
	if err := u.extract(files, temporary); err != nil {
		return err
	}
	// Out of the way with a damaged copy. Killed between the two renames, there is none, and the next start unpacks.
	if err := os.Rename(root, temporary+"-old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(temporary, root); err != nil {
		return err
	}
	return syncFile(parent)
}

// extract writes the archive's files, each with the digest that the manifest has, and sees them onto the disk.
func (u unpacker) extract(files map[string]carriedFile, into string) error {
	source := &progress{of: u.payload.Archive, say: u.say, started: time.Now()}
	defer source.end()
	// One goroutine and the smallest buffers: 47 MB in all with a window of 8 MB, 102 with 64.
	plain, err := zstd.NewReader(source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return err
	}
	defer plain.Close()
	written := 0
	for entries := tar.NewReader(plain); ; {
		header, err := entries.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return errDamaged
		}
		file, known := files[filepath.Clean(header.Name)]
		if header.Typeflag == tar.TypeDir {
			continue
		}
		if header.Typeflag != tar.TypeReg || !known {
			return errDamaged
		}
		path := filepath.Join(into, header.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := writeFile(path, fs.FileMode(header.Mode)&0o111|0o444, entries, file.sum); err != nil {
			return err
		}
		written++
	}
	if written != len(files) {
		return errDamaged
	}
	if err := writeFile(filepath.Join(into, manifestName), 0o444, strings.NewReader(u.payload.Manifest), ""); err != nil {
		return err
	}
	return seal(into)
}

// writeFile writes one file onto the disk, and compares what it wrote with the digest, unless that is empty.
func writeFile(path string, mode fs.FileMode, from io.Reader, digest string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	// Copied by hand: of an error it matters whether the archive or the disk made it.
	for buffer := make([]byte, 256<<10); ; {
		n, err := from.Read(buffer)
		sum.Write(buffer[:n])
		if _, err := file.Write(buffer[:n]); err != nil {
			return err
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return errDamaged
		}
	}
	if digest != "" && hex.EncodeToString(sum.Sum(nil)) != digest {
		return errDamaged
	}
	return file.Sync()
}

// seal takes the right to write from everything in the folder but from itself, and sees all of it onto the disk.
func seal(root string) error {
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root && !entry.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		if path != root {
			// Said anew for all, since the mode that a file was made with is less what the umask takes.
			mode := fs.FileMode(0o444)
			if info.IsDir() || info.Mode()&0o100 != 0 {
				mode = 0o555
			}
			if err := file.Chmod(mode); err != nil {
				return err
			}
		}
		return file.Sync()
	})
}

// progress reads the archive and says on a terminal how far that has come, once it has taken a second.
type progress struct {
	of      string
	say     io.Writer
	started time.Time
	read    int
	said    int
}

// Read gives the next bytes of the archive.
func (p *progress) Read(into []byte) (int, error) {
	n := copy(into, p.of[p.read:])
	if n == 0 {
		return 0, io.EOF
	}
	p.read += n
	percent := p.read * 100 / len(p.of)
	if p.say != nil && percent > p.said && time.Since(p.started) > time.Second {
		p.said = percent
		fmt.Fprintf(p.say, "\rUnpacking Clawdbot: %d %%", percent)
	}
	return n, nil
}

// end removes the line.
func (p *progress) end() {
	if p.said > 0 {
		fmt.Fprint(p.say, "\r\x1b[K")
	}
}

// terminal is the file when it is a terminal, else nil.
func terminal(file *os.File) io.Writer {
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return file
}
