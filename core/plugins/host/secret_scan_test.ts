import { strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { createSecretScan } from "./secret_scan.ts";

const secret = 'sk-live+/=&"\\ zK9';
const scan = createSecretScan(["another-secret", secret]);
const bytes = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => bytes(text).toBase64();

const forms: readonly [name: string, text: string][] = [
  ["as it is", secret],
  ["URL-encoded", encodeURIComponent(secret)],
  [
    "URL-encoded in small letters",
    encodeURIComponent(secret).toLowerCase().replace("sk-live", "sk-live").replace("zk9", "zK9"),
  ],
  ["URL-encoded all through", [...bytes(secret)].map((byte) => `%${byte.toString(16)}`).join("")],
  ["as a form field", new URLSearchParams({ a: secret }).toString().slice(2)],
  ["in JSON", JSON.stringify(secret).slice(1, -1)],
  ["in JSON with escaped slashes", JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/")],
  ["in JSON, all escaped", [...secret].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")],
  ["in hex", bytes(secret).toHex()],
  ["in capital hex", bytes(secret).toHex().toUpperCase()],
  ["in base64", base64(secret)],
  ["in base64 behind one byte", base64(`:${secret}`)],
  ["in base64 behind two bytes", base64(`u:${secret}`)],
  ["in base64 before another", base64(`${secret}.`)],
  ["in the middle of base64", base64(`user:${secret}@host`)],
  ["in base64url", base64(`user:${secret}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")],
  ["in base64 of lines", base64(`user name:${secret} and more`).replace(/.{8}/g, "$&\r\n")],
];
for (const [name, form] of forms) {
  Deno.test(`a secret is taken out ${name}`, () => {
    for (const [before, after] of [["", ""], ['{"a":"', '"}'], ["x=", "&y=2"]] as const) {
      const shown = scan.text(`${before}${form}${after}`);
      strictEqual(shown.includes("***"), true, shown);
      strictEqual(shown.startsWith(before) && shown.endsWith(after), true, shown);
      strictEqual(new TextDecoder().decode(scan.bytes(bytes(`${before}${form}${after}`))), shown);
      // What is left of it tells at most the three characters whose bits are mixed with what is around it.
      const left = shown.length - before.length - after.length;
      strictEqual(left <= "***".length + (name.includes("middle") || name.includes("lines") ? 34 : 10), true, shown);
    }
  });
}

Deno.test("a secret is taken out in signs of two and of four bytes", () => {
  for (const zeros of [1, 3]) {
    for (const isLittle of [true, false]) {
      const gap = [...new Uint8Array(zeros)];
      const wide = (text: string) =>
        Uint8Array.from([...bytes(text)].flatMap((byte) => isLittle ? [byte, ...gap] : [...gap, byte]));
      for (const form of [secret, JSON.stringify(secret).slice(1, -1), bytes(secret).toHex(), base64(secret)]) {
        const shown = new TextDecoder().decode(scan.bytes(wide(`before ${form} after`))).replaceAll("\0", "");
        strictEqual(shown.startsWith("before ***") && shown.endsWith(" after") && shown.length < 20, true, shown);
      }
    }
  }
});

Deno.test("a secret that has itself what looks like an escape is taken out", () => {
  for (const one of ['a%c7"b-long', "a\\u0041/b-long", "%41%42%43%44", 'x%5C"/long-one']) {
    const only = createSecretScan([one]);
    for (const form of [one, encodeURIComponent(one), JSON.stringify(one).slice(1, -1)]) {
      strictEqual(only.text(`<${form}>`), "<***>");
    }
  }
});

Deno.test("what has no secret in it stays as it is, byte for byte", () => {
  const all = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
  strictEqual(scan.bytes(all), all);
  strictEqual(createSecretScan([]).bytes(all), all);
  strictEqual(scan.text("sk-live"), "sk-live");
});

Deno.test("bytes around a secret stay as they are", () => {
  const around = new Uint8Array([0xff, 0x00, 0x80, 0xc3]);
  const found = scan.bytes(new Uint8Array([...around, ...bytes(secret), ...around]));
  strictEqual(found.toHex(), new Uint8Array([...around, ...bytes("***"), ...around]).toHex());
});

seeded("no secret is left in any of its forms, whatever is around it", (random) => {
  const any = (from: number, to: number) => from + Math.floor(random() * (to - from));
  const text = (length: number) => String.fromCharCode(...Array.from({ length }, () => any(0x20, 0x7f)));
  const one = text(any(8, 60));
  const [before, after] = [text(any(0, 20)), text(any(0, 20))];
  const inner = [
    one,
    encodeURIComponent(one),
    JSON.stringify(one).slice(1, -1),
    bytes(one).toHex(),
    base64(`${before}${one}${after}`),
  ][any(0, 5)]!;
  const shown = createSecretScan([one]).text(`${before}|${inner}|${after}`);
  strictEqual(shown.includes("***"), true, JSON.stringify({ one, inner, shown }));
  if (!`${before}|***|${after}`.includes(one)) strictEqual(shown.includes(one), false);
}, { long: 100_000 });

// Goal: looking takes time with the length of the text, and no server makes it take more. The bound is a hang guard.
for (
  const [name, long, text] of [
    ["beginning", "a".repeat(511) + "b", "a".repeat(1_048_576)],
    ["end", "b" + "a".repeat(511), "a".repeat(1_048_576)],
    ["escapes", "a".repeat(511) + "b", "%61".repeat(349_525)],
    ["hex", "a".repeat(511) + "b", "61".repeat(524_288)],
    ["whole", "a".repeat(512), "a ".repeat(524_288)],
    ["zeros", "a".repeat(511) + "b", "a\0".repeat(524_288)],
  ] as const
) {
  Deno.test(`a megabyte of the secret's own ${name} doesn't hold the scan up`, () => {
    const begunMs = performance.now();
    createSecretScan(Array(16).fill(long)).bytes(bytes(text));
    strictEqual(performance.now() - begunMs < 20_000, true);
  });
}
