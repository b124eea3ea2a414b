package main

import (
	"context"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// site of an upgrade: this program and its database, and a next program that plays one.
func upgradeScene(t *testing.T, folder, trial string) upgrade {
	t.Helper()
	u := upgrade{filepath.Join(folder, "data/upgrade"), filepath.Join(folder, "clawdbot"), filepath.Join(folder, "data/clawdbot.db")}
	if err := os.MkdirAll(u.folder, 0o700); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncase $1 in --version) echo clawdbot 9.9.9 ;; __trial) " + trial + " ;; esac\n"
	for path, text := range map[string]string{u.executable: "old", u.database: "old", u.database + "-wal": "log", u.executable + ".next": script} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	digest, err := digestOfFile(u.executable + ".next")
	if err == nil {
		err = writeJSON(u.file("request.json"), wantedUpgrade{Executable: u.executable, Digest: digest})
	}
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// asVersion lets this program be another version for the rest of a test.
func asVersion(t *testing.T, next string) {
	was := version
	t.Cleanup(func() { version = was })
	version = next
}

const migrating = `cat $2 $2-wal >$2.x && echo " new" >>$2.x && mv $2.x $2 && rm $2-wal`

func textOf(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "-"
	}
	return strings.TrimSpace(string(text))
}

func outcomeOf(t *testing.T, u upgrade) (state, reason string) {
	t.Helper()
	var outcome struct{ State, Reason string }
	if err := readJSON(u.file("outcome.json"), &outcome); err != nil {
		t.Fatal(err)
	}
	return outcome.State, outcome.Reason
}

func TestUpgradeTakesOver(t *testing.T) {
	u := upgradeScene(t, t.TempDir(), migrating)
	next, err := u.prepare()
	if err != nil || next.version != "9.9.9" {
		t.Fatal(next, err)
	}
	if err := u.take(t.Context(), next, time.Now(), nil); err != nil {
		t.Fatal(err)
	}
	if text := textOf(u.database); text != "oldlog new" {
		t.Fatal("the log's content must be in what was tried:", text)
	}
	if textOf(u.database+"-wal") != "-" {
		t.Fatal("a log of the database before lies beside the next one")
	}
	if !strings.Contains(textOf(u.executable), "9.9.9") || textOf(u.executable+".previous") != "old" {
		t.Fatal("the executable")
	}
	asVersion(t, "9.9.9")
	d, replaced, err := u.resume(false)
	if err != nil || replaced || d == nil {
		t.Fatal(d, replaced, err)
	}
	u.confirm(*d)
	if textOf(u.before()) != "-" {
		t.Fatal("the database before has what was erased since")
	}
	if state, _ := outcomeOf(t, u); state != "done" {
		t.Fatal(state)
	}
}

func TestUpgradeRefuses(t *testing.T) {
	for trial, reason := range map[string]string{
		"echo no such table >&2; exit 1": "it didn't become ready (no such table)",
		"exit 3":                         "it didn't become ready (exit status 3)",
		"kill -9 $$":                     "it didn't become ready (signal: killed)",
		"echo x >>$2-wal":                "it left its database open",
	} {
		u := upgradeScene(t, t.TempDir(), trial)
		next, err := u.prepare()
		if err != nil {
			t.Fatal(err)
		}
		if err := u.take(t.Context(), next, time.Now(), nil); err == nil || err.Error() != reason {
			t.Fatalf("%s: %v", trial, err)
		}
		if state, told := outcomeOf(t, u); state != "failed" || told != reason {
			t.Fatal(state, told)
		}
		for path, text := range map[string]string{
			u.executable: "old", u.database: "old", u.database + "-wal": "log", u.executable + ".next": "-", u.copied(): "-",
			u.file("request.json"): "-", u.file("decided.json"): "-",
		} {
			if textOf(path) != text {
				t.Fatal(path, textOf(path))
			}
		}
	}
}

