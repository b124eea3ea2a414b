// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.

package clawdbot

// Example: see schema/plugin.ts.
type Example struct {
	Say       string `json:"say"`
	Arguments any    `json:"arguments"`
}

// Tool: see schema/plugin.ts.
type Tool struct {
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Parameters  any       `json:"parameters"`
	ReadOnly    bool      `json:"read_only,omitempty"`
	Idempotent  bool      `json:"idempotent,omitempty"`
	Examples    []Example `json:"examples,omitempty"`
}

// HttpReply: see docs/capabilities.md.
type HttpReply struct {
	Status     float64 `json:"status"`
	Url        string  `json:"url"`
	Headers    any     `json:"headers"`
	Body       *string `json:"body,omitempty"`
	BodyBase64 *string `json:"body_base64,omitempty"`
}

// KvReply: see docs/capabilities.md.
type KvReply struct {
	Value *string  `json:"value,omitempty"`
	Keys  []string `json:"keys,omitempty"`
	More  bool     `json:"more,omitempty"`
	Done  bool     `json:"done,omitempty"`
}

// FilesReplyFile: see docs/capabilities.md.
type FilesReplyFile struct {
	Name  string  `json:"name"`
	Bytes float64 `json:"bytes"`
}

// FilesReplyAttachment: see docs/capabilities.md.
type FilesReplyAttachment struct {
	Name      string  `json:"name"`
	MediaType string  `json:"media_type"`
	Bytes     float64 `json:"bytes"`
}

// FilesReply: see docs/capabilities.md.
type FilesReply struct {
	Files       []FilesReplyFile       `json:"files,omitempty"`
	Bytes       float64                `json:"bytes,omitempty"`
	BodyBase64  *string                `json:"body_base64,omitempty"`
	Done        bool                   `json:"done,omitempty"`
	Attachments []FilesReplyAttachment `json:"attachments,omitempty"`
}

// MessageReply: see docs/capabilities.md.
type MessageReply struct {
	Queued float64 `json:"queued"`
}

// ModelReply: see docs/capabilities.md.
type ModelReply struct {
	Text   string  `json:"text"`
	Tokens float64 `json:"tokens"`
	Cut    bool    `json:"cut"`
}

// KnowledgeReplyPassage: see docs/capabilities.md.
type KnowledgeReplyPassage struct {
	Text   string `json:"text"`
	Source string `json:"source"`
}

// KnowledgeReply: see docs/capabilities.md.
type KnowledgeReply struct {
	Passages []KnowledgeReplyPassage `json:"passages"`
}

// DeviceReplyDeviceTag: see docs/capabilities.md.
type DeviceReplyDeviceTag struct {
	Name     string   `json:"name"`
	Words    []string `json:"words"`
	Type     string   `json:"type"`
	Writable bool     `json:"writable"`
	Unit     *string  `json:"unit,omitempty"`
	Min      float64  `json:"min,omitempty"`
	Max      float64  `json:"max,omitempty"`
	Values   any      `json:"values,omitempty"`
}

// DeviceReplyDevice: see docs/capabilities.md.
type DeviceReplyDevice struct {
	Name  string                 `json:"name"`
	Words []string               `json:"words"`
	Tags  []DeviceReplyDeviceTag `json:"tags"`
}

// DeviceReply: see docs/capabilities.md.
type DeviceReply struct {
	Devices []DeviceReplyDevice `json:"devices,omitempty"`
	Value   any                 `json:"value,omitempty"`
	Name    *string             `json:"name,omitempty"`
	Unit    *string             `json:"unit,omitempty"`
	State   *string             `json:"state,omitempty"`
}

//go:wasmimport extism:host/user http
func hostHttp(request uint64) uint64

//go:wasmimport extism:host/user kv
func hostKv(request uint64) uint64

//go:wasmimport extism:host/user files
func hostFiles(request uint64) uint64

//go:wasmimport extism:host/user message
func hostMessage(request uint64) uint64

//go:wasmimport extism:host/user model
func hostModel(request uint64) uint64

//go:wasmimport extism:host/user knowledge
func hostKnowledge(request uint64) uint64

//go:wasmimport extism:host/user device
func hostDevice(request uint64) uint64

// HttpOptions: what is left out isn't sent.
type HttpOptions struct {
	Method     string            `json:"method,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`
	Body       string            `json:"body,omitempty"`
	BodyBase64 string            `json:"body_base64,omitempty"`
	Secrets    []string          `json:"secrets,omitempty"`
}

// Http asks the host, and reads its answer into ok.
func Http(url string, options HttpOptions, ok any) error {
	return answer(hostHttp(request(struct {
		Url string `json:"url"`
		HttpOptions
	}{url, options})), ok)
}

// KvGet asks the host, and reads its answer into ok.
func KvGet(key string, ok any) error {
	return answer(hostKv(request(struct {
		Op  string `json:"op"`
		Key string `json:"key"`
	}{"get", key})), ok)
}

