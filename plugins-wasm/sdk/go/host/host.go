// Package host carries bytes to and from the host. A block is 64 bits that the host knows what they mean.
package host

import (
	"encoding/binary"
	"unsafe"
)

//go:wasmimport extism:host/env input_length
func inputLength() uint64

//go:wasmimport extism:host/env input_load_u64
func inputLoad64(at uint64) uint64

//go:wasmimport extism:host/env input_load_u8
func inputLoad8(at uint64) uint32

//go:wasmimport extism:host/env alloc
func alloc(bytes uint64) uint64

//go:wasmimport extism:host/env free
func free(block uint64)

//go:wasmimport extism:host/env length
func length(block uint64) uint64

//go:wasmimport extism:host/env load_u64
func load64(at uint64) uint64

//go:wasmimport extism:host/env load_u8
func load8(at uint64) uint32

//go:wasmimport extism:host/env store_u64
func store64(at uint64, value uint64)

//go:wasmimport extism:host/env store_u8
func store8(at uint64, value uint32)

//go:wasmimport extism:host/env output_set
func outputSet(block uint64, bytes uint64)

//go:wasmimport extism:host/env log_info
func logInfo(block uint64)

// Input is what the export was called with.
func Input() []byte {
	return load(int(inputLength()), 0, inputLoad64, inputLoad8)
}

// Output is what the export gives.
func Output(bytes []byte) {
	outputSet(Lend(bytes), uint64(len(bytes)))
}

// Log writes a line into the plugin's own log. It wants the capability "log".
func Log(line string) {
	block := Lend(unsafe.Slice(unsafe.StringData(line), len(line)))
	logInfo(block)
	if block != 0 {
		free(block)
	}
}

// Lend gives a block of the host's that holds these bytes; 0 for none.
func Lend(bytes []byte) uint64 {
	if len(bytes) == 0 {
		return 0
	}
	block := alloc(uint64(len(bytes)))
	at := 0
	for ; at+8 <= len(bytes); at += 8 {
		store64(block+uint64(at), binary.LittleEndian.Uint64(bytes[at:]))
	}
	for ; at < len(bytes); at++ {
		store8(block+uint64(at), uint32(bytes[at]))
	}
	return block
}

// Take gives what a block of the host's holds, and the block back.
func Take(block uint64) []byte {
	if block == 0 {
		return nil
	}
	defer free(block)
	return load(int(length(block)), block, load64, load8)
}

func load(count int, from uint64, word func(uint64) uint64, single func(uint64) uint32) []byte {
	bytes := make([]byte, count)
	at := 0
	for ; at+8 <= count; at += 8 {
		binary.LittleEndian.PutUint64(bytes[at:], word(from+uint64(at)))
	}
	for ; at < count; at++ {
		bytes[at] = byte(single(from + uint64(at)))
	}
	return bytes
}
