package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ceilings are the lists of rights that a role may have entries in at all, whatever its plan says.
var ceilings = map[string][]string{
	"plan":             {"readFiles"},
	"host":             {"readFiles", "writeFiles", "readFolders", "writeFolders", "sockets", "listen", "connect"},
	"model-runner":     {"readFiles", "readFolders", "system", "libraries"},
	"embedding-runner": {"readFiles", "readFolders", "system", "libraries"},
	"model-puller":     {"readFiles", "writeFolders", "connect", "system"},
	"model-quantizer":  {"readFiles", "readFolders", "writeFolders", "libraries"},
	"plugin-runner":    {},
	"connector":        {"connect"},
}

// Bounds that no plan exceeds.
const (
	processesCeiling = 8
	openFilesCeiling = 4096
)

// systemCeiling is what a role may ask the system at most.
var systemCeiling = []string{"systemMemoryInfo", "statfs"}

// flagsAlways stand in every plan: without them a process could ask for more, fetch code, or see the environment.
var flagsAlways = []string{"--no-prompt", "--no-remote", "--cached-only", "--ignore-env", "--no-config", "--no-npm"}

// flagsAllowed may stand there too; they give no right.
var flagsAllowed = []string{"--quiet", "--no-check", "--no-lock", "--node-modules-dir=none", "--unstable-no-legacy-abort"}

// flagWithoutWriting makes the runtime run without pages that are both written and run.
const flagWithoutWriting = "--v8-flags=--jitless"

// flagsOfRole stand in the plan of that role only. They bound what the engine gives a plugin.
var flagsOfRole = map[string]string{
	"plugin-runner": "--v8-flags=--wasm-max-mem-pages=1024,--max-old-space-size=128,--max-semi-space-size=4,--wasm-num-compilation-tasks=1,--expose-gc",
}

// environmentAllowed are the variables that a process may be started with.
var environmentAllowed = []string{"DENO_DIR", "DENO_NO_UPDATE_CHECK", "HOME", "NO_COLOR", "GGML_NO_BACKTRACE", "MALLOC_ARENA_MAX"}

