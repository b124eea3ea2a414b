package main

import (
	"os"
	"runtime"
	"slices"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// Families of system calls that no role has a use for. Names that an architecture lacks are left out.
var refusedCalls = slices.Concat(
	// Other processes' memory, descriptors, and signals to them.
	[]string{"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
		"pidfd_open", "pidfd_getfd", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill", "perf_event_open"},
	// A second process; clone for threads stays.
	[]string{"fork", "vfork", "execveat"},
	// The kernel, the machine, the clock.
	[]string{"bpf", "userfaultfd", "keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module",
		"kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "syslog", "settimeofday", "clock_settime",
		"clock_adjtime", "adjtimex", "sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "personality", "vhangup",
		"quotactl", "quotactl_fd", "lookup_dcookie", "nfsservctl", "fanotify_init"},
	// File systems and namespaces.
	[]string{"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
		"fspick", "mount_setattr", "setns", "unshare", "open_by_handle_at", "name_to_handle_at"},
	// It would open sockets and files behind the filter's back.
	[]string{"io_uring_setup", "io_uring_enter", "io_uring_register"},
	// Memory that is written as a file and then run as one.
	[]string{"memfd_create", "memfd_secret"},
	// Ways to other programs that Landlock doesn't know.
	[]string{"shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semctl",
		"semtimedop", "mq_open", "mq_unlink"},
	// Owners, modes and times of files: Landlock lets them be changed wherever the user may.
	[]string{"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr",
		"fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat", "utime", "utimes",
		"futimesat", "utimensat"},
)

// socketCalls are refused to whoever has no right to any address.
var socketCalls = []string{"socket", "connect", "bind", "listen", "accept", "accept4"}

const namespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWTIME

// filterSystemCalls lets the kernel refuse what this process has no use for. Exec stays: it is still to come, and what
// may be run is Landlock's affair.
func filterSystemCalls(rights Rights) error {
	if err := filterWords(); err != nil {
		return err
	}
	policy, err := policyOf(rights)
	if err != nil {
		return err
	}
	return seccomp.LoadFilter(seccomp.Filter{Policy: policy})
}

// policyOf makes the filter of the rights. Conditions say what isn't allowed by "none of these": arguments are compared
// in 64 bits and the kernel reads 32, so "one of those" could be passed by.
func policyOf(rights Rights) (seccomp.Policy, error) {
	machine, err := arch.GetInfo("")
	if err != nil {
		return seccomp.Policy{}, err
	}
	refused := slices.Clone(refusedCalls)
	conditions := []seccomp.NameWithConditions{
		{Name: "clone", Conditions: seccomp.ArgumentConditions{{Operation: seccomp.BitsNotSet, Value: unix.CLONE_THREAD}}},
		{Name: "clone", Conditions: seccomp.ArgumentConditions{{Operation: seccomp.BitsSet, Value: namespaces}}},
		{Name: "kill", Conditions: noneOf(0, uint64(os.Getpid()))},
		{Name: "tgkill", Conditions: noneOf(0, uint64(os.Getpid()))},
		{Name: "prlimit64", Conditions: noneOf(0, 0)},
		// The runtime wakes itself by such a pair. Datagrams could be sent from one to any other program's socket.
		{Name: "socketpair", Conditions: noneOf(1, unix.SOCK_STREAM, unix.SOCK_STREAM|unix.SOCK_CLOEXEC,
			unix.SOCK_STREAM|unix.SOCK_NONBLOCK, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)},
	}
	if families := familiesOf(rights); len(families) > 0 {
		conditions = append(conditions,
			seccomp.NameWithConditions{Name: "socket", Conditions: noneOf(0, families...)},
			// Landlock's rules of ports are about TCP: multipath TCP and the like pass them by, as does connecting by sending.
			seccomp.NameWithConditions{Name: "socket", Conditions: noneOf(2, 0, unix.IPPROTO_TCP, unix.IPPROTO_UDP)})
		for call, flags := range map[string]uint32{"sendto": 3, "sendmsg": 2, "sendmmsg": 3} {
			conditions = append(conditions, seccomp.NameWithConditions{Name: call,
				Conditions: seccomp.ArgumentConditions{{Argument: flags, Operation: seccomp.BitsSet, Value: unix.MSG_FASTOPEN}}})
		}
	} else {
		refused = append(refused, socketCalls...)
	}
	refused = slices.DeleteFunc(refused, func(name string) bool {
		_, known := machine.SyscallNames[name]
		return !known
	})
	return seccomp.Policy{DefaultAction: seccomp.ActionAllow, Syscalls: []seccomp.SyscallGroup{
		// The flags of clone3 lie in memory, where no filter sees them; without it the C library takes clone.
		{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}},
		{Action: seccomp.ActionErrno | seccomp.Action(unix.EPERM), Names: refused, NamesWithCondtions: conditions},
	}}, nil
}

// familiesOf are the kinds of sockets that follow from the rights. Names of hosts are looked up over netlink, too.
func familiesOf(rights Rights) []uint64 {
	var families []uint64
	if len(rights.Sockets) > 0 {
		families = append(families, unix.AF_UNIX)
	}
	if len(rights.Listen)+len(rights.Connect) > 0 {
		families = append(families, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK)
	}
	return families
}

// noneOf holds when an argument is none of the values.
func noneOf(argument uint32, values ...uint64) seccomp.ArgumentConditions {
	var conditions seccomp.ArgumentConditions
	for _, value := range values {
		conditions = append(conditions, seccomp.Condition{Argument: argument, Operation: seccomp.NotEqual, Value: value})
	}
	return conditions
}

// filterWords is a filter of its own for what the library can't say. It ends a process that makes system calls of a
// foreign architecture, whose numbers mean other calls: the library lets these through. And it refuses some values of
// arguments by the 32 bits that the kernel reads.
func filterWords() error {
	native := uint32(unix.AUDIT_ARCH_X86_64)
	if runtime.GOARCH == "arm64" {
		native = unix.AUDIT_ARCH_AARCH64
	}
	const number, architecture, arguments = 0, 4, 16 // offsets in struct seccomp_data
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	unless := func(value uint32, skip uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: value, Jf: skip}
	}
	end := func(action uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: action}
	}
	program := []unix.SockFilter{
		load(architecture),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: native, Jt: 1},
		end(unix.SECCOMP_RET_KILL_PROCESS),
	}
	for _, refused := range []struct{ call, argument, value uint32 }{
		{unix.SYS_IOCTL, 1, unix.TIOCSTI}, // types on the terminal that stderr may be
		{unix.SYS_IOCTL, 1, unix.TIOCLINUX},
		{unix.SYS_PRCTL, 0, unix.PR_SET_PDEATHSIG}, // would outlive the launcher
		{unix.SYS_FCNTL, 1, unix.F_SETOWN},         // sends signals to another process
		{unix.SYS_FCNTL, 1, unix.F_SETOWN_EX},
	} {
		program = append(program, load(number), unless(refused.call, 3), load(arguments+8*refused.argument),
			unless(refused.value, 1), end(unix.SECCOMP_RET_ERRNO|uint32(unix.EPERM)))
	}
	program = append(program, end(unix.SECCOMP_RET_ALLOW))
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&filter)))
	if failed != 0 {
		return failed
	}
	return nil
}

// hasSeccomp tells whether this kernel filters system calls and can end a process by that: Linux 4.14.
func hasSeccomp() bool {
	action := uint32(unix.SECCOMP_RET_KILL_PROCESS)
	_, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, uintptr(unsafe.Pointer(&action)))
	return failed == 0
}
