import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { nodeSigning } from "../../adapters/crypto/signing.ts";
import { manifestSection, signatureSection } from "../../schema/plugin.ts";
import { seeded } from "../../tests/seeded.ts";
import { pluginBytesMax, withCustomSection } from "./custom_sections.ts";
import { type PluginTrust, readPluginFile, sizeRefusal } from "./file.ts";
import { pack } from "./pack.ts";
import { withSignature } from "./signature.ts";

const crypto = createNodeCrypto();
const anna = nodeSigning.newKey();
const mallory = nodeSigning.newKey();
const module = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0);
const manifest = { name: "pump", version: "1.2.3", description: "Pumps." };
const utf8 = (text: string) => new TextEncoder().encode(text);

const anybody: PluginTrust = { signed: false, keys: {}, revoked: [] };
const onlyAnna: PluginTrust = { signed: true, keys: { anna: anna.publicKey.toHex() }, revoked: [] };

function packed(bytes: Uint8Array = module, said: unknown = manifest): Uint8Array {
  const result = pack(bytes, said);
  if (result.kind === "refused") throw new Error(result.reason);
  return result.bytes;
}

function signed(bytes: Uint8Array = packed(), { privateKey } = anna): Uint8Array {
  return withSignature(bytes, privateKey, { crypto, signing: nodeSigning })!;
}

function codeOf(bytes: Uint8Array, trust: PluginTrust): string {
  const read = readPluginFile(bytes, { crypto, trust });
  return read.kind === "refused" ? read.code : read.signer?.name ?? read.signer?.key ?? "unsigned, and taken";
}

function withRawManifest(content: Uint8Array, bytes: Uint8Array = module): Uint8Array {
  return withCustomSection(bytes, { name: manifestSection, content });
}

function withRawSignature(content: Uint8Array): Uint8Array {
  return withCustomSection(packed(), { name: signatureSection, content });
}

/** The signature's section of one file behind another file. */
function grafted(onto: Uint8Array, from: Uint8Array): Uint8Array {
  return Uint8Array.of(...onto, ...from.subarray(packed().length));
}

const cases: readonly (readonly [what: string, bytes: Uint8Array, trust: PluginTrust, code: string])[] = [
  ["takes what isn't signed where nothing must be", packed(), anybody, "unsigned, and taken"],
  ["refuses what isn't signed where it must be", packed(), onlyAnna, "unsigned"],
  ["takes what a trusted key signed", signed(), onlyAnna, "anna"],
  ["names a key that nobody named", signed(packed(), mallory), anybody, mallory.publicKey.toHex()],
  ["refuses a key that isn't trusted", signed(packed(), mallory), onlyAnna, "key:unknown"],
  ["refuses a key that was revoked, though it is trusted", signed(), {
    ...onlyAnna,
    revoked: [anna.publicKey.toHex()],
  }, "key:revoked"],
  ["refuses a key that was revoked, though nothing must be signed", signed(), {
    ...anybody,
    revoked: [anna.publicKey.toHex()],
  }, "key:revoked"],
  [
    "refuses the signature of another module",
    grafted(packed(module, { ...manifest, version: "9.9.9" }), signed()),
    onlyAnna,
    "signature",
  ],
  [
    "refuses the signature of another module, though nothing must be signed",
    grafted(packed(module, { ...manifest, version: "9.9.9" }), signed()),
    anybody,
    "signature",
  ],
  [
    "refuses anything behind the signature",
    withCustomSection(signed(), { name: "x", content: new Uint8Array() }),
    onlyAnna,
    "signature",
  ],
  ["refuses a section of code behind the signature", Uint8Array.of(...signed(), 10, 1, 0), onlyAnna, "signature"],
  ["refuses a second manifest behind the signature", withRawManifest(utf8("{}"), signed()), onlyAnna, "signature"],
  ["refuses two signatures", signed(signed()), onlyAnna, "signature"],
  ["refuses two signatures of two people", signed(signed(packed(), mallory)), onlyAnna, "signature"],
  ["refuses a signature that is too short", withRawSignature(new Uint8Array(96).fill(1)), anybody, "signature"],
  ["refuses a signature that is too long", withRawSignature(new Uint8Array(98).fill(1)), anybody, "signature"],
  ["refuses a signature of another version", withRawSignature(new Uint8Array(97).fill(2)), anybody, "signature"],
  ["refuses a signature without a manifest", signed(module), onlyAnna, "manifest"],
  ["refuses what has no manifest", module, anybody, "manifest"],
  ["refuses two manifests", withRawManifest(utf8("{}"), packed()), anybody, "manifest"],
  ["refuses a manifest that isn't UTF-8", withRawManifest(Uint8Array.of(0x22, 0xff, 0x22)), anybody, "manifest"],
  ["refuses a manifest that isn't JSON", withRawManifest(utf8("name: pump")), anybody, "manifest"],
  ["refuses an empty manifest", withRawManifest(new Uint8Array()), anybody, "manifest"],
  ["refuses a manifest over 64 KiB", withRawManifest(utf8(`"${"a".repeat(64 * 1024)}"`)), anybody, "manifest"],
  ["refuses an empty file", new Uint8Array(), anybody, "malformed"],
  ["refuses a text", utf8("#!/bin/sh\nexit 0\n"), anybody, "malformed"],
  ["refuses a component", Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), anybody, "malformed"],
  [
    "refuses more sections than any module has",
    Uint8Array.of(...module, ...Array(300).fill([0, 1, 0]).flat()),
    anybody,
    "limit",
  ],
  ["refuses a length over 32 bits", Uint8Array.of(...module, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 1), anybody, "malformed"],
];
for (const [what, bytes, trust, code] of cases) {
  Deno.test(`readPluginFile() ${what}`, () => strictEqual(codeOf(bytes, trust), code));
}

