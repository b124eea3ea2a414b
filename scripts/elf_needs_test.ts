import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { compareVersions, type ElfNeeds, elfNeeds, newestNeeded } from "./elf_needs.ts";

const texts = ["", "libc.so.6", "libm.so.6", "libmine.so", "$ORIGIN", "GLIBC_2.5", "GLIBC_2.27"];

/** A shared library of nothing but its headers, loaded at another address than its place in the file. */
function library(): Uint8Array<ArrayBuffer> {
  const address = 0x40_0000;
  const bytes = new Uint8Array(1_024);
  const view = new DataView(bytes.buffer);
  const u16 = (at: number, value: number) => view.setUint16(at, value, true);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  const u64 = (at: number, value: number) => view.setBigUint64(at, BigInt(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  u16(18, 183);
  u64(32, 64); // the program headers: where, how large, how many
  u16(54, 56);
  u16(56, 2);
  for (const [index, kind, offset, size] of [[0, 1, 0, 1_024], [1, 2, 256, 144]] as const) {
    u32(64 + index * 56, kind);
    u64(64 + index * 56 + 8, offset);
    u64(64 + index * 56 + 16, address + offset);
    u64(64 + index * 56 + 32, size);
  }
  const at = Object.fromEntries(texts.map((text, index) => [text, texts.slice(0, index).join("\0").length + 1]));
  at[""] = 0;
  bytes.set(new TextEncoder().encode(texts.join("\0") + "\0"), 512);
  const dynamic = [
    [1, at["libm.so.6"]!],
    [1, at["libc.so.6"]!],
    [14, at["libmine.so"]!],
    [29, at.$ORIGIN!],
    [5, address + 512],
    [0x6ffffffe, address + 768],
    [0x6fffffff, 2],
    [0, 0],
    [1, 9_999], // past the end of the table
  ];
  for (const [index, [tag, value]] of dynamic.entries()) {
    u64(256 + index * 16, tag!);
    u64(256 + index * 16 + 8, value!);
  }
  // One of libm's versions, two of libc's.
  const needs = [[768, 1, "libm.so.6", 16, 48], [816, 2, "libc.so.6", 16, 0]] as const;
  for (const [where, count, name, first, next] of needs) {
    u16(where, 1);
    u16(where + 2, count);
    u32(where + 4, at[name]!);
    u32(where + 8, first);
    u32(where + 12, next);
  }
  const versions = [[784, "GLIBC_2.27", 0], [832, "GLIBC_2.5", 16], [848, "GLIBC_2.27", 0]] as const;
  for (const [where, name, next] of versions) {
    u32(where + 8, at[name]!);
    u32(where + 12, next);
  }
  return bytes;
}

Deno.test("elfNeeds() reads a library's name, libraries and versions", () => {
  deepStrictEqual(elfNeeds(library()), {
    machine: "arm64",
    name: "libmine.so",
    libraries: ["libm.so.6", "libc.so.6"],
    searchPath: "$ORIGIN",
    versions: { "libm.so.6": ["GLIBC_2.27"], "libc.so.6": ["GLIBC_2.5", "GLIBC_2.27"] },
  });
});

Deno.test("elfNeeds() reads an executable of this system", { ignore: Deno.build.os !== "linux" }, async () => {
  const needs = elfNeeds(await Deno.readFile(Deno.execPath()));
  strictEqual(needs.machine, Deno.build.arch === "x86_64" ? "x64" : "arm64");
  ok(needs.libraries.includes("libc.so.6"), needs.libraries.join());
  ok(needs.interpreter?.startsWith("/lib"), `${needs.interpreter}`);
  ok(newestNeeded([needs], "GLIBC")?.startsWith("2."), JSON.stringify(needs.versions));
});

Deno.test("elfNeeds() says so when the file is cut off or something else", () => {
  const whole = library();
  for (const length of [0, 10, 63, 100, 300, 520, 770, 850]) {
    throws(() => elfNeeds(whole.slice(0, length)), { message: "Cannot read the ELF file: it is cut off" }, `${length}`);
  }
  throws(() => elfNeeds(new Uint8Array(1_024)), { message: /isn't a 64-bit little-endian ELF file/ });
});

Deno.test("newestNeeded() compares numbers, not texts", () => {
  const file = (...versions: string[]): ElfNeeds => ({
    machine: "x64",
    libraries: [],
    versions: { "libc.so.6": versions },
  });
  strictEqual(newestNeeded([file("GLIBC_2.5", "GLIBCXX_3.4.29"), file("GLIBC_2.27", "GLIBC_2.3.4")], "GLIBC"), "2.27");
  strictEqual(newestNeeded([file("GLIBC_2.5", "GLIBCXX_3.4.29")], "GLIBCXX"), "3.4.29");
  strictEqual(newestNeeded([file("GLIBC_2.40", "GLIBC_PRIVATE")], "GLIBC"), "PRIVATE");
  strictEqual(newestNeeded([file()], "GLIBC"), undefined);
});

Deno.test("compareVersions() takes what is missing as 0", () => {
  strictEqual(compareVersions("2.28", "2.28.0"), 0);
  strictEqual(compareVersions("2.28.1", "2.28"), 1);
  strictEqual(compareVersions("2.9", "2.28"), -1);
});
