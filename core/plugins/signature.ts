import { signatureSection } from "../../schema/plugin.ts";
import type { Crypto, Signing } from "../ports/crypto.ts";
import { withCustomSection } from "./custom_sections.ts";

/** What the section of a signature holds: a version, the public key, and its signature of {@link signedMessage}. */
const version = 1;
const keyBytes = 32;
const signatureBytes = 64;

/** `undefined`: the section is of another length or version. */
export function readSignature(
  content: Uint8Array,
): { readonly publicKey: Uint8Array; readonly signature: Uint8Array } | undefined {
  if (content.length !== 1 + keyBytes + signatureBytes || content[0] !== version) return undefined;
  return { publicKey: content.subarray(1, 1 + keyBytes), signature: content.subarray(1 + keyBytes) };
}

/** What is signed: whose protocol this is, and the digest of everything that stands before the signature. */
export function signedMessage(before: Uint8Array, { sha256 }: Pick<Crypto, "sha256">): Uint8Array {
  const domain = new TextEncoder().encode("clawdbot-plugin-v1\0");
  return Uint8Array.of(...domain, ...sha256(before));
}

/** The file with its signature, or `undefined` where the key is none. The file must have no signature. */
export function withSignature(
  file: Uint8Array,
  privateKey: string,
  { crypto, signing }: { readonly crypto: Pick<Crypto, "sha256">; readonly signing: Pick<Signing, "sign"> },
): Uint8Array<ArrayBuffer> | undefined {
  const signed = signing.sign(privateKey, signedMessage(file, crypto));
  if (signed === undefined) return undefined;
  const content = Uint8Array.of(version, ...signed.publicKey, ...signed.signature);
  return withCustomSection(file, { name: signatureSection, content });
}
