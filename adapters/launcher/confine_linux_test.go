package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The test binary plays three parts: `go test` itself; the launcher, which confines itself and execs ROOT/deno; and
// ROOT/deno, a copy of it, which tries what a process that was taken over would try.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 3 && os.Args[1] == "__confine":
		becomeConfined(os.Args[2], os.Args[3], os.Args[4:])
	case len(os.Args) > 1 && os.Args[1] == "__attack":
		attack(os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "__enforced-without-landlock":
		refuseLandlock()
		_ = json.NewEncoder(os.Stdout).Encode(enforced())
	default:
		os.Exit(m.Run())
	}
}

func becomeConfined(root, planJSON string, args []string) {
	runtime.LockOSThread()
	if os.Getenv("WITHOUT_LANDLOCK") != "" {
		refuseLandlock()
	}
	var plan Plan
	if err := json.Unmarshal([]byte(planJSON), &plan); err != nil {
		die("%v", err)
	}
	if err := confine(plan, root); err != nil {
		die("%v", err)
	}
	program := filepath.Join(root, "deno")
	var environment []string
	for name, value := range plan.Environment {
		environment = append(environment, name+"="+value)
	}
	die("exec: %v", syscall.Exec(program, append([]string{program}, args...), environment))
}

// refuseLandlock makes this kernel one that was built without Landlock.
func refuseLandlock() {
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_LANDLOCK_CREATE_RULESET, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EOPNOTSUPP)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_ = unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if _, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&filter))); failed != 0 {
		die("no filter: %v", failed)
	}
}

// place is a folder with a program, data, and what nobody may have.
type place struct{ root, data, outside string }

func makePlace(t *testing.T) place {
	t.Helper()
	folder := t.TempDir()
	here := place{filepath.Join(folder, "root"), filepath.Join(folder, "data"), filepath.Join(folder, "outside")}
	for _, path := range []string{here.root + "/app", here.root + "/llama", here.root + "/deno_dir", here.data, here.outside} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{
		here.root + "/deno": program, here.root + "/app/main.js": []byte("app"), here.root + "/llama/lib.so": []byte("lib"),
		here.data + "/config.yaml": []byte("config"), here.data + "/model.gguf": []byte("model"),
		here.outside + "/secret": []byte("secret"),
	} {
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return here
}

func (p place) plan(role string) Plan {
	plan := Plan{Role: role, Limits: Limits{ProcessesMax: 1, OpenFilesMax: 200, WrittenCode: "allowed"}}
	switch role {
	case "host":
		plan.Rights = Rights{
			WriteFiles:   []string{p.data + "/db", p.data + "/db-wal", p.data + "/config.proposed.yaml"},
			WriteFolders: []string{p.data + "/objects"}, Sockets: []string{p.data + "/run/host.sock"},
		}
		_ = os.Mkdir(p.data+"/run", 0o700)
	case "model-runner":
		plan.Rights = Rights{ReadFiles: []string{p.data + "/model.gguf"}, ReadFolders: []string{p.root + "/llama"},
			Libraries: []string{p.root + "/llama"}}
		plan.Limits.WrittenCode = "denied"
		plan.Limits.MemoryBytesMax = 1_000_000_000
	}
	return plan
}

// tried runs attacks in a confined process and returns what came of each: "ok", or the system's error.
func (p place) tried(t *testing.T, plan Plan, environment string, attacks ...string) map[string]string {
	t.Helper()
	text, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	self, _ := os.Executable()
	command := exec.Command(self, append([]string{"__confine", p.root, string(text), "__attack"}, attacks...)...)
	command.Env = append(os.Environ(), environment)
	command.SysProcAttr = childAttributes()
	command.Stderr = os.Stderr
	output, err := command.Output()
	result := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(output)), "\n") {
		name, outcome, _ := strings.Cut(line, "\t")
		result[name] = outcome
	}
	if err != nil {
		result["end"] = err.Error()
	}
	return result
}

// attack tries what it is told to: WHAT, or WHAT:VALUE.
func attack(orders []string) {
	for _, order := range orders {
		what, value, _ := strings.Cut(order, ":")
		err := attempt(what, value)
		var number syscall.Errno
		switch {
		case err == nil:
			fmt.Printf("%s\tok\n", order)
		case errors.As(err, &number):
			fmt.Printf("%s\t%s\n", order, unix.ErrnoName(number))
		default:
			fmt.Printf("%s\t%v\n", order, err)
		}
	}
	os.Exit(0)
}

