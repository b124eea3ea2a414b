import type { JsonSchema } from "@valibot/to-json-schema";
import { grantSchemas } from "../core/capabilities/mod.ts";
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
    const rows = rowsWithin(section, "");
    const table = ["| Key | Value | Default | |", "|---|---|---|---|", ...rows.map(formatRow)].join("\n");
    return `### \`${name}\`\n\n${section.description ?? ""}\n\n${table}\n`;
  }).join("\n");
}

async function wholeSchema(): Promise<JsonSchema> {
  const sections = Object.entries(await protocolSections());
  return configJsonSchema(Object.fromEntries(sections.map(([name, { options }]) => [name, options])), grantSchemas);
}

/** What the configuration doesn't take in this version. */
export function configurationLater(): string {
  return laterKeys.map((key) => `- \`${key}\`\n`).join("");
}

function rowsOf(key: string, schema: JsonSchema): Row[] {
  const inner = rowsWithin(schema, `${key}.`);
  const { items } = schema;
  const ofItems = isSchema(items) ? rowsWithin(items, `${key}[].`) : [];
  const row: Row = {
    key,
    value: inner.length > 0 ? "section" : valueOf(schema),
    default: schema.default === undefined || isEmpty(schema.default) ? "" : code(schema.default),
    description: schema.description ?? "",
  };
  return [row, ...inner, ...ofItems];
}

/** What stands in a section, by keys that are given or by names that people give; none of what isn't a section. */
function rowsWithin(schema: JsonSchema, prefix: string): Row[] {
  const variants = (schema.oneOf ?? []).filter(isSchema);
  if (variants.length > 0) return rowsOfVariants(variants, prefix);
  const each = schema.additionalProperties;
  const named = isSchema(each) && Object.keys(each).length > 0
    // A text by its name is told by what it is a value of.
    ? rowsOf(`${prefix}NAME`, each).filter(({ description, key }) => description !== "" || key !== `${prefix}NAME`)
    : [];
  return [
    ...Object.entries(propertiesOf(schema)).flatMap(([name, entry]) => rowsOf(`${prefix}${name}`, entry)),
    ...named,
  ];
}

/** Sections that differ by one key's value: its values first; what only some have says of which. */
function rowsOfVariants(variants: readonly JsonSchema[], prefix: string): Row[] {
  const kindOf = (variant: JsonSchema) =>
    Object.values(propertiesOf(variant)).find((entry) => entry.const !== undefined);
  const rows = variants.map((variant) => rowsWithin(variant, prefix));
  const kinds = variants.map((variant) => code(kindOf(variant)?.const));
  const merged = new Map<string, { readonly row: Row; readonly of: string[] }>();
  for (const [index, list] of rows.entries()) {
    for (const row of list) {
      const isKind = kinds.some((kind) => kind === row.value);
      const known = merged.get(isKind ? row.key : JSON.stringify(row));
      if (known !== undefined) known.of.push(kinds[index]!);
      else {
        const whole = isKind ? { ...row, value: kinds.join(", "), description: "What it is." } : row;
        merged.set(isKind ? row.key : JSON.stringify(row), { row: whole, of: [kinds[index]!] });
      }
    }
  }
  return [...merged.values()].map(({ row, of }) =>
    of.length === variants.length ? row : { ...row, description: `Of ${of.join(" and ")}: ${row.description}` }
  );
}

/** What may be written, in words. */
function valueOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const);
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
