package main

import "golang.org/x/sys/unix"

// noExec is the flag of a file system mounted so.
const noExec = unix.ST_NOEXEC

// macOSVersion is empty on another system.
func macOSVersion() string { return "" }
