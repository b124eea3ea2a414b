package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// sandboxProfile is what macOS shall refuse to a process, in the language of sandbox-exec: the last rule that matches
// counts. It names what is refused, not all that is allowed: what the runtime needs of macOS changes with its versions.
func sandboxProfile(plan Plan, root string) string {
	rights := plan.Rights
	deno := filepath.Join(root, "deno")
	lines := []string{"(version 1)", "(allow default)"}
	rule := func(action, operation string, filters ...string) {
		lines = append(lines, "("+strings.Join(append([]string{action, operation}, filters...), " ")+")")
	}
	reachesNetwork := len(rights.Listen)+len(rights.Connect)+len(rights.Sockets) > 0
	if !reachesNetwork {
		rule("deny", "network*")
	}
	rule("deny", "process-fork")
	rule("deny", "process-exec*")
	rule("allow", "process-exec*", literals(deno)...)
	rule("deny", "signal")
	rule("allow", "signal", "(target self)")
	rule("deny", "file-write*")
	written := append(literals(slices.Concat(rights.WriteFiles, rights.Sockets)...), subpaths(rights.WriteFolders...)...)
	rule("allow", "file-write*", append(written, `(literal "/dev/null")`)...)
	// Where people and their programs have files. Looking whether a file is there stays.
	rule("deny", "file-read-data", subpaths("/Users", "/Volumes", "/private/etc", "/private/tmp", "/private/var/folders",
		"/private/var/root", filepath.Dir(root))...)
	read := append(literals(append(slices.Clone(rights.ReadFiles), deno)...), written...)
	read = append(read, subpaths(rights.ReadFolders...)...)
	read = append(read, subpaths(filepath.Join(root, "app"), filepath.Join(root, "deno_dir"))...)
	if reachesNetwork {
		read = append(read, literals("/private/etc/hosts", "/private/etc/resolv.conf", "/private/etc/localtime")...)
		read = append(read, subpaths("/private/etc/ssl")...)
	}
	rule("allow", "file-read*", read...)
	return strings.Join(lines, "\n") + "\n"
}

// literals are filters for exactly these files; subpaths for folders with all that is in them.
func literals(paths ...string) []string { return filtersOf("literal", paths) }
func subpaths(paths ...string) []string { return filtersOf("subpath", paths) }

// filtersOf names each path as the system does, which follows links first: /tmp is /private/tmp there.
func filtersOf(kind string, paths []string) []string {
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var filters []string
	for _, path := range paths {
		filters = append(filters, fmt.Sprintf(`(%s "%s")`, kind, quote.Replace(realPath(path))))
	}
	return filters
}

// realPath follows the links of a path, of which the end needn't be there yet.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil || path == filepath.Dir(path) {
		if err == nil {
			return real
		}
		return path
	}
	return filepath.Join(realPath(filepath.Dir(path)), filepath.Base(path))
}
