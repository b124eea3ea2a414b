import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "./node.ts";

const crypto = createNodeCrypto();
const bytes = (hex: string) => new Uint8Array((hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
const utf8 = (text: string) => new TextEncoder().encode(text);

// Source: McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16.
const vector = {
  key: bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
  nonce: bytes("cafebabefacedbaddecaf888"),
  plain: bytes(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
  ),
  associated: bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
  sealed: bytes(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662" +
      "76fc6ece0f4e1768cddf8853bb2d551b",
  ),
};

Deno.test("seal() gives the published ciphertext and tag", () => {
  deepStrictEqual(crypto.seal(vector.key, vector.nonce, vector.plain, vector.associated), vector.sealed);
  deepStrictEqual(crypto.open(vector.key, vector.nonce, vector.sealed, vector.associated), vector.plain);
});

Deno.test("open() refuses any changed byte, another key, another nonce, other associated data, and what is too short", () => {
  const changed = (source: Uint8Array, at: number) => source.map((byte, index) => index === at ? byte ^ 1 : byte);
  const { key, nonce, sealed, associated } = vector;
  for (let at = 0; at < sealed.length; at++) {
    strictEqual(crypto.open(key, nonce, changed(sealed, at), associated), undefined);
  }
  strictEqual(crypto.open(changed(key, 0), nonce, sealed, associated), undefined);
  strictEqual(crypto.open(key, changed(nonce, 0), sealed, associated), undefined);
  strictEqual(crypto.open(key, nonce, sealed, changed(associated, 0)), undefined);
  for (const length of [0, 1, 15, 16]) {
    strictEqual(crypto.open(key, nonce, sealed.subarray(0, length), associated), undefined);
  }
});

Deno.test("seal() and open() take empty and large content", () => {
  for (const length of [0, 1, 15, 16, 17, 1_048_577]) {
    const plain = new Uint8Array(length).fill(7);
    deepStrictEqual(
      crypto.open(
        vector.key,
        vector.nonce,
        crypto.seal(vector.key, vector.nonce, plain, utf8("a")),
        utf8("a"),
      ),
      plain,
    );
  }
});

Deno.test("hmac() and sha256() give the published digests", () => {
  // Source: RFC 4231, test case 2, and FIPS 180-2, appendix B.1.
  deepStrictEqual(
    crypto.hmac(utf8("Jefe"), utf8("what do ya want for nothing?")),
    bytes("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
  );
  deepStrictEqual(
    crypto.sha256(utf8("abc")),
    bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  );
});

Deno.test("startHmac() gives what hmac() gives, whatever the pieces", () => {
  const data = new Uint8Array(200_000).map((_, at) => at * 7);
  const hmac = crypto.startHmac(utf8("key"));
  for (const [from, to] of [[0, 0], [0, 1], [1, 65_537], [65_537, 200_000]] as const) {
    hmac.update(data.subarray(from, to));
  }
  deepStrictEqual(hmac.digest(), crypto.hmac(utf8("key"), data));
});
