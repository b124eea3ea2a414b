package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
)

// site is a configuration that was read: its plan, checked, and what a host is started with.
type site struct {
	answer *Answer
	start  map[string]any
	system string // which files of the system its host may read, where these are replaced while it runs
}

// reader reads the configuration of one site, again and again.
type reader struct {
	root, executable string
	options          options
	confinement      []Enforcement
}

// read runs the role plan and checks what it answers; refused are its reasons, one a line. Before the site is held, nothing is
// made: open makes the key when this is the first start, and resolves secrets.
func (r *reader) read() (answer *Answer, refused []string, ownConfigPath string, err error) {
	f, err := factsOf(r.root, r.options)
	if err != nil {
		return nil, nil, "", err
	}
	answer, refused, err = runPlan(r.root, r.executable, f)
	if answer == nil {
		return nil, refused, f.ownConfigPath, err
	}
	for _, plan := range answer.Processes {
		checked := plan
		if forTests && r.options.main != "" {
			checked.Args = replaced(plan.Args, r.options.main, mainModule(r.root, options{}))
		}
		// Where the configuration is, and where one would be found, isn't what the answer says.
		kept := append(answer.kept(), f.ownConfigPath)
		if f.configPath != "" {
			kept = append(kept, f.configPath)
		}
		if err := refuseExcess(checked, r.root, kept...); err != nil {
			return nil, nil, "", err
		}
		if err := refuseFolders(plan); err != nil {
			return nil, nil, "", err
		}
	}
	return answer, nil, f.ownConfigPath, nil
}

// kept are the files of a site that no process may write, and only plan may read.
func (a *Answer) kept() (paths []string) {
	decided := upgradeOf(a, "").file("decided.json") // who writes it says which program is started
	for _, path := range []string{a.Site.ConfigPath, a.Site.KeyPath, a.Site.LockPath, decided} {
		if path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

func replaced(texts []string, from, to string) []string {
	all := []string{}
	for _, text := range texts {
		if text == from {
			text = to
		}
		all = append(all, text)
	}
	return all
}

// open makes what a host is started with: core/host_start.ts. Nothing of it ever stands in an argument or in the environment.
func (r *reader) open(answer *Answer) (*site, error) {
	key, err := keyEncryptionKey(answer.Site.KeyPath, answer.Site.DatabasePath)
	if err != nil {
		return nil, err
	}
	secrets := []resolved{}
	for _, wanted := range answer.Secrets {
		secrets = append(secrets, resolveSecret(wanted, answer.Site.BaseFolder))
	}
	start := map[string]any{"secrets": secrets, "keyEncryptionKey": key, "terminal": isTerminal(os.Stdout), "stderr": stderrLook(),
		"confinement": r.confinement}
	for name, value := range answer.Start {
		start[name] = value
	}
	return &site{answer, start, looksOf(restlessFiles(answer.Processes))}, nil
}

// supervise runs a site until it ends, and returns the exit code: 0 when the host ended on purpose, else 1.
func supervise(root string, args []string) int {
	keepFromChildren() // this process alone holds the runtime's folder
	o, err := parseOptions(args)
	if err != nil {
		die("Cannot start: %v", err)
	}
	r := &reader{root: root, executable: executable(), options: o, confinement: enforced()}
	answer, refused, ownConfigPath, err := r.read()
	if err != nil {
		return refuseStart(err)
	}
	if answer == nil {
		for _, line := range refused {
			fmt.Fprintln(os.Stderr, line)
		}
		return 1
	}
	own := []string{}
	if answer.Site.ConfigPath == "" {
		own = append(own, ownConfigPath) // where there is no configuration, one may come
	}
	seen := digestOf(append(own, answer.Watched...))
	if err := makeFolders(answer); err != nil {
		return refuseStart(err)
	}
	held, err := holdSite(answer)
	if err != nil {
		return refuseStart(err)
	}
	u := upgradeOf(answer, r.executable)
	probation, replaced, err := u.resume(o.upgrade)
	if err == nil && o.upgrade {
		os.Remove(answer.Site.RuntimeFolder)
		if err := u.upgradeNow(args); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	if err != nil {
		return refuseStart(err)
	}
	if replaced {
		become(r.executable, args, os.Environ())
	}
	first, err := r.open(answer)
	if err != nil {
		return refuseStart(err)
	}
	// The same file, wherever somebody puts another meanwhile.
	r.options.config = answer.Site.ConfigPath
	note := func(string, string, int, *os.ProcessState) {}
	if o.verbose {
		note = noteOn
	}
	stop, cancel := context.WithCancel(context.Background())
	k := newKeeper(first, r, newChildren(root, note), &saying{}, held, stop)
	k.children.testMain = o.main
	k.args, k.probation, k.upgrade = args, probation, u

	var reading sync.Mutex
	watched := func() []string { return append(own, k.watched()...) }
	reload := func(asked bool) {
		reading.Lock()
		defer reading.Unlock()
		// Before it is read: what changes meanwhile is seen as a change.
		paths, digest := watched(), digestOf(watched())
		answer, refused, _, err := r.read()
		if err != nil {
			refused = []string{startProblem(err)}
		}
		k.take(taken{answer: answer, refused: refused, asked: asked})
		if now := watched(); fmt.Sprint(now) != fmt.Sprint(paths) {
			digest = digestOf(now)
		}
		seen = digest
	}
	go sweepRuntimes(root)
	go forwardSignals(cancel, k.children, func() {
		if !k.wantsUpgrade() {
			reload(true)
		}
	})
	go watch(stop, watched, func() string {
		reading.Lock()
		defer reading.Unlock()
		return seen
	}, func() { reload(false) })
	go watchLooks(stop, func() []string { return restlessFiles(answer.Processes) }, func() { reload(false) })
	code := k.run()
	k.children.killAll()
	k.saying.end()
	os.RemoveAll(answer.Site.RuntimeFolder)
	return code
}

func refuseStart(err error) int {
	fmt.Fprintf(os.Stderr, "%s\n", startProblem(err))
	return 1
}

// forwardSignals stops at the first signal to end, and quits at the second. SIGHUP has the configuration read again; where the
// terminal that this was started at is gone, it means that, as for any program at a terminal.
func forwardSignals(stop func(), children *children, hangup func()) {
	wasAtTerminal, stopping := isTerminal(os.Stderr), false
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	for received := range signals {
		switch {
		case received == syscall.SIGHUP && (!wasAtTerminal || isTerminal(os.Stderr)):
			go hangup()
		case stopping:
			children.killAll()
			os.Exit(1)
		default:
			stopping = true
			stop()
		}
	}
}

// startProblem is an error as the one line that a person reads.
func startProblem(err error) string {
	if text := err.Error(); strings.HasPrefix(text, "Cannot ") {
		return text
	}
	return fmt.Sprintf("Cannot start: %v", err)
}
