import * as v from "valibot";
import { type CapabilityName, capabilityNames } from "../../schema/capabilities.ts";
import { type Manifest, manifest } from "../../schema/plugin.ts";
import { capabilities } from "../capabilities/mod.ts";
import { harmless, oneLine } from "../harmless.ts";
import type { PluginRefusal } from "../ports/plugins.ts";
import { issueText } from "./issue_text.ts";

/** A manifest whose every part was read: `capabilities` by the schemas of the capabilities that it names. */
export type CheckedManifest = Omit<Manifest, "capabilities"> & {
  readonly asked: Readonly<Partial<Record<CapabilityName, unknown>>>;
};

/** Checks the manifest of a file. What asks for something that nobody here knows isn't taken, whatever else it says. */
export function checkManifest(
  written: unknown,
): { readonly kind: "checked"; readonly manifest: CheckedManifest } | PluginRefusal {
  const refused = (code: string, reason: string): PluginRefusal => ({ kind: "refused", code, reason });
  const asks = Object(written).capabilities;
  if (typeof asks === "object" && asks !== null) {
    const strange = Object.keys(asks).filter((name) => !(capabilityNames as readonly string[]).includes(name));
    if (strange.length > 0) {
      return refused(
        "capability",
        `its manifest asks for ${strange.slice(0, 3).map(quoted).join(", ")}, which this program doesn't know`,
      );
    }
  }
  const parsed = v.safeParse(manifest, written);
  if (!parsed.success) return refused("manifest", `its manifest is wrong: ${issueText(parsed.issues)}`);
  const { capabilities: wanted, description, ...rest } = parsed.output;
  const asked: Partial<Record<CapabilityName, unknown>> = {};
  for (const [name, value] of Object.entries(wanted) as [CapabilityName, unknown][]) {
    const read = v.safeParse(capabilities[name].asked, value);
    if (!read.success) {
      return refused("capability", `its manifest asks for ${name} in a wrong way: ${issueText(read.issues)}`);
    }
    asked[name] = read.output;
  }
  return { kind: "checked", manifest: { ...rest, description: oneLine(harmless(description)), asked } };
}

function quoted(name: string): string {
  return JSON.stringify(harmless(name.slice(0, 40)));
}
