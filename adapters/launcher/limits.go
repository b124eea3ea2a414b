package main

import (
	"fmt"
	"syscall"
)

// leasts are what the runtime needs of the limits that a process inherits, as `ulimit` names and counts them. With less it
// breaks at its start, with a trace instead of a reason. Measured with Deno 2.9.5: it starts with 48 GB of address space
// (of which it uses little) and not with 32, 700 MB of data, a stack of 512 kB, 24 files.
var leasts = []struct {
	limit       int
	flag        string
	least, unit uint64
	wanted      string
}{
	{syscall.RLIMIT_AS, "v", 48_000_000, 1024, "unlimited"},
	{syscall.RLIMIT_DATA, "d", 1_000_000, 1024, "unlimited"},
	{syscall.RLIMIT_STACK, "s", 1024, 1024, "8192"},
	{syscall.RLIMIT_NOFILE, "n", 64, 1, "4096"},
}

// raiseLimits raises what this process was allowed less of than it may have, for all that it starts, and refuses to start
// under limits that the runtime can't run under.
func raiseLimits() error {
	for _, l := range leasts {
		var set syscall.Rlimit
		if err := syscall.Getrlimit(l.limit, &set); err != nil {
			continue
		}
		// Of open files Go has raised the limit for itself alone; raised here, it stays.
		if set.Cur/l.unit < l.least || l.limit == syscall.RLIMIT_NOFILE {
			set.Cur = set.Max
			_ = syscall.Setrlimit(l.limit, &set)
		}
		if set.Max/l.unit < l.least {
			return fmt.Errorf("Cannot start: `ulimit -%s` is %d here, and Clawdbot needs %d at least; run `ulimit -%[1]s %[4]s`",
				l.flag, set.Max/l.unit, l.least, l.wanted)
		}
	}
	return nil
}
