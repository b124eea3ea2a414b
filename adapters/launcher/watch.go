package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"time"
)

// look is how often files are looked at. What changed counts once it has stayed the same for one look more. Of a larger file than
// readBytesMax, size and time alone say whether it changed.
const (
	look         = 250 * time.Millisecond
	readBytesMax = 4 * 1024 * 1024
)

// watch calls changed when the content of files has become another than seen said, and stays so: editors remove, rename and write
// in steps. By polling: it sees whatever replaces a file, on every file system. paths is asked at each look.
func watch(ctx context.Context, paths func() []string, seen func() string, changed func()) {
	looks, unsettled := looksOf(paths()), true // since they were seen
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(look):
		}
		now := looksOf(paths())
		same := now == looks
		looks = now
		if !same {
			unsettled = true
		} else if unsettled {
			unsettled = false
			if digestOf(paths()) != seen() {
				changed()
				looks = looksOf(paths()) // of what is watched now: another configuration may name other files
				unsettled = true         // what was written while the change was taken in is in these looks already
			}
		}
	}
}

// watchLooks calls changed when files were replaced, be it by the same content, and stay so for a while.
func watchLooks(ctx context.Context, paths func() []string, changed func()) {
	last := looksOf(paths())
	for now := last; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(4 * look):
		}
		before := now
		if now = looksOf(paths()); now == before && now != last {
			last = now
			changed()
		}
	}
}

// looksOf is what is cheap to see of files.
func looksOf(paths []string) string {
	var looks strings.Builder
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			fmt.Fprintf(&looks, "%s\n", path)
			continue
		}
		fmt.Fprintf(&looks, "%s %v %d %v\n", path, info.ModTime().UnixNano(), info.Size(), inodeOf(info))
	}
	return looks.String()
}

// digestOf is what is in files, as digests: nothing of a secret is kept.
func digestOf(paths []string) string {
	var digests strings.Builder
	for _, path := range paths {
		info, err := os.Stat(path)
		var content []byte
		if err == nil && info.Size() <= readBytesMax {
			content, err = os.ReadFile(path)
		}
		switch {
		case err != nil:
			fmt.Fprintf(&digests, "%s missing\n", path)
		case info.Size() > readBytesMax:
			fmt.Fprintf(&digests, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		default:
			fmt.Fprintf(&digests, "%s %x\n", path, sha256.Sum256(content))
		}
	}
	return digests.String()
}
