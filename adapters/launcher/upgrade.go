package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// An upgrade, as docs/upgrade.md tells it. What the next version must know of this one: the part `__trial DATABASE …`, and the
// file decided.json. The order of all writing is such that a SIGKILL leaves either version startable, with all data:
// before the decision nothing of the old one was touched, after it every start goes on with what is left to be done.

const (
	unpackTime    = 3 * time.Minute  // how long the next version may take to unpack itself, while this one serves
	trialTime     = 5 * time.Minute  // how long it may take to migrate the copy and to become ready
	probationTime = 60 * time.Second // how long its host may take to listen, before the one before is put back
)

// wantedUpgrade is what the command line asks for: adapters/cli/commands/upgrade.ts writes it.
type wantedUpgrade struct {
	Executable     string `json:"executable"`
	Signature      string `json:"signature"`
	Digest         string `json:"digest"`
	AllowDowngrade bool   `json:"allowDowngrade"`
}

// upgrade is where one upgrade of a site takes place. Beside the executable lies the next one, and later the one before.
type upgrade struct{ folder, executable, database string }

// copied is the copy of the database that the next version is tried with, before what it was until the next version listens.
func (u upgrade) copied() string { return u.database + ".upgrading" }
func (u upgrade) before() string { return u.database + ".before-upgrade" }

// logs are what belongs to a database besides its own file.
var logs = []string{"-wal", "-shm", "-journal"}

// decision is that the next version takes over, where, and which file it is: another may have been put there since. As long as
// the database has the time CopiedAt, in nanoseconds, nothing was written since it was copied.
type decision struct {
	Version    string `json:"version"`
	Digest     string `json:"digest"`
	Executable string `json:"executable"`
	Database   string `json:"database"`
	BeganMs    int64  `json:"beganMs"`
	CopiedAt   int64  `json:"copiedAt"`
}

func upgradeOf(answer *Answer, executable string) upgrade {
	database := answer.Site.DatabasePath
	if real, err := filepath.EvalSymlinks(database); err == nil { // a rename would replace the link, by a file on another disk
		database = real
	}
	return upgrade{filepath.Join(answer.Site.DataFolder, "upgrade"), executable, database}
}

func (u upgrade) file(name string) string { return filepath.Join(u.folder, name) }

// tell says how far it is to whoever waits for it.
func (u upgrade) tell(state, version, reason string, downMs int64) {
	_ = writeJSON(u.file("outcome.json"), map[string]any{"state": state, "version": version, "reason": reason, "downMs": downMs})
}

// prepare looks at what is wanted while everything still runs: whether it may take this one's place, and whether it starts here.
func (u upgrade) prepare() (next release, err error) {
	var wanted wantedUpgrade
	u.tell("checking", "", "", 0)
	if err := readJSON(u.file("request.json"), &wanted); err != nil {
		return next, fmt.Errorf("it isn't known what is wanted (%w)", err)
	}
	if wanted.Executable != u.executable {
		return next, fmt.Errorf("what runs is %s, and upgrades itself only", u.executable)
	}
	program := u.executable + ".next"
	next, err = verifyRelease(program, wanted.Signature, wanted.Digest, releaseKey)
	if err == nil && next.version != "" {
		err = refuseOlder(next.version, version, wanted.AllowDowngrade)
	}
	if err != nil {
		return next, err
	}
	u.tell("unpacking", next.version, "", 0)
	said, err := runNext(context.Background(), unpackTime, program, "--version")
	found, isOurs := strings.CutPrefix(said, "clawdbot ")
	switch {
	case err != nil:
		return next, fmt.Errorf("it doesn't run here (%w)", err)
	case !isOurs:
		return next, errors.New("it isn't a Clawdbot")
	case next.version != "" && found != next.version:
		return next, fmt.Errorf("it says that it is version %s, and its signature says %s", found, next.version)
	}
	next.version = found
	return next, refuseOlder(found, version, wanted.AllowDowngrade)
}

// runNext runs the next version to its end, at most until ctx ends, and returns the last line that it printed. The thread must
// live as long as the program: the death signal is bound to it.
func runNext(ctx context.Context, limit time.Duration, program string, args ...string) (string, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var said strings.Builder
	command := exec.CommandContext(ctx, program, args...)
	command.Stdout, command.Stderr, command.SysProcAttr = &said, &said, childAttributes()
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	err := command.Run()
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	if last := lines[len(lines)-1]; err != nil && last != "" {
		err = errors.New(last)
	}
	return lines[len(lines)-1], err
}

// try has the next version migrate a copy of the database and become ready with it. No host may run meanwhile. args are those of
// this run of the site.
func (u upgrade) try(ctx context.Context, next release, began time.Time, args []string) (d decision, err error) {
	d = decision{Version: next.version, Digest: next.digest, Executable: u.executable, Database: u.database, BeganMs: began.UnixMilli()}
	u.tell("trying", next.version, "", 0)
	u.sweepDatabase()
	if isFile(u.database) {
		for _, end := range []string{"", "-wal"} { // a host that was killed leaves the log too
			if err := copyFile(u.database+end, u.copied()+end); err != nil && !errors.Is(err, os.ErrNotExist) {
				return d, fmt.Errorf("the database can't be copied (%w)", err)
			}
		}
		if _, err := runNext(ctx, trialTime, u.executable+".next", append([]string{"__trial", u.copied()}, args...)...); err != nil {
			return d, fmt.Errorf("it didn't become ready (%w)", err)
		}
		if sizeOf(u.copied()+"-wal") > 0 {
			return d, errors.New("it left its database open")
		}
		// A time that no later write can have, also where a file system knows only whole seconds.
		stamp := began.Add(-time.Hour).Truncate(2 * time.Second)
		d.CopiedAt = stamp.UnixNano()
		if err := os.Chtimes(u.copied(), stamp, stamp); err != nil {
			return d, err
		}
		if err := syncFile(u.copied()); err != nil {
			return d, err
		}
	}
	return d, syncFile(filepath.Dir(u.database))
}