func TestUpgradePrepareRefuses(t *testing.T) {
	u := upgradeScene(t, t.TempDir(), "true")
	os.WriteFile(u.executable+".next", []byte("#!/bin/sh\nexit 0\n"), 0o755)
	if _, err := u.prepare(); err == nil || !strings.Contains(err.Error(), "its SHA-256 is") {
		t.Fatal(err)
	}
	digest, _ := digestOfFile(u.executable + ".next")
	writeJSON(u.file("request.json"), wantedUpgrade{Executable: u.executable, Digest: digest})
	if _, err := u.prepare(); err == nil || err.Error() != "it isn't a Clawdbot" {
		t.Fatal(err)
	}
	os.Chmod(u.executable+".next", 0o644)
	if _, err := u.prepare(); err == nil || !strings.Contains(err.Error(), "it doesn't run here") {
		t.Fatal(err)
	}
}

func TestUpgradeGoesBack(t *testing.T) {
	for _, written := range []bool{false, true} {
		u := upgradeScene(t, t.TempDir(), migrating)
		next, err := u.prepare()
		if err != nil {
			t.Fatal(err)
		}
		if err := u.take(t.Context(), next, time.Now(), nil); err != nil {
			t.Fatal(err)
		}
		var d decision
		if err := readJSON(u.file("decided.json"), &d); err != nil {
			t.Fatal(err)
		}
		if written {
			os.WriteFile(u.database+"-wal", []byte("a message"), 0o600)
		}
		if back := u.undo(d, fmt.Errorf("its host ended")); back == written {
			t.Fatal("with something written, it must not go back")
		}
		if !written && (textOf(u.database) != "old" || textOf(u.database+"-wal") != "log" || textOf(u.executable) != "old") {
			t.Fatal("not what was before")
		}
		if written && textOf(u.database) != "oldlog new" {
			t.Fatal("what was written is gone")
		}
	}
}

