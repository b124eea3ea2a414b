package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// packed is a payload of these files, as scripts/package.ts makes it.
func packed(t testing.TB, files ...[2]string) Payload {
	t.Helper()
	var archive bytes.Buffer
	compressed, _ := zstd.NewWriter(&archive, zstd.WithWindowSize(8<<20))
	entries := tar.NewWriter(compressed)
	_ = entries.WriteHeader(&tar.Header{Name: "app/", Typeflag: tar.TypeDir, Mode: 0o755})
	var manifest strings.Builder
	for _, file := range files {
		mode := int64(0o444)
		if file[0] == "deno" {
			mode = 0o555
		}
		if err := entries.WriteHeader(&tar.Header{Name: file[0], Mode: mode, Size: int64(len(file[1]))}); err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(entries, file[1])
		fmt.Fprintf(&manifest, "%x %d %s\n", sha256.Sum256([]byte(file[1])), len(file[1]), file[0])
	}
	if err := errors.Join(entries.Close(), compressed.Close()); err != nil {
		t.Fatal(err)
	}
	return Payload{archive.String(), fmt.Sprintf("%x", sha256.Sum256(archive.Bytes())), manifest.String(), "glibc 2.1\n"}
}

// small is a payload with all that a real one has, in a few bytes.
func small(t testing.TB) Payload {
	return packed(t, [2]string{"app/main.js", "main"}, [2]string{"app/worker.js", "work"}, [2]string{"deno", "#!/bin/sh\n"}, [2]string{"llama/libllama.so", "llama"})
}

// into unpacks into these parents, on a system that lacks nothing.
func into(payload Payload, parents ...string) unpacker {
	return unpacker{
		payload: payload,
		parents: parents,
		check:   func() error { return nil },
		warm:    func(_, cache string) error { return os.WriteFile(filepath.Join(cache, "code"), []byte("warm"), 0o600) },
		say:     io.Discard,
	}
}

// privateFolder is a temporary folder that only this user may write.
func privateFolder(t testing.TB) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // a runtime's folders may not be written, which the removal of a temporary one can't do with
		_ = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if entry.IsDir() {
				_ = os.Chmod(path, 0o700)
			}
			return nil
		})
	})
	return folder
}

// mustEnsure unpacks, or finds, and compares all of it. Nothing but the lock lies beside it afterwards.
func mustEnsure(t testing.TB, u unpacker) string {
	t.Helper()
	root, err := u.ensure()
	if err == nil {
		err = u.payload.compare(root, func(string) bool { return true })
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := names(t, filepath.Dir(root)); got != ".lock "+filepath.Base(root) {
		t.Fatalf("beside it: %s", got)
	}
	return root
}

// names are what a folder holds.
func names(t testing.TB, folder string) string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, len(entries))
	for i, entry := range entries {
		all[i] = entry.Name()
	}
	return strings.Join(all, " ")
}

