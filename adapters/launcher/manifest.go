package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// Payload is what an executable carries: Archive is a tar, compressed with zstd, of the runtime's files, and Digest its
// SHA-256. Manifest has a line `SHA-256 SIZE NAME` for each file, and Minimum a line `NAME VERSION` for each thing that the
// system must have.
type Payload struct{ Archive, Digest, Manifest, Minimum string }

// cacheName is the runtime's cache, made after unpacking. manifestName is a copy for people: no check reads it, since who
// can change the files can change it too. Both aren't in the manifest.
const cacheName, manifestName = "deno_dir", "MANIFEST"

// carriedFile is a line of the manifest.
type carriedFile struct {
	digest string
	size   int64
}

// files reads the manifest.
func (p Payload) files() (map[string]carriedFile, error) {
	if p.Archive == "" {
		return nil, fmt.Errorf("Cannot start: this build has no runtime in it; run `deno task package`, which makes one that has")
	}
	files := map[string]carriedFile{}
	for line := range strings.Lines(p.Manifest) {
		var file carriedFile
		var name string
		if _, err := fmt.Sscan(line, &file.digest, &file.size, &name); err != nil {
			return nil, fmt.Errorf("Cannot start: bad line %q in the manifest of this executable", line)
		}
		files[name] = file
	}
	return files, nil
}

// isApp tells the program's own files from the runtime and the libraries.
func isApp(name string) bool { return strings.HasPrefix(name, "app/") }

// compare says how what lies in the folder differs from the manifest: files that are to be hashed by their digests, all others by
// name, size and mode. A start hashes the program's own. The digests are compiled into this executable, so a change is found as long as that is untouched. It isn't
// found when a file of the runtime keeps its size, in the cache, or when it happens after this check. Who can do that may write the
// folder, so it is its owner or root, and they can as well replace the executable. What the launcher starts can't: it is
// confined, and the folder isn't among what it may write.
func (p Payload) compare(root string, hashed func(name string) bool) error {
	missing, err := p.files()
	if err != nil {
		return err
	}
	different := ""
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		if name == cacheName && err == nil && entry.IsDir() {
			return filepath.SkipDir
		}
		var info fs.FileInfo
		if err == nil {
			info, err = entry.Info()
		}
		file, known := missing[name]
		delete(missing, name)
		switch {
		case name == manifestName:
			return nil
		case err == nil && info.IsDir() && info.Mode()&0o022 == 0:
			return nil
		case err == nil && known && info.Mode().IsRegular() && info.Mode()&0o222 == 0 && info.Size() == file.size &&
			(!hashed(name) || hasDigest(path, file.digest)):
			return nil
		}
		different = path
		return filepath.SkipAll
	})
	for name := range missing {
		if different == "" {
			different = filepath.Join(root, name)
		}
	}
	if different == "" {
		return err
	}
	return fmt.Errorf("Cannot start: %s isn't what was unpacked; run `mv %s %[2]s.damaged`, and the next start unpacks it anew", different, root)
}
