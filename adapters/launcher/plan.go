package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// Rights is what one process may reach, and nothing else: core/permissions.ts says what each list means.
type Rights struct {
	ReadFiles    []string `json:"readFiles"`
	WriteFiles   []string `json:"writeFiles"`
	ReadFolders  []string `json:"readFolders"`
	WriteFolders []string `json:"writeFolders"`
	Sockets      []string `json:"sockets"`
	Listen       []string `json:"listen"`
	Connect      []string `json:"connect"`
	System       []string `json:"system"`
	Libraries    []string `json:"libraries"`
}

// Limits are bounds that the launcher keeps for one process. MemoryBytesMax is 0 where its memory isn't watched.
type Limits struct {
	ProcessesMax   int    `json:"processesMax"`
	MemoryBytesMax uint64 `json:"memoryBytesMax"`
	OpenFilesMax   uint64 `json:"openFilesMax"`
	WrittenCode    string `json:"writtenCode"`
}

// Plan is one process as the launcher starts it.
type Plan struct {
	Role        string            `json:"role"`
	Args        []string          `json:"args"`
	Environment map[string]string `json:"environment"`
	Rights      Rights            `json:"rights"`
	Limits      Limits            `json:"limits"`
}

// Answer is what the role `plan` prints: roles/plan.ts. Start is passed on to the host as it is.
type Answer struct {
	Site struct {
		ConfigPath    string            `json:"configPath"`
		BaseFolder    string            `json:"baseFolder"`
		DataFolder    string            `json:"dataFolder"`
		DatabasePath  string            `json:"databasePath"`
		LockPath      string            `json:"lockPath"`
		RuntimeFolder string            `json:"runtimeFolder"`
		HostSocket    string            `json:"hostSocket"`
		RunnerSockets map[string]string `json:"runnerSockets"`
		KeyPath       string            `json:"keyPath"`
	} `json:"site"`
	Processes []Plan                     `json:"processes"`
	Secrets   []SecretWanted             `json:"secrets"`
	Watched   []string                   `json:"watched"`
	Start     map[string]json.RawMessage `json:"start"`
}

// SecretWanted is a place in the configuration whose value the launcher looks up.
type SecretWanted struct {
	Pointer   string `json:"pointer"`
	Reference struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
		Path  string `json:"path"`
		Name  string `json:"name"`
	} `json:"reference"`
}

// writeFrame writes one frame of JSON, as core/frames.ts defines it: u32 length, u8 kind 0, payload.
func writeFrame(to io.Writer, value any) error {
	payload, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("a frame: %w", err)
	}
	frame := append(binary.BigEndian.AppendUint32(make([]byte, 0, len(payload)+5), uint32(len(payload))), 0)
	_, err = to.Write(append(frame, payload...))
	return err
}
