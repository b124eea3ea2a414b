import { ok, rejects, strictEqual } from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { readReleaseKey, readSigningKey, signatureOf, signedText } from "./package_signature.ts";

const said = { version: "1.2.3", target: "linux-x64", sha256: "ab".repeat(32) };

async function withKeys(kind: "ed25519" | "x25519", body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-keys-" });
  try {
    const { publicKey, privateKey } = generateKeyPairSync(kind as "ed25519", {
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    await Deno.writeTextFile(`${folder}/key`, privateKey);
    await Deno.writeTextFile(`${folder}/key.pub`, publicKey);
    await body(`${folder}/key`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("signatureOf() is verified by the release key alone, for this text alone", async () => {
  await withKeys("ed25519", async (path) => {
    const text = signedText(said);
    strictEqual(text, `clawdbot 1.2.3 linux-x64 ${said.sha256}\n`);
    const lines = signatureOf(text, await readSigningKey(path)).split("\n");
    strictEqual(`${lines[0]}\n`, text);
    const signature = Uint8Array.fromBase64(lines[1]!);
    strictEqual(signature.length, 64);
    const key = createPublicKey(new TextDecoder().decode(await readReleaseKey(`${path}.pub`)));
    ok(verify(null, new TextEncoder().encode(text), key, signature));
    ok(!verify(null, new TextEncoder().encode(signedText({ ...said, target: "linux-arm64" })), key, signature));
    ok(!verify(null, new TextEncoder().encode(text), generateKeyPairSync("ed25519").publicKey, signature));
  });
});

Deno.test("readSigningKey() and readReleaseKey() say in one line why a key is of no use", async () => {
  await withKeys("x25519", async (path) => {
    await rejects(readSigningKey(path), /isn't one of Ed25519/);
    await rejects(readReleaseKey(`${path}.pub`), /isn't one of Ed25519/);
    await rejects(readSigningKey(`${path}.gone`), /Cannot read the key .*gone: /);
    await Deno.writeTextFile(path, "no key");
    await rejects(readSigningKey(path), /isn't in PEM/);
  });
});

Deno.test("readReleaseKey() takes the public half of a private key for no public key", async () => {
  await withKeys("ed25519", async (path) => {
    await rejects(readReleaseKey(path), /it is a private key/);
  });
});
