import type { JsonSchema } from "@valibot/to-json-schema";
import { protocolSections } from "../roles/channels.ts";
import { laterKeys } from "../schema/config.ts";
import { configJsonSchema } from "../schema/config_json.ts";

/** One line of the reference: a key and what may stand there. */
interface Row {
  readonly key: string;
  readonly value: string;
  readonly default: string;
  readonly description: string;
}

/** The JSON Schema as a file. */
export async function configurationJsonSchema(): Promise<string> {
  return `${JSON.stringify(await wholeSchema(), null, 2)}\n`;
}

/** The reference of `docs/configuration.md`: a section and a table for each section of the configuration. */
export async function configurationReference(): Promise<string> {
  return Object.entries(propertiesOf(await wholeSchema())).map(([name, section]) => {
    const rows = Object.entries(propertiesOf(section)).flatMap(([key, schema]) => rowsOf(key, schema));
    const table = ["| Key | Value | Default | |", "|---|---|---|---|", ...rows.map(formatRow)].join("\n");
    return `### \`${name}\`\n\n${section.description ?? ""}\n\n${table}\n`;
  }).join("\n");
}

async function wholeSchema(): Promise<JsonSchema> {
  const sections = Object.entries(await protocolSections());
  return configJsonSchema(Object.fromEntries(sections.map(([name, { options }]) => [name, options])));
}

/** What the configuration doesn't take in this version. */
export function configurationLater(): string {
  return laterKeys.map((key) => `- \`${key}\`\n`).join("");
}

function rowsOf(key: string, schema: JsonSchema): Row[] {
  const row = (value: string): Row => ({
    key,
    value,
    default: schema.default === undefined || isEmpty(schema.default) ? "" : code(schema.default),
    description: schema.description ?? "",
  });
  const { items, additionalProperties: each } = schema;
  const inner = Object.entries(propertiesOf(schema));
  if (inner.length > 0) return [row("section"), ...inner.flatMap(([name, entry]) => rowsOf(`${key}.${name}`, entry))];
  if (isSchema(items) && Object.keys(propertiesOf(items)).length > 0) {
    return [
      row("list"),
      ...Object.entries(propertiesOf(items)).flatMap(([name, entry]) => rowsOf(`${key}[].${name}`, entry)),
    ];
  }
  if (isSchema(each)) {
    const name = `${key}.NAME`;
    if (each.type === undefined && each.anyOf === undefined) return [row("section")];
    return [row("section"), ...rowsOf(name, each).filter(({ description }) => description !== "")];
  }
  return [row(valueOf(schema))];
}

/** What may be written, in words. */
function valueOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.filter(isSchema).map(valueOf))].join(" or ");
  switch (schema.type) {
    case "array":
      return "list";
    case "boolean":
      return "`true`, `false`";
    case "integer":
    case "number":
      return schema.minimum === undefined ? "number" : `${number(schema.minimum)} to ${number(schema.maximum!)}`;
    case "object":
      return "section";
    default:
      return "text";
  }
}

function formatRow({ key, value, default: initial, description }: Row): string {
  return `| \`${key}\` | ${value} | ${initial} | ${description.replaceAll("|", "\\|")} |`;
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(schema.properties ?? {}).filter((entry): entry is [string, JsonSchema] => isSchema(entry[1])),
  );
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function number(value: number): string {
  return value.toLocaleString("en");
}