Deno.test("readPluginFile() gives the digest of the whole file, and its manifest as it stands", () => {
  const bytes = signed();
  const read = readPluginFile(bytes, { crypto, trust: onlyAnna });
  ok(read.kind === "read");
  strictEqual(read.digest, crypto.sha256(bytes).toHex());
  deepStrictEqual(read.manifest, manifest);
  deepStrictEqual(read.signer, { key: anna.publicKey.toHex(), name: "anna" });
});

Deno.test("readPluginFile() refuses each file in which one bit was changed", () => {
  const bytes = signed();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = bytes.with(bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7)));
    const read = readPluginFile(changed, { crypto, trust: onlyAnna });
    strictEqual(read.kind, "refused", `bit ${bit}`);
  }
});

Deno.test("readPluginFile() refuses each file that was cut", () => {
  const bytes = signed();
  for (let length = 0; length < bytes.length; length++) {
    strictEqual(readPluginFile(bytes.subarray(0, length), { crypto, trust: onlyAnna }).kind, "refused", `${length}`);
  }
});

Deno.test("readPluginFile() refuses 200 MB by their size, and reads nothing of them", () => {
  const untouchable = { length: 200_000_000 } as unknown as Uint8Array;
  strictEqual(codeOf(untouchable, anybody), "limit");
  strictEqual(sizeRefusal(200_000_000)?.code, "limit");
  strictEqual(sizeRefusal(pluginBytesMax), undefined);
});

seeded("readPluginFile() never throws, and takes nothing that anna didn't sign", (random) => {
  const bytes = signed();
  const edits = 1 + Math.floor(random() * 8);
  for (let edit = 0; edit < edits; edit++) {
    const at = Math.floor(random() * bytes.length);
    bytes[at] = Math.floor(random() * 256);
  }
  const original = signed();
  const isSame = bytes.every((byte, at) => byte === original[at]);
  strictEqual(readPluginFile(bytes, { crypto, trust: onlyAnna }).kind, isSame ? "read" : "refused");
});

Deno.test("pack() puts a manifest in the place of the one before, and takes the signature out", () => {
  const again = packed(signed(), { ...manifest, version: "1.2.4" });
  deepStrictEqual(again, packed(module, { ...manifest, version: "1.2.4" }));
});

Deno.test("pack() refuses a manifest that isn't right, and says where", () => {
  const result = pack(module, { ...manifest, version: "1.2" });
  ok(result.kind === "refused");
  ok(result.reason.includes("version"), result.reason);
});
