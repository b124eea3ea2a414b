/**
 * The primitives the vault and the audit are built on. Synchronous, because they run inside a group commit,
 * where nothing may wait.
 */
export interface Crypto {
  /**
   * AES-256-GCM. `key` 32 bytes, `nonce` 12 bytes. Returns ciphertext followed by the 16-byte tag.
   * Source: NIST SP 800-38D.
   */
  seal(key: Uint8Array, nonce: Uint8Array, plain: Uint8Array, associated: Uint8Array): Uint8Array;
  /** The inverse of {@link seal}; `undefined` when the tag doesn't match. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, associated: Uint8Array): Uint8Array | undefined;
  /** HMAC-SHA-256: 32 bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** The same of data that comes in pieces, however large all of it is. */
  startHmac(key: Uint8Array): Hmac;
  /** SHA-256: 32 bytes. */
  sha256(data: Uint8Array): Uint8Array;
  /** Whether this is the key's signature of the message: Ed25519. False for a key or signature that is none. Source: RFC 8032. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Making of signatures that {@link Crypto.verify} confirms. Private keys are PKCS#8 in PEM. */
export interface Signing {
  newKey(): { readonly privateKey: string; readonly publicKey: Uint8Array };
  /** 64 bytes, and the public key that they are of; `undefined` where `privateKey` isn't an Ed25519 key. */
  sign(
    privateKey: string,
    message: Uint8Array,
  ): { readonly signature: Uint8Array; readonly publicKey: Uint8Array } | undefined;
}

/** An HMAC-SHA-256 that is being computed. */
export interface Hmac {
  update(piece: Uint8Array): void;
  /** 32 bytes. Call it once, last. */
  digest(): Uint8Array;
}
