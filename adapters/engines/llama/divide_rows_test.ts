import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { divideRows } from "./divide_rows.ts";

Deno.test("divideRows() gives the shortest half of the rows beside its share", () => {
  const prompts = [{ rank: 1, remaining: 1_000 }, { rank: 1, remaining: 30 }];
  deepStrictEqual(divideRows(prompts, 64), [34, 30]);
});

Deno.test("divideRows() gives the more urgent all that they can take", () => {
  const prompts = [{ rank: 2, remaining: 10 }, { rank: 1, remaining: 100 }, { rank: 0, remaining: 40 }];
  deepStrictEqual(divideRows(prompts, 64), [0, 24, 40]);
});

// Goal: whatever prompts there are, none of a class gets less than half of what equal parts would be.
seeded("divideRows() leaves no row and no prompt out", (random) => {
  const whole = (below: number) => Math.floor(random() * below);
  const prompts = Array.from({ length: 1 + whole(8) }, () => ({ rank: whole(3), remaining: 1 + whole(300) }));
  const budget = 16 + whole(200);
  const rows = divideRows(prompts, budget);
  const sum = rows.reduce((sum, count) => sum + count, 0);
  strictEqual(sum, Math.min(budget, prompts.reduce((sum, { remaining }) => sum + remaining, 0)));
  let left = budget;
  for (const rank of [0, 1, 2]) {
    const members = [...prompts.keys()].filter((index) => prompts[index]!.rank === rank);
    for (const index of members) {
      ok(rows[index]! >= Math.min(prompts[index]!.remaining, Math.floor(left / 2 / members.length)));
      ok(rows[index]! <= prompts[index]!.remaining);
    }
    left -= members.reduce((sum, index) => sum + rows[index]!, 0);
  }
});
