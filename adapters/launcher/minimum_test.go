package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMinimumIsComparedWithTheLibrariesThatTheLinkerWouldTake(t *testing.T) {
	const glibc = "\x7fELF…\x00GLIBC_2.2.5\x00GLIBC_2.17\x00GLIBC_2.28\x00GLIBC_PRIVATE\x00"
	const newer = "; use a newer system, or a container of one"
	for _, test := range []struct {
		name    string
		files   map[string]string
		minimum string
		macOS   string
		want    string
	}{
		{"the same version", map[string]string{"lib64/libc.so.6": glibc}, "glibc 2.28\n", "", ""},
		{"on Debian", map[string]string{"lib/x86_64-linux-gnu/libc.so.6": glibc, "lib/aarch64-linux-gnu/libc.so.6": glibc}, "glibc 2.17\n", "", ""},
		{"where the cache says", map[string]string{"opt/gcc/libgcc_s.so.1": "\x00GCC_3.0\x00", "etc/ld.so.cache": "glibc-ld.so.cache1.1\x00libgcc_s.so.1\x00/opt/gcc/libgcc_s.so.1\x00"}, "libgcc_s 3.0\n", "", ""},
		{"a second copy of a library", map[string]string{"lib64/libc.so.6": "\x00GLIBC_2.17\x00", "usr/lib64/libc.so.6": glibc}, "glibc 2.28\n", "", ""},
		{"an older glibc", map[string]string{"lib64/libc.so.6": glibc}, "glibc 2.34\n", "", "Cannot start: this system has an older libc.so.6, and Clawdbot needs glibc 2.34 or newer" + newer},
		{"a name that begins the same", map[string]string{"lib64/libc.so.6": glibc}, "glibc 2.2\n", "", "Cannot start: this system has an older libc.so.6, and Clawdbot needs glibc 2.2 or newer" + newer},
		{"Alpine", map[string]string{"lib/ld-musl-x86_64.so.1": ""}, "glibc 2.28\n", "", "Cannot start: this system has musl as its C library, as Alpine does, and Clawdbot needs glibc 2.28 or newer" + newer},
		{"no libstdc++", map[string]string{"lib64/libc.so.6": glibc}, "glibc 2.28\nlibstdc++ 3.4.29\n", "", "Cannot start: this system has no libstdc++.so.6, and Clawdbot needs libstdc++ 3.4.29 or newer" + newer},
		{"an older macOS", nil, "macos 14.0\n", "13.7.1", "Cannot start: this system is macOS 13.7.1, and Clawdbot needs macos 14.0 or newer" + newer},
		{"the same macOS", nil, "macos 14.0\n", "14", ""},
		{"a newer macOS", nil, "macos 12.3\n", "26.1", ""},
		{"a macOS that doesn't say", nil, "macos 12.3\n", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			for name, content := range test.files {
				path := filepath.Join(root, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			got := ""
			if err := checkMinimum(test.minimum, root, test.macOS); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Fatalf("\n%s\nwanted\n%s", got, test.want)
			}
		})
	}
}

func TestThisSystemIsNotRefusedForWhatItHas(t *testing.T) {
	if _, err := os.Stat("/lib64/ld-linux-x86-64.so.2"); err != nil {
		t.Skip("not a system with glibc on x86-64")
	}
	if err := checkMinimum("glibc 2.2.5\n", "/", ""); err != nil {
		t.Fatal(err)
	}
	if err := checkMinimum("glibc 2.999\n", "/", ""); err == nil || !strings.Contains(err.Error(), "has an older libc.so.6") {
		t.Fatal(err)
	}
}
