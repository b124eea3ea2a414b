import { type FieldType, generatedLine, type HostRequest, hostRequests, pascal, requestName } from "./requests.ts";
import { allShapes, isShape, replyShapes, type Shape, type ShapeType, toolShape } from "./shapes.ts";

/** How a value is passed, and how it is kept in a struct of options. */
const types: Readonly<Record<FieldType, readonly [passed: string, kept: string]>> = {
  "text": ["&str", "&'a str"],
  "number": ["f64", "f64"],
  "boolean": ["bool", "bool"],
  "texts": ["&[&str]", "&'a [&'a str]"],
  "texts by name": ["&BTreeMap<&str, &str>", "BTreeMap<&'a str, &'a str>"],
  "json": ["Value", "Value"],
};

/** `plugins-wasm/sdk/rust/capabilities.rs` */
export function rustCapabilities(): string {
  const requests = hostRequests();
  const functions = [...new Set(requests.map(({ capability }) => capability))].map((name) =>
    `        pub fn ${name}(request: u64) -> u64;\n`
  );
  return `// ${generatedLine}

use super::{ask, HostError};
use serde::{de::DeserializeOwned, Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
${allShapes(toolShape()).map(toolStruct).join("")}${replyShapes().flatMap(allShapes).map(replyStruct).join("")}
mod host {
    #[link(wasm_import_module = "extism:host/user")]
    extern "C" {
${functions.join("")}    }
}
${requests.map(request).join("")}`;
}

function toolStruct({ name, fields }: Shape): string {
  const rows = fields.map(({ name, type }) => `    pub ${rustName(name)}: ${shapeType(type)},\n`);
  return `
/// See schema/plugin.ts.
#[derive(Clone, Default, Serialize)]
pub struct ${name} {
${rows.join("")}}
`;
}

function replyStruct({ name, fields }: Shape): string {
  const rows = fields.map(({ name, type, required }) =>
    required
      ? `    pub ${rustName(name)}: ${shapeType(type)},\n`
      : `    #[serde(default)]\n    pub ${rustName(name)}: Option<${shapeType(type)}>,\n`
  );
  return `
/// See docs/capabilities.md.
#[derive(Clone, Debug, Deserialize)]
pub struct ${name} {
${rows.join("")}}
`;
}

function shapeType(type: ShapeType | Shape): string {
  if (isShape(type)) return type.name;
  if (typeof type === "object") return `Vec<${shapeType(type.listOf)}>`;
  return { text: "String", number: "f64", boolean: "bool", json: "Value" }[type];
}

function request(request: HostRequest): string {
  const { capability, op, fields } = request;
  const name = requestName(request);
  const required = fields.filter(({ required }) => required);
  const optional = fields.filter(({ required }) => !required);
  const borrows = optional.some(({ type }) => types[type][1].includes("'a"));
  const options = `${pascal(name)}Options`;
  const parameters = [
    ...required.map(({ name, type }) => `${rustName(name)}: ${types[type][0]}`),
    ...(optional.length === 0 ? [] : [`options: ${options}`]),
  ];
  const struct = optional.length === 0 ? "" : `
/// What is \`None\` isn't sent.
#[derive(Clone, Default, Serialize)]
pub struct ${options}${borrows ? "<'a>" : ""} {
${
    optional.map(({ name, type }) =>
      `    #[serde(skip_serializing_if = "Option::is_none")]\n    pub ${rustName(name)}: Option<${types[type][1]}>,\n`
    ).join("")
  }}
`;
  const sent = [
    ...(op === undefined ? [] : [["op", `"${op}".into()`]]),
    ...required.map(({ name }) => [name, `serde_json::json!(${rustName(name)})`]),
  ];
  return `${struct}
pub fn ${name}<R: DeserializeOwned>(${parameters.join(", ")}) -> Result<R, HostError> {
    let mut request = serde_json::Map::new();
${sent.map(([name, value]) => `    request.insert("${name}".into(), ${value});\n`).join("")}${
    optional.length === 0 ? "" : `    if let Value::Object(given) = serde_json::json!(options) {
        request.extend(given);
    }
`
  }    ask(host::${capability}, &request)
}
`;
}

/** Words that the language keeps for itself are written raw. */
function rustName(name: string): string {
  return ["if", "type", "match", "ref", "in", "fn"].includes(name) ? `r#${name}` : name;
}
