// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.
import { Json } from "./clawdbot";
import * as host from "./clawdbot/capabilities";

function parsed(text: string): Json {
  const value = Json.parse(text);
  return value === null ? Json.null() : value;
}

function named(): Map<string, string> {
  const texts = new Map<string, string>();
  texts.set("k", "v");
  return texts;
}

function httpOptions(): host.HttpOptions {
  const options = new host.HttpOptions();
  options.method = "泵 \"1\"";
  options.headers = named();
  options.body = "泵 \"1\"";
  options.body_base64 = "泵 \"1\"";
  options.secrets = ["a", "泵"];
  return options;
}

function kvListOptions(): host.KvListOptions {
  const options = new host.KvListOptions();
  options.prefix = "泵 \"1\"";
  options.after = "泵 \"1\"";
  return options;
}

function kvSetOptions(): host.KvSetOptions {
  const options = new host.KvSetOptions();
  options.if = parsed("{\"a\":[1,true,null,\"泵\"]}");
  return options;
}

function filesListOptions(): host.FilesListOptions {
  const options = new host.FilesListOptions();
  options.prefix = "泵 \"1\"";
  return options;
}

function filesReadOptions(): host.FilesReadOptions {
  const options = new host.FilesReadOptions();
  options.offset = 7;
  return options;
}

function filesAttachmentOptions(): host.FilesAttachmentOptions {
  const options = new host.FilesAttachmentOptions();
  options.offset = 7;
  return options;
}

function messageOptions(): host.MessageOptions {
  const options = new host.MessageOptions();
  options.person = "泵 \"1\"";
  return options;
}

function modelOptions(): host.ModelOptions {
  const options = new host.ModelOptions();
  options.tokens = 7;
  return options;
}

export function ask(name: string): host.Reply {
  if (name == "http") return host.http("泵 \"1\"", httpOptions());
  if (name == "http -") return host.http("泵 \"1\"");
  if (name == "kv_get") return host.kvGet("泵 \"1\"");
  if (name == "kv_get -") return host.kvGet("泵 \"1\"");
  if (name == "kv_list") return host.kvList(kvListOptions());
  if (name == "kv_list -") return host.kvList();
  if (name == "kv_set") return host.kvSet(parsed("{\"a\":[1,true,null,\"泵\"]}"), kvSetOptions());
  if (name == "kv_set -") return host.kvSet(parsed("{\"a\":[1,true,null,\"泵\"]}"));
  if (name == "files_list") return host.filesList(filesListOptions());
  if (name == "files_list -") return host.filesList();
  if (name == "files_read") return host.filesRead("泵 \"1\"", filesReadOptions());
  if (name == "files_read -") return host.filesRead("泵 \"1\"");
  if (name == "files_write") return host.filesWrite("泵 \"1\"", "泵 \"1\"");
  if (name == "files_write -") return host.filesWrite("泵 \"1\"", "泵 \"1\"");
  if (name == "files_remove") return host.filesRemove("泵 \"1\"");
  if (name == "files_remove -") return host.filesRemove("泵 \"1\"");
  if (name == "files_attachments") return host.filesAttachments();
  if (name == "files_attachments -") return host.filesAttachments();
  if (name == "files_attachment") return host.filesAttachment(7, filesAttachmentOptions());
  if (name == "files_attachment -") return host.filesAttachment(7);
  if (name == "message") return host.message("泵 \"1\"", messageOptions());
  if (name == "message -") return host.message("泵 \"1\"");
  if (name == "model") return host.model("泵 \"1\"", modelOptions());
  if (name == "model -") return host.model("泵 \"1\"");
  if (name == "knowledge") return host.knowledge("泵 \"1\"", "泵 \"1\"");
  if (name == "knowledge -") return host.knowledge("泵 \"1\"", "泵 \"1\"");
  if (name == "device_list") return host.deviceList();
  if (name == "device_list -") return host.deviceList();
  if (name == "device_read") return host.deviceRead("泵 \"1\"", "泵 \"1\"");
  if (name == "device_read -") return host.deviceRead("泵 \"1\"", "泵 \"1\"");
  if (name == "device_write") return host.deviceWrite("泵 \"1\"", "泵 \"1\"", parsed("{\"a\":[1,true,null,\"泵\"]}"));
  if (name == "device_write -") return host.deviceWrite("泵 \"1\"", "泵 \"1\"", parsed("{\"a\":[1,true,null,\"泵\"]}"));
  return new host.Reply(null, "unknown", name);
}
