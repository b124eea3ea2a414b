import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { configSchema } from "./config.ts";

export type { JsonSchema } from "@valibot/to-json-schema";

/**
 * The configuration's JSON Schema, for editors: what may be written, with descriptions and defaults. What JSON Schema
 * can't say (that `name` and `path` exclude each other, what an address is) only the program checks.
 * Source: https://json-schema.org/draft-07
 */
export function configJsonSchema(): JsonSchema {
  return {
    ...toJsonSchema(configSchema as v.GenericSchema, {
      typeMode: "input",
      ignoreActions: ["check", "readonly"],
      overrideAction: ({ valibotAction }) => secretOf(valibotAction),
    }),
    title: "Clawdbot's config.yaml",
  };
}

/** People write a secret as text; only inside the program its place stands there. */
function secretOf(action: v.PipeItem<unknown, unknown, v.BaseIssue<unknown>>): JsonSchema | undefined {
  if (action.type !== "metadata" || !("metadata" in action)) return undefined;
  const { secret, description } = Object(action.metadata);
  return secret === true ? { type: "string", description } : undefined;
}
