import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

/** What a signature says: exactly this file is this version for this target. */
export function signedText(
  { version, target, sha256 }: { readonly version: string; readonly target: string; readonly sha256: string },
): string {
  return `clawdbot ${version} ${target} ${sha256}\n`;
}

/** A text of one line with its signature in base64 below it: what `NAME.sig` holds, and adapters/launcher/release.go reads. */
export function signatureOf(text: string, key: KeyObject): string {
  return `${text}${sign(null, new TextEncoder().encode(text), key).toString("base64")}\n`;
}

/** Reads a private key in PKCS#8 PEM. @throws {Error} One line, when there is none of Ed25519. */
export async function readSigningKey(path: string): Promise<KeyObject> {
  return ed25519(path, createPrivateKey, await readKey(path));
}

/** Reads a public key in SPKI PEM and gives it back as the launcher carries it. @throws {Error} As {@link readSigningKey}. */
export async function readReleaseKey(path: string): Promise<Uint8Array> {
  const pem = await readKey(path);
  // Node would take the public half out of it; whoever names a private key here has mixed up the two.
  if (pem.includes("PRIVATE KEY")) throw new Error(`Cannot use the key ${path}: it is a private key`);
  const key = ed25519(path, createPublicKey, pem);
  return new TextEncoder().encode(key.export({ type: "spki", format: "pem" }) as string);
}

async function readKey(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch((cause: unknown) => {
    throw new Error(`Cannot read the key ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  });
}

function ed25519(path: string, parse: (pem: string) => KeyObject, pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = parse(pem);
  } catch (cause) {
    throw new Error(`Cannot read the key ${path}: it isn't in PEM`, { cause });
  }
  if (key.asymmetricKeyType !== "ed25519") throw new Error(`Cannot use the key ${path}: it isn't one of Ed25519`);
  return key;
}
