package main

import "golang.org/x/sys/unix"

// noExec is the flag of a file system mounted so.
const noExec = unix.MNT_NOEXEC

// macOSVersion is empty when the system doesn't say it.
func macOSVersion() string {
	version, _ := unix.Sysctl("kern.osproductversion")
	return version
}
