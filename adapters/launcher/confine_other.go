//go:build !linux

package main

import (
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// sandboxExec runs a program under a profile. It is called deprecated, and is there up to macOS 26.
const sandboxExec = "/usr/bin/sandbox-exec"

// confine takes from this process what its plan doesn't give it, as far as macOS offers that: where sandbox-exec is
// there, it becomes the runtime under a profile, and never returns. Not yet seen running.
func confine(plan Plan, root string) error {
	for what, most := range map[int]uint64{syscall.RLIMIT_CORE: 0, syscall.RLIMIT_NOFILE: plan.Limits.OpenFilesMax} {
		if err := syscall.Setrlimit(what, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return fmt.Errorf("Cannot confine %s: limits: %w", plan.Role, err)
		}
	}
	for fd := 3; fd < openFilesCeiling; fd++ {
		syscall.CloseOnExec(fd)
	}
	if !hasSandbox() {
		return nil
	}
	var environment []string
	for name, value := range plan.Environment {
		environment = append(environment, name+"="+value)
	}
	args := append([]string{sandboxExec, "-p", sandboxProfile(plan, root), root + "/deno"}, plan.Args...)
	return fmt.Errorf("Cannot confine %s: %w", plan.Role, syscall.Exec(sandboxExec, args, environment))
}

func hasSandbox() bool {
	_, err := os.Stat(sandboxExec)
	return err == nil
}

// enforced tells, layer by layer, what this machine enforces of a plan.
func enforced() []Enforcement {
	bySandbox := func(layer, what string) Enforcement {
		if !hasSandbox() {
			return Enforcement{layer, false, sandboxExec + " isn't there"}
		}
		return Enforcement{layer, true, "sandbox-exec: " + what + "; not yet seen running"}
	}
	return []Enforcement{
		{"limits", true, "rlimits: open files, no core files"},
		{"no-new-privileges", false, "this system has no such setting"},
		{"written-code", false, "this system has no such setting"},
		bySandbox("files", "files of people and programs, all writing"),
		{"tcp", false, "the runtime's permissions alone hold the ports of the host"},
		bySandbox("signals", "to itself only"),
		bySandbox("system-calls", "no processes, and no network for runners"),
		{"memory", false, "this system doesn't tell how much memory is a process's own"},
	}
}

// restlessFiles are none: a profile is about names.
func restlessFiles([]Plan) []string { return nil }

// boundMemory bounds nothing: what a process has resident here includes the model's file.
func boundMemory(Plan, int, func(reason string)) (stop func()) { return func() {} }

// childAttributes are those of every child. None ends with this program by itself: host and runners end when stdin does.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// peerPid is the process at the other end of a Unix socket.
func peerPid(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var pid int
	var failed error
	if err := raw.Control(func(fd uintptr) {
		pid, failed = unix.GetsockoptInt(int(fd), unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	}); err != nil {
		return 0, err
	}
	return pid, failed
}
