import { ok } from "node:assert/strict";
import { lineThrough } from "./regression.ts";
import { seeded } from "./seeded.ts";

const gaussian = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

Deno.test("lineThrough() finds the slope of a line, and is sure of it", () => {
  const { slope, margin } = lineThrough(Array.from({ length: 50 }, (_, x) => [x, 3 * x + 7]));
  ok(Math.abs(slope - 3) < 1e-9 && margin < 1e-9);
});

seeded("lineThrough() holds the true slope within its margin, also where noise comes in waves", (random) => {
  let outside = 0;
  for (let run = 0; run < 200; run++) {
    let wave = 0;
    const points = Array.from({ length: 100 }, (_, x): [number, number] => {
      wave = 0.6 * wave + gaussian(random);
      return [x, 0.5 * x + wave];
    });
    const { slope, margin } = lineThrough(points);
    if (Math.abs(slope - 0.5) > margin) outside++;
  }
  ok(outside < 40, `${outside} of 200 are outside`);
}, { runs: 5 });

seeded("lineThrough() sees a leak in noise", (random) => {
  const points = Array.from({ length: 100 }, (_, x): [number, number] => [x, 0.1 * x + gaussian(random)]);
  const { slope, margin } = lineThrough(points);
  ok(slope - margin > 0);
}, { runs: 200 });
