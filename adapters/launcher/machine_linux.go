package main

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// pollGone is what poll reports when the other side has closed a connection.
const pollGone = unix.POLLRDHUP

const getTermios = unix.TCGETS

// totalMemory is the machine's memory in bytes.
func totalMemory() uint64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return uint64(info.Totalram) * uint64(info.Unit)
}

func inodeOf(info os.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }
