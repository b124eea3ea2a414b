// The launcher: one executable that carries the runtime, unpacks it once, and supervises confined processes. What it does
// for a host is described in docs/architecture.md, section "Between launcher and host".
//
// It starts itself again in other parts, so that each has only what it needs:
//
//	clawdbot [--config FILE] [--model NAME|FILE] [--verbose]   unpacks if needed, becomes __supervise
//	clawdbot COMMAND …                                         unpacks if needed, becomes the command line
//	clawdbot __supervise ROOT …                                stays, and starts the others
//	clawdbot __confine ROOT PLAN                               confines itself, becomes the planned process
//	clawdbot __run ROOT PLAN                                   starts a confined process for a command line, and watches it
//	clawdbot __trial DATABASE …                                tries this version with a copy of a site's database
//	clawdbot __verify-release FILE SIGNATURE SHA256            says what a file is that may take this one's place
//	clawdbot __enforced                                        says what this machine enforces
package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// die ends this process with one line for what a person can mend.
func die(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func main() {
	runtime.MemProfileRate = 0 // nobody profiles it, and the table would be 1 MB
	args := os.Args[1:]
	switch part := append(args, "")[0]; {
	case part == "__supervise" && len(args) >= 2:
		os.Exit(supervise(args[1], args[2:]))
	case part == "__confine" && len(args) == 3:
		confined(args[1], args[2])
	case part == "__run" && len(args) == 3:
		runPlanned(args[1], args[2])
	case part == "__trial" && len(args) >= 2:
		root, err := ensureRuntime()
		if err != nil {
			die("Cannot start: %v", err)
		}
		os.Exit(trial(root, args[1], args[2:]))
	case part == "__verify-release" && len(args) == 4:
		r, err := verifyRelease(args[1], args[2], args[3], releaseKey)
		if err != nil {
			die("%v", err)
		}
		fmt.Println(strings.TrimSpace(r.version + " " + r.target))
	case part == "__enforced":
		json.NewEncoder(os.Stdout).Encode(enforced())
	default:
		if err := raiseLimits(); err != nil {
			die("%v", err)
		}
		root, err := ensureRuntime()
		if err != nil {
			die("%s", startProblem(err))
		}
		if _, err := parseOptions(args); err == nil {
			// Another image of the same file: what unpacking took of memory goes with this one. It waits more than it works, so
			// it has memory for one processor, and little garbage.
			env := append(os.Environ(), "GOMAXPROCS=1", "GOGC=5")
			become(executable(), append([]string{"__supervise", root}, args...), env)
		}
		becomeCommandLine(root, args)
	}
}

// options are what a run of a site is told on the command line.
type options struct {
	config, model, main, trialDatabase string
	verbose, upgrade                   bool
}

// parseOptions reads the options of a run; an error says that these arguments are a command's.
func parseOptions(args []string) (o options, err error) {
	texts := map[string]*string{"--config": &o.config, "--model": &o.model}
	if forTests {
		texts["--main"] = &o.main
	}
	for i := 0; i < len(args); i++ {
		name, value, hasValue := strings.Cut(args[i], "=")
		switch text := texts[name]; {
		case args[i] == "--verbose":
			o.verbose = true
		case args[i] == "--upgrade":
			o.upgrade = true
		case text == nil, !hasValue && i+1 == len(args):
			return o, fmt.Errorf("%s isn't an option of a run", args[i])
		case hasValue:
			*text = value
		default:
			i++
			*text = args[i]
		}
	}
	return o, nil
}

// becomeCommandLine runs the role cli as the person who called it: with all their rights, but without what would change the
// runtime itself.
func becomeCommandLine(root string, args []string) {
	flags := append([]string{"run"}, runtimeFlags...)
	// With anything less than all, the runtime's SQLite takes no `file:` address, and doctor couldn't look at a live database.
	flags = append(flags, "--allow-all", filepath.Join(root, "app/main.js"))
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "DENO_") || strings.HasPrefix(entry, "NODE_") || strings.HasPrefix(entry, "LD_")
	})
	env = append(env, "DENO_DIR="+filepath.Join(root, "deno_dir"), "DENO_NO_UPDATE_CHECK=1", "CLAWDBOT_EXECUTABLE="+executable())
	become(filepath.Join(root, "deno"), append(flags, args...), env)
}

// confined is the part __confine: nothing runs between the rules and the process that they are for.
func confined(root, planJSON string) {
	var plan Plan
	err := json.Unmarshal([]byte(planJSON), &plan)
	if err == nil {
		err = confine(plan, root)
	}
	if err != nil {
		die("%s", startProblem(err))
	}
	become(filepath.Join(root, "deno"), plan.Args, environmentOf(plan))
}

func environmentOf(plan Plan) (env []string) {
	for _, name := range slices.Sorted(maps.Keys(plan.Environment)) {
		env = append(env, name+"="+plan.Environment[name])
	}
	return env
}

// runPlanned is the part __run: a process on this one's own stdin, stdout and stderr. It ends with this one, and this one with it.
func runPlanned(root, planJSON string) {
	keepFromChildren() // the command line gives its open files on
	var plan Plan
	err := json.Unmarshal([]byte(planJSON), &plan)
	if err == nil {
		err = refuseExcess(plan, root)
	}
	if err != nil {
		die("%s", startProblem(err))
	}
	children := newChildren(root, func(string, string, int, *os.ProcessState) {})
	stderr := os.Stderr // plan says there what is wrong with a configuration
	if plan.Role != "plan" {
		stderr, err = os.OpenFile(os.DevNull, os.O_WRONLY, 0) // what libraries say is for a log, and there is none
	}
	var one *child
	if err == nil {
		one, err = children.start(plan, os.Stdin, os.Stdout, stderr)
	}
	if err != nil {
		die("Cannot start %s: %v", plan.Role, err)
	}
	stop := boundMemory(plan, one.pid, func(reason string) {
		fmt.Fprintln(os.Stderr, reason)
		one.end(syscall.SIGKILL)
	})
	<-one.ended
	stop()
	if code := one.state.ExitCode(); code >= 0 {
		os.Exit(code)
	}
	os.Exit(1) // by a signal
}

// become replaces this process by another program.
func become(path string, args, env []string) {
	die("Cannot start %s: %v", path, syscall.Exec(path, append([]string{path}, args...), env))
}

// executable is the path of this file, links followed.
func executable() string {
	path, err := os.Executable()
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		die("Cannot start: this executable can't find itself: %v", err)
	}
	return path
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
