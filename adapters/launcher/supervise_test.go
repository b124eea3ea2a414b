package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestParseOptionsTellsARunFromACommand(t *testing.T) {
	runs := [][]string{{}, {"--verbose"}, {"--config", "a.yaml"}, {"--config=a.yaml", "--model", "./x.gguf", "--verbose"}}
	for _, args := range runs {
		if _, err := parseOptions(args); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	commands := [][]string{{"ask"}, {"--config", "a.yaml", "status"}, {"--help"}, {"--version"}, {"--config"}, {"--main", "x.js"}}
	for _, args := range commands {
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%q is taken for a run", args)
		}
	}
	o, _ := parseOptions([]string{"--config=a b.yaml", "--model", "m"})
	if o != (options{config: "a b.yaml", model: "m"}) {
		t.Errorf("read as %+v", o)
	}
}

func TestResolveSecret(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{"good": "s3cret\n", "windows": "s3cret\r\n", "empty": "\n", "long": strings.Repeat("x", secretBytesMax+1)} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CLAWDBOT_SECRET_TEST", "from the environment")
	for _, c := range []struct{ kind, place, value, failure string }{
		{"literal", "as it is\n", "as it is\n", ""},
		{"file", "good", "s3cret", ""},
		{"file", "windows", "s3cret", ""},
		{"file", filepath.Join(folder, "good"), "s3cret", ""},
		{"file", "none", "", `secret file "none" is missing`},
		{"file", "empty", "", `secret file "empty" is empty`},
		{"file", "long", "", `secret file "long" is too long`},
		{"file", ".", "", `secret file "." can't be read`},
		{"env", "CLAWDBOT_SECRET_TEST", "from the environment", ""},
		{"env", "CLAWDBOT_SECRET_NONE", "", `environment variable "CLAWDBOT_SECRET_NONE" is missing`},
	} {
		wanted := SecretWanted{Pointer: "/p"}
		wanted.Reference.Kind, wanted.Reference.Value, wanted.Reference.Path, wanted.Reference.Name = c.kind, c.place, c.place, c.place
		got := resolveSecret(wanted, folder)
		value := ""
		if got.Value != nil {
			value = *got.Value
		}
		if value != c.value || got.Failure != c.failure {
			t.Errorf("%s %q: %q, %q", c.kind, c.place, value, got.Failure)
		}
	}
}

func TestKeyIsMadeOnceAndNeverForADatabaseThatHasOne(t *testing.T) {
	folder := t.TempDir()
	path, database := filepath.Join(folder, "keys/key"), filepath.Join(folder, "clawdbot.db")
	first, err := keyEncryptionKey(path, database)
	again, errAgain := keyEncryptionKey(path, database)
	if err != nil || errAgain != nil || len(first) != 32 || !slices.Equal(first, again) {
		t.Fatal(first, again, err, errAgain)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	for _, c := range []struct {
		spoil func() error
		says  string
	}{
		{func() error { return os.Chmod(path, 0o644) }, "others may read the key"},
		{func() error { return os.WriteFile(path, []byte("short"), 0o600) }, "others may read the key"},
		{func() error { return os.Chmod(path, 0o600) }, "has 5 bytes instead of 32"},
		{func() error { return os.WriteFile(database, []byte("content"), 0o600) }, "has 5 bytes instead of 32"},
		{func() error { return os.Remove(path) }, "is missing, and without it nobody can read"},
	} {
		if err := c.spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := keyEncryptionKey(path, database); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, and not: %s", err, c.says)
		}
	}
}

func TestSameRights(t *testing.T) {
	of := func(write, document, model string) *site {
		answer := &Answer{Processes: []Plan{{Role: "host", Rights: Rights{WriteFiles: []string{write}}}}}
		return &site{answer, map[string]any{"document": document, "secrets": document, "model": model}, ""}
	}
	if !sameRights(of("a", "1", "m"), of("a", "2", "m")) {
		t.Error("another document is no other right")
	}
	if sameRights(of("a", "1", "m"), of("b", "1", "m")) || sameRights(of("a", "1", "m"), of("a", "1", "n")) {
		t.Error("another right or model wants another host")
	}
}