var (
	address    = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4}$`)
	denial     = regexp.MustCompile(`^--deny-[a-z]+$`)
	oddInAPath = regexp.MustCompile(`[,\x00-\x1f\x7f]`)
)

// lists names the rights as the plan's JSON does.
func (r Rights) lists() map[string][]string {
	return map[string][]string{
		"readFiles": r.ReadFiles, "writeFiles": r.WriteFiles, "readFolders": r.ReadFolders, "writeFolders": r.WriteFolders,
		"sockets": r.Sockets, "listen": r.Listen, "connect": r.Connect, "system": r.System, "libraries": r.Libraries,
	}
}

// refuseExcess refuses a plan that gives a role more than it may ever have, so that not even a forged plan can. The flags
// of the runtime must be those that follow from the rights, which the operating system's rules are made of, too.
//
// kept are further paths that no process may write, and only `plan` may read: the configuration, the key.
func refuseExcess(plan Plan, root string, kept ...string) error {
	refuse := func(format string, values ...any) error {
		return fmt.Errorf("Cannot start: the plan of %s %s; it isn't from this program", plan.Role, fmt.Sprintf(format, values...))
	}
	allowed, known := ceilings[plan.Role]
	if !known {
		return refuse("is of no known role")
	}
	for name, values := range plan.Rights.lists() {
		if len(values) > 0 && !slices.Contains(allowed, name) {
			return refuse("has %s", name)
		}
	}
	if why := pathExcess(plan, root, kept); why != "" {
		return refuse("%s", why)
	}
	for _, value := range slices.Concat(plan.Rights.Listen, plan.Rights.Connect) {
		if !address.MatchString(value) {
			return refuse("has the address %q", value)
		}
	}
	for _, value := range plan.Rights.System {
		if !slices.Contains(systemCeiling, value) {
			return refuse("has the right to ask for %q", value)
		}
	}
	if why := limitExcess(plan); why != "" {
		return refuse("%s", why)
	}
	if why := argumentExcess(plan, root); why != "" {
		return refuse("%s", why)
	}
	for name, value := range plan.Environment {
		if !slices.Contains(environmentAllowed, name) || (name == "DENO_DIR" || name == "HOME") && value != filepath.Join(root, "deno_dir") {
			return refuse("sets %s to %q", name, value)
		}
	}
	if plan.Environment["DENO_DIR"] == "" {
		return refuse("lacks DENO_DIR")
	}
	return nil
}

// pathExcess says which path of a plan is none that its role may have.
func pathExcess(plan Plan, root string, kept []string) string {
	rights := plan.Rights
	written := slices.Concat(rights.WriteFiles, rights.WriteFolders, rights.Sockets)
	for _, socket := range rights.Sockets {
		written = append(written, filepath.Dir(socket)) // where it makes and removes them
	}
	read := slices.Concat(rights.ReadFiles, rights.ReadFolders, rights.Libraries)
	for _, path := range slices.Concat(written, read) {
		if !filepath.IsAbs(path) || filepath.Clean(path) != path || oddInAPath.MatchString(path) {
			return fmt.Sprintf("has the path %q", path)
		}
	}
	for _, path := range slices.Concat(written, rights.ReadFolders) {
		if strings.Count(path, "/") < 2 {
			return fmt.Sprintf("has the path %q, which is too close to the root", path)
		}
	}
	for _, path := range rights.Libraries {
		if path != filepath.Join(root, "llama") {
			return fmt.Sprintf("loads libraries of %q", path)
		}
	}
	executable, err := os.Executable()
	if err != nil {
		return "can't be checked: the system doesn't tell where this program is"
	}
	for _, path := range written {
		for _, other := range append([]string{root, executable}, kept...) {
			if isWithin(other, path) || other == root && isWithin(path, root) {
				return fmt.Sprintf("writes %q, which would open %q to it", path, other)
			}
		}
	}
	for _, path := range read {
		for _, other := range kept {
			if plan.Role != "plan" && isWithin(other, path) {
				return fmt.Sprintf("reads %q, which would open %q to it", path, other)
			}
		}
	}
	return ""
}

// limitExcess says which limit of a plan is too wide.
func limitExcess(plan Plan) string {
	limits, native := plan.Limits, len(plan.Rights.Libraries) > 0
	switch {
	case limits.ProcessesMax < 1 || limits.ProcessesMax > processesCeiling:
		return fmt.Sprintf("allows %d processes", limits.ProcessesMax)
	case limits.OpenFilesMax < 1 || limits.OpenFilesMax > openFilesCeiling:
		return fmt.Sprintf("allows %d open files", limits.OpenFilesMax)
	case limits.MemoryBytesMax == 0 && plan.Role != "plan" && plan.Role != "host":
		return "bounds no memory"
	case native && limits.WrittenCode != "denied":
		return "lets native code write code"
	}
	return ""
}

// argumentExcess says which argument of the runtime gives more than the rights do.
func argumentExcess(plan Plan, root string) string {
	main := slices.IndexFunc(plan.Args, func(arg string) bool { return arg != "run" && !strings.HasPrefix(arg, "-") })
	if main < 1 || plan.Args[0] != "run" {
		return "doesn't begin with run"
	}
	if plan.Args[main] != filepath.Join(root, "app", "main.js") {
		return fmt.Sprintf("runs %q", plan.Args[main])
	}
	if main+1 == len(plan.Args) || plan.Args[main+1] != plan.Role {
		return "is run as another role"
	}
	wanted := slices.Concat(flagsAlways, permissionFlags(plan.Rights))
	if plan.Limits.WrittenCode == "denied" {
		wanted = append(wanted, flagWithoutWriting)
	}
	if flag := flagsOfRole[plan.Role]; flag != "" {
		wanted = append(wanted, flag)
	}
	given := plan.Args[1:main]
	for _, flag := range wanted {
		if !slices.Contains(given, flag) {
			return fmt.Sprintf("lacks %s", flag)
		}
	}
	for _, flag := range given {
		if !slices.Contains(wanted, flag) && !slices.Contains(flagsAllowed, flag) && !denial.MatchString(flag) {
			return fmt.Sprintf("has %s", flag)
		}
	}
	return ""
}

// permissionFlags are the runtime's flags that follow from rights: core/permissions.ts writes the same.
func permissionFlags(rights Rights) []string {
	var flags []string
	flag := func(right string, values ...string) {
		var once []string
		for _, value := range values {
			if !slices.Contains(once, value) {
				once = append(once, value)
			}
		}
		if len(once) > 0 {
			flags = append(flags, "--allow-"+right+"="+strings.Join(once, ","))
		}
	}
	var unixSockets []string
	for _, path := range rights.Sockets {
		unixSockets = append(unixSockets, "unix:"+path)
	}
	flag("net", slices.Concat(rights.Listen, rights.Connect, unixSockets)...)
	flag("read", slices.Concat(rights.ReadFiles, rights.ReadFolders, rights.WriteFiles, rights.WriteFolders, rights.Sockets)...)
	flag("write", slices.Concat(rights.WriteFiles, rights.WriteFolders, rights.Sockets)...)
	flag("sys", rights.System...)
	flag("ffi", rights.Libraries...)
	return flags
}

// isWithin tells whether path is folder, or lies in it.
func isWithin(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}
