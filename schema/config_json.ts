import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { configSchema } from "./config.ts";

export type { JsonSchema } from "@valibot/to-json-schema";

/**
 * The configuration's JSON Schema, for editors: what may be written, with descriptions and defaults. What JSON Schema
 * can't say (that `name` and `path` exclude each other, what an address is) only the program checks.
 * Source: https://json-schema.org/draft-07
 *
 * @param protocols What stands under `protocol.NAME`, for those that this version has.
 */
export function configJsonSchema(protocols: Readonly<Record<string, v.GenericSchema>> = {}): JsonSchema {
  const schema = toJson(configSchema as v.GenericSchema);
  const sections = Object.entries(protocols).map(([name, options]) => {
    // Without its secret it is told as failed, and the rest runs.
    const { required: _, $schema: __, ...section } = toJson(options);
    return [name, section] as const;
  });
  const { protocol, ...others } = schema.properties as Record<string, JsonSchema>;
  const properties = { ...protocol!.properties, ...Object.fromEntries(sections) };
  return {
    ...schema,
    properties: { protocol: { ...protocol, properties }, ...others },
    title: "Clawdbot's config.yaml",
  };
}

function toJson(schema: v.GenericSchema): JsonSchema {
  return toJsonSchema(schema, {
    typeMode: "input",
    ignoreActions: ["check", "readonly"],
    overrideAction: ({ valibotAction }) => secretOf(valibotAction),
  });
}

/** People write a secret as text; only inside the program its place stands there. */
function secretOf(action: v.PipeItem<unknown, unknown, v.BaseIssue<unknown>>): JsonSchema | undefined {
  if (action.type !== "metadata" || !("metadata" in action)) return undefined;
  const { secret, description } = Object(action.metadata);
  return secret === true ? { type: "string", description } : undefined;
}
