package main

import (
	"errors"
	"fmt"
	"strconv"

	"wasmplugin/clawdbot"
)

func init() {
	clawdbot.Register(clawdbot.Tool{
		Name:        "greet",
		Description: "Greets somebody",
		ReadOnly:    true,
		Parameters: map[string]any{
			"type":       "object",
			"required":   []string{"name"},
			"properties": map[string]any{"name": map[string]any{"type": "string", "x-free-text": true}},
		},
		Examples: []clawdbot.Example{
			{Say: "greet Ada", Arguments: map[string]any{"name": "Ada"}},
			{Say: "跟小明打个招呼", Arguments: map[string]any{"name": "小明"}},
		},
	}, greet)
	clawdbot.Register(clawdbot.Tool{
		Name:        "visits",
		Description: "Counts a visit",
		Parameters:  map[string]any{"type": "object"},
		Examples: []clawdbot.Example{
			{Say: "count my visit", Arguments: map[string]any{}},
			{Say: "记一次访问", Arguments: map[string]any{}},
		},
	}, visits)
}

func greet(call clawdbot.Call) (clawdbot.Result, error) {
	var given struct{ Name string }
	if err := call.Read(&given); err != nil {
		return clawdbot.Result{}, err
	}
	if call.Locale == "zh-CN" {
		return clawdbot.Result{Text: "你好，" + given.Name + "！"}, nil
	}
	return clawdbot.Result{Text: "Hello, " + given.Name + "!"}, nil
}

func visits(clawdbot.Call) (clawdbot.Result, error) {
	var before clawdbot.KvReply // its Value is nil where there is none
	if err := clawdbot.KvGet("visits", &before); err != nil {
		return clawdbot.Result{}, err
	}
	count := 1
	if before.Value != nil {
		last, err := strconv.Atoi(*before.Value)
		if err != nil {
			return clawdbot.Result{}, err
		}
		count += last
	}
	entries := map[string]string{"visits": strconv.Itoa(count)}
	options := clawdbot.KvSetOptions{If: map[string]*string{"visits": before.Value}}
	var after clawdbot.KvReply
	if err := clawdbot.KvSet(entries, options, &after); err != nil {
		return clawdbot.Result{}, err
	}
	if !after.Done {
		return clawdbot.Result{}, errors.New("somebody else came in between")
	}
	return clawdbot.Result{Text: fmt.Sprintf("Visit %d", count), Data: map[string]int{"visits": count}}, nil
}

func main() {}
