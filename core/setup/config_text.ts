import { configJsonSchema, type JsonSchema } from "../../schema/config_json.ts";
import { protocols } from "../../schema/protocols.ts";
import { configZh } from "../text/config_zh.ts";
import { type Locale, text } from "../text/mod.ts";
import type { SetupAnswers } from "./answers.ts";

/** Width of comments, in columns. */
const widthMax = 100;

/**
 * What stands as an example where nothing is set, by path, as it is written in YAML. An option without one shows its
 * default; with neither it isn't shown.
 */
const examples: Readonly<Record<string, string>> = {
  "storage.path": "./clawdbot.db",
  "objects.path": "./objects",
  "model.path": "models/model.gguf",
  "model.name": "qwen2.5-coder-1.5b",
  "model.server": '{ url: "https://gpu-box.plant.local:8000/v1" }',
  "model.memory_limit": "3 GB",
  "model.context": "4096",
  "model.threads": "4",
  "web.names": "[assistant.plant.local]",
  "web.tls": "{ cert: tls/cert.pem, key: tls/key.pem }",
  "access.owner_name": '"Ann"',
  "access.roles": "{ operator: { description: Looks after the pumps } }",
  "access.bindings": "{ user: [everyone] }",
  "access.rules": '[{ effect: deny, role: user, resource: chat, hours: { from: "22:00", to: "06:00" } }]',
  "security.at_rest": "{ key: /media/usb/clawdbot.key }",
};

/**
 * A configuration file with these answers, and beside them, commented out, what else can be set, each option with what
 * it is for. Descriptions and defaults come from the schema.
 */
export function configText(answers: SetupAnswers): string {
  const { locale } = answers;
  const said = text(locale).setup.file;
  const set = valuesOf(answers);
  const sections = Object.entries(propertiesOf(configJsonSchema())).map(([name, schema]) =>
    name === "protocol"
      ? protocolText(answers, said, descriptionOf(name, schema, locale))
      : sectionText(name, schema, { set, locale })
  );
  return [comment("", said.head), ...sections].join("\n");
}

/** What is written for each answer, by path, as YAML. */
function valuesOf({ model, ownerName, listen, insecure }: SetupAnswers): ReadonlyMap<string, string> {
  return new Map([
    model.kind === "name" ? ["model.name", yamlText(model.name)] : ["model.path", yamlText(model.path)],
    ["web.listen", yamlText(listen)],
    ...(insecure ? [["web.insecure", "true"]] as const : []),
    ...(ownerName === undefined ? [] : [["access.owner_name", yamlText(ownerName)]] as const),
  ] as [string, string][]);
}

function sectionText(
  section: string,
  schema: JsonSchema,
  { set, locale }: { readonly set: ReadonlyMap<string, string>; readonly locale: Locale },
): string {
  const options = Object.entries(propertiesOf(schema)).flatMap(([key, option]) => {
    const path = `${section}.${key}`;
    const value = set.get(path);
    const example = value ?? examples[path] ?? exampleOf(option.default);
    if (example === undefined) return [];
    return [
      comment("  ", descriptionOf(path, option, locale)),
      `  ${value === undefined ? "#" : ""}${key}: ${example}\n`,
    ];
  });
  return [comment("", descriptionOf(section, schema, locale)), `${section}:\n`, ...options].join("");
}

function protocolText(
  { telegram }: SetupAnswers,
  said: ReturnType<typeof text>["setup"]["file"],
  description: string,
): string {
  const mark = telegram === undefined ? "#" : "";
  const token = telegram?.token ?? "file:secrets/telegram";
  const root = telegram?.apiRoot === undefined ? "" : `, api_root: ${yamlText(telegram.apiRoot)}`;
  const later = Object.keys(protocols).filter((name) => name !== "telegram");
  return [
    comment("", description),
    "protocol:\n",
    comment("  ", said.telegram),
    `  ${mark}telegram: { token: ${yamlText(token)}${root} }\n`,
    comment("  ", said.laterProtocols(later.join(", "))),
  ].join("");
}

function exampleOf(value: unknown): string | undefined {
  if (typeof value === "string") return yamlText(value);
  if (typeof value === "number" || typeof value === "boolean") return `${value}`;
  return undefined; // a mapping or a list that is empty says nothing
}

/** A text as YAML: as it is where that is a plain word, else in quotes. */
function yamlText(value: string): string {
  return /^[a-z][a-z0-9._-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off)$/.test(value)
    ? value
    : JSON.stringify(value);
}

/** The schema's own words, in Chinese where they are translated. */
function descriptionOf(path: string, { description = "" }: JsonSchema, locale: Locale): string {
  return locale === "zh-CN" ? configZh[path] ?? description : description;
}

/** Lines of comment, broken at spaces. */
function comment(indent: string, words: string): string {
  return words.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (longer.length > widthMax - indent.length - 2 && line !== "") {
        lines.push(line);
        line = word;
      } else line = longer;
    }
    return [...lines, line];
  }).map((line) => `${indent}# ${line}\n`).join("");
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).filter((entry): entry is [string, JsonSchema] =>
      typeof entry[1] === "object"
    ),
  );
}
