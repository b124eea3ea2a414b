package main

import (
	"testing"

	"github.com/elastic/go-seccomp-bpf/arch"
)

// callsOf are the system calls of an architecture.
func callsOf(t *testing.T, name string) map[string]int {
	t.Helper()
	machine, err := arch.GetInfo(name)
	if err != nil {
		t.Fatal(err)
	}
	return machine.SyscallNames
}
