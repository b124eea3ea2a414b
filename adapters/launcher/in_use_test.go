package main

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startOfTest is a process that a test starts: this binary, which unpacks a payload and then becomes a command, if any.
type startOfTest struct {
	Payload Payload
	Parents []string
	Command []string
}

// startVariable names the file with a startOfTest.
const startVariable = "CLAWDBOT_TEST_START"

func init() {
	path := os.Getenv(startVariable)
	if path == "" {
		return
	}
	var start startOfTest
	file, err := os.Open(path)
	if err == nil {
		err = gob.NewDecoder(file).Decode(&start)
	}
	root := ""
	if err == nil {
		u := into(start.Payload, start.Parents...)
		u.warm = func(_, cache string) error { // as slowly as the runtime does it
			for name := range 5 {
				time.Sleep(10 * time.Millisecond)
				if err := os.WriteFile(filepath.Join(cache, strconv.Itoa(name)), make([]byte, 1<<20), 0o600); err != nil {
					return err
				}
			}
			return nil
		}
		root, err = u.ensure()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(root)
	if len(start.Command) > 0 {
		err = syscall.Exec(start.Command[0], start.Command, nil)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// command runs such a process, behind the words of another command that starts it.
func (start startOfTest) command(t testing.TB, before ...string) *exec.Cmd {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "start")
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(gob.NewEncoder(file).Encode(start), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	words := append(before, executable)
	command := exec.Command(words[0], words[1:]...)
	command.Env = append(os.Environ(), startVariable+"="+path)
	return command
}

func TestStartKilledAtAnyMomentLeavesNothingThatTheNextOneDoesNotMend(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	runtime := make([]byte, 8<<20) // half of it doesn't compress, as a program's code doesn't
	for i := range runtime[:4<<20] {
		runtime[i] = byte(random.Uint32())
	}
	payload := packed(t, [2]string{"app/main.js", "main"}, [2]string{"deno", string(runtime)}, [2]string{"llama/libllama.so", "llama"})
	parent := filepath.Join(privateFolder(t), "a")
	u := into(payload, parent)
	start := startOfTest{Payload: payload, Parents: []string{parent}}
	began := time.Now()
	if output, err := start.command(t).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	whole := time.Since(began)
	for round := range 25 {
		u.removeAll(t)
		for range 1 + random.IntN(2) {
			command := start.command(t)
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(random.Int64N(int64(whole))))
			_ = command.Process.Kill()
			_ = command.Wait()
			// Whatever is at the path of this version is whole.
			if _, err := os.Lstat(u.rootIn(parent)); err == nil {
				if err := payload.compare(u.rootIn(parent), func(string) bool { return true }); err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
			}
		}
		if root := mustEnsure(t, u); !isFinished(root) {
			t.Fatalf("round %d: not finished", round)
		}
	}
}

// removeAll makes the next start a first one.
func (u unpacker) removeAll(t testing.TB) {
	t.Helper()
	for _, parent := range u.parents {
		if err := os.Rename(u.rootIn(parent), filepath.Join(parent, ".tmp-old")); err != nil {
			t.Fatal(err)
		}
		removeLeftovers(parent)
	}
}

func TestFileSystemThatWillNotDoIsPassedOverWithItsReason(t *testing.T) {
	for name, test := range map[string]struct{ options, reason string }{
		"no programs":           {"noexec", "programs can't be run there (mounted noexec)"},
		"read-only":             {"ro", "read-only file system"},
		"full":                  {"size=1m", "16 MB are wanted there, and 1 MB are free"},
		"full while it unpacks": {"size=100m,nr_inodes=4", "no space left on device"},
	} {
		t.Run(name, func(t *testing.T) {
			base := privateFolder(t)
			mounted, good := filepath.Join(base, "mounted"), filepath.Join(base, "good")
			if err := os.Mkdir(mounted, 0o700); err != nil {
				t.Fatal(err)
			}
			mount := []string{"unshare", "-m", "sh", "-c", "mount -t tmpfs -o mode=700," + test.options + ` tmpfs "$0" && exec "$@"`, mounted}
			if err := exec.Command(mount[0], append(mount[1:], "true")...).Run(); err != nil {
				t.Skipf("no file system can be mounted here: %v", err)
			}
			payload := small(t)
			start := startOfTest{Payload: payload, Parents: []string{mounted}}
			output, err := start.command(t, mount...).Output()
			want := fmt.Sprintf("Cannot unpack Clawdbot: %s: %s; run `CLAWDBOT_RUNTIME=FOLDER clawdbot` with a folder that is yours alone\n", mounted, test.reason)
			if err == nil || string(output) != want {
				t.Fatalf("%v:\n%swanted\n%s", err, output, want)
			}
			start.Parents = append(start.Parents, good)
			output, err = start.command(t, mount...).Output()
			if want := into(payload).rootIn(good) + "\n"; err != nil || string(output) != want {
				t.Fatalf("%v:\n%swanted\n%s", err, output, want)
			}
		})
	}
}

func TestSweepRemovesOldVersionsThatNoProcessHolds(t *testing.T) {
	parent := privateFolder(t)
	held := packed(t, [2]string{"deno", "held"})
	command := startOfTest{held, []string{parent}, []string{"/bin/sleep", "60"}}.command(t)
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer command.Process.Kill()
	heldRoot, err := bufio.NewReader(output).ReadString('\n')
	if heldRoot = strings.TrimSpace(heldRoot); err != nil || filepath.Dir(heldRoot) != parent {
		t.Fatalf("%v: %s", err, heldRoot)
	}
	// One that a process held and doesn't any more, and what isn't a version.
	free := startOfTest{packed(t, [2]string{"deno", "free"}), []string{parent}, nil}
	if output, err := free.command(t).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(parent, "data"), 0o700), os.WriteFile(filepath.Join(parent, "0123456789abcdef"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(parent, "fedcba9876543210")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	const others = ".lock 0123456789abcdef data fedcba9876543210"
	sweepRuntimes(root)
	if got := names(t, parent); strings.Replace(got, filepath.Base(heldRoot)+" ", "", 1) != others {
		t.Fatalf("left: %s, wanted %s and %s", got, others, heldRoot)
	}
	if _, err := os.Stat(filepath.Join(heldRoot, "deno")); err != nil {
		t.Fatal(err)
	}
	_ = command.Process.Kill()
	_ = command.Wait()
	sweepRuntimes(root)
	if got := names(t, parent); got != others {
		t.Fatalf("left: %s", got)
	}
}

func TestHoldFailsForAVersionThatIsBeingRemoved(t *testing.T) {
	u := into(small(t), privateFolder(t))
	root := u.rootIn(u.parents[0])
	if err := os.MkdirAll(root, 0o700); err != nil {
		t.Fatal(err)
	}
	sweeper, err := os.Open(root)
	if err == nil {
		err = syscall.Flock(int(sweeper.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		t.Fatal(err)
	}
	if hold(root) == nil {
		t.Fatal("held what a sweeper has")
	}
	sweeper.Close()
	if err := hold(root); err != nil {
		t.Fatal(err)
	}
}

func TestKeepFromChildrenClosesWhatThisProcessWasGiven(t *testing.T) {
	fd, err := syscall.Open(os.Args[0], syscall.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	isOpen := func() bool { return exec.Command("test", "-e", fmt.Sprintf("/dev/fd/%d", fd)).Run() == nil }
	if !isOpen() {
		t.Fatal("not even open without it")
	}
	if keepFromChildren(); isOpen() {
		t.Fatal("open in a child")
	}
}
