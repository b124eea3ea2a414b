import { signatureSection } from "../../schema/plugin.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { PluginRefusal } from "../ports/plugins.ts";
import { type CustomSection, pluginBytesMax, readCustomSections } from "./custom_sections.ts";
import { readManifest } from "./manifest.ts";
import { readSignature, signedMessage } from "./signature.ts";

/** Whose plugins are taken: `security.plugins` of the configuration. */
export interface PluginTrust {
  /** What isn't signed by one of `keys` is refused. */
  readonly signed: boolean;
  /** Public keys in hex, by whose they are. */
  readonly keys: Readonly<Record<string, string>>;
  /** Keys that count no more, in hex: what they signed is refused, whether signatures are needed or not. */
  readonly revoked: readonly string[];
}

/** A plugin's file, as its bytes say: nothing of the module in it was looked at. */
export interface PluginFile {
  readonly kind: "read";
  /** SHA-256 of the whole file in hex: what a grant belongs to. */
  readonly digest: string;
  /** Whose signature it has. `key` in hex; `name` where it is one of the trusted. */
  readonly signer?: { readonly key: string; readonly name?: string };
  /** Parsed JSON that nobody has checked. */
  readonly manifest: unknown;
  readonly bytes: Uint8Array;
}

/** Why a file of this size is none that is taken: known before anything of it is read. */
export function sizeRefusal(bytes: number): PluginRefusal | undefined {
  if (bytes <= pluginBytesMax) return undefined;
  return refused("limit", `${bytes} bytes, at most ${pluginBytesMax} are taken`);
}

/**
 * Reads a plugin's file: its size, its digest, who signed it, and then its manifest. Before it is known whether it is
 * trusted, only lengths and names of sections are read. `code` of a refusal: `limit`, `malformed`, `unsigned`,
 * `signature`, `key:unknown`, `key:revoked` or `manifest`.
 */
export function readPluginFile(
  bytes: Uint8Array,
  { crypto, trust }: { readonly crypto: Pick<Crypto, "sha256" | "verify">; readonly trust: PluginTrust },
): PluginFile | PluginRefusal {
  const tooLarge = sizeRefusal(bytes.length);
  if (tooLarge !== undefined) return tooLarge;
  const custom = readCustomSections(bytes);
  if (custom.kind === "refused") return custom;
  const signer = signerOf(bytes, custom.sections, { crypto, trust });
  if (signer.kind === "refused") return signer;
  const manifest = readManifest(custom.sections);
  if (manifest.kind === "refused") return manifest;
  return {
    kind: "read",
    digest: crypto.sha256(bytes).toHex(),
    ...(signer.kind === "signed" ? { signer: signer.signer } : {}),
    manifest: manifest.manifest,
    bytes,
  };
}

function signerOf(
  bytes: Uint8Array,
  sections: readonly CustomSection[],
  { crypto, trust }: { readonly crypto: Pick<Crypto, "sha256" | "verify">; readonly trust: PluginTrust },
):
  | { readonly kind: "signed"; readonly signer: NonNullable<PluginFile["signer"]> }
  | { readonly kind: "unsigned" }
  | PluginRefusal {
  const [section, second] = sections.filter(({ name }) => name === signatureSection);
  if (section === undefined) {
    return trust.signed
      ? refused("unsigned", "it isn't signed, and this site takes only what is")
      : { kind: "unsigned" };
  }
  if (second !== undefined) return refused("signature", "it has two signatures");
  if (section.to !== bytes.length) return refused("signature", "something stands behind its signature");
  const signature = readSignature(section.content);
  if (signature === undefined) return refused("signature", "its signature is of no known form");
  const key = signature.publicKey.toHex();
  if (trust.revoked.includes(key)) {
    return refused("key:revoked", `it is signed by the key ${key}, which counts no more`);
  }
  const name = Object.keys(trust.keys).find((name) => trust.keys[name] === key);
  if (trust.signed && name === undefined) {
    return refused("key:unknown", `it is signed by the key ${key}, which this site doesn't know`);
  }
  const message = signedMessage(bytes.subarray(0, section.from), crypto);
  if (!crypto.verify(signature.publicKey, message, signature.signature)) {
    return refused("signature", "its signature is of something else: the file was changed after it was signed");
  }
  return { kind: "signed", signer: { key, ...(name === undefined ? {} : { name }) } };
}

function refused(code: string, reason: string): PluginRefusal {
  return { kind: "refused", code, reason };
}
