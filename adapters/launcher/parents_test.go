package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestParentsBeginWithWhatThePersonNames(t *testing.T) {
	at := func(env map[string]string) []string {
		return runtimeParents(func(name string) string { return env[name] })
	}
	if got := at(map[string]string{"CLAWDBOT_RUNTIME": "/opt/c/", "HOME": "/home/a"}); !slices.Equal(got, []string{"/opt/c"}) {
		t.Errorf("named: %q", got)
	}
	here, _ := os.Getwd()
	if got := at(map[string]string{"CLAWDBOT_RUNTIME": "c"}); !slices.Equal(got, []string{here + "/c"}) {
		t.Errorf("named from here: %q", got)
	}
	home := at(map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "/data"})
	if want := []string{"/data/clawdbot/runtime", "/home/a/.local/share/clawdbot/runtime"}; !slices.Equal(home[:2], want) {
		t.Errorf("with a home: %q", home)
	}
	executable, _ := os.Executable()
	user := fmt.Sprint(os.Getuid())
	want := []string{filepath.Dir(executable) + "/.clawdbot-runtime-" + user, "/var/lib/clawdbot/runtime", "/var/tmp/clawdbot-" + user + "/runtime", "/run/user/" + user + "/clawdbot/runtime"}
	if got := at(map[string]string{"HOME": "relative", "XDG_DATA_HOME": "./x"}); !slices.Equal(got, want) {
		t.Errorf("without a home: %q", got)
	}
}

func TestTrustedRefusesWhereSomebodyElseCouldPutPrograms(t *testing.T) {
	base, err := filepath.EvalSymlinks(privateFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	make := func(name string, mode os.FileMode, uid, gid int) {
		path := filepath.Join(base, name)
		if err := errors.Join(os.MkdirAll(path, 0o700), os.Chown(path, uid, gid), os.Chmod(path, mode)); err != nil {
			t.Skipf("%v: only root can make folders of others", err)
		}
	}
	me := os.Getuid()
	make("ours", 0o755, me, me)
	make("of_group", 0o775, me, me)
	make("of_group/below", 0o700, me, me)
	make("of_foreign_group", 0o775, me, 4711)
	make("of_foreign_group/below", 0o700, me, me)
	make("of_all", 0o777, me, me)
	make("of_all/below", 0o700, me, me)
	make("sticky", 0o777|os.ModeSticky, me, me)
	make("sticky/below", 0o700, me, me)
	make("sticky/theirs", 0o755, 4711, 4711)
	make("theirs", 0o755, 4711, 4711)
	make("theirs/below", 0o700, me, me)
	if err := errors.Join(os.Symlink("ours", base+"/link"), os.Symlink("of_all", base+"/bad_link"), os.WriteFile(base+"/file", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"ours":                           base + "/ours",
		"ours/not/yet":                   base + "/ours/not/yet",
		"link/not/yet":                   base + "/ours/not/yet",
		"of_group/below":                 base + "/of_group/below",
		"sticky/below":                   base + "/sticky/below",
		"sticky/not/yet":                 base + "/sticky/not/yet",
		"of_group":                       "/of_group may be written by others",
		"of_foreign_group/below":         "/of_foreign_group may be written by others",
		"of_foreign_group/below/not/yet": "/of_foreign_group may be written by others",
		"of_all":                         "/of_all may be written by others",
		"of_all/below":                   "/of_all may be written by others",
		"bad_link/below":                 "/of_all may be written by others",
		"sticky":                         "/sticky may be written by others",
		"sticky/theirs":                  "/sticky/theirs belongs to another user",
		"theirs/below":                   "/theirs belongs to another user",
		"file":                           "/file isn't a folder",
	} {
		got, err := trusted(filepath.Join(base, name))
		if err != nil {
			got = strings.TrimPrefix(err.Error(), base)
		}
		if got != want {
			t.Errorf("%s: %s, wanted %s", name, got, want)
		}
	}
}

func TestFullDiskIsSaidBeforeItIsFilled(t *testing.T) {
	var system syscall.Statfs_t
	if err := syscall.Statfs(t.TempDir(), &system); err != nil {
		t.Fatal(err)
	}
	free := int64(system.Bavail) * int64(system.Bsize)
	if err := usable(t.TempDir(), free*2); err == nil || !strings.Contains(err.Error(), " MB are wanted there, and ") {
		t.Fatal(err)
	}
	if err := usable(t.TempDir(), 1); err != nil {
		t.Fatal(err)
	}
}
