package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	stopTime   = 10 * time.Second // how long the host may take to end when it was asked to
	backoffMin = 100 * time.Millisecond
	backoffMax = 5 * time.Second
	lived      = 10 * time.Second      // a host that lived this long starts with the first backoff again
	lookTime   = 20 * time.Millisecond // how often it is tried whether a host listens
	useTime    = 5 * time.Second       // how often the host is told what the processes take
	framesMax  = 1_000                 // frames that a host may leave unread before it counts as hanging
)

// Exit codes of a host that aren't a crash: stopped; it can't start, and starting it again doesn't help; it is to be started with
// the configuration that it was given last.
const (
	exitStopped = 0
	exitUnable  = 2
	exitAgain   = 3
)

// taken is what was read of a changed configuration; asked says that a person waits for what becomes of it.
type taken struct {
	answer  *Answer
	refused []string
	asked   bool
	done    chan bool
}

// keeper keeps a host alive, and brings changed configurations into force.
type keeper struct {
	reader   *reader
	children *children
	saying   *saying
	held     *held
	stop     context.Context
	takes    chan taken
	paths    atomic.Pointer[[]string]

	// What the next host is started with, and what the host that runs goes by: they differ until one is started anew.
	inForce, running *site
	// With proven a host has listened: what is gone back to when none can with what is in force. before is what was proven before a
	// running host was told of another.
	proven, before *site
	isTold         bool
	configuration  map[string]any
	host           *hostLink

	// upgrades has a version that is to take over, and next is it, once the host was asked to end for it. With probation this
	// version took over, and has to show that it listens.
	upgrades  chan release
	next      release
	asked     time.Time
	probation *decision
	preparing atomic.Bool
	upgrade   upgrade // as it was at the start
	args      []string
}

// hostLink is the stdin of the host that runs.
type hostLink struct {
	frames  chan any
	restart bool
}

func newKeeper(first *site, r *reader, c *children, s *saying, h *held, stop context.Context) *keeper {
	k := &keeper{reader: r, children: c, saying: s, held: h, stop: stop, takes: make(chan taken), upgrades: make(chan release),
		inForce: first, running: first, configuration: map[string]any{"requests": 0}}
	k.paths.Store(&first.answer.Watched)
	return k
}

// watched are the files whose change may change what is in force.
func (k *keeper) watched() []string { return *k.paths.Load() }

// take hands over what was read, and returns when the keeper has dealt with it, or ends.
func (k *keeper) take(t taken) {
	t.done = make(chan bool)
	select {
	case k.takes <- t:
		<-t.done
	case <-k.stop.Done():
	}
}

// send writes a frame to the host; false when none is there, or it reads no more.
func (k *keeper) send(frame any) bool {
	if k.host == nil {
		return false
	}
	select {
	case k.host.frames <- frame:
		return true
	default:
		return false
	}
}

// refuse says why a configuration isn't in force, on stderr and to the hosts that come.
func (k *keeper) refuse(what string, lines []string) map[string]any {
	k.saying.say("%s\n%s", what, strings.Join(lines, "\n"))
	problem := map[string]any{"atMs": time.Now().UnixMilli(), "lines": lines}
	k.configuration = map[string]any{"requests": k.configuration["requests"], "problem": problem}
	return problem
}

// accept brings into force what was read again: at once where all rights are the same, else by a host that is started anew.
func (k *keeper) accept(t taken) {
	defer close(t.done)
	requests := k.configuration["requests"].(int) + boolToInt(t.asked)
	k.configuration = map[string]any{"requests": requests}
	next, refused := k.opened(t)
	if next == nil {
		problem := k.refuse("The changed configuration isn't in force:", refused)
		k.send(map[string]any{"kind": "refused", "requests": requests, "problem": problem})
		return
	}
	isSame := sameRights(k.inForce, next)
	k.inForce = next
	k.paths.Store(&next.answer.Watched)
	switch {
	case k.host == nil:
	case !isSame:
		k.host.restart = true
	default:
		// A running host takes this one; should it rather be started with it, the one before is what was proven.
		k.before, k.running, k.proven, k.isTold = k.proven, next, next, true
		if !k.send(map[string]any{"kind": "reload", "document": next.start["document"], "secrets": next.start["secrets"], "requests": requests}) {
			k.host.restart = true
		}
	}
}

