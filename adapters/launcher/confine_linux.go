package main

import (
	"fmt"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Rights of Landlock, as sets. Refer lets a file be renamed from one folder into another.
const (
	mayReadFile    = ll.AccessFSReadFile
	mayReadFolder  = mayReadFile | ll.AccessFSReadDir
	mayRun         = mayReadFile | ll.AccessFSExecute
	mayWriteFile   = mayReadFile | ll.AccessFSWriteFile | ll.AccessFSTruncate
	mayWriteFolder = mayReadFolder | mayWriteFile | ll.AccessFSMakeReg | ll.AccessFSMakeDir | ll.AccessFSRemoveFile |
		ll.AccessFSRemoveDir | ll.AccessFSRefer
	mayMakeSocket = ll.AccessFSMakeSock | ll.AccessFSRemoveFile
)

// What the runtime needs of any system, found with strace.
var (
	systemLibraries = []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64"}
	systemLoaders   = []string{"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"}
	systemFiles     = []string{"/etc/ld.so.cache", "/dev/urandom", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat"}
	systemFolders   = []string{"/proc/self", "/sys/fs/cgroup", "/sys/devices/system/cpu"}
	// For names of hosts and certificates.
	networkFiles = []string{
		"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/localtime",
	}
	networkFolders = []string{"/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates"}
	timeZones      = "/usr/share/zoneinfo"
)

// confine takes from this process, for ever, all that its plan doesn't give it; what it starts in its own place keeps
// that. It must be called on the goroutine that then calls exec. What this kernel lacks is left out, and enforced() says
// so: only without seccomp is there no start at all.
func confine(plan Plan, root string) error {
	runtime.LockOSThread()
	if err := makeWritten(plan.Rights); err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"limits", func() error { return setLimits(plan) }},
		{"capabilities", func() error { return dropCapabilities(len(plan.Rights.Listen) > 0) }},
		{"no_new_privs", func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }},
		{"memory that is written and run", func() error { return denyWrittenCode(plan.Limits) }},
		{"Landlock", func() error {
			// It must not be asked for what an old kernel lacks: then it would enforce nothing.
			if abi, err := ll.LandlockGetABIVersion(); err != nil || abi < 1 {
				return nil
			}
			return landlock.V6.BestEffort().Restrict(landlockRules(plan, root)...)
		}},
		{"seccomp", func() error { return filterSystemCalls(plan.Rights) }},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("Cannot confine %s: %s: %w", plan.Role, step.what, err)
		}
	}
	return nil
}

// makeWritten makes what the plan lets its process write: a rule of Landlock is about a file that is there. So the
// process needs no right to make files beside it, in a folder that may hold the configuration, too.
func makeWritten(rights Rights) error {
	for _, path := range rights.ReadFolders {
		_ = os.MkdirAll(path, 0o700) // others may fill it later
	}
	for _, path := range rights.WriteFolders {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("Cannot make the folder %s: %w", path, err)
		}
	}
	for _, path := range rights.WriteFiles {
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o600)
		if err != nil {
			return fmt.Errorf("Cannot make the file %s: %w", path, err)
		}
		file.Close()
	}
	return nil
}

// setLimits bounds what the process may open, writes no memory of it to a disk, and hands on nothing but stdin, stdout
// and stderr. When memory is short, the kernel shall end runners first.
func setLimits(plan Plan) error {
	files := plan.Limits.OpenFilesMax
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err == nil {
		files = min(files, now.Max)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: files}); err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return err
	}
	if plan.Limits.MemoryBytesMax > 0 {
		_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // a wish: some containers keep it as it is
	}
	if unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) != nil { // before Linux 5.11
		for fd := 3; fd < openFilesCeiling; fd++ {
			syscall.CloseOnExec(fd)
		}
	}
	return nil
}

// dropCapabilities leaves root little more than any user has: it may still reach its files, whoever owns them, and
// listen at a low port.
func dropCapabilities(listens bool) error {
	keep := uint32(1 << unix.CAP_DAC_OVERRIDE)
	if listens {
		keep |= 1 << unix.CAP_NET_BIND_SERVICE
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return err
	}
	left := sets[0].Permitted & keep
	sets = [2]unix.CapUserData{{Effective: left, Permitted: left, Inheritable: left & sets[0].Inheritable}}
	return unix.Capset(&header, &sets[0])
}

// denyWrittenCode keeps memory that was written from being run: Linux 6.3.
func denyWrittenCode(limits Limits) error {
	if limits.WrittenCode != "denied" || !hasWrittenCodeDenial() {
		return nil
	}
	return unix.Prctl(unix.PR_SET_MDWE, unix.PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)
}

func hasWrittenCodeDenial() bool {
	_, err := unix.PrctlRetInt(unix.PR_GET_MDWE, 0, 0, 0, 0)
	return err == nil
}