func call(number uintptr, arguments ...uintptr) error {
	var given [6]uintptr
	copy(given[:], arguments)
	if _, _, failed := syscall.Syscall6(number, given[0], given[1], given[2], given[3], given[4], given[5]); failed != 0 {
		return failed
	}
	return nil
}

func attempt(what, value string) error {
	parent := os.Getppid()
	from, to, _ := strings.Cut(value, ">")
	switch what {
	case "read":
		_, err := os.ReadFile(value)
		return err
	case "append":
		file, err := os.OpenFile(value, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			return err
		}
		_, err = file.WriteString("x")
		return err
	case "create":
		return os.WriteFile(value, []byte("x"), 0o600)
	case "list":
		_, err := os.ReadDir(value)
		return err
	case "truncate":
		return os.Truncate(value, 0)
	case "remove":
		return os.Remove(value)
	case "rename":
		return os.Rename(from, to)
	case "link":
		return os.Link(from, to)
	case "symlink":
		return os.Symlink(from, to)
	case "mknod":
		return unix.Mknod(value, unix.S_IFREG|0o600, 0)
	case "chmod":
		return os.Chmod(value, 0o777)
	case "chown":
		return os.Chown(value, 1, 1)
	case "touch":
		return unix.Utimes(value, []unix.Timeval{{}, {}})
	case "xattr":
		return unix.Setxattr(value, "user.x", []byte("x"), 0)
	case "parent-memory":
		_, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", parent))
		return err
	case "own-memory": // would write into pages that are only to be run
		_, err := os.OpenFile("/proc/self/mem", os.O_WRONLY, 0)
		return err
	case "environment-of-parent":
		_, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", parent))
		return err
	case "inet":
		return call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM)
	case "inet-with-garbage":
		return call(unix.SYS_SOCKET, 1<<32|unix.AF_INET, unix.SOCK_STREAM)
	case "unix":
		return call(unix.SYS_SOCKET, unix.AF_UNIX, unix.SOCK_STREAM)
	case "multipath":
		return call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
	case "packet":
		return call(unix.SYS_SOCKET, unix.AF_PACKET, unix.SOCK_RAW)
	case "raw":
		return call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
	case "pair":
		_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		return err
	case "pair-of-datagrams":
		_, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		return err
	case "dial":
		conn, err := net.Dial("tcp", value)
		if err == nil {
			conn.Close()
		}
		return err
	case "listen":
		_, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", value)
		return err
	case "fast-open": // connects by sending
		socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		to := netip.MustParseAddrPort(value)
		return unix.Sendto(socket, []byte("x"), unix.MSG_FASTOPEN, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	case "listen-unix":
		_, err := net.Listen("unix", value)
		return err
	case "fork":
		return call(unix.SYS_CLONE, uintptr(unix.SIGCHLD))
	case "vfork":
		return call(unix.SYS_CLONE, unix.CLONE_VM|unix.CLONE_VFORK|uintptr(unix.SIGCHLD))
	case "clone3":
		return call(unix.SYS_CLONE3)
	case "exec":
		return syscall.Exec(value, []string{value}, nil)
	case "memfd":
		_, err := unix.MemfdCreate("x", 0)
		return err
	case "code":
		_, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
		return err
	case "foreign":
		return foreignCall()
	case "x32":
		return call(0x40000000 | unix.SYS_GETPID)
	case "ring":
		return call(unix.SYS_IO_URING_SETUP, 1)
	case "trace":
		return call(unix.SYS_PTRACE, unix.PTRACE_ATTACH, uintptr(parent))
	case "read-memory":
		return call(unix.SYS_PROCESS_VM_READV, uintptr(parent))
	case "pidfd":
		return call(unix.SYS_PIDFD_OPEN, uintptr(parent))
	case "signal":
		return unix.Kill(parent, 0)
	case "signal-thread":
		return unix.Tgkill(parent, parent, 0)
	case "signal-itself":
		return unix.Kill(os.Getpid(), 0)
	case "signal-by-descriptor":
		_, err := unix.FcntlInt(0, unix.F_SETOWN, parent)
		return err
	case "outlive":
		return unix.Prctl(unix.PR_SET_PDEATHSIG, 0, 0, 0, 0)
	case "outlive-with-garbage":
		return call(unix.SYS_PRCTL, 1<<32|unix.PR_SET_PDEATHSIG)
	case "type":
		return call(unix.SYS_IOCTL, 0, unix.TIOCSTI)
	case "limit-parent":
		return call(unix.SYS_PRLIMIT64, uintptr(parent), unix.RLIMIT_NOFILE)
	case "namespace":
		return unix.Unshare(unix.CLONE_NEWUSER)
	case "mount":
		return unix.Mount("x", "/nowhere", "tmpfs", 0, "")
	case "bpf":
		return call(unix.SYS_BPF)
	case "keys":
		return call(unix.SYS_KEYCTL)
	case "queue":
		return call(unix.SYS_MSGGET, 1)
	case "facts":
		return facts()
	default:
		return fmt.Errorf("unknown attack")
	}
}