func TestUpgradeThatCantBeFinishedIsUndone(t *testing.T) {
	u := upgradeScene(t, t.TempDir(), migrating)
	next, err := u.prepare()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(u.executable+".previous/full", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := u.take(t.Context(), next, time.Now(), nil); err == nil {
		t.Fatal("it was finished")
	}
	for path, text := range map[string]string{
		u.executable: "old", u.database: "old", u.database + "-wal": "log", u.copied(): "-", u.before(): "-", u.file("decided.json"): "-",
	} {
		if textOf(path) != text {
			t.Fatal(path, textOf(path))
		}
	}
}

func TestUpgradeStopsWhenTheLauncherDoes(t *testing.T) {
	u := upgradeScene(t, t.TempDir(), "sleep 60")
	next, err := u.prepare()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := u.take(ctx, next, began, nil); err == nil || time.Since(began) > 10*time.Second {
		t.Fatal(err, time.Since(began))
	}
	if textOf(u.database) != "old" || textOf(u.file("decided.json")) != "-" {
		t.Fatal("something was decided")
	}
}

func TestUpgradeWithoutADatabase(t *testing.T) {
	u := upgradeScene(t, t.TempDir(), "exit 1")
	os.Remove(u.database)
	next, err := u.prepare()
	if err == nil {
		err = u.take(t.Context(), next, time.Now(), nil)
	}
	var d decision
	if err == nil {
		err = readJSON(u.file("decided.json"), &d)
	}
	if err != nil || textOf(u.database) != "-" {
		t.Fatal(err)
	}
	os.WriteFile(u.database, []byte("the first message"), 0o600)
	if u.undo(d, fmt.Errorf("its host ended")) || textOf(u.database) != "the first message" {
		t.Fatal("it went back although there is a database now")
	}
}

// TestUpgradeKeepsToItsDecision: what lies there for another upgrade isn't taken for the one that was decided.
func TestUpgradeKeepsToItsDecision(t *testing.T) {
	u := upgradeScene(t, t.TempDir(), migrating)
	next, err := u.prepare()
	if err == nil {
		err = u.take(t.Context(), next, time.Now(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	os.WriteFile(u.executable+".next", []byte("somebody's"), 0o755)
	if _, replaced, err := u.resume(false); replaced || err != nil || textOf(u.executable) == "somebody's" {
		t.Fatal(replaced, err)
	}
}

// TestUpgradeKilled kills the upgrade at random moments. Whatever is there then, the next start has one version with the
// database that is its own.
func TestUpgradeKilled(t *testing.T) {
	if folder := os.Getenv("CLAWDBOT_TEST_UPGRADE"); folder != "" {
		u := upgrade{filepath.Join(folder, "data/upgrade"), filepath.Join(folder, "clawdbot"), filepath.Join(folder, "data/clawdbot.db")}
		if next, err := u.prepare(); err == nil {
			_ = u.take(t.Context(), next, time.Now(), nil)
		}
		os.Exit(0)
	}
	rounds, seed := 60, time.Now().UnixNano()
	random := rand.New(rand.NewSource(seed))
	seen := map[string]int{}
	for range rounds {
		folder := t.TempDir()
		u := upgradeScene(t, folder, migrating)
		command := exec.Command(os.Args[0], "-test.run=TestUpgradeKilled")
		command.Env = append(os.Environ(), "CLAWDBOT_TEST_UPGRADE="+folder)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.Int63n(int64(80 * time.Millisecond))))
		command.Process.Kill()
		command.Wait()
		time.Sleep(5 * time.Millisecond) // until the death signal has ended the trial
		_, replaced, err := u.resume(false)
		if err != nil {
			t.Fatal(seed, err)
		}
		if replaced {
			version = "9.9.9" // it starts
			_, replaced, err = u.resume(false)
			version = "0.0.0"
		}
		isNew := strings.Contains(textOf(u.executable), "9.9.9")
		database := textOf(u.database) + textOf(u.database+"-wal")
		if replaced || err != nil || isNew && database != "oldlog new-" || !isNew && (textOf(u.executable) != "old" || database != "oldlog") {
			t.Fatalf("seed %d: new %v, database %q, replaced %v, %v", seed, isNew, database, replaced, err)
		}
		seen[fmt.Sprintf("new: %v", isNew)]++
	}
	t.Log(seen)
}

func TestKeyIsReadWhereTheSystemHandsItOver(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", folder)
	key := strings.Repeat("k", 32)
	if err := os.WriteFile(filepath.Join(folder, "clawdbot.key"), []byte(key), 0o400); err != nil {
		t.Fatal(err)
	}
	// The file itself may be root's alone, and the database is there.
	database := filepath.Join(folder, "clawdbot.db")
	os.WriteFile(database, []byte("content"), 0o600)
	if found, err := keyEncryptionKey(filepath.Join(folder, "nowhere/key"), database); err != nil || string(found) != key {
		t.Fatal(string(found), err)
	}
}

func TestUpgradeFollowsTheLinkToTheDatabase(t *testing.T) {
	folder := t.TempDir()
	os.Mkdir(filepath.Join(folder, "disk"), 0o700)
	os.WriteFile(filepath.Join(folder, "disk/one.db"), nil, 0o600)
	os.Symlink("disk/one.db", filepath.Join(folder, "clawdbot.db"))
	answer := &Answer{}
	answer.Site.DataFolder, answer.Site.DatabasePath = folder, filepath.Join(folder, "clawdbot.db")
	real, _ := filepath.EvalSymlinks(folder)
	if u := upgradeOf(answer, "/clawdbot"); u.database != filepath.Join(real, "disk/one.db") {
		t.Fatal(u.database)
	}
	if kept := answer.kept(); len(kept) != 1 || kept[0] != filepath.Join(folder, "upgrade/decided.json") {
		t.Fatal(kept)
	}
}
