// Gives back what it is called with.
package main

import "wasmplugin/clawdbot/host"

//go:wasmexport register
func register() int32 {
	host.Output([]byte(`{"tools":[{"name":"echo","description":"Gives back what it is called with","parameters":{"type":"object"}}]}`))
	return 0
}

//go:wasmexport execute
func execute() int32 {
	host.Output(host.Input())
	return 0
}

func main() {}