// foreignCall makes a system call by the numbers of i386, from a page that was written and is run.
func foreignCall() error {
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	copy(page, []byte{0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3}) // mov eax, getpid; int 0x80; ret
	start := &page[0]
	function := &start
	(*(*func())(unsafe.Pointer(&function)))()
	return nil
}

// facts are told as the outcome of an attack.
func facts() error {
	var files, core unix.Rlimit
	_ = unix.Getrlimit(unix.RLIMIT_NOFILE, &files)
	_ = unix.Getrlimit(unix.RLIMIT_CORE, &core)
	status, _ := os.ReadFile("/proc/self/status")
	field := func(name string) string {
		_, rest, _ := strings.Cut(string(status), "\n"+name+":")
		line, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(line)
	}
	adjustment, _ := os.ReadFile("/proc/self/oom_score_adj")
	_, closed := unix.FcntlInt(99, unix.F_GETFD, 0)
	return fmt.Errorf("files %d, core %d, no new privileges %s, seccomp %s, capabilities %s, oom %s, descriptor 99 %t",
		files.Max, core.Max, field("NoNewPrivs"), field("Seccomp"), field("CapPrm"), strings.TrimSpace(string(adjustment)), closed == nil)
}

func expect(t *testing.T, got map[string]string, want map[string]string) {
	t.Helper()
	for name, outcome := range want {
		if got[name] != outcome {
			t.Errorf("%s: %q, want %q", name, got[name], outcome)
		}
	}
	if t.Failed() {
		t.Log(got)
	}
}

func attacksOf(want map[string]string) []string {
	var all []string
	for name := range want {
		all = append(all, name)
	}
	return all
}

func TestARunnerReachesItsModelAndNothingElse(t *testing.T) {
	here := makePlace(t)
	want := map[string]string{
		"read:" + here.data + "/model.gguf":                      "ok",
		"read:" + here.root + "/app/main.js":                     "ok",
		"read:" + here.root + "/llama/lib.so":                    "ok",
		"pair":                                                   "ok",
		"signal-itself":                                          "ok",
		"read:" + here.outside + "/secret":                       "EACCES",
		"read:" + here.data + "/config.yaml":                     "EACCES",
		"read:/etc/passwd":                                       "EACCES",
		"read:/proc/self/root/etc/passwd":                        "EACCES",
		"read:/proc/self/cwd/../../../../../../../../etc/passwd": "EACCES",
		"list:/tmp":                                              "EACCES",
		"append:" + here.data + "/model.gguf":                    "EACCES",
		"truncate:" + here.data + "/model.gguf":                  "EACCES",
		"append:" + here.root + "/app/main.js":                   "EACCES",
		"create:" + here.root + "/deno_dir/x":                    "EACCES",
		"create:" + here.data + "/x":                             "EACCES",
		"create:/tmp/x-of-the-runner":                            "EACCES",
		"remove:" + here.data + "/model.gguf":                    "EACCES",
		"chmod:" + here.outside + "/secret":                      "EPERM",
		"chown:" + here.outside + "/secret":                      "EPERM",
		"touch:" + here.outside + "/secret":                      "EPERM",
		"xattr:" + here.outside + "/secret":                      "EPERM",
		"parent-memory":                                          "EACCES",
		"environment-of-parent":                                  "EACCES",
		"own-memory":                                             "EACCES",
		"inet":                                                   "EPERM",
		"inet-with-garbage":                                      "EPERM",
		"unix":                                                   "EPERM",
		"packet":                                                 "EPERM",
		"pair-of-datagrams":                                      "EPERM",
		"fork":                                                   "EPERM",
		"vfork":                                                  "EPERM",
		"clone3":                                                 "ENOSYS",
		"exec:/bin/sh":                                           "EACCES",
		"memfd":                                                  "EPERM",
		"code":                                                   "EACCES",
		"ring":                                                   "EPERM",
		"trace":                                                  "EPERM",
		"read-memory":                                            "EPERM",
		"pidfd":                                                  "EPERM",
		"signal":                                                 "EPERM",
		"signal-thread":                                          "EPERM",
		"signal-by-descriptor":                                   "EPERM",
		"outlive":                                                "EPERM",
		"outlive-with-garbage":                                   "EPERM",
		"type":                                                   "EPERM",
		"limit-parent":                                           "EPERM",
		"namespace":                                              "EPERM",
		"mount":                                                  "EPERM",
		"bpf":                                                    "EPERM",
		"keys":                                                   "EPERM",
		"queue":                                                  "EPERM",
		"symlink:/etc/passwd>" + here.data + "/model": "EACCES",
	}
	if runtime.GOARCH == "amd64" {
		want["x32"] = "ENOSYS"
	}
	expect(t, here.tried(t, here.plan("model-runner"), "", attacksOf(want)...), want)
	if content, _ := os.ReadFile(here.data + "/model.gguf"); string(content) != "model" {
		t.Errorf("the model is now %q", content)
	}
}