func (k *keeper) opened(t taken) (*site, []string) {
	if t.answer == nil {
		return nil, t.refused
	}
	if folder := k.inForce.answer.Site.DataFolder; t.answer.Site.DataFolder != folder {
		return nil, []string{fmt.Sprintf("The data folder would be another than %s: stop and start for that", folder)}
	}
	if !k.held.isInPlace() {
		return nil, []string{k.movedAway()}
	}
	err := makeFolders(t.answer)
	var next *site
	if err == nil {
		next, err = k.reader.open(t.answer)
	}
	if err != nil {
		return nil, []string{startProblem(err)}
	}
	return next, nil
}

// sameRights says whether two configurations differ in no more than a running host can be told.
func sameRights(a, b *site) bool {
	rest := func(s *site) string {
		start := maps.Clone(s.start)
		delete(start, "document")
		delete(start, "secrets")
		text, _ := json.Marshal([]any{s.answer.Processes, start})
		return string(text)
	}
	return rest(a) == rest(b) && a.system == b.system
}

func (k *keeper) movedAway() string {
	return fmt.Sprintf("the data folder %q was moved or replaced; put it back, and start again", k.inForce.answer.Site.DataFolder)
}

// run returns the launcher's exit code when a host ended on purpose, can't start, or all was asked to stop.
func (k *keeper) run() int {
	for wait := backoffMin; ; wait = min(wait*2, backoffMax) {
		if !k.held.isInPlace() {
			k.saying.say("Cannot start: %s", k.movedAway())
			return 1
		}
		k.running, k.isTold = k.inForce, false
		began := time.Now()
		code, how, words := k.live(k.running)
		if k.stop.Err() != nil {
			return boolToInt(code != exitStopped)
		}
		if k.switched(fmt.Sprintf("its host ended (%s) %s", how, strings.Join(words, " "))) {
			if k.stop.Err() != nil {
				return 0
			}
			wait = backoffMin / 2
			continue
		}
		wantsAgain := k.isTold && code == exitAgain
		if wantsAgain {
			k.proven = k.before
		}
		isAsked := wantsAgain || k.inForce != k.running
		if !isAsked && k.proven != nil && k.proven != k.running {
			k.inForce = k.proven
			k.paths.Store(&k.inForce.answer.Watched)
			k.refuse("The host can't start with the changed configuration, and goes on with the one before:", words)
		}
		if isAsked || k.inForce != k.running {
			wait = backoffMin / 2
			continue
		}
		switch {
		case code == exitStopped:
			return 0
		case code == exitUnable:
			return 1
		case time.Since(began) > lived:
			wait = backoffMin
		}
		k.saying.say("The host ended unexpectedly (%s). It is started again.", how)
		for due := time.After(wait); due != nil; {
			select {
			case t := <-k.takes:
				k.accept(t)
			case <-due:
				due = nil
			case <-k.stop.Done():
				return 0
			}
		}
	}
}

