package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// children are the processes that this launcher started and that still live.
type children struct {
	root, executable, testMain string
	note                       func(event, role string, pid int, state *os.ProcessState)
	forks                      chan func()

	mu     sync.Mutex
	living map[*child]bool
}

// child is one process. Its state is there once ended is closed.
type child struct {
	role    string
	pid     int
	process *os.Process
	ended   chan struct{}
	state   *os.ProcessState
}

// newChildren makes what starts processes; note is told of each that starts or ends.
func newChildren(root string, note func(event, role string, pid int, state *os.ProcessState)) *children {
	c := &children{root: root, executable: executable(), note: note, forks: make(chan func()), living: map[*child]bool{}}
	go func() {
		// The death signal is bound to the thread that forks: this one lives as long as the launcher.
		runtime.LockOSThread()
		for fork := range c.forks {
			fork()
		}
	}()
	return c
}

// start starts a planned process, confined, with these as its stdin, stdout and stderr.
func (c *children) start(plan Plan, stdin, stdout, stderr *os.File) (*child, error) {
	planJSON, err := json.Marshal(c.forTests(plan))
	if err != nil {
		return nil, err
	}
	command := exec.Command(c.executable, "__confine", c.root, string(planJSON))
	command.Stdin, command.Stdout, command.Stderr = stdin, stdout, stderr
	command.Dir, command.Env, command.SysProcAttr = "/", []string{}, childAttributes()
	failed := make(chan error)
	c.forks <- func() { failed <- command.Start() }
	if err := <-failed; err != nil {
		return nil, err
	}
	one := &child{role: plan.Role, pid: command.Process.Pid, process: command.Process, ended: make(chan struct{})}
	c.mu.Lock()
	c.living[one] = true
	c.mu.Unlock()
	c.note("started", one.role, one.pid, nil)
	go func() {
		command.Wait()
		c.mu.Lock()
		delete(c.living, one)
		one.state = command.ProcessState
		c.mu.Unlock()
		c.note("ended", one.role, one.pid, one.state)
		close(one.ended)
	}()
	return one, nil
}

// forTests is where a build for tests lets another module run, and without the runtime's own permissions.
func (c *children) forTests(plan Plan) Plan {
	if !forTests || plan.Role == "plan" {
		return plan
	}
	if c.testMain != "" {
		plan.Rights.ReadFiles = append(slices.Clone(plan.Rights.ReadFiles), c.testMain)
	}
	if os.Getenv("CLAWDBOT_TEST_OPEN") != "" {
		plan.Args = slices.DeleteFunc(slices.Clone(plan.Args), func(arg string) bool {
			return strings.HasPrefix(arg, "--allow-") || strings.HasPrefix(arg, "--deny-")
		})
		plan.Args = slices.Insert(plan.Args, 1, "-A")
	}
	return plan
}

// end sends a signal to a process, if it still lives.
func (c *child) end(signal syscall.Signal) { _ = c.process.Signal(signal) }

// killAll kills all that live, and returns when none does.
func (c *children) killAll() {
	c.mu.Lock()
	all := []*child{}
	for one := range c.living {
		all = append(all, one)
	}
	c.mu.Unlock()
	for _, one := range all {
		one.end(syscall.SIGKILL)
		<-one.ended
	}
}

// use tells what those that live take, and this process. None where the system has no /proc.
func (c *children) use() []map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []map[string]any{}
	add := func(role string, pid int) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		descriptors, errFd := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err == nil && errFd == nil {
			all = append(all, map[string]any{"role": role, "memoryBytes": kilobytes(string(status), "VmRSS") * 1024, "descriptors": len(descriptors)})
		}
	}
	add("launcher", os.Getpid())
	for one := range c.living {
		add(one.role, one.pid)
	}
	return all
}

// kilobytes finds "NAME: N kB" in the text of /proc/PID/status.
func kilobytes(status, name string) uint64 {
	if found := regexp.MustCompile(`(?m)^` + name + `:\s+(\d+) kB$`).FindStringSubmatch(status); found != nil {
		count, _ := strconv.ParseUint(found[1], 10, 64)
		return count
	}
	return 0
}

// noteOn writes one JSON line on stderr for each process that starts or ends.
func noteOn(event, role string, pid int, state *os.ProcessState) {
	line := fmt.Sprintf(`{"event":%q,"role":%q,"pid":%d`, event, role, pid)
	if state != nil {
		line += fmt.Sprintf(`,"code":%d,"signal":%q`, state.ExitCode(), signalOf(state))
	}
	fmt.Fprintln(os.Stderr, line+"}")
}

// signalOf names the signal that ended a process, "" when none did.
func signalOf(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return unix.SignalName(status.Signal())
	}
	return ""
}
