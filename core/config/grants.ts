import * as v from "valibot";
import { type CapabilityName, capabilityNames } from "../../schema/capabilities.ts";
import { capabilities } from "../capabilities/mod.ts";
import { splitUnknownKeys } from "./keys.ts";

/** What was written as the grant of one capability, read by the capability's own schema. */
export interface ReadGrant extends ReturnType<typeof splitUnknownKeys> {
  /** Where it stands: `["plugins", "pump", "grant", "http"]`. */
  readonly path: readonly string[];
  readonly result: v.SafeParseResult<v.GenericSchema>;
}

/**
 * Reads every grant of a document, whose secrets are places by now. `document`: the same with what each schema knows of
 * its grant, as {@link splitUnknownKeys} gives it. `unknown`: names that no capability has.
 */
export function readGrants(document: unknown): {
  readonly document: unknown;
  readonly grants: readonly ReadGrant[];
  readonly unknown: readonly { readonly path: readonly string[]; readonly known: readonly string[] }[];
} {
  const grants: ReadGrant[] = [];
  const unknown: { path: readonly string[]; known: readonly string[] }[] = [];
  const readOne = (plugin: string, name: string, written: unknown): unknown => {
    const path = ["plugins", plugin, "grant", name];
    if (!isCapability(name)) {
      unknown.push({ path, known: capabilityNames });
      return written;
    }
    const { granted } = capabilities[name];
    const split = splitUnknownKeys(granted, written);
    grants.push({ ...split, path, result: v.safeParse(granted, split.known) });
    return split.known ?? written;
  };
  const plugins = mapped(Object(document).plugins, (plugin, options) => {
    const { grant } = Object(options);
    if (!isMapping(grant)) return options;
    return { ...options as object, grant: mapped(grant, (name, written) => readOne(plugin, name, written)) };
  });
  return { document: plugins === undefined ? document : { ...document as object, plugins }, grants, unknown };
}

function isCapability(name: string): name is CapabilityName {
  return (capabilityNames as readonly string[]).includes(name);
}

function mapped(value: unknown, entryOf: (key: string, entry: unknown) => unknown): unknown {
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, entryOf(key, entry)]));
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
