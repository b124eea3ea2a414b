import { strictEqual } from "node:assert/strict";
import { sizeIn } from "./size.ts";

const cases: readonly (readonly [bytes: number, text: string])[] = [
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1 KB"],
  [1_540, "1.5 KB"],
  [9_960, "10 KB"],
  [999_600, "1 MB"],
  [20_000_000, "20 MB"],
  [1_234_567_890, "1.2 GB"],
  [5_000_000_000_000, "5,000 GB"],
];

for (const [bytes, text] of cases) {
  Deno.test(`${bytes} bytes are ${text}`, () => strictEqual(sizeIn("en", bytes), text));
}
