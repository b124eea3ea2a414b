package main

import (
	"errors"
	"os"
)

// What a keeper does for an upgrade: the next version takes over in the process of this one.

// wantsUpgrade says whether a SIGHUP is for an upgrade; then that is prepared, while the host goes on.
func (k *keeper) wantsUpgrade() bool {
	u := k.upgrade
	if !isFile(u.file("request.json")) {
		return false
	}
	if k.preparing.Swap(true) {
		return true
	}
	defer k.preparing.Store(false)
	next, err := u.prepare()
	if err != nil {
		k.saying.say("No upgrade: %v", err)
		u.fail(next.version, err)
		return true
	}
	select {
	case k.upgrades <- next:
	case <-k.stop.Done():
	}
	return true
}

// switched is called when a host has ended. If it ended for an upgrade, or is the first of one, this process goes on as the
// version whose turn it is; else, or when that couldn't be, the answer says whether the host's end was asked for.
func (k *keeper) switched(how string) bool {
	u := upgradeOf(k.inForce.answer, k.reader.executable)
	if k.probation != nil && u.undo(*k.probation, errors.New(how)) {
		become(k.probation.Executable, k.args, os.Environ())
	}
	if k.next.version == "" {
		return false
	}
	next := k.next
	k.next = release{}
	if err := u.take(k.stop, next, k.asked, k.args); err != nil {
		k.saying.say("No upgrade to %s: %v. This version goes on.", next.version, err)
		return true
	}
	if k.stop.Err() == nil { // else the next start is the first of it
		k.children.killAll()
		become(u.executable, k.args, os.Environ())
	}
	return true
}

// confirmed is called when a host listens.
func (k *keeper) confirmed() {
	if k.probation != nil {
		k.upgrade.confirm(*k.probation)
		k.probation = nil
	}
}
