import {
  camel,
  type FieldType,
  generatedLine,
  type HostRequest,
  hostRequests,
  pascal,
  requestName,
} from "./requests.ts";

/** What the conformance plugins hand over, by type: as JSON, and as each language writes it. */
export const askedValues: Readonly<Record<FieldType, unknown>> = {
  "text": '泵 "1"',
  "number": 7,
  "boolean": true,
  "texts": ["a", "泵"],
  "texts by name": { k: "v" },
  "json": { a: [1, true, null, "泵"] },
};

/** One ask of `plugins-wasm/conformance/SPEC.md`: with every option, or with none. */
interface Ask {
  readonly name: string;
  readonly request: HostRequest;
  readonly withOptions: boolean;
}

function asks(): Ask[] {
  return hostRequests().flatMap((request): Ask[] => [
    { name: requestName(request), request, withOptions: true },
    { name: `${requestName(request)} -`, request, withOptions: false },
  ]);
}

/** What the host must be asked for each name: the capability, and the request. */
export function expectedAsks(): { name: string; capability: string; request: Readonly<Record<string, unknown>> }[] {
  return asks().map(({ name, request: { capability, op, fields }, withOptions }) => ({
    name,
    capability,
    request: {
      ...(op === undefined ? {} : { op }),
      ...Object.fromEntries(
        fields.filter(({ required }) => required || withOptions).map(({ name, type }) => [name, askedValues[type]]),
      ),
    },
  }));
}

const text = String.raw`泵 \"1\"`;

const c: Readonly<Record<FieldType, string>> = {
  "text": `CB("${text}")`,
  "number": "7",
  "boolean": "true",
  "texts": String.raw`cb_parse(CB("[\"a\",\"泵\"]"))`,
  "texts by name": String.raw`cb_parse(CB("{\"k\":\"v\"}"))`,
  "json": String.raw`cb_parse(CB("{\"a\":[1,true,null,\"泵\"]}"))`,
};

/** `plugins-wasm/conformance/c/asks.h` */
export function cAsks(): string {
  const lines = asks().map(({ name, request, withOptions }) => {
    const optional = request.fields.filter(({ required }) => !required);
    const values = optional.map(({ name, type }) => `.${name === "if" ? "if_" : name} = ${c[type]}`);
    const given = request.fields.filter(({ required }) => required).map(({ type }) => c[type]);
    const options = `(cb_${requestName(request)}_options){${withOptions ? values.join(", ") : "0"}}`;
    const call = `cb_${requestName(request)}(${[...given, ...(optional.length === 0 ? [] : [options])].join(", ")})`;
    return `  if (cb_same(name, CB("${name}"))) return ${call};\n`;
  });
  return `// ${generatedLine}

static cb_reply ask(cb_text name) {
${lines.join("")}  return (cb_reply){.code = CB("unknown"), .message = name};
}
`;
}

const zig: Readonly<Record<FieldType, string>> = {
  "text": `"${text}"`,
  "number": "7",
  "boolean": "true",
  "texts": `&.{ "a", "泵" }`,
  "texts by name": String.raw`try parsed("{\"k\":\"v\"}")`,
  "json": String.raw`try parsed("{\"a\":[1,true,null,\"泵\"]}")`,
};

/** `plugins-wasm/conformance/zig/asks.zig` */
export function zigAsks(): string {
  const lines = asks().map(({ name, request, withOptions }) => {
    const optional = request.fields.filter(({ required }) => !required);
    const values = optional.map(({ name, type }) => `.${name === "if" ? '@"if"' : name} = ${zig[type]}`);
    const given = request.fields.filter(({ required }) => required).map(({ type }) => zig[type]);
    const options = withOptions ? `.{ ${values.join(", ")} }` : ".{}";
    const call = `capabilities.${camel(requestName(request))}(${
      [...given, ...(optional.length === 0 ? [] : [options])].join(", ")
    })`;
    return `    if (std.mem.eql(u8, name, "${name}")) return ${call};\n`;
  });
  return `//! ${generatedLine}
const std = @import("std");
const clawdbot = @import("clawdbot/clawdbot.zig");
const capabilities = clawdbot.capabilities;

fn parsed(text: []const u8) !std.json.Value {
    return std.json.parseFromSliceLeaky(std.json.Value, clawdbot.allocator(), text, .{});
}

pub fn ask(name: []const u8) !clawdbot.Reply {
${lines.join("")}    return .{ .failed = .{ .code = "unknown", .message = name } };
}
`;
}

