// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.

package main

import "wasmplugin/clawdbot"

func ask(name string) (ok any, err error) {
	switch name {
	case "http":
		err = clawdbot.Http("泵 \"1\"", clawdbot.HttpOptions{Method: "泵 \"1\"", Headers: map[string]string{"k": "v"}, Body: "泵 \"1\"", BodyBase64: "泵 \"1\"", Secrets: []string{"a", "泵"}}, &ok)
	case "http -":
		err = clawdbot.Http("泵 \"1\"", clawdbot.HttpOptions{}, &ok)
	case "kv_get":
		err = clawdbot.KvGet("泵 \"1\"", &ok)
	case "kv_get -":
		err = clawdbot.KvGet("泵 \"1\"", &ok)
	case "kv_list":
		err = clawdbot.KvList(clawdbot.KvListOptions{Prefix: "泵 \"1\"", After: "泵 \"1\""}, &ok)
	case "kv_list -":
		err = clawdbot.KvList(clawdbot.KvListOptions{}, &ok)
	case "kv_set":
		err = clawdbot.KvSet(map[string]any{"a": []any{1, true, nil, "泵"}}, clawdbot.KvSetOptions{If: map[string]any{"a": []any{1, true, nil, "泵"}}}, &ok)
	case "kv_set -":
		err = clawdbot.KvSet(map[string]any{"a": []any{1, true, nil, "泵"}}, clawdbot.KvSetOptions{}, &ok)
	case "files_list":
		err = clawdbot.FilesList(clawdbot.FilesListOptions{Prefix: "泵 \"1\""}, &ok)
	case "files_list -":
		err = clawdbot.FilesList(clawdbot.FilesListOptions{}, &ok)
	case "files_read":
		err = clawdbot.FilesRead("泵 \"1\"", clawdbot.FilesReadOptions{Offset: 7}, &ok)
	case "files_read -":
		err = clawdbot.FilesRead("泵 \"1\"", clawdbot.FilesReadOptions{}, &ok)
	case "files_write":
		err = clawdbot.FilesWrite("泵 \"1\"", "泵 \"1\"", &ok)
	case "files_write -":
		err = clawdbot.FilesWrite("泵 \"1\"", "泵 \"1\"", &ok)
	case "files_remove":
		err = clawdbot.FilesRemove("泵 \"1\"", &ok)
	case "files_remove -":
		err = clawdbot.FilesRemove("泵 \"1\"", &ok)
	case "files_attachments":
		err = clawdbot.FilesAttachments(&ok)
	case "files_attachments -":
		err = clawdbot.FilesAttachments(&ok)
	case "files_attachment":
		err = clawdbot.FilesAttachment(7, clawdbot.FilesAttachmentOptions{Offset: 7}, &ok)
	case "files_attachment -":
		err = clawdbot.FilesAttachment(7, clawdbot.FilesAttachmentOptions{}, &ok)
	case "message":
		err = clawdbot.Message("泵 \"1\"", clawdbot.MessageOptions{Person: "泵 \"1\""}, &ok)
	case "message -":
		err = clawdbot.Message("泵 \"1\"", clawdbot.MessageOptions{}, &ok)
	case "model":
		err = clawdbot.Model("泵 \"1\"", clawdbot.ModelOptions{Tokens: 7}, &ok)
	case "model -":
		err = clawdbot.Model("泵 \"1\"", clawdbot.ModelOptions{}, &ok)
	case "knowledge":
		err = clawdbot.Knowledge("泵 \"1\"", "泵 \"1\"", &ok)
	case "knowledge -":
		err = clawdbot.Knowledge("泵 \"1\"", "泵 \"1\"", &ok)
	case "device_list":
		err = clawdbot.DeviceList(&ok)
	case "device_list -":
		err = clawdbot.DeviceList(&ok)
	case "device_read":
		err = clawdbot.DeviceRead("泵 \"1\"", "泵 \"1\"", &ok)
	case "device_read -":
		err = clawdbot.DeviceRead("泵 \"1\"", "泵 \"1\"", &ok)
	case "device_write":
		err = clawdbot.DeviceWrite("泵 \"1\"", "泵 \"1\"", map[string]any{"a": []any{1, true, nil, "泵"}}, &ok)
	case "device_write -":
		err = clawdbot.DeviceWrite("泵 \"1\"", "泵 \"1\"", map[string]any{"a": []any{1, true, nil, "泵"}}, &ok)
	default:
		err = &clawdbot.HostError{Code: "unknown", Message: name}
	}
	return ok, err
}
