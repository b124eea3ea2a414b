// Work for measuring the meter. The input's first byte says which: s sieve, f fib, q shell sort, j JSON, maps and sort.
package main

import (
	"encoding/binary"
	"encoding/json"
	"sort"
	"strings"

	"wasmplugin/clawdbot/host"
)

func sieve() uint32 {
	composite := make([]byte, 1<<21)
	count := uint32(0)
	for round := 0; round < 12; round++ {
		clear(composite)
		count = 0
		for i := 2; i < len(composite); i++ {
			if composite[i] != 0 {
				continue
			}
			count++
			for j := i * 2; j < len(composite); j += i {
				composite[j] = 1
			}
		}
	}
	return count
}

//go:noinline
func fib(n uint32) uint32 {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func shellSort() uint32 {
	values := make([]uint32, 1<<18)
	seed := uint32(1)
	for round := 0; round < 6; round++ {
		for i := range values {
			seed = seed*1664525 + 1013904223
			values[i] = seed
		}
		for gap := len(values) / 2; gap > 0; gap /= 2 {
			for i := gap; i < len(values); i++ {
				value, j := values[i], i
				for ; j >= gap && values[j-gap] > value; j -= gap {
					values[j] = values[j-gap]
				}
				values[j] = value
			}
		}
	}
	return values[99]
}

type row struct {
	ID    int      `json:"id"`
	Name  string   `json:"name"`
	Words []string `json:"words"`
	Value float64  `json:"value"`
}

func work() uint32 {
	sum := 0
	for round := 0; round < 6; round++ {
		rows := make([]row, 0, 2000)
		for i := 0; i < 2000; i++ {
			rows = append(rows, row{i * 7919 % 2003, `pump "north" 泵`, strings.Fields("start stop faster slower"), float64(i) / 4})
		}
		text, _ := json.Marshal(rows)
		var read []row
		_ = json.Unmarshal(text, &read)
		counts := map[string]int{}
		for _, r := range read {
			for _, word := range r.Words {
				counts[word+r.Name] += r.ID
			}
		}
		sort.Slice(read, func(a, b int) bool { return read[a].ID < read[b].ID })
		sum += len(counts) + read[7].ID + len(text)
	}
	return uint32(sum)
}

//go:wasmexport register
func register() int32 {
	host.Output([]byte(`{"tools":[{"name":"cpu","description":"Works","parameters":{"type":"object"}}]}`))
	return 0
}

//go:wasmexport execute
func execute() int32 {
	var result uint32
	switch host.Input()[0] {
	case 's':
		result = sieve()
	case 'f':
		result = fib(35)
	case 'q':
		result = shellSort()
	case 'j':
		result = work()
	}
	host.Output(binary.LittleEndian.AppendUint32(nil, result))
	return 0
}

func main() {}
