package main

import (
	"fmt"
	"os"
	"strings"
)

// trial is the part __trial: this version, started by the one that it may follow, becomes ready with a copy of the database, and
// lets nothing in. Its exit code says whether it could, and its last line why not.
func trial(root, database string, args []string) int {
	keepFromChildren()
	o, err := parseOptions(args)
	if err != nil {
		return refuseStart(err)
	}
	o.trialDatabase = database
	r := &reader{root: root, executable: executable(), options: o, confinement: enforced()}
	answer, refused, _, err := r.read()
	if err == nil && answer == nil {
		err = fmt.Errorf("%s", strings.Join(refused, "; "))
	}
	if err != nil {
		return refuseStart(err)
	}
	site, err := r.open(answer)
	if err != nil {
		return refuseStart(err)
	}
	site.start["trial"], site.start["configuration"] = true, map[string]any{"requests": 0}
	stdinOfHost, stdin, err := os.Pipe()
	if err != nil {
		return refuseStart(err)
	}
	c := newChildren(root, func(string, string, int, *os.ProcessState) {})
	c.testMain = o.main
	for _, plan := range answer.Processes {
		if plan.Role != "host" {
			continue
		}
		one, err := c.start(plan, stdinOfHost, os.Stdout, os.Stderr)
		if err == nil {
			err = writeFrame(stdin, site.start)
		}
		if err != nil {
			return refuseStart(err)
		}
		<-one.ended
		return boolToInt(one.state.ExitCode() != exitStopped)
	}
	return refuseStart(fmt.Errorf("there is no plan for a host"))
}
