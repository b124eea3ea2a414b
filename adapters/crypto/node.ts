import { createCipheriv, createDecipheriv, createHash, createHmac, createPublicKey, verify } from "node:crypto";
import type { Crypto } from "../../core/ports/crypto.ts";

const tagBytes = 16;

/** The crypto port by `node:crypto`, which is synchronous and measured cheaper than WebCrypto for short content. */
export function createNodeCrypto(): Crypto {
  return {
    seal(key, nonce, plain, associated) {
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      cipher.setAAD(associated);
      const sealed = new Uint8Array(plain.length + tagBytes);
      sealed.set(cipher.update(plain));
      cipher.final(); // GCM is a stream mode: nothing is left to come, but the tag is computed here.
      sealed.set(cipher.getAuthTag(), plain.length);
      return sealed;
    },
    open(key, nonce, sealed, associated) {
      if (sealed.length < tagBytes) return undefined;
      const end = sealed.length - tagBytes;
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(associated);
      decipher.setAuthTag(sealed.subarray(end));
      const plain = new Uint8Array(decipher.update(sealed.subarray(0, end)));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      return plain;
    },
    hmac: (key, data) => new Uint8Array(createHmac("sha256", key).update(data).digest()),
    startHmac(key) {
      const hmac = createHmac("sha256", key);
      return { update: (piece) => void hmac.update(piece), digest: () => new Uint8Array(hmac.digest()) };
    },
    sha256: (data) => new Uint8Array(createHash("sha256").update(data).digest()),
    verify(publicKey, message, signature) {
      try {
        const x = publicKey.toBase64({ alphabet: "base64url", omitPadding: true });
        const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
        return verify(null, message, key, signature);
      } catch {
        return false; // The key isn't a point of the curve.
      }
    },
  };
}