// landlockRules are the files and ports of a plan, and what the runtime itself needs.
func landlockRules(plan Plan, root string) []landlock.Rule {
	rights := plan.Rights
	at := func(access landlock.AccessFSSet, paths ...string) landlock.Rule {
		return landlock.PathAccess(access, paths...).IgnoreIfMissing()
	}
	// A right of folders can't be given to a file.
	file := func(access landlock.AccessFSSet, paths ...string) landlock.Rule {
		return at(access, slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
			about, err := os.Stat(path)
			return err != nil || about.IsDir()
		})...)
	}
	rules := []landlock.Rule{
		file(mayRun, append(slices.Clone(systemLoaders), filepath.Join(root, "deno"))...),
		at(mayReadFolder, filepath.Join(root, "app"), filepath.Join(root, "deno_dir")),
		at(mayReadFolder, systemLibraries...),
		at(mayReadFolder, systemFolders...),
		file(mayReadFile, systemFiles...),
		file(mayWriteFile, "/dev/null"),
		file(mayReadFile, rights.ReadFiles...),
		at(mayReadFolder, rights.ReadFolders...),
		file(mayWriteFile, rights.WriteFiles...),
	}
	for _, path := range rights.WriteFolders {
		rules = append(rules, at(asFarAsThisKernelGoes(mayWriteFolder), path))
	}
	for _, path := range rights.Sockets {
		rules = append(rules, at(mayMakeSocket, filepath.Dir(path)))
	}
	if len(rights.Listen)+len(rights.Connect) > 0 {
		rules = append(rules, file(mayReadFile, networkFiles...), at(mayReadFolder, networkFolders...), at(mayReadFolder, timeZones),
			at(mayReadFile, foldersBehind(networkFiles)...))
	}
	for _, name := range rights.Listen {
		rules = append(rules, landlock.BindTCP(portOf(name)))
	}
	for _, name := range rights.Connect {
		rules = append(rules, landlock.ConnectTCP(portOf(name)))
		if host, _, _ := net.SplitHostPort(name); net.ParseIP(host) == nil {
			rules = append(rules, landlock.ConnectTCP(53)) // a long answer of a name server
		}
	}
	return rules
}

// foldersBehind are where the files are that some names lead to, as far as a service of the system keeps them: it replaces
// them, and a rule is about the file that was there.
func foldersBehind(paths []string) (folders []string) {
	for _, path := range paths {
		if real, err := filepath.EvalSymlinks(path); err == nil && strings.HasPrefix(real, "/run/") && strings.Count(real, "/") > 2 {
			folders = append(folders, filepath.Dir(real))
		}
	}
	return folders
}

// restlessFiles are those that a process with a network reads by a rule, and that are replaced while it runs: then it has to be
// started again to read them.
func restlessFiles(plans []Plan) (paths []string) {
	if !slices.ContainsFunc(plans, func(plan Plan) bool { return plan.Role == "host" && len(plan.Rights.Connect) > 0 }) {
		return nil
	}
	for _, path := range networkFiles {
		if about, err := os.Lstat(path); err == nil && about.Mode().IsRegular() {
			paths = append(paths, path)
		}
	}
	return paths
}

// asFarAsThisKernelGoes leaves out renaming between folders before Linux 5.19, where asking for it would turn all off.
func asFarAsThisKernelGoes(access landlock.AccessFSSet) landlock.AccessFSSet {
	if abi, err := ll.LandlockGetABIVersion(); err != nil || abi < 2 {
		return access &^ ll.AccessFSRefer
	}
	return access
}

// portOf is the port of a host:port that refuseExcess has let through.
func portOf(address string) uint16 {
	port, _ := strconv.ParseUint(address[strings.LastIndexByte(address, ':')+1:], 10, 16)
	return uint16(port)
}

// enforced tells, layer by layer, what this machine enforces of a plan.
func enforced() []Enforcement {
	abi, err := ll.LandlockGetABIVersion()
	if err != nil {
		abi = 0
	}
	byLandlock := func(layer string, since int, linux string) Enforcement {
		switch {
		case abi >= since:
			return Enforcement{layer, true, fmt.Sprintf("Landlock ABI %d", abi)}
		case abi == 0:
			return Enforcement{layer, false, "this kernel has no Landlock, or it is switched off"}
		default:
			return Enforcement{layer, false, fmt.Sprintf("Landlock ABI %d; it takes ABI %d, Linux %s", abi, since, linux)}
		}
	}
	files := byLandlock("files", 1, "5.13")
	if files.Enforced && abi < 3 {
		files.Detail += ", which doesn't keep files from being cut off: that takes Linux 6.2"
	}
	writtenCode := Enforcement{"written-code", true, "PR_SET_MDWE, for runners with native code"}
	if !hasWrittenCodeDenial() {
		writtenCode = Enforcement{"written-code", false, "this kernel lacks PR_SET_MDWE: it takes Linux 6.3"}
	}
	systemCalls := Enforcement{"system-calls", true, "seccomp"}
	if !hasSeccomp() {
		systemCalls = Enforcement{"system-calls", false, "this kernel lacks seccomp filters: no process is started"}
	}
	return []Enforcement{
		{"limits", true, "rlimits: open files, no core files"},
		{"no-new-privileges", true, "PR_SET_NO_NEW_PRIVS, capabilities dropped"},
		writtenCode,
		files,
		byLandlock("tcp", 4, "6.7"),
		byLandlock("signals", 6, "6.12"),
		systemCalls,
		{"memory", true, memoryBoundBy()},
	}
}

// childAttributes are those of every child: it ends with the thread that started it, so the goroutine that starts one
// keeps its thread until that one has ended.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// peerPid is the process at the other end of a Unix socket, when it connected.
func peerPid(conn *net.UnixConn) (int, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	var peer *unix.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		peer, failed = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if failed != nil {
		return 0, failed
	}
	return int(peer.Pid), nil
}
