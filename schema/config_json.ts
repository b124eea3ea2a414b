import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { type CapabilityName, capabilityUses } from "./capabilities.ts";
import { configSchema } from "./config.ts";

export type { JsonSchema } from "@valibot/to-json-schema";

/**
 * The configuration's JSON Schema, for editors: what may be written, with descriptions and defaults. What JSON Schema
 * can't say (that `name` and `path` exclude each other, what an address is) only the program checks.
 * Source: https://json-schema.org/draft-07
 *
 * @param protocols What stands under `protocol.NAME`, for those that this version has.
 * @param grants What stands under `plugins.NAME.grant.CAPABILITY`.
 */
export function configJsonSchema(
  protocols: Readonly<Record<string, v.GenericSchema>> = {},
  grants: Readonly<Partial<Record<CapabilityName, v.GenericSchema>>> = {},
): JsonSchema {
  const schema = toJson(configSchema as v.GenericSchema);
  const sections = Object.entries(protocols).map(([name, options]) => {
    // Without its secret it is told as failed, and the rest runs.
    const { required: _, $schema: __, ...section } = toJson(options);
    return [name, section] as const;
  });
  const { protocol, plugins } = schema.properties as Record<string, JsonSchema>;
  return {
    ...schema,
    properties: {
      // The order of sections stays as it is.
      ...schema.properties,
      protocol: { ...protocol, properties: { ...protocol!.properties, ...Object.fromEntries(sections) } },
      plugins: Object.keys(grants).length === 0 ? plugins! : withGrants(plugins!, grants),
    },
    title: "Clawdbot's config.yaml",
  };
}

function withGrants(
  plugins: JsonSchema,
  grants: Readonly<Partial<Record<CapabilityName, v.GenericSchema>>>,
): JsonSchema {
  const plugin = plugins.additionalProperties as JsonSchema;
  const { propertyNames: _, ...grant } = (plugin.properties as Record<string, JsonSchema>).grant!;
  const properties = Object.fromEntries(
    Object.entries(grants).map(([name, schema]) => {
      const { $schema: _, ...granted } = toJson(schema);
      return [name, { ...granted, description: capabilityUses[name as CapabilityName] }];
    }),
  );
  return {
    ...plugins,
    additionalProperties: {
      ...plugin,
      properties: { ...plugin.properties, grant: { ...grant, properties, additionalProperties: false } },
    },
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
