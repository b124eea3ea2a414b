import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { utf8After } from "./utf8.ts";

Deno.test("utf8After() knows where a character is open", () => {
  const bytes = new TextEncoder().encode("a世🙂");
  const states = Array.from(bytes, (_, index) => utf8After(0, bytes.subarray(0, index + 1)));
  deepStrictEqual(states, [0, 2, 1, 0, 6, 2, 1, 0]);
});

// Goal: whatever bytes come, in whatever pieces, a strict decoder takes them exactly when this does.
seeded("utf8After() takes what a strict decoder takes", (random) => {
  const pool = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF];
  const bytes = Uint8Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
    const all = [...pool, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF];
    return all[Math.floor(random() * all.length)]!;
  });
  let isUtf8 = true;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    isUtf8 = false;
  }
  const cut = Math.floor(random() * bytes.length);
  const first = utf8After(0, bytes.subarray(0, cut));
  strictEqual((first < 0 ? first : utf8After(first, bytes.subarray(cut))) === 0, isUtf8);
}, { runs: 5_000 });
