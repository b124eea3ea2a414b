// The launcher: one executable that carries the runtime, unpacks it once, and supervises confined processes.
package main

import (
	"fmt"
	"os"
)

// die ends this process with one line for what a person can mend.
func die(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func main() {
	die("Cannot start: this build has no runtime in it; `deno task package` makes one that has")
}