func TestAHostWritesItsFilesAndNotTheConfigurationBesideThem(t *testing.T) {
	here := makePlace(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	free, _ := net.Listen("tcp", "127.0.0.1:0")
	mine := free.Addr().String()
	free.Close()
	plan := here.plan("host")
	plan.Rights.Listen = []string{mine}
	plan.Rights.Connect = []string{mine}
	config, proposal := here.data+"/config.yaml", here.data+"/config.proposed.yaml"
	want := map[string]string{
		"append:" + here.data + "/db":                  "ok",
		"truncate:" + here.data + "/db-wal":            "ok",
		"create:" + proposal:                           "ok",
		"create:" + here.data + "/objects/a":           "ok",
		"listen-unix:" + here.data + "/run/host.sock":  "ok",
		"listen:" + mine:                               "ok",
		"unix":                                         "ok",
		"inet":                                         "ok",
		"listen:127.0.0.1:0":                           "EACCES",
		"dial:" + listener.Addr().String():             "EACCES",
		"packet":                                       "EPERM",
		"multipath":                                    "EPERM",
		"fast-open:" + listener.Addr().String():        "EPERM",
		"raw":                                          "EPERM",
		"read:" + config:                               "EACCES",
		"append:" + config:                             "EACCES",
		"create:" + config:                             "EACCES",
		"remove:" + config:                             "EACCES",
		"mknod:" + here.data + "/new":                  "EACCES",
		"rename:" + proposal + ">" + config:            "EACCES",
		"rename:" + here.data + "/objects/a>" + config: "EACCES",
		"rename:" + config + ">" + here.data + "/objects/b":  "EACCES",
		"link:" + config + ">" + here.data + "/objects/c":    "EXDEV",
		"symlink:" + config + ">" + here.data + "/objects/d": "EACCES",
		"remove:" + here.root + "/deno":                      "EACCES",
		"append:" + here.root + "/app/main.js":               "EACCES",
		"create:" + here.root + "/deno_dir/new":              "EACCES",
		"read:" + here.root + "/llama/lib.so":                "EACCES",
		"exec:/bin/true":                                     "EACCES",
		"fork":                                               "EPERM",
		"code":                                               "ok",
		"chmod:" + config:                                    "EPERM",
	}
	order := append([]string{"create:" + here.data + "/objects/a"}, attacksOf(want)...)
	expect(t, here.tried(t, plan, "", order...), want)
	if content, _ := os.ReadFile(config); string(content) != "config" {
		t.Errorf("the configuration is now %q", content)
	}
}

func TestAForeignArchitectureEndsTheProcess(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("only x86-64 runs system calls of another architecture")
	}
	here := makePlace(t)
	got := here.tried(t, here.plan("host"), "", "foreign")
	expect(t, got, map[string]string{"foreign": "", "end": "signal: bad system call"})
}

func TestLimitsAndPrivilegesHoldAfterExec(t *testing.T) {
	here := makePlace(t)
	file, err := os.Open(here.outside + "/secret")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup3(int(file.Fd()), 99, 0); err != nil { // inheritable
		t.Fatal(err)
	}
	defer unix.Close(99)
	capabilities := "0000000000000000"
	if os.Getuid() == 0 {
		capabilities = "0000000000000002"
	}
	for role, adjustment := range map[string]string{"model-runner": "1000", "plan": "0"} {
		got := here.tried(t, here.plan(role), "", "facts")
		want := "files 200, core 0, no new privileges 1, seccomp 2, capabilities " + capabilities + ", oom " + adjustment + ", descriptor 99 false"
		expect(t, got, map[string]string{"facts": want})
	}
}

