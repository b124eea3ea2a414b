import {
  camel,
  type FieldType,
  generatedLine,
  type HostRequest,
  hostRequests,
  pascal,
  requestName,
} from "./requests.ts";

const types: Readonly<Record<FieldType, string>> = {
  "text": "[]const u8",
  "number": "f64",
  "boolean": "bool",
  "texts": "[]const []const u8",
  "texts by name": "std.json.Value",
  "json": "std.json.Value",
};

/** `plugins-wasm/sdk/zig/capabilities.zig` */
export function zigCapabilities(): string {
  const requests = hostRequests();
  const functions = [...new Set(requests.map(({ capability }) => capability))].map((name) =>
    `    extern "extism:host/user" fn ${name}(request: u64) u64;\n`
  );
  return `//! ${generatedLine}
const std = @import("std");
const clawdbot = @import("clawdbot.zig");
const Reply = clawdbot.Reply;

const host = struct {
${functions.join("")}};
${requests.map(request).join("")}`;
}

function request(request: HostRequest): string {
  const { capability, op, fields } = request;
  const name = requestName(request);
  const required = fields.filter(({ required }) => required);
  const optional = fields.filter(({ required }) => !required);
  const parameters = [
    ...required.map(({ name, type }) => `${zigName(name)}: ${types[type]}`),
    ...(optional.length === 0 ? [] : [`options: ${pascal(name)}Options`]),
  ];
  const struct = optional.length === 0 ? "" : `
pub const ${pascal(name)}Options = struct {
${optional.map(({ name, type }) => `    ${zigName(name)}: ?${types[type]} = null,\n`).join("")}};
`;
  const sent = [
    ...(op === undefined ? [] : [`.op = "${op}"`]),
    ...required.map(({ name }) => `.${zigName(name)} = ${zigName(name)}`),
    ...optional.map(({ name }) => `.${zigName(name)} = options.${zigName(name)}`),
  ];
  return `${struct}
pub fn ${camel(name)}(${parameters.join(", ")}) !Reply {
    return clawdbot.ask(host.${capability}, .{ ${sent.join(", ")} });
}
`;
}

/** A word of the language's own stands in quotes. */
function zigName(name: string): string {
  return ["if", "for", "error", "switch", "struct", "test", "union"].includes(name) ? `@"${name}"` : name;
}
