import { match, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { createIds } from "./ids.ts";

seeded("ids ascend, also within a millisecond and when the clock is set back", (random) => {
  let nowMs = Date.UTC(2026, 0, 1);
  const next = createIds({
    clock: { nowMs: () => nowMs },
    random: { bytes: (count) => Uint8Array.from({ length: count }, () => random() * 256) },
  });
  let last = "";
  for (let index = 0; index < 200; index++) {
    if (random() < 0.3) nowMs += Math.floor(random() * 20) - 8;
    const id = next();
    ok(id > last, `${id} after ${last}`);
    last = id;
  }
}, { runs: 100 });

Deno.test("an id is a UUIDv7 that holds its time", () => {
  const nowMs = Date.UTC(2026, 10, 23);
  const id = createIds({
    clock: { nowMs: () => nowMs },
    random: { bytes: (count) => new Uint8Array(count).fill(255) },
  })();
  match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  strictEqual(parseInt(id.replaceAll("-", "").slice(0, 12), 16), nowMs);
});
