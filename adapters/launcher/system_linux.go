package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// noExec is the flag of a file system mounted so.
const noExec = unix.ST_NOEXEC

// systemVersion is the version that this system has of what a line of the minimum names; empty when it can't be told.
func systemVersion(name, wanted string) (string, error) {
	machine := map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]
	return libraryVersion("/", machine, name, wanted)
}
