import {
  camel,
  type FieldType,
  generatedLine,
  type HostRequest,
  hostRequests,
  pascal,
  requestName,
} from "./requests.ts";
import { allShapes, isShape, replyShapes, type Shape, type ShapeType, toolShape } from "./shapes.ts";

const types: Readonly<Record<FieldType, string>> = {
  "text": "string",
  "number": "float64",
  "boolean": "bool",
  "texts": "[]string",
  "texts by name": "map[string]string",
  "json": "any",
};

/** `plugins-wasm/sdk/go/capabilities.go` */
export function goCapabilities(): string {
  const requests = hostRequests();
  const functions = [...new Set(requests.map(({ capability }) => capability))].map((name) => `
//go:wasmimport extism:host/user ${name}
func host${pascal(name)}(request uint64) uint64
`);
  return `// ${generatedLine}

package clawdbot
${[toolShape(), ...replyShapes()].flatMap(allShapes).map(shape).join("")}${functions.join("")}${
    requests.map(request).join("")
  }`;
}

function shape({ name, fields }: Shape): string {
  const isReply = name.includes("Reply");
  const rows = fields.map(({ name, type, required }) => {
    // Of a reply, a text that may be missing is told from an empty one.
    const pointer = isReply && !required && type === "text" ? "*" : "";
    return `	${pascal(name)} ${pointer}${shapeType(type)} \`json:"${name}${required ? "" : ",omitempty"}"\`\n`;
  });
  return `
// ${name}: see ${isReply ? "docs/capabilities.md" : "schema/plugin.ts"}.
type ${name} struct {
${aligned(rows)}}
`;
}

function shapeType(type: ShapeType | Shape): string {
  if (isShape(type)) return type.name;
  if (typeof type === "object") return `[]${shapeType(type.listOf)}`;
  return { text: "string", number: "float64", boolean: "bool", json: "any" }[type];
}

function request(request: HostRequest): string {
  const { capability, op, fields } = request;
  const name = pascal(requestName(request));
  const required = fields.filter(({ required }) => required);
  const optional = fields.filter(({ required }) => !required);
  const parameters = [
    ...required.map(({ name, type }) => `${camel(name)} ${types[type]}`),
    ...(optional.length === 0 ? [] : [`options ${name}Options`]),
    "ok any",
  ];
  const struct = optional.length === 0 ? "" : `
// ${name}Options: what is left out isn't sent.
type ${name}Options struct {
${aligned(optional.map(({ name, type }) => `	${pascal(name)} ${types[type]} \`json:"${name},omitempty"\`\n`))}}
`;
  const rows = [
    ...(op === undefined ? [] : ['		Op string `json:"op"`\n']),
    ...required.map(({ name, type }) => `		${pascal(name)} ${types[type]} \`json:"${name}"\`\n`),
  ];
  const sent = [...(op === undefined ? [] : [`"${op}"`]), ...required.map(({ name }) => camel(name))];
  const declared = optional.length === 0 ? aligned(rows) : `${aligned(rows)}		${name}Options\n`;
  const values = [...sent, ...(optional.length === 0 ? [] : ["options"])];
  return `${struct}
// ${name} asks the host, and reads its answer into ok.
func ${name}(${parameters.join(", ")}) error {
	return answer(host${pascal(capability)}(request(struct {
${declared}	}{${values.join(", ")}})), ok)
}
`;
}

/** As gofmt would: names, types and tags in columns. */
function aligned(rows: readonly string[]): string {
  const cells = rows.map((row) => {
    const [, indent, name, type, tag] = /^(\t+)(\S+) (\S+) (.*)\n$/.exec(row)!;
    return { indent: indent!, name: name!, type: type!, tag: tag! };
  });
  const width = (key: "name" | "type") => Math.max(...cells.map((cell) => cell[key].length));
  return cells.map(({ indent, name, type, tag }) =>
    `${indent}${name.padEnd(width("name"))} ${type.padEnd(width("type"))} ${tag}\n`
  ).join("");
}
