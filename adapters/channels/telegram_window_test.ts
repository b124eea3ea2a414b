import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { UpdateWindow } from "./telegram_window.ts";

const told = (...ids: number[]) => ids.map((update_id) => ({ update_id }));
const ids = (updates: readonly { readonly update_id: number }[]) => updates.map(({ update_id }) => update_id);

Deno.test("UpdateWindow confirms nothing before it is dealt with, and nothing beyond what isn't", () => {
  const window = new UpdateWindow();
  strictEqual(window.offset(), undefined);
  deepStrictEqual(ids(window.fresh(told(12, 10, 11))), [10, 11, 12]);
  strictEqual(window.offset(), undefined);
  window.dealtWith(11);
  strictEqual(window.offset(), undefined, "10 isn't dealt with");
  deepStrictEqual(ids(window.fresh(told(10, 11, 12))), [], "all of them are known");
  window.dealtWith(10);
  strictEqual(window.offset(), 12);
  window.dealtWith(12);
  strictEqual(window.offset(), 13);
  window.confirmed(13);
  strictEqual(window.offset(), undefined, "ids may begin anew after a quiet week, so nothing is named without need");
  deepStrictEqual(ids(window.fresh(told(3))), [3]);
});

Deno.test("UpdateWindow takes what is told again after it was confirmed for new", () => {
  const window = new UpdateWindow();
  window.fresh(told(5));
  window.dealtWith(5);
  window.confirmed(window.offset());
  deepStrictEqual(ids(window.fresh(told(5))), [5]);
});

seeded("UpdateWindow loses nothing and remembers no more than what isn't confirmed", (random) => {
  const window = new UpdateWindow();
  const waiting = new Map(Array.from({ length: 50 }, (_, index) => [index, false]));
  const open: number[] = [];
  for (let steps = 0; waiting.size > 0; steps++) {
    ok(steps < 10_000, "it comes to its end");
    const offset = window.offset();
    for (const [id, isDone] of [...waiting]) {
      if (offset === undefined || id >= offset) continue;
      ok(isDone, `${id} was confirmed and isn't dealt with`);
      waiting.delete(id);
    }
    window.confirmed(offset);
    open.push(...ids(window.fresh(told(...[...waiting.keys()].slice(0, 10)))));
    strictEqual(window.open, open.length);
    while (open.length > 0 && random() < 0.6) {
      const [id] = open.splice(Math.floor(random() * open.length), 1);
      window.dealtWith(id!);
      waiting.set(id!, true);
    }
  }
}, { runs: 200 });
