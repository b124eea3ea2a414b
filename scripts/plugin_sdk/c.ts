import { type FieldType, generatedLine, type HostRequest, hostRequests, requestName } from "./requests.ts";

const types: Readonly<Record<FieldType, string>> = {
  "text": "cb_text ",
  "number": "double ",
  "boolean": "bool ",
  "texts": "cb_json *",
  "texts by name": "cb_json *",
  "json": "cb_json *",
};

/** `plugins-wasm/sdk/c/capabilities.h` */
export function cCapabilities(): string {
  const requests = hostRequests();
  const functions = [...new Set(requests.map(({ capability }) => capability))].map((name) =>
    `extern __attribute__((import_module("extism:host/user"), import_name("${name}"))) uint64_t cb_host_${name}(uint64_t request);\n`
  );
  return `// ${generatedLine}
// Included by clawdbot.h. A value that is handed over belongs to the request: make another one for the next.
// What an options struct leaves out (no text, no value, 0 or false) isn't sent.

${functions.join("")}${requests.map(request).join("")}`;
}

function request(request: HostRequest): string {
  const { capability, op, fields } = request;
  const name = `cb_${requestName(request)}`;
  const required = fields.filter(({ required }) => required);
  const optional = fields.filter(({ required }) => !required);
  const parameters = [
    ...required.map(({ name, type }) => `${types[type]}${cName(name)}`),
    ...(optional.length === 0 ? [] : [`${name}_options options`]),
  ];
  const struct = optional.length === 0 ? "" : `typedef struct {
${optional.map(({ name, type }) => `  ${types[type]}${cName(name)};\n`).join("")}} ${name}_options;

`;
  const set = (name: string, value: string) => `cb_set(request, CB("${name}"), ${value});\n`;
  return `
${struct}CB_UNUSED static cb_reply ${name}(${parameters.join(", ") || "void"}) {
  cb_json *request = cb_object();
${op === undefined ? "" : `  ${set("op", `cb_of_text(CB("${op}"))`)}`}${
    required.map(({ name, type }) => `  ${set(name, value(type, cName(name)))}`).join("")
  }${
    optional.map(({ name, type }) =>
      `  if (options.${cName(name)}${type === "text" ? ".at" : ""}) ${set(name, value(type, `options.${cName(name)}`))}`
    ).join("")
  }  return cb_reply_of(cb_host_${capability}(cb_lend(cb_write(request))));
}
`;
}

function value(type: FieldType, of: string): string {
  return type === "text" || type === "number" || type === "boolean" ? `cb_of_${type}(${of})` : of;
}

/** A word of the language's own has a line behind it. */
function cName(name: string): string {
  return ["if", "default", "for", "int", "long", "struct", "switch"].includes(name) ? `${name}_` : name;
}
