import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { createBatch } from "./batch.ts";
import type { Llama } from "./binding.ts";
import { layout } from "./layout.ts";

const nowhere = { addressOf: () => 4_096n } as unknown as Llama;

Deno.test("createBatch() takes no row and no row of logits too many: llama.cpp would end the process", () => {
  const batch = createBatch(nowhere, 3, 1);
  batch.put(7, 0, 0, false);
  batch.put(8, 1, 0, true);
  throws(() => batch.put(9, 2, 0, true), /at most 1 rows of logits/);
  batch.clear();
  for (let row = 0; row < 3; row++) strictEqual(batch.put(7, row, 0, false), row);
  throws(() => batch.put(7, 3, 0, false), /at most 3 rows/);
});

Deno.test("createBatch() says how many rows there are where llama.cpp looks", () => {
  const batch = createBatch(nowhere, 3, 1);
  const counts = [2, 1].map((rows) => {
    batch.clear();
    for (let row = 0; row < rows; row++) batch.put(7, row, 0, false);
    return new DataView(batch.struct.buffer).getInt32(layout.llama_batch.n_tokens, true);
  });
  deepStrictEqual(counts, [2, 1]);
});