// take has the next version tried and decided for. From the decision on every start goes on with it.
func (u upgrade) take(ctx context.Context, next release, began time.Time, args []string) error {
	d, err := u.try(ctx, next, began, args)
	if err == nil {
		err = writeJSON(u.file("decided.json"), d)
	}
	if err != nil {
		os.Remove(u.file("decided.json"))
		u.fail(next.version, err)
		return err
	}
	u.tell("switching", next.version, "", 0)
	if _, err = u.finish(d); err != nil && !u.undo(d, err) {
		// No host may start now: with the decision, the next start would put the copy over what it took in.
		die("Cannot finish the upgrade: %v; once that is mended, the next start does", err)
	}
	return err
}

// finish does what is left to be done of a decision, and says whether the executable was replaced by it.
func (u upgrade) finish(d decision) (replaced bool, err error) {
	if isFile(u.copied()) {
		// The logs belong to the database before, and would be taken for those of the next.
		for _, end := range append(slices.Clone(logs), "") {
			if err := os.Rename(u.database+end, u.before()+end); err != nil && !errors.Is(err, os.ErrNotExist) {
				return false, err
			}
		}
		if err := os.Rename(u.copied(), u.database); err != nil {
			return false, err
		}
	}
	if err := syncFile(filepath.Dir(u.database)); err != nil {
		return false, err
	}
	next := u.executable + ".next"
	if hasDigest(next, d.Digest) {
		// There is an executable at every moment.
		os.Remove(u.executable + ".previous")
		if err := os.Link(u.executable, u.executable+".previous"); err != nil {
			if err := copyFile(u.executable, u.executable+".previous"); err != nil {
				return false, err
			}
		}
		if err := os.Rename(next, u.executable); err != nil {
			return false, err
		}
		replaced = true
	}
	return replaced, syncFile(filepath.Dir(u.executable))
}

// resume is the first thing of a start that has the site: it goes on with a decision, and removes what is left of an upgrade that
// came to none, unless this start is for one. Where it returns replaced, the executable is another one by now.
func (u upgrade) resume(isWanted bool) (probation *decision, replaced bool, err error) {
	var d decision
	if readJSON(u.file("decided.json"), &d) == nil {
		u.executable, u.database = d.Executable, d.Database
		if replaced, err = u.finish(d); err != nil || replaced || d.Version == version {
			return &d, replaced, err
		}
		os.Remove(u.file("decided.json")) // it went back, and was killed doing so
		u.fail(d.Version, errors.New("its host didn't come to listen"))
	}
	u.sweepDatabase()
	if !isWanted && isFile(u.file("request.json")) {
		u.fail("", errors.New("the assistant ended meanwhile"))
	}
	return nil, false, nil
}

// fail ends an upgrade before its decision.
func (u upgrade) fail(next string, reason error) {
	u.sweepDatabase()
	os.Remove(u.executable + ".next")
	u.tell("failed", next, reason.Error(), 0)
	os.Remove(u.file("request.json"))
}

// confirm ends an upgrade: the next version listens. What it took over has what people asked to be forgotten since: it goes.
func (u upgrade) confirm(d decision) {
	u.executable, u.database = d.Executable, d.Database
	u.tell("done", d.Version, "", time.Now().UnixMilli()-d.BeganMs)
	os.Remove(u.file("request.json"))
	os.Remove(u.file("decided.json"))
	u.sweepDatabase()
}

// undo puts back what was before, when the next version can't take over, or its host doesn't come to listen. Not if anything was
// written meanwhile: that could be a message that was acknowledged.
func (u upgrade) undo(d decision, reason error) bool {
	u.executable, u.database = d.Executable, d.Database
	isTaken := isFile(u.before()) || !isFile(u.copied())
	info, err := os.Stat(u.database)
	if isTaken && (err == nil && info.ModTime().UnixNano() != d.CopiedAt || sizeOf(u.database+"-wal") > 0) {
		return false
	}
	if isFile(u.before()) {
		for _, end := range logs {
			os.Remove(u.database + end)
			os.Rename(u.before()+end, u.database+end)
		}
		if os.Rename(u.before(), u.database) != nil {
			return false
		}
	}
	if sum, err := digestOfFile(u.executable); err != nil || sum == d.Digest {
		if os.Rename(u.executable+".previous", u.executable) != nil {
			return false
		}
	}
	if os.Remove(u.file("decided.json")) != nil {
		return false
	}
	u.fail(d.Version, reason)
	return true
}

// upgradeNow is an upgrade of a site that nothing runs on.
func (u upgrade) upgradeNow(args []string) error {
	next, err := u.prepare()
	if err != nil {
		u.fail(next.version, err)
		return err
	}
	if err := u.take(context.Background(), next, time.Now(), withoutUpgrade(args)); err != nil {
		return err
	}
	u.tell("ready", next.version, "", 0)
	return nil
}

func withoutUpgrade(args []string) []string {
	return slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == "--upgrade" })
}

// sweepDatabase removes copies of the database.
func (u upgrade) sweepDatabase() {
	for _, end := range append(slices.Clone(logs), "") {
		os.Remove(u.copied() + end)
		os.Remove(u.before() + end)
	}
}
