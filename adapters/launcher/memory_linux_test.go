package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAProcessThatGrowsPastItsLimitIsEndedWithTheReason(t *testing.T) {
	child := exec.Command("sleep", "60")
	child.SysProcAttr = childAttributes()
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	stop := boundMemory(Plan{Role: "model-runner", Limits: Limits{MemoryBytesMax: 1000}}, child.Process.Pid, func(reason string) {
		said <- reason
		_ = child.Process.Kill()
	})
	defer stop()
	select {
	case reason := <-said:
		if reason != "The model-runner was ended: it took 1 MB of memory, and 1 MB are allowed" {
			t.Error(reason)
		}
	case <-time.After(5 * time.Second):
		t.Error("nothing was said")
		_ = child.Process.Kill()
	}
	_ = child.Wait()
	stop()
}

func TestAProcessWithinItsLimitLivesOn(t *testing.T) {
	stop := boundMemory(Plan{Limits: Limits{MemoryBytesMax: 1 << 40}}, os.Getpid(), func(reason string) { t.Error(reason) })
	time.Sleep(3 * memoryWatch)
	stop()
	stop()
}

func TestAnonymousBytesAreReadAsTheKernelWritesThem(t *testing.T) {
	for text, want := range map[string]uint64{
		"Name:\tdeno\nVmRSS:\t  123 kB\nRssAnon:\t    2048 kB\nRssFile:\t 7 kB\n": 2048 * 1024,
		"Name:\tRssAnon: 5 kB\nState:\tZ (zombie)\n":                              0,
		"": 0,
	} {
		if got := anonymousBytes([]byte(text)); got != want {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// Goal: what is written into a delegated control group, and when none is taken. Method: a folder laid out as the kernel's.
// Not yet seen running: this machine's groups are of version 1.
func TestADelegatedGroupBoundsARunner(t *testing.T) {
	mount := t.TempDir()
	group := filepath.Join(mount, "system.slice/clawdbot.service")
	if err := os.MkdirAll(group, 0o755); err != nil {
		t.Fatal(err)
	}
	own := "0::/system.slice/clawdbot.service\n"
	delegated := isDelegated
	defer func() { isDelegated = delegated }()
	mark := true
	isDelegated = func(string) bool { return mark }
	check := func(own, want string) {
		t.Helper()
		if got := groupIn(mount, own); got != want {
			t.Errorf("%q: %q", own, got)
		}
	}
	check(own, "") // no controllers
	if err := os.WriteFile(group+"/cgroup.controllers", []byte("cpu memory pids\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	check(own, group)
	check("0::/system.slice/clawdbot.service/launcher\n", group) // after it moved itself
	check("9:memory:/x\n0::/system.slice/clawdbot.service\n", "")
	check("0::/elsewhere\n", "")
	mark = false
	check(own, "") // somebody else's to divide
	model := filepath.Join(mount, "model.gguf")
	if err := os.WriteFile(model, make([]byte, 5000), 0o644); err != nil {
		t.Fatal(err)
	}
	plan := Plan{Role: "model-runner", Rights: Rights{ReadFiles: []string{model}}, Limits: Limits{MemoryBytesMax: 1_000_000}}
	leave := enterGroup(group, plan, 4711)
	for file, want := range map[string]string{
		"cgroup.subtree_control":             "+memory",
		"launcher/cgroup.procs":              "",
		"model-runner-4711/memory.max":       "1005000",
		"model-runner-4711/memory.oom.group": "1",
		"model-runner-4711/cgroup.procs":     "4711",
	} {
		got, err := os.ReadFile(filepath.Join(group, file))
		if err != nil || (want != "" && strings.TrimSpace(string(got)) != want) {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
	leave() // the kernel removes a group's files with it; here they keep the folder
}
