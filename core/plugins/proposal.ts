import { isMap, parseDocument } from "yaml";
import type { CapabilityName } from "../../schema/capabilities.ts";
import type { CheckedManifest } from "./checked_manifest.ts";

/** What a configuration would say to grant a file something. */
export interface ProposedGrant {
  readonly name: string;
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  /** As people write it, by capability. Absent: what is granted already stays. */
  readonly grant?: Readonly<Record<string, unknown>>;
}

/**
 * All that a file asks for, as a grant is written. What its secrets are, and where they go, nobody but the site knows: they
 * are left out, and named in `open`.
 */
export function grantOfAll(
  asked: CheckedManifest["asked"],
): { readonly grant: Readonly<Record<string, unknown>>; readonly open: readonly string[] } {
  const { secrets, ...rest } = asked as Partial<Record<CapabilityName, unknown>>;
  return { grant: rest, open: (secrets ?? []) as readonly string[] };
}

/** The lines that grant it, as they stand in a configuration. */
export function grantText(proposed: ProposedGrant): string {
  return withGrant("", proposed)!;
}

/**
 * A configuration's text with the grant in it, and everything else as it was: comments stay. `undefined` when the text
 * isn't a configuration that something can be put into.
 */
export function withGrant(text: string, { name, digest, grant }: ProposedGrant): string | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  if (document.contents !== null && !isMap(document.contents)) return undefined;
  if (document.has("plugins") && !isMap(document.get("plugins", true))) {
    if (document.toJS().plugins !== null) return undefined;
    document.delete("plugins"); // it stands there, and nothing below it
  }
  document.setIn(["plugins", name, "digest"], `sha256:${digest}`);
  if (grant !== undefined) document.setIn(["plugins", name, "grant"], document.createNode(grant));
  return document.toString({ lineWidth: 0 });
}
