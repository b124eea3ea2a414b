import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Signing } from "../../core/ports/crypto.ts";

/** Ed25519 by `node:crypto`, for those who make plugins. */
export const nodeSigning: Signing = {
  newKey() {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    return { privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(), publicKey: raw(publicKey) };
  },
  sign(privateKey, message) {
    const key = readKey(privateKey);
    if (key?.asymmetricKeyType !== "ed25519") return undefined;
    return { signature: new Uint8Array(sign(null, message, key)), publicKey: raw(createPublicKey(key)) };
  },
};

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function raw(publicKey: KeyObject): Uint8Array {
  return Uint8Array.fromBase64(publicKey.export({ format: "jwk" }).x!, { alphabet: "base64url" });
}
