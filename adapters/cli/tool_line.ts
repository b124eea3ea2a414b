import type { Text } from "../../core/text/mod.ts";
import type { RegisteredTool } from "../../schema/plugin.ts";

/** Values of one argument that are shown themselves, in signs; of longer ones, how many there are. */
const valuesLengthMax = 40;

type Schema = Readonly<Record<string, unknown>>;

/** A tool in one line: what it does, whether it changes something, and what it takes. */
export function toolLine({ name, description, read_only, parameters }: RegisteredTool, { cli }: Text): string {
  const said = cli.plugins.tool;
  const { properties = {}, required = [] } = parameters as {
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly required?: readonly string[];
  };
  const taken = Object.entries(properties).map(([name, schema]) =>
    said.argument(name, kindOf(schema, said), required.includes(name))
  );
  return said.line(name, description, read_only, taken);
}

function kindOf(schema: Schema, { kinds, oneOf }: Text["cli"]["plugins"]["tool"]): string {
  if (schema["x-from"] === "devices") return kinds.device;
  if (schema["x-from"] === "tags") return kinds.tag;
  const values = "const" in schema ? [schema.const] : schema.enum;
  if (Array.isArray(values)) {
    const shown = values.join("|");
    return shown.length <= valuesLengthMax ? shown : oneOf(values.length);
  }
  switch (schema.type) {
    case "string":
      return kinds.text;
    case "integer":
      return kinds.whole;
    case "number":
      return kinds.number;
    case "boolean":
      return kinds.flag;
    case "array":
      return kinds.list;
    case "object":
      return kinds.group;
    default:
      return kinds.any;
  }
}