func TestFirstStartUnpacksAndWarmsAndLaterOnesOnlyCheck(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	parent := filepath.Join(privateFolder(t), "a/b")
	u := into(small(t), parent)
	root := mustEnsure(t, u)
	if root != u.rootIn(parent) {
		t.Fatalf("root is %s", root)
	}
	if got := names(t, root); got != "MANIFEST app deno deno_dir llama" {
		t.Fatalf("in it: %s", got)
	}
	for path, mode := range map[string]fs.FileMode{".": 0o555, "deno": 0o555, "app": 0o555, "app/main.js": 0o444, "deno_dir": 0o555, "deno_dir/code": 0o444} {
		if info, err := os.Stat(filepath.Join(root, path)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	u.warm = func(string, string) error { t.Error("warmed again"); return nil }
	u.check = func() error { t.Error("checked again"); return nil }
	u.payload.Archive = "not read"
	mustEnsure(t, u)
}

func TestManyFirstStartsAtOnceMakeOneCopy(t *testing.T) {
	parent := privateFolder(t)
	u := into(small(t), parent)
	var count sync.Mutex
	warmed := 0
	warm := u.warm
	u.warm = func(root, cache string) error {
		count.Lock()
		defer count.Unlock()
		warmed++
		return warm(root, cache)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := u.ensure(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if mustEnsure(t, u); warmed != 1 {
		t.Fatalf("warmed %d times", warmed)
	}
}

func TestDamagedCopyIsUnpackedAnew(t *testing.T) {
	write := func(path, content string, mode fs.FileMode) func(root string) error {
		return func(root string) error {
			path := filepath.Join(root, path)
			_ = os.Remove(path)
			return os.WriteFile(path, []byte(content), mode)
		}
	}
	for name, damage := range map[string]func(root string) error{
		"a program of another size":     write("deno", "#!/bin/sh\nexit 3\n", 0o555),
		"other code of the same size":   write("app/main.js", "evil", 0o444),
		"a file too many":               write("llama/libggml-cpu-evil.so", "", 0o444),
		"a program that may be written": func(root string) error { return os.Chmod(filepath.Join(root, "deno"), 0o755) },
		"a folder that all may write":   func(root string) error { return os.Chmod(filepath.Join(root, "llama"), 0o777) },
		"a missing file":                func(root string) error { return os.Remove(filepath.Join(root, "llama/libllama.so")) },
		"a missing program":             func(root string) error { return os.Remove(filepath.Join(root, "deno")) },
		"a link to another program": func(root string) error {
			return errors.Join(os.Remove(filepath.Join(root, "deno")), os.Symlink("/bin/sh", filepath.Join(root, "deno")))
		},
		"a link to another folder": func(root string) error {
			return errors.Join(os.RemoveAll(filepath.Join(root, "app")), os.Symlink("/usr", filepath.Join(root, "app")))
		},
		"a file in its place": func(root string) error {
			return errors.Join(os.Rename(root, filepath.Join(filepath.Dir(root), ".tmp-aside")), os.WriteFile(root, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := into(small(t), privateFolder(t))
			root := mustEnsure(t, u)
			for _, folder := range []string{root, filepath.Join(root, "llama"), filepath.Join(root, "app")} {
				_ = os.Chmod(folder, 0o755)
			}
			if err := u.payload.compare(root, isApp); err != nil {
				t.Fatalf("before: %v", err)
			}
			if err := damage(root); err != nil {
				t.Fatal(err)
			}
			_ = os.Chmod(root, 0o555) // it was finished, and may look so again
			if err := u.payload.compare(root, isApp); err == nil || !strings.Contains(err.Error(), "isn't what was unpacked; run `mv ") {
				t.Fatalf("after: %v", err)
			}
			var said strings.Builder
			u.say = &said
			mustEnsure(t, u)
			if want := fmt.Sprintf("Unpacking Clawdbot anew: %s was changed\n", root); said.String() != want {
				t.Fatalf("said %q", said.String())
			}
		})
	}
}

func TestVerifyRuntimeFindsWhatVerifyAppDoesNot(t *testing.T) {
	u := into(small(t), privateFolder(t))
	root := mustEnsure(t, u)
	library := filepath.Join(root, "llama/libllama.so")
	if err := errors.Join(os.Chmod(library, 0o644), os.WriteFile(library, []byte("LLAMA"), 0o644), os.Chmod(library, 0o444)); err != nil {
		t.Fatal(err)
	}
	if err := u.payload.compare(root, isApp); err != nil {
		t.Fatalf("a library of the same size: %v", err)
	}
	if err := u.payload.compare(root, func(string) bool { return true }); err == nil || !strings.Contains(err.Error(), library) {
		t.Fatalf("a library of the same size: %v", err)
	}
}

func TestUnfinishedCacheIsMadeAnewAndAFailedOneIsNoFailure(t *testing.T) {
	u := into(small(t), privateFolder(t))
	root := mustEnsure(t, u)
	// As a kill leaves it between the two last steps.
	if err := errors.Join(os.Chmod(root, 0o755), os.Chmod(filepath.Join(root, cacheName), 0o700)); err != nil {
		t.Fatal(err)
	}
	u.payload.Archive = "not read"
	u.warm = func(_, cache string) error {
		return errors.Join(os.WriteFile(filepath.Join(cache, "half"), nil, 0o600), errors.New("no memory"))
	}
	mustEnsure(t, u)
	if got := names(t, filepath.Join(root, cacheName)); got != "" || !isFinished(root) {
		t.Fatalf("in the cache: %s", got)
	}
}

func TestNextFolderIsTakenAndAllReasonsAreOneLine(t *testing.T) {
	payload := small(t)
	base := privateFolder(t)
	file := filepath.Join(base, "file")
	open := filepath.Join(base, "open")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Mkdir(open, 0o700), os.Chmod(open, 0o777)); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(base, "good")
	u := into(payload, file+"/a", open, open+"/below", filepath.Join(base, "a,b"), good)
	if root := mustEnsure(t, u); root != u.rootIn(good) {
		t.Fatalf("root is %s", root)
	}
	u.parents = u.parents[:4]
	_, err := u.ensure()
	want := fmt.Sprintf("Cannot unpack Clawdbot: %s/a: not a directory; %s: %[2]s may be written by others; %[2]s/below: %[2]s may be written by others; %s: a path with a comma can't be given to the runtime; run `CLAWDBOT_RUNTIME=FOLDER clawdbot` with a folder that is yours alone", file, open, filepath.Join(base, "a,b"))
	if err == nil || err.Error() != want {
		t.Fatalf("\n%v\nwanted\n%s", err, want)
	}
}

func TestFolderWhereNoProgramRunsIsLeftEmptyAndPassedOver(t *testing.T) {
	base := privateFolder(t)
	refused, good := filepath.Join(base, "refused"), filepath.Join(base, "good")
	u := into(small(t), refused, good)
	warm := u.warm
	u.warm = func(root, cache string) error {
		if strings.HasPrefix(root, refused) {
			return &fs.PathError{Op: "fork/exec", Path: root, Err: syscall.EACCES}
		}
		return warm(root, cache)
	}
	for range 2 {
		if root := mustEnsure(t, u); root != u.rootIn(good) {
			t.Fatalf("root is %s", root)
		}
		if got := names(t, refused); got != ".lock" {
			t.Fatalf("left: %s", got)
		}
	}
}

func TestOldSystemIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	parent := filepath.Join(privateFolder(t), "a")
	u := into(small(t), parent)
	u.check = func() error { return errors.New("too old") }
	if _, err := u.ensure(); err == nil || err.Error() != "too old" {
		t.Fatalf("error: %v", err)
	}
	if _, err := os.Stat(parent); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("stat: %v", err)
	}
}

func TestDamagedExecutableIsSaidOnceAndLeavesNothing(t *testing.T) {
	for name, damage := range map[string]func(p *Payload){
		"a flipped bit": func(p *Payload) {
			archive := []byte(p.Archive)
			archive[len(archive)/2] ^= 1
			p.Archive = string(archive)
		},
		"cut short":                   func(p *Payload) { p.Archive = p.Archive[:len(p.Archive)-20] },
		"another digest":              func(p *Payload) { p.Manifest = strings.Repeat("0", 64) + p.Manifest[64:] },
		"another size":                func(p *Payload) { p.Manifest = strings.Replace(p.Manifest, " 4 ", " 5 ", 1) },
		"a file that it doesn't know": func(p *Payload) { p.Manifest = strings.Replace(p.Manifest, "worker", "server", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			base := privateFolder(t)
			u := into(small(t), filepath.Join(base, "a"), filepath.Join(base, "b"))
			damage(&u.payload)
			_, err := u.ensure()
			if err == nil || err.Error() != "Cannot start: "+errDamaged.Error() {
				t.Fatalf("error: %v", err)
			}
			if got := names(t, filepath.Join(base, "a")); got != ".lock" {
				t.Fatalf("left: %s", got)
			}
		})
	}
	if _, err := (unpacker{}).ensure(); err == nil || !strings.Contains(err.Error(), "`deno task package`") {
		t.Fatalf("without a payload: %v", err)
	}
}

func TestProgressIsALineThatGoesAwayAgain(t *testing.T) {
	var said strings.Builder
	p := &progress{archive: strings.Repeat("x", 200), say: &said, started: time.Now()}
	buffer := make([]byte, 1)
	for range 100 {
		_, _ = p.Read(buffer)
	}
	if said.Len() != 0 {
		t.Fatalf("within a second: %q", said.String())
	}
	p.started = time.Now().Add(-2 * time.Second)
	for range 3 {
		_, _ = p.Read(buffer)
	}
	p.end()
	if want := "\rUnpacking Clawdbot: 50 %\rUnpacking Clawdbot: 51 %\r\x1b[K"; said.String() != want {
		t.Fatalf("said %q", said.String())
	}
}
