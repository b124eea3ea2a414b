import { deepStrictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { createNodeCrypto } from "./node.ts";
import { sha256Alone } from "./sha256.ts";

seeded("sha256Alone() is what node:crypto computes, at each length around a block's end", (random) => {
  const length = Math.floor(random() * 200);
  const data = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  deepStrictEqual(sha256Alone.sha256(data), createNodeCrypto().sha256(data));
});
