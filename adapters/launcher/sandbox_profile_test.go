package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheProfileOfARunnerAllowsItsModelAndNoNetwork(t *testing.T) {
	plan := Plan{Role: "model-runner", Rights: Rights{
		ReadFiles: []string{`/no/such/a "model".gguf`}, ReadFolders: []string{"/no/such/root/llama"}}}
	got := sandboxProfile(plan, "/no/such/root")
	want := `(version 1)
(allow default)
(deny network*)
(deny process-fork)
(deny process-exec*)
(allow process-exec* (literal "/no/such/root/deno"))
(deny signal)
(allow signal (target self))
(deny file-write*)
(allow file-write* (literal "/dev/null"))
(deny file-read-data (subpath "/Users") (subpath "/Volumes") (subpath "/private/etc") (subpath "/private/tmp") (subpath "/private/var/folders") (subpath "/private/var/root") (subpath "/no/such"))
(allow file-read* (literal "/no/such/a \"model\".gguf") (literal "/no/such/root/deno") (subpath "/no/such/root/llama") (subpath "/no/such/root/app") (subpath "/no/such/root/deno_dir"))
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTheProfileOfAHostWritesItsFilesOnly(t *testing.T) {
	plan := Plan{Role: "host", Rights: Rights{WriteFiles: []string{"/no/db"}, WriteFolders: []string{"/no/objects"},
		Sockets: []string{"/no/run/host.sock"}, Listen: []string{"127.0.0.1:8080"}}}
	got := sandboxProfile(plan, "/no/such/root")
	if strings.Contains(got, "network") {
		t.Error("a host has a network")
	}
	line := `(allow file-write* (literal "/no/db") (literal "/no/run/host.sock") (subpath "/no/objects") (literal "/dev/null"))`
	if !strings.Contains(got, line+"\n") {
		t.Errorf("no line %s in\n%s", line, got)
	}
}

func TestAProfileNamesFilesAsTheSystemDoes(t *testing.T) {
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder+"/real", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder+"/real", folder+"/link"); err != nil {
		t.Fatal(err)
	}
	if got := realPath(folder + "/link/not/yet"); got != folder+"/real/not/yet" {
		t.Error(got)
	}
}
