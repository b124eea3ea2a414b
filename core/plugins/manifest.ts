import { manifestBytesMax, manifestSection } from "../../schema/plugin.ts";
import type { PluginRefusal } from "../ports/plugins.ts";
import type { CustomSection } from "./custom_sections.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The manifest of a plugin's file: JSON that nobody has checked. */
export function readManifest(
  sections: readonly CustomSection[],
): { readonly kind: "read"; readonly manifest: unknown } | PluginRefusal {
  const [section, second] = sections.filter(({ name }) => name === manifestSection);
  if (section === undefined) return refused("it has no manifest");
  if (second !== undefined) return refused("it has two manifests");
  const { content } = section;
  if (content.length > manifestBytesMax) {
    return refused(`its manifest has ${content.length} bytes, at most ${manifestBytesMax} are taken`);
  }
  try {
    return { kind: "read", manifest: JSON.parse(utf8.decode(content)) };
  } catch {
    return refused("its manifest isn't JSON in UTF-8");
  }
}

function refused(reason: string): PluginRefusal {
  return { kind: "refused", code: "manifest", reason };
}
