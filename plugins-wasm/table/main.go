// Questions about a table that was sent along with a message: CSV, or a JSON list of objects. Numbers are exact.
package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"wasmplugin/clawdbot"
)

func init() {
	file := map[string]any{"type": "integer", "minimum": 0, "maximum": 9, "description": "Which of the files, from 0; the first table without it"}
	name := map[string]any{"type": "string", "maxLength": 200, "x-free-text": true}
	clawdbot.Register(clawdbot.Tool{
		Name:        "columns",
		Description: "Lists the columns of a table that was sent along, with its first rows",
		ReadOnly:    true,
		Idempotent:  true,
		Parameters:  map[string]any{"type": "object", "properties": map[string]any{"file": file}},
		Examples: []clawdbot.Example{
			{Say: "what is in this table", Arguments: map[string]any{}},
			{Say: "这个表格有哪些列", Arguments: map[string]any{}},
		},
	}, columns)
	clawdbot.Register(clawdbot.Tool{
		Name:        "query",
		Description: "Counts, adds up or lists rows of a table that was sent along",
		ReadOnly:    true,
		Idempotent:  true,
		Parameters: map[string]any{
			"type": "object",
			"properties": map[string]any{
				"file":       file,
				"where":      name,
				"is":         map[string]any{"type": "string", "enum": comparisons, "x-words": comparisonWords},
				"to":         name,
				"group_by":   name,
				"take":       map[string]any{"type": "string", "enum": aggregates, "x-words": aggregateWords},
				"of":         name,
				"sort_by":    name,
				"descending": map[string]any{"type": "boolean"},
				"limit":      map[string]any{"type": "integer", "minimum": 1, "maximum": 1000},
			},
		},
		Examples: []clawdbot.Example{
			{Say: "how much did each site use", Arguments: map[string]any{"group_by": "site", "take": "sum", "of": "kwh"}},
			{Say: "highest pressure", Arguments: map[string]any{"take": "max", "of": "pressure"}},
			{Say: "有多少行的状态是故障", Arguments: map[string]any{"where": "状态", "is": "equal", "to": "故障", "take": "count"}},
			{Say: "按数量从大到小列出前 5 行", Arguments: map[string]any{"sort_by": "数量", "descending": true, "limit": 5}},
		},
	}, ask)
}

type question struct {
	File       *int   `json:"file"`
	Where      string `json:"where"`
	Is         string `json:"is"`
	To         string `json:"to"`
	GroupBy    string `json:"group_by"`
	Take       string `json:"take"`
	Of         string `json:"of"`
	SortBy     string `json:"sort_by"`
	Descending bool   `json:"descending"`
	Limit      int    `json:"limit"`
}

func columns(call clawdbot.Call) (clawdbot.Result, error) {
	var given question
	if err := call.Read(&given); err != nil {
		return clawdbot.Result{}, err
	}
	read, err := open(given.File, call.Locale)
	if err != nil {
		return clawdbot.Result{}, err
	}
	line := fmt.Sprintf("%d rows: %s", len(read.rows), strings.Join(read.names, ", "))
	if call.Locale == "zh-CN" {
		line = fmt.Sprintf("%d 行：%s", len(read.rows), strings.Join(read.names, "、"))
	}
	first := read.rows[:min(3, len(read.rows))]
	return clawdbot.Result{
		Text: line + "\n" + written(read.names, first),
		Data: map[string]any{"columns": read.names, "rows": len(read.rows)},
	}, nil
}

func ask(call clawdbot.Call) (clawdbot.Result, error) {
	var given question
	if err := json.Unmarshal(call.Arguments, &given); err != nil {
		return clawdbot.Result{}, err
	}
	read, err := open(given.File, call.Locale)
	if err != nil {
		return clawdbot.Result{}, err
	}
	found, err := read.answer(given, call.Locale == "zh-CN")
	if err != nil {
		return clawdbot.Result{}, err
	}
	text := written(found.names, found.rows)
	if len(found.names) == 1 && len(found.rows) == 1 {
		text = fmt.Sprintf("%s = %s", found.names[0], found.rows[0][0])
	}
	return clawdbot.Result{Text: text, Data: map[string]any{"columns": found.names, "rows": found.rows}}, nil
}

// written is a table as people read it: columns between bars.
func written(names []string, rows [][]string) string {
	lines := []string{strings.Join(names, " | ")}
	for _, row := range rows {
		lines = append(lines, strings.Join(row, " | "))
	}
	return strings.Join(lines, "\n")
}

func main() {}
