//go:build fortests

package main

// forTests marks a build that is never released: it accepts --main FILE.js, which runs in the place of the program, and
// CLAWDBOT_TEST_OPEN=1, which leaves the runtime's own permissions out, so that what the system refuses can be seen.
const forTests = true
