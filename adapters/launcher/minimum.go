package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// checkSystem says what this system lacks of what the payload needs.
func checkSystem() error { return checkMinimum(carried().Minimum, "/", macOSVersion()) }

// checkMinimum looks for each line `NAME VERSION` below a root folder; macOS is what that system calls its version.
func checkMinimum(minimum, root, macOS string) error {
	for line := range strings.Lines(minimum) {
		name, version, _ := strings.Cut(strings.TrimSpace(line), " ")
		lacks := ""
		switch name {
		case "macos":
			if macOS != "" && isOlder(macOS, version) {
				lacks = "is macOS " + macOS
			}
		case "glibc":
			lacks = lacksVersion(root, "libc.so.6", "GLIBC_"+version)
			if musl, _ := filepath.Glob(filepath.Join(root, "lib/ld-musl-*")); lacks != "" && len(musl) > 0 {
				lacks = "has musl as its C library, as Alpine does"
			}
		case "libstdc++":
			lacks = lacksVersion(root, "libstdc++.so.6", "GLIBCXX_"+version)
		case "libgcc_s":
			lacks = lacksVersion(root, "libgcc_s.so.1", "GCC_"+version)
		}
		if lacks != "" {
			return fmt.Errorf("Cannot start: this system %s, and Clawdbot needs %s %s or newer; use a newer system, or a container of one", lacks, name, version)
		}
	}
	return nil
}

// lacksVersion says why a library can't be linked with. A library has the names of all versions that it can be linked as, and
// the dynamic linker wants the very name. It looks in the usual folders, and wherever its cache says.
func lacksVersion(root, library, version string) string {
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH] + "-linux-gnu"
	paths := []string{"lib64", "lib/" + machine, "usr/lib64", "usr/lib/" + machine, "usr/lib", "lib"}
	for i := range paths {
		paths[i] = filepath.Join(paths[i], library)
	}
	cache, _ := os.ReadFile(filepath.Join(root, "etc/ld.so.cache"))
	for text := range bytes.SplitSeq(cache, []byte{0}) {
		if bytes.HasSuffix(text, []byte("/"+library)) {
			paths = append(paths, string(text))
		}
	}
	lacks := "has no " + library
	for _, path := range paths {
		if content, err := os.ReadFile(filepath.Join(root, path)); err == nil {
			if bytes.Contains(content, []byte("\x00"+version+"\x00")) {
				return ""
			}
			lacks = "has an older " + library
		}
	}
	return lacks
}

// isOlder compares numbers between dots; none counts as 0.
func isOlder(a, b string) bool {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := range right {
		l := 0
		if i < len(left) {
			l, _ = strconv.Atoi(left[i])
		}
		if r, _ := strconv.Atoi(right[i]); l != r {
			return l < r
		}
	}
	return false
}
