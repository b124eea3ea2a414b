import type { Crypto } from "../../core/ports/crypto.ts";

/**
 * The crypto port without secrecy: what is sealed can be read, but opens only under the same key, nonce and
 * associated data. Half of a simulation was spent on real ciphers, which have tests of their own.
 */
export const quickCrypto: Crypto = {
  seal(key, nonce, plain, associated) {
    const sealed = new Uint8Array(plain.length + tagBytes);
    sealed.set(plain);
    sealed.set(digest([key, nonce, associated, plain], tagBytes), plain.length);
    return sealed;
  },
  open(key, nonce, sealed, associated) {
    const plain = sealed.slice(0, sealed.length - tagBytes);
    const tag = digest([key, nonce, associated, plain], tagBytes);
    return tag.every((byte, index) => byte === sealed[plain.length + index]) ? plain : undefined;
  },
  hmac: (key, data) => digest([key, data], 32),
  startHmac(key) {
    let state = digest([key], 32);
    return { update: (piece) => void (state = digest([state, piece], 32)), digest: () => state };
  },
  sha256: (data) => digest([data], 32),
  verify: (publicKey, message, signature) =>
    digest([publicKey, message], 64).every((byte, index) => byte === signature[index]),
};

const tagBytes = 16;

/** Two FNV-1a hashes side by side, stretched. Source: http://www.isthe.com/chongo/tech/comp/fnv/ */
function digest(parts: readonly Uint8Array[], length: number): Uint8Array {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (const part of parts) {
    for (let index = 0; index < part.length; index++) {
      a = Math.imul(a ^ part[index]!, 0x01000193);
      b = Math.imul(b ^ a, 0x85ebca6b);
    }
    a = Math.imul(a ^ part.length, 0xc2b2ae35);
  }
  const words = new Uint32Array(length / 4);
  for (let index = 0; index < words.length; index++) {
    a = Math.imul(a ^ (b >>> 15), 0x2c1b3c6d);
    b = Math.imul(b ^ (a >>> 13), 0x297a2d39) + index;
    words[index] = a ^ b;
  }
  return new Uint8Array(words.buffer);
}
