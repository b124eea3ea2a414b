package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// packed is a payload of these files, as scripts/package.ts makes it.
func packed(t testing.TB, files ...[2]string) Payload {
	t.Helper()
	var archive bytes.Buffer
	compressed, _ := zstd.NewWriter(&archive, zstd.WithWindowSize(8<<20))
	entries := tar.NewWriter(compressed)
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
	return packed(t, [2]string{"app/main.js", "main"}, [2]string{"app/worker.js", "worker"}, [2]string{"deno", "#!/bin/sh\n"}, [2]string{"llama/libllama.so", "llama"})
}

// into unpacks into these parents on a system that lacks nothing.
func into(payload Payload, parents ...string) unpacker {
	return unpacker{
		payload: payload,
		parents: parents,
		check:   func() error { return nil },
		warm:    func(_, cache string) error { return os.WriteFile(filepath.Join(cache, "code"), []byte("warm"), 0o600) },
	}
}

// mustEnsure unpacks, or finds, and compares all of it.
func mustEnsure(t testing.TB, u unpacker) string {
	t.Helper()
	root, err := u.ensure()
	if err == nil {
		err = u.payload.compare(root, func(string) bool { return true })
	}
	if err != nil {
		t.Fatal(err)
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
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return strings.Join(all, " ")
}

func TestFirstStartUnpacksAndWarmsAndLaterOnesOnlyCheck(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "a/b")
	u := into(small(t), parent)
	root := mustEnsure(t, u)
	if want := filepath.Join(parent, u.payload.id()); root != want {
		t.Fatalf("root is %s, not %s", root, want)
	}
	if got := names(t, parent); got != ".lock "+u.payload.id() {
		t.Fatalf("beside it: %s", got)
	}
	if got := names(t, root); got != "MANIFEST app deno deno_dir llama" {
		t.Fatalf("in it: %s", got)
	}
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if info, _ := entry.Info(); err == nil && info.Mode()&0o222 != 0 {
			t.Errorf("%s may be written", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	u.warm = func(string, string) error { t.Error("warmed again"); return nil }
	u.payload.Archive = "not read"
	mustEnsure(t, u)
}

func TestManyFirstStartsAtOnceAllSucceedWithOneCopy(t *testing.T) {
	parent := t.TempDir()
	u := into(small(t), parent)
	if err := os.Chmod(parent, 0o700); err != nil {
		t.Fatal(err)
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
	if got := names(t, parent); got != ".lock "+u.payload.id() {
		t.Fatalf("beside it: %s", got)
	}
}

func TestDamagedCopyIsRepaired(t *testing.T) {
	for name, damage := range map[string]func(root string) error{
		"another size": func(root string) error { return os.WriteFile(filepath.Join(root, "deno"), []byte("x"), 0o555) },
		"another program": func(root string) error {
			return os.WriteFile(filepath.Join(root, "app/main.js"), []byte("evil"), 0o444)
		},
		"a missing file": func(root string) error { return os.Remove(filepath.Join(root, "llama/libllama.so")) },
		"a file too many": func(root string) error {
			return os.WriteFile(filepath.Join(root, "llama/libggml-cpu-x.so"), nil, 0o444)
		},
		"a symlink": func(root string) error {
			return errors.Join(os.Remove(filepath.Join(root, "deno")), os.Symlink("/bin/sh", filepath.Join(root, "deno")))
		},
		"a writable file":   func(root string) error { return os.Chmod(filepath.Join(root, "deno"), 0o755) },
		"a writable folder": func(root string) error { return os.Chmod(filepath.Join(root, "llama"), 0o777) },
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			_ = os.Chmod(parent, 0o700)
			u := into(small(t), parent)
			root := mustEnsure(t, u)
			for _, folder := range []string{root, filepath.Join(root, "llama"), filepath.Join(root, "app")} {
				_ = os.Chmod(folder, 0o755)
			}
			_ = os.Chmod(filepath.Join(root, "deno"), 0o755)
			if err := os.Chmod(filepath.Join(root, "app/main.js"), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := damage(root); err != nil {
				t.Fatal(err)
			}
			mustEnsure(t, u)
			if got := names(t, parent); got != ".lock "+u.payload.id() {
				t.Fatalf("beside it: %s", got)
			}
		})
	}
}
