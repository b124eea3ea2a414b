package main

import (
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// linger is how long a process that was killed, or what it still said, is waited for.
const linger = 200 * time.Millisecond

// runners is one role's socket, and the processes that were started for its connections.
type runners struct {
	plan     Plan
	children *children
	saying   *saying
	hostPid  int
	places   chan bool
	all      sync.WaitGroup
	listener *net.UnixListener
}

// serveRunners listens at a runner's socket. Each connection of the host is the stdin and stdout of a runner of its own, up to
// the role's limit.
func serveRunners(plan Plan, path string, children *children, saying *saying) (*runners, error) {
	os.Remove(path)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	return &runners{plan: plan, children: children, saying: saying, places: make(chan bool, plan.Limits.ProcessesMax), listener: listener}, nil
}

// serve accepts connections of this process, and of no other, until close is called.
func (r *runners) serve(hostPid int) {
	r.all.Go(func() {
		for {
			connection, err := r.listener.AcceptUnix()
			if err != nil {
				return
			}
			r.all.Go(func() {
				defer connection.Close()
				if pid, err := peerPid(connection); err != nil || pid != hostPid {
					greet(connection, "only the host of this site may have one")
					return
				}
				// The process of a connection that was just closed still has some milliseconds to live.
				select {
				case r.places <- true:
					defer func() { <-r.places }()
					r.run(connection)
				case <-time.After(linger):
					greet(connection, fmt.Sprintf("at most %d %s may run at once", r.plan.Limits.ProcessesMax, r.plan.Role))
				}
			})
		}
	})
}

// close ends listening and waits for the runners, whose connections end with the host.
func (r *runners) close() {
	r.listener.Close()
	r.all.Wait()
}

// run starts a runner for a connection, and returns when both are gone.
func (r *runners) run(connection *net.UnixConn) {
	stdio, err := connection.File()
	if err != nil {
		return
	}
	defer stdio.Close()
	stderr, stderrOfChild, err := os.Pipe()
	if err != nil {
		return
	}
	defer stderr.Close()
	if greet(connection, "") != nil {
		stderrOfChild.Close()
		return
	}
	one, err := r.children.start(r.plan, stdio, stdio, stderrOfChild)
	stderrOfChild.Close()
	if err != nil {
		r.saying.say("The %s can't be started: %v", r.plan.Role, err)
		return
	}
	heard := make(chan bool)
	go func() {
		r.saying.hear(r.plan.Role, one.pid, stderr)
		close(heard)
	}()
	kill := func() { one.end(syscall.SIGKILL) }
	stop := boundMemory(r.plan, one.pid, func(reason string) {
		r.saying.say("%s", reason)
		kill()
	})
	gone := make(chan bool)
	go func() {
		untilGone(int(stdio.Fd()))
		kill()
		close(gone)
	}()
	<-one.ended
	stop()
	select {
	case <-heard:
	case <-time.After(linger):
	}
	// Not only closed: a duplicate may live, and then close sends no end. It also ends the waiting above.
	unix.Shutdown(int(stdio.Fd()), unix.SHUT_RDWR)
	<-gone
}

// untilGone returns when the other side of a connection has closed it, without reading from it.
func untilGone(descriptor int) {
	for {
		polled := []unix.PollFd{{Fd: int32(descriptor), Events: pollGone}}
		if _, err := unix.Poll(polled, -1); err != unix.EINTR {
			return
		}
	}
}

// greet writes the first frame of a runner's connection: that a process is started for it, or why none is.
func greet(connection net.Conn, unavailable string) error {
	connection.SetWriteDeadline(time.Now().Add(time.Second))
	if unavailable == "" {
		return writeFrame(connection, map[string]string{"kind": "started"})
	}
	return writeFrame(connection, map[string]string{"kind": "unavailable", "reason": unavailable})
}
