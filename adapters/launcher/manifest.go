package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Payload is what an executable carries. Archive is a tar, compressed with zstd, of the runtime's files and their folders;
// Digest its SHA-256, in hex. Manifest has a line `SHA-256 SIZE NAME` for each file, and Minimum a line `NAME VERSION` for
// each thing that the system must have.
type Payload struct{ Archive, Digest, Manifest, Minimum string }

// warmFolder is the runtime's cache, made after unpacking: it isn't in the manifest. manifestName is a copy for people:
// no check reads it, since who can change the files can change it too.
const (
	warmFolder   = "deno_dir"
	manifestName = "MANIFEST"
)

// id is the name of the folder of this version.
func (p Payload) id() string { return p.Digest[:16] }

// carriedFile is one line of the manifest.
type carriedFile struct {
	sum  string
	size int64
}

// files reads the manifest.
func (p Payload) files() (map[string]carriedFile, error) {
	if len(p.Digest) != sha256.Size*2 {
		return nil, errors.New("Cannot start: this build has no runtime in it; run `deno task package`, which makes one that has")
	}
	files := map[string]carriedFile{}
	for line := range strings.Lines(p.Manifest) {
		var file carriedFile
		var name string
		if _, err := fmt.Sscanf(line, "%64s %d %s", &file.sum, &file.size, &name); err != nil || !filepath.IsLocal(name) {
			return nil, fmt.Errorf("Cannot start: the manifest has a bad line %q", line)
		}
		files[name] = file
	}
	return files, nil
}

// verifyApp compares the program's own files with their digests, and everything else by name, size and mode. The digests
// are compiled into this executable, so a change of the unpacked files is found as long as the executable is untouched.
// It isn't found when another file keeps its size (verifyRuntime finds that), in the cache of compiled modules, or when it
// happens after this check: only who may write the folder can do that, its owner or root, and they can as well replace
// the executable. What the launcher starts can't: it is confined, and the folder isn't among what it may write.
func verifyApp(root string) error { return carried().compare(root, isApp) }

// isApp tells the program's own files from the runtime and the libraries.
func isApp(name string) bool { return strings.HasPrefix(name, "app/") }

// verifyRuntime compares all files with their digests: 120 MB, some 0.1 to 0.4 s.
func verifyRuntime(root string) error {
	return carried().compare(root, func(string) bool { return true })
}

// compare says how what lies in the folder differs from the manifest: a file too many, too few, of another size, one that
// may be written, one that isn't plain, or one of another content among those that are hashed.
func (p Payload) compare(root string, hashed func(name string) bool) error {
	files, err := p.files()
	if err != nil {
		return err
	}
	damaged := func(name, what string) error {
		path := filepath.Join(root, name)
		return fmt.Errorf("Cannot start: %s %s; run `chmod -R u+w %s && rm -r %[3]s`, and the next start unpacks it anew", path, what, root)
	}
	seen := 0
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return damaged(name, "can't be read")
		case name == warmFolder:
			return filepath.SkipDir
		case name == manifestName:
			return nil
		}
		file, known := files[name]
		info, err := entry.Info()
		switch {
		case err != nil:
			return damaged(name, "can't be read")
		case info.IsDir() && info.Mode()&0o022 != 0:
			return damaged(name, "may be written by others")
		case info.IsDir():
			return nil
		case !known:
			return damaged(name, "doesn't belong there")
		case !info.Mode().IsRegular() || info.Mode()&0o222 != 0 || info.Size() != file.size:
			return damaged(name, "was changed")
		}
		seen++
		if !hashed(name) {
			return nil
		}
		if sum, err := hashOf(path); err != nil || sum != file.sum {
			return damaged(name, "was changed")
		}
		return nil
	})
	if err == nil && seen < len(files) {
		return damaged("", "lacks files")
	}
	return err
}

// hashOf is the SHA-256 of a file, in hex.
func hashOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, file)
	return hex.EncodeToString(sum.Sum(nil)), err
}
