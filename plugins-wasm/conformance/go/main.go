// The conformance plugin in Go: see ../SPEC.md.
package main

import (
	"encoding/json"
	"errors"
	"strconv"

	"wasmplugin/clawdbot"
)

func text(name string) map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{name: map[string]any{"type": "string"}}}
}

func init() {
	clawdbot.Register(clawdbot.Tool{
		Name:        "echo",
		Description: "Gives back a value",
		Parameters:  map[string]any{"type": "object", "properties": map[string]any{"value": map[string]any{}}},
		ReadOnly:    true,
		Examples:    []clawdbot.Example{{Say: "echo 1", Arguments: map[string]any{"value": 1}}},
	}, func(call clawdbot.Call) (clawdbot.Result, error) {
		var given struct{ Value json.RawMessage }
		err := call.Read(&given)
		return clawdbot.Result{Text: "echo", Data: given.Value}, err
	})
	clawdbot.Register(clawdbot.Tool{Name: "greet", Description: "Greets", Parameters: text("name")}, greet)
	clawdbot.Register(clawdbot.Tool{Name: "count", Description: "Counts bytes", Parameters: text("text")}, count)
	clawdbot.Register(clawdbot.Tool{Name: "fail", Description: "Fails", Parameters: text("why")}, fail)
	clawdbot.Register(clawdbot.Tool{Name: "now", Description: "Tells the time", Parameters: map[string]any{"type": "object"}},
		func(call clawdbot.Call) (clawdbot.Result, error) {
			return clawdbot.Result{Text: "now", Data: call.NowMs}, nil
		})
	clawdbot.Register(clawdbot.Tool{Name: "log", Description: "Logs a line", Parameters: text("line")}, log)
	clawdbot.Register(clawdbot.Tool{Name: "ask", Description: "Asks the host", Parameters: text("request")}, asked)
}

func greet(call clawdbot.Call) (clawdbot.Result, error) {
	var given struct{ Name string }
	err := call.Read(&given)
	if call.Locale == "zh-CN" {
		return clawdbot.Result{Text: "你好，" + given.Name + "！"}, err
	}
	return clawdbot.Result{Text: "Hello, " + given.Name + "!"}, err
}

func count(call clawdbot.Call) (clawdbot.Result, error) {
	var given struct{ Text string }
	err := call.Read(&given)
	return clawdbot.Result{Text: strconv.Itoa(len(given.Text)), Data: map[string]int{"bytes": len(given.Text)}}, err
}

func fail(call clawdbot.Call) (clawdbot.Result, error) {
	var given struct{ Why string }
	if err := call.Read(&given); err != nil {
		return clawdbot.Result{}, err
	}
	return clawdbot.Result{}, errors.New(given.Why)
}

func log(call clawdbot.Call) (clawdbot.Result, error) {
	var given struct{ Line string }
	err := call.Read(&given)
	clawdbot.Log(given.Line)
	return clawdbot.Result{Text: "logged"}, err
}

func asked(call clawdbot.Call) (clawdbot.Result, error) {
	var given struct{ Request string }
	if err := call.Read(&given); err != nil {
		return clawdbot.Result{}, err
	}
	ok, err := ask(given.Request)
	return clawdbot.Result{Text: "ok", Data: ok}, err
}

func main() {}