// KvListOptions: what is left out isn't sent.
type KvListOptions struct {
	Prefix string `json:"prefix,omitempty"`
	After  string `json:"after,omitempty"`
}

// KvList asks the host, and reads its answer into ok.
func KvList(options KvListOptions, ok any) error {
	return answer(hostKv(request(struct {
		Op string `json:"op"`
		KvListOptions
	}{"list", options})), ok)
}

// KvSetOptions: what is left out isn't sent.
type KvSetOptions struct {
	If any `json:"if,omitempty"`
}

// KvSet asks the host, and reads its answer into ok.
func KvSet(entries any, options KvSetOptions, ok any) error {
	return answer(hostKv(request(struct {
		Op      string `json:"op"`
		Entries any    `json:"entries"`
		KvSetOptions
	}{"set", entries, options})), ok)
}

// FilesListOptions: what is left out isn't sent.
type FilesListOptions struct {
	Prefix string `json:"prefix,omitempty"`
}

// FilesList asks the host, and reads its answer into ok.
func FilesList(options FilesListOptions, ok any) error {
	return answer(hostFiles(request(struct {
		Op string `json:"op"`
		FilesListOptions
	}{"list", options})), ok)
}

// FilesReadOptions: what is left out isn't sent.
type FilesReadOptions struct {
	Offset float64 `json:"offset,omitempty"`
}

// FilesRead asks the host, and reads its answer into ok.
func FilesRead(name string, options FilesReadOptions, ok any) error {
	return answer(hostFiles(request(struct {
		Op   string `json:"op"`
		Name string `json:"name"`
		FilesReadOptions
	}{"read", name, options})), ok)
}

// FilesWrite asks the host, and reads its answer into ok.
func FilesWrite(name string, bodyBase64 string, ok any) error {
	return answer(hostFiles(request(struct {
		Op         string `json:"op"`
		Name       string `json:"name"`
		BodyBase64 string `json:"body_base64"`
	}{"write", name, bodyBase64})), ok)
}

// FilesRemove asks the host, and reads its answer into ok.
func FilesRemove(name string, ok any) error {
	return answer(hostFiles(request(struct {
		Op   string `json:"op"`
		Name string `json:"name"`
	}{"remove", name})), ok)
}

// FilesAttachments asks the host, and reads its answer into ok.
func FilesAttachments(ok any) error {
	return answer(hostFiles(request(struct {
		Op string `json:"op"`
	}{"attachments"})), ok)
}

// FilesAttachmentOptions: what is left out isn't sent.
type FilesAttachmentOptions struct {
	Offset float64 `json:"offset,omitempty"`
}

// FilesAttachment asks the host, and reads its answer into ok.
func FilesAttachment(index float64, options FilesAttachmentOptions, ok any) error {
	return answer(hostFiles(request(struct {
		Op    string  `json:"op"`
		Index float64 `json:"index"`
		FilesAttachmentOptions
	}{"attachment", index, options})), ok)
}

// MessageOptions: what is left out isn't sent.
type MessageOptions struct {
	Person string `json:"person,omitempty"`
}

// Message asks the host, and reads its answer into ok.
func Message(text string, options MessageOptions, ok any) error {
	return answer(hostMessage(request(struct {
		Text string `json:"text"`
		MessageOptions
	}{text, options})), ok)
}

// ModelOptions: what is left out isn't sent.
type ModelOptions struct {
	Tokens float64 `json:"tokens,omitempty"`
}

// Model asks the host, and reads its answer into ok.
func Model(prompt string, options ModelOptions, ok any) error {
	return answer(hostModel(request(struct {
		Prompt string `json:"prompt"`
		ModelOptions
	}{prompt, options})), ok)
}

// Knowledge asks the host, and reads its answer into ok.
func Knowledge(collection string, query string, ok any) error {
	return answer(hostKnowledge(request(struct {
		Collection string `json:"collection"`
		Query      string `json:"query"`
	}{collection, query})), ok)
}

// DeviceList asks the host, and reads its answer into ok.
func DeviceList(ok any) error {
	return answer(hostDevice(request(struct {
		Op string `json:"op"`
	}{"list"})), ok)
}

// DeviceRead asks the host, and reads its answer into ok.
func DeviceRead(device string, tag string, ok any) error {
	return answer(hostDevice(request(struct {
		Op     string `json:"op"`
		Device string `json:"device"`
		Tag    string `json:"tag"`
	}{"read", device, tag})), ok)
}

// DeviceWrite asks the host, and reads its answer into ok.
func DeviceWrite(device string, tag string, value any, ok any) error {
	return answer(hostDevice(request(struct {
		Op     string `json:"op"`
		Device string `json:"device"`
		Tag    string `json:"tag"`
		Value  any    `json:"value"`
	}{"write", device, tag, value})), ok)
}
