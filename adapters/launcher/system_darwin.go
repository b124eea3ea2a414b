package main

import "golang.org/x/sys/unix"

// noExec is the flag of a file system mounted so.
const noExec = unix.MNT_NOEXEC

// systemVersion is the version that this system has of what a line of the minimum names; empty when it can't be told.
func systemVersion(name, _ string) (string, error) {
	if name != "macos" {
		return "", nil
	}
	version, err := unix.Sysctl("kern.osproductversion")
	if err != nil {
		return "", nil // before macOS 10.13 there is no such name; the runtime says the rest
	}
	return version, nil
}
