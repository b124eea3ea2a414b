// Generated from core/capabilities/ and schema/plugin.ts: `deno run -A scripts/generate.ts` writes it again.
import { lend, take } from "./host";
import { Json } from "./json";

/** What the host answered: `ok`, or null and why not. */
export class Reply {
  constructor(readonly ok: Json | null, readonly code: string = "", readonly message: string = "") {}

  /** Reads what stands in a block of the host's. */
  static of(block: u64): Reply {
    const said = Json.parse(take(block));
    if (said === null) return new Reply(null, "reply", "the host's answer can't be read");
    const ok = said.get("ok");
    if (ok !== null) return new Reply(ok);
    const error = said.get("error");
    if (error === null) return new Reply(null, "reply", "the host's answer can't be read");
    return new Reply(null, error.textOf("code"), error.textOf("message"));
  }
}

function lent(request: Json): u64 {
  return lend(String.UTF8.encode(request.toString()));
}

function textsOf(texts: string[]): Json {
  const all = Json.array();
  for (let index = 0; index < texts.length; index++) all.push(Json.of(texts[index]));
  return all;
}

function textsByName(texts: Map<string, string>): Json {
  const all = Json.object();
  const names = texts.keys();
  for (let index = 0; index < names.length; index++) all.set(names[index], Json.of(texts.get(names[index])));
  return all;
}

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "http")
declare function host_http(request: u64): u64;

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "kv")
declare function host_kv(request: u64): u64;

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "files")
declare function host_files(request: u64): u64;

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "message")
declare function host_message(request: u64): u64;

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "model")
declare function host_model(request: u64): u64;

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "knowledge")
declare function host_knowledge(request: u64): u64;

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "device")
declare function host_device(request: u64): u64;

/** What is left as it is isn't sent. */
export class HttpOptions {
  method: string | null = null;
  headers: Map<string, string> | null = null;
  body: string | null = null;
  body_base64: string | null = null;
  secrets: string[] | null = null;
}

export function http(url: string, options: HttpOptions = new HttpOptions()): Reply {
  const request = Json.object();
  request.set("url", Json.of(url));
  const of_method = options.method;
  if (of_method !== null) request.set("method", Json.of(of_method));
  const of_headers = options.headers;
  if (of_headers !== null) request.set("headers", textsByName(of_headers));
  const of_body = options.body;
  if (of_body !== null) request.set("body", Json.of(of_body));
  const of_body_base64 = options.body_base64;
  if (of_body_base64 !== null) request.set("body_base64", Json.of(of_body_base64));
  const of_secrets = options.secrets;
  if (of_secrets !== null) request.set("secrets", textsOf(of_secrets));
  return Reply.of(host_http(lent(request)));
}

export function kvGet(key: string): Reply {
  const request = Json.object();
  request.set("op", Json.of("get"));
  request.set("key", Json.of(key));
  return Reply.of(host_kv(lent(request)));
}

/** What is left as it is isn't sent. */
export class KvListOptions {
  prefix: string | null = null;
  after: string | null = null;
}

export function kvList(options: KvListOptions = new KvListOptions()): Reply {
  const request = Json.object();
  request.set("op", Json.of("list"));
  const of_prefix = options.prefix;
  if (of_prefix !== null) request.set("prefix", Json.of(of_prefix));
  const of_after = options.after;
  if (of_after !== null) request.set("after", Json.of(of_after));
  return Reply.of(host_kv(lent(request)));
}

/** What is left as it is isn't sent. */
export class KvSetOptions {
  if: Json | null = null;
}

export function kvSet(entries: Json, options: KvSetOptions = new KvSetOptions()): Reply {
  const request = Json.object();
  request.set("op", Json.of("set"));
  request.set("entries", entries);
  const of_if = options.if;
  if (of_if !== null) request.set("if", of_if);
  return Reply.of(host_kv(lent(request)));
}

/** What is left as it is isn't sent. */
export class FilesListOptions {
  prefix: string | null = null;
}

export function filesList(options: FilesListOptions = new FilesListOptions()): Reply {
  const request = Json.object();
  request.set("op", Json.of("list"));
  const of_prefix = options.prefix;
  if (of_prefix !== null) request.set("prefix", Json.of(of_prefix));
  return Reply.of(host_files(lent(request)));
}

/** What is left as it is isn't sent. */
export class FilesReadOptions {
  offset: f64 = 0;
}

export function filesRead(name: string, options: FilesReadOptions = new FilesReadOptions()): Reply {
  const request = Json.object();
  request.set("op", Json.of("read"));
  request.set("name", Json.of(name));
  if (options.offset) request.set("offset", Json.number(options.offset));
  return Reply.of(host_files(lent(request)));
}

export function filesWrite(name: string, body_base64: string): Reply {
  const request = Json.object();
  request.set("op", Json.of("write"));
  request.set("name", Json.of(name));
  request.set("body_base64", Json.of(body_base64));
  return Reply.of(host_files(lent(request)));
}

export function filesRemove(name: string): Reply {
  const request = Json.object();
  request.set("op", Json.of("remove"));
  request.set("name", Json.of(name));
  return Reply.of(host_files(lent(request)));
}

export function filesAttachments(): Reply {
  const request = Json.object();
  request.set("op", Json.of("attachments"));
  return Reply.of(host_files(lent(request)));
}

/** What is left as it is isn't sent. */
export class FilesAttachmentOptions {
  offset: f64 = 0;
}

export function filesAttachment(index: f64, options: FilesAttachmentOptions = new FilesAttachmentOptions()): Reply {
  const request = Json.object();
  request.set("op", Json.of("attachment"));
  request.set("index", Json.number(index));
  if (options.offset) request.set("offset", Json.number(options.offset));
  return Reply.of(host_files(lent(request)));
}

/** What is left as it is isn't sent. */
export class MessageOptions {
  person: string | null = null;
}

export function message(text: string, options: MessageOptions = new MessageOptions()): Reply {
  const request = Json.object();
  request.set("text", Json.of(text));
  const of_person = options.person;
  if (of_person !== null) request.set("person", Json.of(of_person));
  return Reply.of(host_message(lent(request)));
}

/** What is left as it is isn't sent. */
export class ModelOptions {
  tokens: f64 = 0;
}

export function model(prompt: string, options: ModelOptions = new ModelOptions()): Reply {
  const request = Json.object();
  request.set("prompt", Json.of(prompt));
  if (options.tokens) request.set("tokens", Json.number(options.tokens));
  return Reply.of(host_model(lent(request)));
}

export function knowledge(collection: string, query: string): Reply {
  const request = Json.object();
  request.set("collection", Json.of(collection));
  request.set("query", Json.of(query));
  return Reply.of(host_knowledge(lent(request)));
}

export function deviceList(): Reply {
  const request = Json.object();
  request.set("op", Json.of("list"));
  return Reply.of(host_device(lent(request)));
}

export function deviceRead(device: string, tag: string): Reply {
  const request = Json.object();
  request.set("op", Json.of("read"));
  request.set("device", Json.of(device));
  request.set("tag", Json.of(tag));
  return Reply.of(host_device(lent(request)));
}

export function deviceWrite(device: string, tag: string, value: Json): Reply {
  const request = Json.object();
  request.set("op", Json.of("write"));
  request.set("device", Json.of(device));
  request.set("tag", Json.of(tag));
  request.set("value", value);
  return Reply.of(host_device(lent(request)));
}
