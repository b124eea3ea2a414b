import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { type Charset, readBeginning, shorten } from "./text.ts";

async function* piecesOf(bytes: Uint8Array, length = 1_000) {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function read(bytes: Uint8Array, lengthMax: number, { charset = "utf-8" as Charset, pieceLength = 1_000 } = {}) {
  return readBeginning(piecesOf(bytes, pieceLength), { charset, bytes: bytes.length, lengthMax });
}

const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("readBeginning() gives all of a short text, without its mark, with one kind of line end", async () => {
  deepStrictEqual(await read(utf8("\ufeffa\r\nb\rc\n"), 100), { text: "a\nb\nc\n", leftOut: 0 });
  deepStrictEqual(await read(utf8(""), 100), { text: "", leftOut: 0 });
});

Deno.test("readBeginning() cuts behind a line, and says how many bytes it left out", async () => {
  deepStrictEqual(await read(utf8("one 工\ntwo\nthree\n"), 12), { text: "one 工\ntwo\n", leftOut: 6 });
});

Deno.test("readBeginning() cuts a line that is too long, not a character", async () => {
  deepStrictEqual(await read(utf8("🏭🏭🏭"), 3), { text: "🏭", leftOut: 8 });
});

Deno.test("readBeginning() puts a sign in the place of what isn't UTF-8, and leaves out what would steer a terminal", async () => {
  const bytes = Uint8Array.of(0x61, 0xe4, 0x62, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x63, 0x07, 0x64);
  deepStrictEqual(await read(bytes, 100), { text: "a\ufffdbcd", leftOut: 0 });
});

Deno.test("readBeginning() reads UTF-16 of either end", async () => {
  for (const [charset, mark] of [["utf-16le", [0xff, 0xfe]], ["utf-16be", [0xfe, 0xff]]] as const) {
    const text = "工厂 🏭\nb\n";
    const bytes = new Uint8Array(2 + text.length * 2);
    bytes.set(mark);
    for (let at = 0; at < text.length; at++) {
      new DataView(bytes.buffer).setUint16(2 + at * 2, text.charCodeAt(at), charset === "utf-16le");
    }
    deepStrictEqual(await read(bytes, 100, { charset, pieceLength: 3 }), { text, leftOut: 0 });
    strictEqual((await read(bytes, 7, { charset })).text, "工厂 🏭\n");
  }
});

Deno.test("readBeginning() reads no more of a large file than it needs", async () => {
  let pieces = 0;
  async function* endless() {
    for (;; pieces++) yield utf8("line\n".repeat(200));
  }
  const { text, leftOut } = await readBeginning(endless(), {
    charset: "utf-8",
    bytes: 1_000_000_000,
    lengthMax: 2_500,
  });
  strictEqual(text.length, 2_500);
  strictEqual(leftOut, 1_000_000_000 - 2_500);
  ok(pieces <= 4);
});

seeded(
  "a beginning is the text's own, as long as asked for at most, and what is left out is the rest",
  async (random) => {
    const signs = ["a", "工", "🏭", "\n", "line of words\n"];
    const whole = Array.from({ length: Math.floor(random() * 200) }, () => signs[Math.floor(random() * signs.length)]!)
      .join("");
    const bytes = utf8(whole);
    const lengthMax = Math.floor(random() * 300) + 2;
    const beginning = await read(bytes, lengthMax, { pieceLength: Math.floor(random() * 50) + 1 });
    ok(whole.startsWith(beginning.text) && beginning.text.length <= lengthMax);
    strictEqual(utf8(beginning.text).length + beginning.leftOut, bytes.length);
    const shorter = shorten(beginning, Math.floor(lengthMax / 2) + 1, "utf-8");
    ok(whole.startsWith(shorter.text) && shorter.text.length <= lengthMax / 2 + 1);
    strictEqual(utf8(shorter.text).length + shorter.leftOut, bytes.length);
  },
);
