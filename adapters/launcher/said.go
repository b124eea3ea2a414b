package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// waitingMax is how many entries wait for a host while there is none; entryBytesMax what of one process's text becomes one
// entry; together what it writes within this time becomes one, so that a trace isn't torn apart.
const (
	waitingMax    = 100
	entryBytesMax = 4_000
	together      = 50 * time.Millisecond
)

// entry is the frame `said` of core/host_start.ts.
type entry struct {
	Kind  string `json:"kind"`
	Role  string `json:"role"`
	Pid   int    `json:"pid"`
	Text  string `json:"text"`
	Shown bool   `json:"shown"`
}

// saying is what launcher and runners say: on stderr, and by the host into its log.
type saying struct {
	mu      sync.Mutex
	waiting []entry
	host    func(entry) bool
}

// say says a sentence of the launcher's own.
func (s *saying) say(format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	fmt.Fprintln(os.Stderr, text)
	s.pass(entry{"said", "launcher", os.Getpid(), text[:min(len(text), entryBytesMax)], true})
}

func (s *saying) pass(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.host != nil {
		if !s.host(e) {
			show(e) // a host that hangs
		}
		return
	}
	if s.waiting = append(s.waiting, e); len(s.waiting) > waitingMax {
		show(s.waiting[0])
		s.waiting = s.waiting[1:]
	}
}

// hear passes on what a process writes to its stderr, and returns when it has ended.
func (s *saying) hear(role string, pid int, stderr io.Reader) {
	chunks := make(chan []byte)
	go func() {
		defer close(chunks)
		for {
			chunk := make([]byte, 4096)
			count, err := stderr.Read(chunk)
			chunks <- chunk[:count]
			if err != nil {
				return
			}
		}
	}()
	var text []byte
	var due <-chan time.Time
	flush := func(count int) {
		if whole := bytes.TrimRight(text[:count], " \t\r\n"); len(whole) > 0 {
			s.pass(entry{"said", role, pid, strings.ToValidUTF8(string(whole), "\uFFFD"), false})
		}
		text, due = text[count:], nil
	}
	for {
		select {
		case <-due:
			flush(len(text))
		case chunk, ok := <-chunks:
			if !ok {
				flush(len(text))
				return
			}
			text = append(text, chunk...)
			for len(text) > entryBytesMax {
				count := entryBytesMax
				for count > entryBytesMax-utf8.UTFMax && !utf8.RuneStart(text[count]) {
					count--
				}
				flush(count)
			}
			if due == nil && len(text) > 0 {
				due = time.After(together)
			}
		}
	}
}

// tell gives all that waits to a host, and what comes, until the returned function is called. take says whether it took it.
func (s *saying) tell(take func(entry) bool) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.waiting {
		take(e)
	}
	s.waiting, s.host = nil, take
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.host = nil
	}
}

// end writes to stderr what no host will take any more.
func (s *saying) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.waiting {
		show(e)
	}
	s.waiting = nil
}

// show writes an entry for people, without what would change their terminal.
func show(e entry) {
	if e.Shown {
		return
	}
	harmless := func(r rune) rune {
		if r != '\n' && r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069) {
			return '\uFFFD'
		}
		return r
	}
	fmt.Fprintf(os.Stderr, "%s %d: %s\n", e.Role, e.Pid, strings.Map(harmless, e.Text))
}
