/** Sites for the measured set: tools as plugins would describe them, and the parts that descriptions are made of. */
import type { InstalledTool } from "../../core/tools/types.ts";

type Schema = Readonly<Record<string, unknown>>;

/** What the sandbox would say of a plugin; choosing looks at none of it. */
const plugin = (name: string): InstalledTool["plugin"] => ({
  name,
  digest: "0".repeat(64),
  version: "1.0.0",
  stateful: false,
  limits: {
    fuel: 1e9,
    memory_bytes: 1e7,
    deadline_ms: 1_000,
    output_bytes: 1e5,
    host_calls: 10,
    log_bytes: 1e4,
  },
  asked: {},
  granted: {},
});

/** A tool. A property whose name ends in `?` may be left out. */
export function tool(
  name: string,
  description: string,
  properties: Readonly<Record<string, Schema>>,
  more: Partial<Pick<InstalledTool, "readOnly" | "examples">> = {},
): InstalledTool {
  const required = Object.keys(properties).filter((key) => !key.endsWith("?"));
  return {
    name,
    description,
    parameters: {
      type: "object",
      properties: Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key.replace("?", ""), schema])),
      required,
      additionalProperties: false,
    },
    readOnly: false,
    idempotent: true,
    examples: [],
    plugin: plugin(name.split(".")[0]!),
    ...more,
  };
}

/** One of these, each with the words for it where they aren't its own. */
export function oneOf(
  values: Readonly<Record<string, readonly string[]>> | readonly string[],
  more: Schema = {},
): Schema {
  if (Array.isArray(values)) return { type: "string", enum: values, ...more };
  return { type: "string", enum: Object.keys(values), "x-words": values, ...more };
}

/** A device, as the host fills it in. */
export function device(values: Readonly<Record<string, readonly string[]>> | readonly string[]): Schema {
  return oneOf(values, { "x-from": "devices" });
}

/** A number between two others. */
export function number(minimum: number, maximum: number, more: Schema = {}): Schema {
  return { type: "number", minimum, maximum, ...more };
}

/** A whole number between two others. */
export function whole(minimum: number, maximum: number, more: Schema = {}): Schema {
  return { type: "integer", minimum, maximum, ...more };
}

/** A text of the request. */
export function text(description: string, more: Schema = {}): Schema {
  return { type: "string", maxLength: 120, description, ...more };
}
