import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "./node.ts";
import { nodeSigning } from "./signing.ts";

const { verify } = createNodeCrypto();
const bytes = (hex: string) => Uint8Array.fromHex(hex);

// Source: RFC 8032, section 7.1, test 3.
const published = {
  publicKey: bytes("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
  message: bytes("af82"),
  signature: bytes(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ),
};

Deno.test("verify() confirms the published signature, and none with a changed byte", () => {
  const { publicKey, message, signature } = published;
  ok(verify(publicKey, message, signature));
  for (let at = 0; at < signature.length; at++) {
    ok(!verify(publicKey, message, signature.with(at, signature[at]! ^ 1)), `signature ${at}`);
  }
  for (let at = 0; at < publicKey.length; at++) {
    ok(!verify(publicKey.with(at, publicKey[at]! ^ 1), message, signature), `key ${at}`);
  }
  ok(!verify(publicKey, message.with(0, 0xae), signature));
});

Deno.test("verify() is false for what isn't a key or a signature", () => {
  const { publicKey, message, signature } = published;
  for (const length of [0, 31, 33]) ok(!verify(new Uint8Array(length), message, signature));
  for (const length of [0, 63, 65]) ok(!verify(publicKey, message, new Uint8Array(length)));
});

Deno.test("sign() is what verify() confirms, and tells whose it is", () => {
  const { privateKey, publicKey } = nodeSigning.newKey();
  const signed = nodeSigning.sign(privateKey, published.message)!;
  deepStrictEqual(signed.publicKey, publicKey);
  ok(verify(publicKey, published.message, signed.signature));
  strictEqual(
    nodeSigning.sign("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", published.message),
    undefined,
  );
  strictEqual(nodeSigning.sign("", published.message), undefined);
});
