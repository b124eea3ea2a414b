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
}

/** An HMAC-SHA-256 that is being computed. */
export interface Hmac {
  update(piece: Uint8Array): void;
  /** 32 bytes. Call it once, last. */
  digest(): Uint8Array;
}
