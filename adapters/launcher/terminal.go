package main

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// isTerminal says whether a file is a terminal.
func isTerminal(file *os.File) bool {
	_, err := unix.IoctlGetTermios(int(file.Fd()), getTermios)
	return err == nil
}

// stderrLook is how the host writes its log: for people with colours, but not against NO_COLOR (https://no-color.org), or as lines.
func stderrLook() map[string]any {
	if !isTerminal(os.Stderr) {
		return map[string]any{"kind": "lines"}
	}
	colours := os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return map[string]any{"kind": "terminal", "colours": colours, "timeZone": timeZone()}
}

// timeZone is the name of the person's time zone. Source: tzset(3), and the symbolic link of localtime(5).
func timeZone() string {
	zone := strings.TrimPrefix(os.Getenv("TZ"), ":")
	if link, err := filepath.EvalSymlinks("/etc/localtime"); zone == "" && err == nil {
		_, zone, _ = strings.Cut(link, "zoneinfo/")
	}
	if zone == "" || strings.HasPrefix(zone, "/") {
		return "UTC"
	}
	return zone
}
