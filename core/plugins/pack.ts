import * as v from "valibot";
import {
  manifest as manifestSchema,
  manifestBytesMax,
  manifestSection,
  signatureSection,
} from "../../schema/plugin.ts";
import { readCustomSections, withCustomSection } from "./custom_sections.ts";

/** A module with its manifest, or why there is none. */
export type Packed =
  | { readonly kind: "packed"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Puts a manifest into a module, in the place of one that it has; a signature that it has is taken out, since it is of
 * something else then.
 */
export function pack(module: Uint8Array, manifest: unknown): Packed {
  const custom = readCustomSections(module);
  if (custom.kind === "refused") return { kind: "refused", reason: custom.reason };
  const checked = v.safeParse(manifestSchema, manifest);
  if (!checked.success) {
    const [issue] = checked.issues;
    const path = v.getDotPath(issue);
    return { kind: "refused", reason: `its manifest isn't right: ${path === null ? "" : `${path}: `}${issue.message}` };
  }
  const content = new TextEncoder().encode(JSON.stringify(manifest));
  if (content.length > manifestBytesMax) {
    return {
      kind: "refused",
      reason: `its manifest has ${content.length} bytes, at most ${manifestBytesMax} are taken`,
    };
  }
  const ours = custom.sections.filter(({ name }) => name === manifestSection || name === signatureSection);
  return { kind: "packed", bytes: withCustomSection(without(module, ours), { name: manifestSection, content }) };
}

function without(
  bytes: Uint8Array,
  pieces: readonly { readonly from: number; readonly to: number }[],
): Uint8Array<ArrayBuffer> {
  const kept = new Uint8Array(bytes.length - pieces.reduce((sum, { from, to }) => sum + to - from, 0));
  let at = 0;
  let from = 0;
  for (const piece of [...pieces, { from: bytes.length, to: bytes.length }]) {
    kept.set(bytes.subarray(from, piece.from), at);
    at += piece.from - from;
    from = piece.to;
  }
  return kept;
}
