import type { Crypto } from "../ports/crypto.ts";
import { checkManifest } from "./checked_manifest.ts";
import { type PluginTrust, readPluginFile } from "./file.ts";
import type { FileSeen } from "./standing.ts";

/** What a file is, by its bytes alone: nothing of it is run. Total. */
export function seeFile(
  bytes: Uint8Array,
  { crypto, trust }: { readonly crypto: Pick<Crypto, "sha256" | "verify">; readonly trust: PluginTrust },
): Exclude<FileSeen, { kind: "unsettled" }> & { readonly digest: string } {
  const file = readPluginFile(bytes, { crypto, trust });
  if (file.kind === "refused") return { kind: "refused", reason: file.reason, digest: crypto.sha256(bytes).toHex() };
  const { digest, signer } = file;
  const checked = checkManifest(file.manifest);
  if (checked.kind === "refused") return { kind: "refused", reason: checked.reason, digest };
  const facts = { digest, bytes: bytes.length, manifest: checked.manifest };
  return { kind: "read", digest, facts: signer === undefined ? facts : { ...facts, signer } };
}