func TestSayingKeepsWhatWaitsAndPassesItOn(t *testing.T) {
	s := &saying{}
	s.hear("model-runner", 7, strings.NewReader("a trace\nof lines\n"))
	s.hear("model-runner", 8, strings.NewReader(strings.Repeat("é", entryBytesMax))) // 2 bytes each, cut between letters
	var taken []entry
	end := s.tell(func(e entry) bool { taken = append(taken, e); return true })
	end()
	if len(taken) != 3 || taken[0] != (entry{"said", "model-runner", 7, "a trace\nof lines", false}) {
		t.Fatalf("%d entries, first %+v", len(taken), taken[0])
	}
	if taken[1].Text+taken[2].Text != strings.Repeat("é", entryBytesMax) {
		t.Error("a letter was torn apart, or lost")
	}
	for range waitingMax + 5 {
		s.hear("x", 1, strings.NewReader("y"))
	}
	if len(s.waiting) != waitingMax {
		t.Errorf("%d entries wait", len(s.waiting))
	}
}

// watchedFile is a configuration that says "one", and a way to have it say something else.
func watchedFile(t *testing.T) (path string, write func(text string)) {
	path = filepath.Join(t.TempDir(), "config.yaml")
	write = func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	return path, write
}

func TestWatchSeesAChangeOnceItIsWhole(t *testing.T) {
	path, write := watchedFile(t)
	paths := []string{path}
	seen := digestOf(paths)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changes := make(chan bool, 10)
	go watch(ctx, func() []string { return paths }, func() string { return seen }, func() { changes <- true })
	write("tw")
	write("two")
	select {
	case <-changes:
	case <-time.After(10 * time.Second):
		t.Fatal("not seen")
	}
}

func TestWatchSeesWhatIsWrittenWhileAChangeIsTakenIn(t *testing.T) {
	path, write := watchedFile(t)
	paths := []string{path}
	var seen atomic.Value
	seen.Store(digestOf(paths))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	changes := make(chan bool, 10)
	go watch(ctx, func() []string { return paths }, func() string { return seen.Load().(string) }, func() {
		seen.Store(digestOf(paths))
		if len(changes) == 0 {
			write("three")
		}
		changes <- true
	})
	write("two")
	for range 2 {
		select {
		case <-changes:
		case <-time.After(10 * time.Second):
			t.Fatal("not seen")
		}
	}
}

func TestDigestsTellNoSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if digest := digestOf([]string{path, path + "none"}); strings.Contains(digest, "s3cret") || !strings.Contains(digest, "missing") {
		t.Error(digest)
	}
}

func TestLastWordsAreWhatComesAfterTheLog(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	write.WriteString("{\"at\":\"2026-01-01\",\"level\":\"info\"}\nCannot listen on 127.0.0.1:1\n\nfor this reason\n")
	write.Close()
	if words := lastWords(read); !slices.Equal(words, []string{"Cannot listen on 127.0.0.1:1", "for this reason"}) {
		t.Errorf("%q", words)
	}
}

func TestTheStartFrameIsWhatTheHostReads(t *testing.T) {
	var frame strings.Builder
	if err := writeFrame(&frame, map[string]string{"kind": "started"}); err != nil {
		t.Fatal(err)
	}
	payload := `{"kind":"started"}`
	if want := "\x00\x00\x00" + string(rune(len(payload))) + "\x00" + payload; frame.String() != want {
		t.Errorf("%q", frame.String())
	}
	key, _ := json.Marshal(map[string]any{"keyEncryptionKey": []byte{0xff, 0, 1}})
	if string(key) != `{"keyEncryptionKey":"/wAB"}` {
		t.Errorf("%s", key)
	}
}
