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
  "text": "string",
  "number": "f64",
  "boolean": "bool",
  "texts": "string[]",
  "texts by name": "Map<string, string>",
  "json": "Json",
};

/** `plugins-wasm/sdk/assemblyscript/capabilities.ts` */
export function assemblyscriptCapabilities(): string {
  const requests = hostRequests();
  const functions = [...new Set(requests.map(({ capability }) => capability))].map((name) => `
// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/user", "${name}")
declare function host_${name}(request: u64): u64;
`);
  return `// ${generatedLine}
import { lend, take } from "./host";
import { Json } from "./json";

/** What the host answered: \`ok\`, or null and why not. */
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
${functions.join("")}${requests.map(request).join("")}`;
}

function request(request: HostRequest): string {
  const { capability, op, fields } = request;
  const name = requestName(request);
  const required = fields.filter(({ required }) => required);
  const optional = fields.filter(({ required }) => !required);
  const options = `${pascal(name)}Options`;
  const parameters = [
    ...required.map(({ name, type }) => `${name}: ${types[type]}`),
    ...(optional.length === 0 ? [] : [`options: ${options} = new ${options}()`]),
  ];
  const isPlain = (type: FieldType) => type === "number" || type === "boolean";
  const field = (type: FieldType) =>
    isPlain(type) ? `${types[type]} = ${type === "number" ? 0 : false}` : `${types[type]} | null = null`;
  const struct = optional.length === 0 ? "" : `
/** What is left as it is isn't sent. */
export class ${options} {
${optional.map(({ name, type }) => `  ${name}: ${field(type)};\n`).join("")}}
`;
  return `${struct}
export function ${camel(name)}(${parameters.join(", ")}): Reply {
  const request = Json.object();
${op === undefined ? "" : `  request.set("op", Json.of("${op}"));\n`}${
    required.map(({ name, type }) => `  request.set("${name}", ${value(type, name)});\n`).join("")
  }${
    optional.map(({ name, type }) =>
      isPlain(type)
        ? `  if (options.${name}) request.set("${name}", ${value(type, `options.${name}`)});\n`
        : `  const of_${name} = options.${name};\n  if (of_${name} !== null) request.set("${name}", ${
          value(type, `of_${name}`)
        });\n`
    ).join("")
  }  return Reply.of(host_${capability}(lent(request)));
}
`;
}

function value(type: FieldType, of: string): string {
  switch (type) {
    case "text":
      return `Json.of(${of})`;
    case "number":
    case "boolean":
      return `Json.${type}(${of})`;
    case "texts":
      return `textsOf(${of})`;
    case "texts by name":
      return `textsByName(${of})`;
    case "json":
      return of;
  }
}