// Goal: a kernel without Landlock still starts a process, with all the rest. Method: one that says it has none.
func TestWithoutLandlockTheRestStillHolds(t *testing.T) {
	here := makePlace(t)
	want := map[string]string{
		"read:" + here.outside + "/secret": "ok", "inet": "EPERM", "fork": "EPERM", "signal": "EPERM", "code": "EACCES",
	}
	expect(t, here.tried(t, here.plan("model-runner"), "WITHOUT_LANDLOCK=1", attacksOf(want)...), want)
}

// Goal: a host reads the list of name servers also after a service has put another in its place. Method: the list in a
// folder of the test.
func TestAReplacedListOfNameServersStartsTheHostAgain(t *testing.T) {
	files := networkFiles
	defer func() { networkFiles = files }()
	list := filepath.Join(t.TempDir(), "resolv.conf")
	networkFiles = []string{list, "/etc/no-such-file"}
	put := func() {
		if err := os.WriteFile(list+".new", []byte("nameserver 127.0.0.53\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(list+".new", list); err != nil {
			t.Fatal(err)
		}
	}
	put()
	host := Plan{Role: "host", Rights: Rights{Connect: []string{"example.com:443"}}}
	before := looksOf(restlessFiles([]Plan{host}))
	if looksOf(restlessFiles([]Plan{host})) != before || looksOf(restlessFiles([]Plan{{Role: "host"}})) != "" {
		t.Error("nothing was replaced, or nobody reads it")
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	changes := make(chan bool, 9)
	go watchLooks(ctx, func() []string { return restlessFiles([]Plan{host}) }, func() { changes <- true })
	time.Sleep(look)
	put()
	select {
	case <-changes:
	case <-time.After(5 * time.Second):
		t.Error("the same content in another file wasn't seen")
	}
	first, second := &site{answer: &Answer{}, system: before}, &site{answer: &Answer{}, system: looksOf(restlessFiles([]Plan{host}))}
	if sameRights(first, second) {
		t.Error("a host that can't read the list goes on")
	}
}

func TestAListOfNameServersThatAServiceKeepsIsReadWhereverItIs(t *testing.T) {
	folder, err := os.MkdirTemp("/run", "clawdbot-test-")
	if err != nil {
		t.Skip("only root makes folders in /run")
	}
	defer os.RemoveAll(folder)
	link := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(folder+"/stub.conf", []byte("nameserver 127.0.0.53"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder+"/stub.conf", link); err != nil {
		t.Fatal(err)
	}
	if got := foldersBehind([]string{link, "/etc/passwd", "/nowhere"}); len(got) != 1 || got[0] != folder {
		t.Error(got)
	}
}

func TestWhatAKernelLacksIsSaid(t *testing.T) {
	self, _ := os.Executable()
	output, err := exec.Command(self, "__enforced-without-landlock").Output()
	var layers []Enforcement
	if err == nil {
		err = json.Unmarshal(output, &layers)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range layers {
		byLandlock := slices.Contains([]string{"files", "tcp", "signals"}, one.Layer)
		if byLandlock && (one.Enforced || one.Detail != "this kernel has no Landlock, or it is switched off") {
			t.Errorf("%+v", one)
		}
		if one.Layer == "system-calls" && !one.Enforced {
			t.Errorf("%+v", one)
		}
	}
}

func TestEveryNamedCallIsKnownSomewhere(t *testing.T) {
	known := map[string]bool{}
	for _, name := range []string{"amd64", "arm64"} {
		for call := range callsOf(t, name) {
			known[call] = true
		}
	}
	for _, name := range append(append([]string{}, refusedCalls...), socketCalls...) {
		if !known[name] {
			t.Errorf("%q is no system call", name)
		}
	}
}

func TestEnforcedNamesEveryLayerOnce(t *testing.T) {
	var layers []string
	for _, one := range enforced() {
		layers = append(layers, one.Layer)
		if one.Detail == "" {
			t.Errorf("%s doesn't say by what", one.Layer)
		}
	}
	if got := strings.Join(layers, " "); got != "limits no-new-privileges written-code files tcp signals system-calls memory" {
		t.Error(got)
	}
}

func TestPeerPidIsTheProcessThatConnected(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if pid, err := peerPid(server.(*net.UnixConn)); err != nil || pid != os.Getpid() {
		t.Errorf("%d, %v", pid, err)
	}
}