// live is one host from its start to its end: its exit code (-1: a signal), how it ended, and its last words.
func (k *keeper) live(begun *site) (code int, how string, words []string) {
	answer := begun.answer
	var served []*runners
	var hostPlan Plan
	failed := func(err error) (int, string, []string) { return -1, err.Error(), []string{err.Error()} }
	defer func() {
		for _, r := range served {
			r.close()
		}
	}()
	for _, plan := range answer.Processes {
		path, isRunner := answer.Site.RunnerSockets[plan.Role]
		if !isRunner {
			hostPlan = plan
			continue
		}
		r, err := serveRunners(plan, path, k.children, k.saying)
		if err != nil {
			return failed(err)
		}
		served = append(served, r)
	}
	os.Remove(answer.Site.HostSocket) // a killed host leaves it behind, and nothing could listen there again
	stdinOfHost, stdin, err := os.Pipe()
	if err != nil {
		return failed(err)
	}
	defer stdin.Close()
	stderr, stderrOfHost, err := os.Pipe()
	if err != nil {
		return failed(err)
	}
	one, err := k.children.start(hostPlan, stdinOfHost, os.Stdout, stderrOfHost)
	stdinOfHost.Close()
	stderrOfHost.Close()
	if err != nil {
		return failed(err)
	}
	for _, r := range served {
		r.serve(one.pid)
	}
	said := make(chan []string, 1)
	go func() { said <- lastWords(stderr) }()

	start := maps.Clone(begun.start)
	start["configuration"] = k.configuration
	k.host = &hostLink{frames: make(chan any, framesMax)}
	k.host.frames <- start
	// Never closed while the host lives: the end of its stdin is what tells it that the launcher is gone.
	go func(frames chan any) {
		for frame := range frames {
			if writeFrame(stdin, frame) != nil {
				return // its exit status says more
			}
		}
	}(k.host.frames)
	frames := k.host.frames
	endTelling := k.saying.tell(func(e entry) bool {
		select {
		case frames <- e:
			return true
		default:
			return false
		}
	})
	listening, ended := make(chan bool), make(chan bool)
	go untilListening(answer.Site.HostSocket, listening, ended)
	tellUse := func() { k.send(map[string]any{"kind": "processes", "processes": k.children.use()}) }
	ticks := time.NewTicker(useTime)
	stop := k.stop.Done()
	var late, probation <-chan time.Time
	if k.probation != nil {
		probation = time.After(probationTime)
	}
	ask := func() {
		if late == nil {
			one.end(syscall.SIGTERM)
			late = time.After(stopTime)
		}
		stop = nil
	}
	for isAlive := true; isAlive; {
		select {
		case <-stop:
			ask()
		case t := <-k.takes:
			k.accept(t)
			if k.host.restart {
				ask()
			}
		case <-listening:
			listening = nil
			tellUse()
			debug.FreeOSMemory() // what the start took: this process mostly waits from now on
			if k.running == begun {
				k.proven = begun
			}
			k.confirmed()
		case k.next = <-k.upgrades:
			k.asked = time.Now()
			ask()
		case <-probation:
			one.end(syscall.SIGKILL)
		case <-ticks.C:
			tellUse()
		case <-late:
			one.end(syscall.SIGKILL)
		case <-one.ended:
			isAlive = false
		}
	}
	ticks.Stop()
	endTelling()
	close(ended)
	k.host = nil
	how = signalOf(one.state)
	if how == "" {
		how = fmt.Sprintf("exit %d", one.state.ExitCode())
	}
	return one.state.ExitCode(), how, <-said
}

// untilListening closes listening when somebody listens at a socket.
func untilListening(path string, listening, ended chan bool) {
	for {
		if connection, err := net.Dial("unix", path); err == nil {
			connection.Close()
			close(listening)
			return
		}
		select {
		case <-ended:
			return
		case <-time.After(lookTime):
		}
	}
}

var logLine = regexp.MustCompile(`^(?:\{"at":"|(?:\x1b\[2m)?(?:[\d-]{10} )?\d\d:\d\d:\d\d\.\d{3})`)

// lastWords passes stderr on, and returns at its end with what came after the log's last line.
func lastWords(stderr *os.File) []string {
	defer stderr.Close()
	var text []byte
	for chunk := make([]byte, 16*1024); ; {
		count, err := stderr.Read(chunk)
		os.Stderr.Write(chunk[:count]) // a terminal that is gone takes nothing any more, which stops nobody
		if text = append(text, chunk[:count]...); len(text) > 4_000 {
			text = bytes.Clone(text[len(text)-4_000:])
		}
		if err != nil {
			break
		}
	}
	words := []string{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if logLine.MatchString(line) {
			words = words[:0]
		} else if line != "" {
			words = append(words, line)
		}
	}
	return words[max(0, len(words)-5):]
}
