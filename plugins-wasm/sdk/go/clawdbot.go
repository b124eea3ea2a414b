// Package clawdbot is what a Clawdbot plugin in Go needs: its call, its answer, and the host's functions.
//
// A fresh instance of a Go module costs some 4 ms and 17 million of fuel, since the runtime starts anew. A plugin whose
// manifest says "stateful": true pays that once a session: its instance lives on, and with it what its variables hold.
package clawdbot

import (
	"encoding/json"
	"fmt"

	"wasmplugin/clawdbot/host"
)

// Log writes a line into the plugin's own log. It wants the capability "log".
func Log(line string) { host.Log(line) }

// Call is what a tool is called with. Arguments is an object that the tool's schema holds for.
type Call struct {
	Arguments json.RawMessage
	// "en" or "zh-CN".
	Locale string
	NowMs  int64
}

// Read reads the arguments into a value.
func (call Call) Read(arguments any) error {
	return json.Unmarshal(call.Arguments, arguments)
}

// Result is what a call comes to: a text for people, with data where there is some.
type Result struct {
	Text string `json:"text"`
	Data any    `json:"data,omitempty"`
}

// HostError is why the host didn't do what it was asked.
type HostError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *HostError) Error() string { return e.Code + ": " + e.Message }

var errUnread = &HostError{"reply", "the host's answer can't be read"}

type run = func(Call) (Result, error)

var (
	described []Tool
	runs      = map[string]run{}
)

// Register adds a tool. Call it in init.
func Register(tool Tool, run func(Call) (Result, error)) {
	described = append(described, tool)
	runs[tool.Name] = run
}

//go:wasmexport register
func register() int32 {
	text, err := json.Marshal(map[string]any{"tools": described})
	if err != nil {
		return 1
	}
	host.Output(text)
	return 0
}

//go:wasmexport execute
func execute() int32 {
	var given struct {
		Tool      string          `json:"tool"`
		Arguments json.RawMessage `json:"arguments"`
		Context   struct {
			Locale string  `json:"locale"`
			NowMs  float64 `json:"now_ms"`
		} `json:"context"`
	}
	if err := json.Unmarshal(host.Input(), &given); err != nil {
		return 1
	}
	result, err := call(given.Tool, Call{given.Arguments, given.Context.Locale, int64(given.Context.NowMs)})
	var said any = result
	if err != nil {
		said = map[string]string{"error": err.Error()}
	}
	text, err := json.Marshal(said)
	if err != nil {
		text, _ = json.Marshal(map[string]string{"error": err.Error()})
	}
	host.Output(text)
	return 0
}

func call(name string, call Call) (Result, error) {
	run, found := runs[name]
	if !found {
		return Result{}, fmt.Errorf("no tool is called %q", name)
	}
	return run(call)
}

// answer reads what the host answered into a value.
func answer(block uint64, ok any) error {
	var said struct {
		Ok    json.RawMessage `json:"ok"`
		Error *HostError      `json:"error"`
	}
	if err := json.Unmarshal(host.Take(block), &said); err != nil {
		return errUnread
	}
	if said.Error != nil {
		return said.Error
	}
	if said.Ok == nil {
		return errUnread
	}
	return json.Unmarshal(said.Ok, ok)
}

// request is a block of the host's that holds this as JSON.
func request(of any) uint64 {
	text, err := json.Marshal(of)
	if err != nil {
		panic(err) // made of texts and numbers: a bug here
	}
	return host.Lend(text)
}
