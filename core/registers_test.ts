import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { decodeNumber, encodeNumber, type NumberForm, registerCount } from "./registers.ts";

const form = (type: NumberForm["type"], scale = 1, wordSwap = false): NumberForm => ({ type, scale, wordSwap });

const held: [form: NumberForm, value: number, words: number[]][] = [
  [form("uint16"), 0, [0]],
  [form("uint16"), 65_535, [0xffff]],
  [form("int16"), -1, [0xffff]],
  [form("int16"), -32_768, [0x8000]],
  [form("uint32"), 4_294_967_295, [0xffff, 0xffff]],
  [form("uint32"), 0x1234_5678, [0x1234, 0x5678]],
  [form("uint32", 1, true), 0x1234_5678, [0x5678, 0x1234]],
  [form("int32"), -2, [0xffff, 0xfffe]],
  [form("int32", 1, true), -2, [0xfffe, 0xffff]],
  [form("float32"), 1.5, [0x3fc0, 0]],
  [form("float32", 1, true), 1.5, [0, 0x3fc0]],
  [form("float32"), 0.1, [0x3dcc, 0xcccd]],
  [form("float32"), -273.15, [0xc388, 0x9333]],
  [form("float32"), 16_777_216, [0x4b80, 0]],
  [form("float32"), 1e-45, [0, 1]],
  [form("float32"), 3.4028235e38, [0x7f7f, 0xffff]],
  [form("uint16", 0.1), 12.3, [123]],
  [form("uint16", 0.1), 0.3, [3]],
  [form("int16", 0.01), -7.07, [0xfd3d]],
  [form("uint16", 100), 1_200, [12]],
  [form("int16", -1), 5, [0xfffb]],
  [form("uint16", 1e-7), 3e-7, [3]],
  [form("float32", 10), 123, [0x4144, 0xcccd]],
];

for (const [form, value, words] of held) {
  Deno.test(`${form.type} × ${form.scale}${form.wordSwap ? ", low word first," : ""} holds ${value}`, () => {
    deepStrictEqual(encodeNumber(form, value), { kind: "registers", words });
    deepStrictEqual(decodeNumber(form, words), { kind: "number", value });
    strictEqual(words.length, registerCount(form));
  });
}

const refused: [form: NumberForm, value: number, reason: string][] = [
  [form("uint16"), -1, "it holds 0 to 65535, not -1"],
  [form("uint16"), 65_536, "it holds 0 to 65535, not 65536"],
  [form("uint16"), 1.5, "it holds whole numbers, not 1.5"],
  [form("int16"), 32_768, "it holds -32768 to 32767, not 32768"],
  [form("uint32"), 4_294_967_296, "it holds 0 to 4294967295, not 4294967296"],
  [form("int32"), 2 ** 60, `it holds -2147483648 to 2147483647, not ${2 ** 60}`],
  [form("uint16", 0.1), 12.34, "it holds steps of 0.1"],
  [form("uint16", 0.1), 0.1 + 0.2, "it holds steps of 0.1"],
  [form("uint16", 0.1), 6_553.6, "it holds 0 to 6553.5, not 6553.6"],
  [form("int16", -1), 32_769, "it holds -32767 to 32768, not 32769"],
  [form("float32"), 16_777_217, "it can't hold 16777217 exactly: the nearest is 16777216"],
  [form("float32"), 0.123456789, "it can't hold 0.123456789 exactly: the nearest is 0.12345679"],
  [form("float32"), 1e39, "it can't hold 1e+39"],
  [form("float32"), 1e-46, "it can't hold 1e-46 exactly: the nearest is 0"],
  [form("float32"), NaN, "NaN isn't a number that a register can hold"],
  [form("uint16"), Infinity, "Infinity isn't a number that a register can hold"],
];

for (const [form, value, reason] of refused) {
  Deno.test(`${form.type} × ${form.scale} refuses ${value}`, () =>
    deepStrictEqual(encodeNumber(form, value), { kind: "refused", reason }));
}

Deno.test("what isn't a number isn't read as one, and there is no negative zero", () => {
  const nan = { kind: "refused", reason: "it holds NaN, which isn't a number that can be shown" };
  deepStrictEqual(decodeNumber(form("float32"), [0x7fc0, 0]), nan);
  deepStrictEqual(decodeNumber(form("float32"), [0x7f80, 1]), nan);
  deepStrictEqual(decodeNumber(form("float32"), [0xff80, 0]), {
    kind: "refused",
    reason: "it holds -Infinity, which isn't a number that can be shown",
  });
  deepStrictEqual(decodeNumber(form("float32"), [0x8000, 0]), { kind: "number", value: 0 });
  deepStrictEqual(encodeNumber(form("float32"), -0), { kind: "registers", words: [0, 0] });
  deepStrictEqual(encodeNumber(form("float32", -1), 0), { kind: "registers", words: [0, 0] });
  deepStrictEqual(encodeNumber(form("int16"), -0), { kind: "registers", words: [0] });
  deepStrictEqual(decodeNumber(form("int16", -1), [0]), { kind: "number", value: 0 });
  deepStrictEqual(decodeNumber(form("float32", 1e300), [0x7f7f, 0xffff]), {
    kind: "refused",
    reason: "it holds a number that is too large to be shown",
  });
});

// Goal: what people are shown is what is there, and what they approve is what is sent.
seeded("what registers hold is shown as a number that is written back as the very same registers", (random) => {
  const types = ["uint16", "int16", "uint32", "int32", "float32"] as const;
  const type = types[Math.floor(random() * types.length)]!;
  const scale = [1, 0.1, 0.01, 0.001, 0.5, 10, 1e-6, 3, -0.1][Math.floor(random() * 9)]!;
  const of = form(type, scale, random() < 0.5);
  const words = Array.from({ length: registerCount(of) }, () => Math.floor(random() * 65_536));
  const read = decodeNumber(of, words);
  if (read.kind === "refused") return strictEqual(type, "float32");
  ok(Number.isFinite(read.value) && !Object.is(read.value, -0));
  const again = JSON.parse(JSON.stringify(read.value)) as number;
  const written = encodeNumber(of, again);
  if (read.value === 0) return strictEqual(written.kind, "registers"); // either zero
  deepStrictEqual(written, { kind: "registers", words });
}, { runs: 5_000 });

seeded("a number is refused, or read back as exactly that number", (random) => {
  const types = ["uint16", "int16", "uint32", "int32", "float32"] as const;
  const of = form(types[Math.floor(random() * 5)]!, [1, 0.1, 0.25, 7, 1e-3][Math.floor(random() * 5)]!, random() < 0.5);
  const digits = Math.floor(random() * 8);
  const value = Number(((random() - 0.3) * 10 ** Math.floor(random() * 10)).toFixed(digits));
  const written = encodeNumber(of, value);
  if (written.kind === "refused") return;
  deepStrictEqual(decodeNumber(of, written.words), { kind: "number", value: value === 0 ? 0 : value });
}, { runs: 5_000 });
