import { strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { harmless } from "./harmless.ts";

Deno.test("harmless() leaves text alone and shows what would change a terminal", () => {
  strictEqual(harmless("a\tb\nc 中\r\n"), "a\tb\nc 中\n");
  strictEqual(harmless("\x1b[2J\x07\u202e\x9b"), "\\u001b[2J\\u0007\\u202e\\u009b");
});

seeded("harmless() leaves no sign that steers, and nothing to do for a second time", (random) => {
  const text = Array.from({ length: 40 }, () => String.fromCharCode(Math.floor(random() * 0x2100))).join("");
  const shown = harmless(text);
  strictEqual(/[\p{Cc}\p{Bidi_Control}]/u.test(shown.replaceAll(/[\n\t]/g, "")), false);
  strictEqual(harmless(shown), shown);
});
