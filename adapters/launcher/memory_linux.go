package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const memoryWatch = 50 * time.Millisecond

// boundMemory keeps a process within its plan's memory: it looks at its anonymous memory every 50 ms, and calls kill
// with the reason, once, when that is too much. Where the system gave this program a control group of its own, the
// kernel bounds it besides, which nothing outruns.
func boundMemory(plan Plan, pid int, kill func(reason string)) (stop func()) {
	limit := plan.Limits.MemoryBytesMax
	if limit == 0 {
		return func() {}
	}
	leave := func() {}
	if group := delegatedGroup(cgroupMount); group != "" {
		leave = enterGroup(group, plan, pid)
	}
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", pid)) // stays this process's, whoever gets the number later
	if err != nil {
		return leave // it has just ended
	}
	done := make(chan struct{})
	go func() {
		defer status.Close()
		ticks := time.NewTicker(memoryWatch)
		defer ticks.Stop()
		var text [4096]byte
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
			}
			n, _ := status.ReadAt(text[:], 0)
			if used := anonymousBytes(text[:n]); used > limit {
				kill(memoryExcess(plan.Role, used, limit))
				return
			}
		}
	}()
	return sync.OnceFunc(func() {
		close(done)
		leave()
	})
}

// anonymousBytes reads /proc/PID/status; 0 for a process that has ended.
func anonymousBytes(status []byte) uint64 {
	_, rest, _ := bytes.Cut(status, []byte("\nRssAnon:"))
	number, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" kB"))
	kilobytes, _ := strconv.ParseUint(string(number), 10, 64)
	return kilobytes * 1024
}

// memoryExcess is what people read.
func memoryExcess(role string, used, limit uint64) string {
	megabytes := func(count uint64) uint64 { return (count + 999_999) / 1_000_000 }
	return fmt.Sprintf("The %s was ended: it took %d MB of memory, and %d MB are allowed",
		role, megabytes(used), megabytes(limit))
}

// cgroupMount is where the control groups of version 2 are mounted.
const cgroupMount = "/sys/fs/cgroup"

// delegatedGroup is the control group that the system's manager has given to this program to divide, with memory to
// bound; "" where there is none. Source: https://systemd.io/CGROUP_DELEGATION/
func delegatedGroup(mount string) string {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return ""
	}
	return groupIn(mount, string(own))
}

// groupIn reads /proc/self/cgroup, which has one line `0::/PATH` where version 2 is the only one.
func groupIn(mount, own string) string {
	path, isUnified := strings.CutPrefix(strings.TrimSpace(own), "0::")
	if !isUnified || strings.Contains(path, "\n") {
		return ""
	}
	group := filepath.Join(mount, strings.TrimSuffix(path, "/"+launcherGroup))
	controllers, err := os.ReadFile(filepath.Join(group, "cgroup.controllers"))
	if err != nil || !slices.Contains(strings.Fields(string(controllers)), "memory") || !isDelegated(group) {
		return ""
	}
	return group
}

// launcherGroup is where this program moves itself: a group that has groups with bounds has no processes of its own.
const launcherGroup = "launcher"

// isDelegated looks for systemd's mark: a group that is only writable may be somebody else's to divide.
var isDelegated = func(group string) bool {
	var value [1]byte
	for _, name := range []string{"user.delegate", "trusted.delegate"} {
		if n, err := unix.Getxattr(group, name, value[:]); err == nil && n == 1 && value[0] == '1' {
			return true
		}
	}
	return false
}

// enterGroup puts a process into a group of its own with a bound; it returns what removes that again. The bound has room
// for the files that the process reads: their pages count, too, and a bound without them would have them read for ever.
func enterGroup(group string, plan Plan, pid int) (leave func()) {
	write := func(folder, file, value string) error {
		return os.WriteFile(filepath.Join(folder, file), []byte(value), 0o644)
	}
	own, its := filepath.Join(group, launcherGroup), filepath.Join(group, fmt.Sprintf("%s-%d", plan.Role, pid))
	bound := plan.Limits.MemoryBytesMax
	for _, path := range plan.Rights.ReadFiles {
		if about, err := os.Stat(path); err == nil {
			bound += uint64(about.Size())
		}
	}
	_ = os.Mkdir(own, 0o755)
	_ = os.Mkdir(its, 0o755)
	for _, step := range [][3]string{
		{own, "cgroup.procs", strconv.Itoa(os.Getpid())},
		{group, "cgroup.subtree_control", "+memory"},
		{its, "memory.max", strconv.FormatUint(bound, 10)},
		{its, "memory.oom.group", "1"},
		{its, "cgroup.procs", strconv.Itoa(pid)},
	} {
		if write(step[0], step[1], step[2]) != nil {
			break // the watch is still there
		}
	}
	return func() { _ = os.Remove(its) }
}

// memoryBoundBy tells people what bounds memory here.
func memoryBoundBy() string {
	if delegatedGroup(cgroupMount) != "" {
		return "a delegated control group, and RssAnon every 50 ms"
	}
	return "RssAnon every 50 ms"
}
