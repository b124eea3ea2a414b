package main

import (
	"fmt"
	"math/big"
	"sort"
	"strings"
)

var comparisons = []string{"equal", "not_equal", "less", "at_most", "more", "at_least", "contains"}

var comparisonWords = map[string][]string{
	"equal":     {"is", "equals", "=", "是", "等于"},
	"not_equal": {"is not", "isn't", "!=", "不是", "不等于"},
	"less":      {"less than", "below", "under", "<", "小于", "低于", "少于"},
	"at_most":   {"at most", "<=", "不超过", "至多"},
	"more":      {"more than", "above", "over", ">", "大于", "高于", "超过", "多于"},
	"at_least":  {"at least", ">=", "至少", "不低于"},
	"contains":  {"contains", "has", "包含", "含有"},
}

var aggregates = []string{"count", "sum", "mean", "min", "max"}

var aggregateWords = map[string][]string{
	"count": {"count", "how many", "number of", "多少行", "几行", "数量", "计数"},
	"sum":   {"sum", "total", "how much", "合计", "总和", "总共", "一共"},
	"mean":  {"mean", "average", "平均"},
	"min":   {"min", "lowest", "least", "smallest", "最小", "最低", "最少"},
	"max":   {"max", "highest", "most", "largest", "最大", "最高", "最多"},
}

// rowsMax is how many rows are listed where nothing is said.
const rowsMax = 20

func (t table) answer(q question, chinese bool) (table, error) {
	rows := t.rows
	if q.Where != "" {
		at, err := t.column(q.Where, chinese)
		if err != nil {
			return table{}, err
		}
		rows = nil
		for _, row := range t.rows {
			if holds(row[at], q.Is, q.To) {
				rows = append(rows, row)
			}
		}
	}
	result := table{t.names, rows}
	if q.Take != "" || q.GroupBy != "" {
		grouped, err := table{t.names, rows}.aggregate(q, chinese)
		if err != nil {
			return table{}, err
		}
		result = grouped
	}
	if q.SortBy != "" || q.GroupBy != "" {
		by := q.SortBy
		if by == "" {
			by = result.names[0]
		}
		at, err := result.column(by, chinese)
		if err != nil && by == q.Of { // What was taken of it stands in the last column.
			at, err = len(result.names)-1, nil
		}
		if err != nil {
			return table{}, err
		}
		sort.SliceStable(result.rows, func(a, b int) bool {
			if q.Descending {
				a, b = b, a
			}
			return less(result.rows[a][at], result.rows[b][at])
		})
	}
	limit := q.Limit
	if limit == 0 {
		limit = rowsMax
	}
	return table{result.names, result.rows[:min(limit, len(result.rows))]}, nil
}

// column finds a column by its name; of others, by a part that only one has.
func (t table) column(name string, chinese bool) (int, error) {
	found := -1
	for at, known := range t.names {
		if strings.EqualFold(known, name) {
			return at, nil
		}
		if strings.Contains(strings.ToLower(known), strings.ToLower(name)) {
			if found >= 0 {
				found = len(t.names)
			} else {
				found = at
			}
		}
	}
	if found >= 0 && found < len(t.names) {
		return found, nil
	}
	if chinese {
		return 0, fmt.Errorf("没有“%s”这一列，有：%s", name, strings.Join(t.names, "、"))
	}
	return 0, fmt.Errorf("there is no column %q, but %s", name, strings.Join(t.names, ", "))
}

func (t table) aggregate(q question, chinese bool) (table, error) {
	take, of, group := q.Take, -1, -1
	if take == "" {
		take = "count"
	}
	var err error
	if q.Of != "" {
		if of, err = t.column(q.Of, chinese); err != nil {
			return table{}, err
		}
	} else if take != "count" {
		if chinese {
			return table{}, fmt.Errorf("请说明对哪一列求值：%s", strings.Join(t.names, "、"))
		}
		return table{}, fmt.Errorf("say of which column: %s", strings.Join(t.names, ", "))
	}
	if q.GroupBy != "" {
		if group, err = t.column(q.GroupBy, chinese); err != nil {
			return table{}, err
		}
	}
	label := take
	if of >= 0 {
		label = take + " " + t.names[of]
	}
	var keys []string
	groups := map[string][][]string{}
	for _, row := range t.rows {
		key := ""
		if group >= 0 {
			key = row[group]
		}
		if _, known := groups[key]; !known {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], row)
	}
	if group < 0 {
		return table{[]string{label}, [][]string{{value(take, of, groups[""])}}}, nil
	}
	result := table{names: []string{t.names[group], label}}
	for _, key := range keys {
		result.rows = append(result.rows, []string{key, value(take, of, groups[key])})
	}
	return result, nil
}

// value is what is taken of some rows; what isn't a number is left out, and nothing of nothing is "-".
func value(take string, of int, rows [][]string) string {
	if take == "count" {
		count := 0
		for _, row := range rows {
			if of < 0 || row[of] != "" {
				count++
			}
		}
		return fmt.Sprint(count)
	}
	sum, count := new(big.Rat), 0
	var least, most *big.Rat
	for _, row := range rows {
		number := numberOf(row[of])
		if number == nil {
			continue
		}
		sum.Add(sum, number)
		count++
		if least == nil || number.Cmp(least) < 0 {
			least = number
		}
		if most == nil || number.Cmp(most) > 0 {
			most = number
		}
	}
	switch {
	case take == "sum":
		return decimal(sum)
	case count == 0:
		return "-"
	case take == "mean":
		return decimal(sum.Quo(sum, big.NewRat(int64(count), 1)))
	case take == "min":
		return decimal(least)
	default:
		return decimal(most)
	}
}

// numberOf reads a decimal, also with commas before three digits; nil for what is none. An exponent isn't read: a short
// text could then be a number that fills the memory.
func numberOf(text string) *big.Rat {
	text = strings.TrimSpace(strings.ReplaceAll(text, ",", ""))
	if len(text) == 0 || len(text) > 60 || strings.Trim(text, "0123456789.+-") != "" {
		return nil
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil
	}
	return number
}

// decimal writes a number with all its decimals, at most 12.
func decimal(number *big.Rat) string {
	text := number.FloatString(12)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

func less(a, b string) bool {
	x, y := numberOf(a), numberOf(b)
	if x != nil && y != nil {
		return x.Cmp(y) < 0
	}
	return a < b
}

func holds(found, is, wanted string) bool {
	x, y := numberOf(found), numberOf(wanted)
	compared := strings.Compare(found, wanted)
	if x != nil && y != nil {
		compared = x.Cmp(y)
	}
	switch is {
	case "not_equal":
		return compared != 0
	case "less":
		return compared < 0 && (x == nil) == (y == nil)
	case "at_most":
		return compared <= 0 && (x == nil) == (y == nil)
	case "more":
		return compared > 0 && (x == nil) == (y == nil)
	case "at_least":
		return compared >= 0 && (x == nil) == (y == nil)
	case "contains":
		return strings.Contains(strings.ToLower(found), strings.ToLower(wanted))
	default:
		return compared == 0
	}
}
