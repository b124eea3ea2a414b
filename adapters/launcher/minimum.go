package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// checkSystem says what this system lacks of what the payload needs, before anything is unpacked.
func checkSystem() error { return checkMinimum(carried().Minimum, systemVersion) }

// checkMinimum compares each line `NAME VERSION` with the version that the system has.
func checkMinimum(minimum string, versionOf func(name, wanted string) (string, error)) error {
	for line := range strings.Lines(minimum) {
		name, wanted, _ := strings.Cut(strings.TrimSpace(line), " ")
		found, err := versionOf(name, wanted)
		if err != nil {
			return fmt.Errorf("Cannot start: %w", err)
		}
		if found != "" && compareVersions(found, wanted) < 0 {
			return fmt.Errorf("Cannot start: this system has %s %s, and %[1]s %[3]s is the oldest that Clawdbot runs with; use a newer system, or run it in a container", name, found, wanted)
		}
	}
	return nil
}

// compareVersions compares numbers between dots: negative when a is the older one.
func compareVersions(a, b string) int {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for i := 0; i < len(left) || i < len(right); i++ {
		var l, r int
		if i < len(left) {
			l, _ = strconv.Atoi(left[i])
		}
		if i < len(right) {
			r, _ = strconv.Atoi(right[i])
		}
		if l != r {
			return l - r
		}
	}
	return 0
}

// library is where a version of the system is read: a shared library has the names of all versions that it can be linked
// with, and the dynamic linker looks for these very names.
type library struct {
	file     string
	versions *regexp.Regexp
	install  string
}

var libraries = map[string]library{
	"glibc":     {"libc.so.6", regexp.MustCompile(`\x00GLIBC_(\d+(?:\.\d+)+)\x00`), ""},
	"libstdc++": {"libstdc++.so.6", regexp.MustCompile(`\x00GLIBCXX_(\d+(?:\.\d+)+)\x00`), "libstdc++6"},
	"libgcc_s":  {"libgcc_s.so.1", regexp.MustCompile(`\x00GCC_(\d+(?:\.\d+)+)\x00`), "libgcc-s1"},
}

// libraryVersion is the newest version that a library below root has; empty when that can't be told. Root is for tests.
func libraryVersion(root, machine, name, wanted string) (string, error) {
	wants, known := libraries[name]
	if !known {
		return "", nil
	}
	for _, folder := range []string{"lib64", "lib/" + machine + "-linux-gnu", "usr/lib64", "usr/lib/" + machine + "-linux-gnu", "usr/lib", "lib"} {
		content, err := os.ReadFile(filepath.Join(root, folder, wants.file))
		if err != nil {
			continue
		}
		newest := ""
		// A name's ends may be its neighbours' too: so each search begins at the end of the one before.
		for at := 0; ; {
			found := wants.versions.FindSubmatchIndex(content[at:])
			if found == nil {
				break
			}
			if version := string(content[at+found[2] : at+found[3]]); compareVersions(version, newest) > 0 {
				newest = version
			}
			at += found[1] - 1
		}
		if newest != "" {
			return newest, nil
		}
	}
	if name != "glibc" {
		return "", fmt.Errorf("this system has no %s, which Clawdbot needs; install it, on Debian with `apt-get install %s`", wants.file, wants.install)
	}
	if musl, _ := filepath.Glob(filepath.Join(root, "lib/ld-musl-*")); len(musl) > 0 {
		return "", fmt.Errorf("this system's C library is musl, as Alpine's, and Clawdbot needs glibc %s or newer; run it on another system, or in a container of Debian", wanted)
	}
	return "", nil
}
