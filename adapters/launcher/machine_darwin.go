package main

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// pollGone is empty: POLLHUP is reported unasked when the other side has closed a connection. Not yet seen running.
const pollGone = 0

const getTermios = unix.TIOCGETA

// totalMemory is the machine's memory in bytes.
func totalMemory() uint64 {
	bytes, _ := unix.SysctlUint64("hw.memsize")
	return bytes
}

func inodeOf(info os.FileInfo) uint64 { return info.Sys().(*syscall.Stat_t).Ino }
