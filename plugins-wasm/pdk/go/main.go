// A plugin by Extism's own PDK for Go, to show that what it makes runs.
package main

import (
	"encoding/json"

	"github.com/extism/go-pdk"
)

//go:wasmimport extism:host/user kv
func kv(request uint64) uint64

//go:wasmexport register
func register() int32 {
	pdk.OutputString(`{"tools":[{"name":"get","description":"Gets a value","parameters":{"type":"object"}}]}`)
	return 0
}

//go:wasmexport execute
func execute() int32 {
	var call struct {
		Tool      string            `json:"tool"`
		Arguments map[string]string `json:"arguments"`
	}
	if err := pdk.InputJSON(&call); err != nil {
		pdk.SetError(err)
		return 1
	}
	request, _ := json.Marshal(map[string]string{"op": "get", "key": call.Arguments["key"]})
	asked := pdk.AllocateBytes(request)
	reply := pdk.FindMemory(kv(asked.Offset()))
	pdk.Log(pdk.LogInfo, "asked")
	text, _ := json.Marshal(map[string]string{"text": string(reply.ReadBytes())})
	pdk.Output(text)
	return 0
}

func main() {}