const assemblyscript: Readonly<Record<FieldType, string>> = {
  "text": `"${text}"`,
  "number": "7",
  "boolean": "true",
  "texts": `["a", "泵"]`,
  "texts by name": `named()`,
  "json": String.raw`parsed("{\"a\":[1,true,null,\"泵\"]}")`,
};

/** `plugins-wasm/conformance/assemblyscript/assembly/asks.ts` */
export function assemblyscriptAsks(): string {
  const optionsOf = hostRequests().filter(({ fields }) => fields.some(({ required }) => !required)).map((request) => {
    const name = requestName(request);
    const lines = request.fields.filter(({ required }) => !required).map(({ name, type }) =>
      `  options.${name} = ${assemblyscript[type]};\n`
    );
    return `
function ${camel(name)}Options(): host.${pascal(name)}Options {
  const options = new host.${pascal(name)}Options();
${lines.join("")}  return options;
}
`;
  });
  const lines = asks().map(({ name, request, withOptions }) => {
    const hasOptions = withOptions && request.fields.some(({ required }) => !required);
    const given = request.fields.filter(({ required }) => required).map(({ type }) => assemblyscript[type]);
    const called = [...given, ...(hasOptions ? [`${camel(requestName(request))}Options()`] : [])].join(", ");
    return `  if (name == "${name}") return host.${camel(requestName(request))}(${called});\n`;
  });
  return `// ${generatedLine}
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
${optionsOf.join("")}
export function ask(name: string): host.Reply {
${lines.join("")}  return new host.Reply(null, "unknown", name);
}
`;
}

const go: Readonly<Record<FieldType, string>> = {
  "text": `"${text}"`,
  "number": "7",
  "boolean": "true",
  "texts": `[]string{"a", "泵"}`,
  "texts by name": `map[string]string{"k": "v"}`,
  "json": `map[string]any{"a": []any{1, true, nil, "泵"}}`,
};

/** `plugins-wasm/conformance/go/asks.go` */
export function goAsks(): string {
  const lines = asks().map(({ name, request, withOptions }) => {
    const optional = request.fields.filter(({ required }) => !required);
    const given = request.fields.filter(({ required }) => required).map(({ type }) => go[type]);
    const values = optional.map(({ name, type }) => `${pascal(name)}: ${go[type]}`);
    const options = `clawdbot.${pascal(requestName(request))}Options{${withOptions ? values.join(", ") : ""}}`;
    const called = [...given, ...(optional.length === 0 ? [] : [options]), "&ok"].join(", ");
    return `	case "${name}":
		return ok, clawdbot.${pascal(requestName(request))}(${called})
`;
  });
  return `// ${generatedLine}

package main

import "wasmplugin/clawdbot"

func ask(name string) (ok any, err error) {
	switch name {
${lines.join("").replaceAll("return ok, ", "err = ")}	default:
		err = &clawdbot.HostError{Code: "unknown", Message: name}
	}
	return ok, err
}
`;
}

const rust: Readonly<Record<FieldType, string>> = {
  "text": `"${text}"`,
  "number": "7.0",
  "boolean": "true",
  "texts": `&["a", "泵"]`,
  "texts by name": `&BTreeMap::from([("k", "v")])`,
  "json": `json!({"a": [1, true, null, "泵"]})`,
};

/** `plugins-wasm/conformance/rust/src/asks.rs` */
export function rustAsks(): string {
  const lines = asks().map(({ name, request, withOptions }) => {
    const optional = request.fields.filter(({ required }) => !required);
    const given = request.fields.filter(({ required }) => required).map(({ type }) => rust[type]);
    const values = optional.map(({ name, type }) =>
      `${name === "if" ? "r#if" : name}: Some(${type === "texts by name" ? rust[type].slice(1) : rust[type]})`
    );
    const type = `clawdbot::${pascal(requestName(request))}Options`;
    const options = withOptions ? `${type} { ${values.join(", ")} }` : `${type}::default()`;
    const called = [...given, ...(optional.length === 0 ? [] : [options])].join(", ");
    return `        "${name}" => clawdbot::${requestName(request)}(${called}),\n`;
  });
  return `// ${generatedLine}

use crate::clawdbot::{self, HostError};
use serde_json::{json, Value};
use std::collections::BTreeMap;

pub fn ask(name: &str) -> Result<Value, HostError> {
    match name {
${lines.join("")}        _ => Err(HostError { code: "unknown".into(), message: name.into() }),
    }
}
`;
}
