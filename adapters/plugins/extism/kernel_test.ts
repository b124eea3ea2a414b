import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { createKernel, type Kernel } from "./kernel.ts";
import { blocksMax, hostBytesMax } from "./kernel_module.ts";
import { Stop } from "./stop.ts";

const text = new TextEncoder();

function begin(
  input = "input",
): { readonly kernel: Kernel; readonly call: (name: string, ...args: unknown[]) => unknown } {
  const kernel = createKernel({ log: () => {} });
  kernel.begin(text.encode(input));
  return { kernel, call: (name, ...args) => kernel.functions[name]!(...args) };
}

const isStop = (code: string) => (error: unknown) => error instanceof Stop && error.code === code;

Deno.test("a kernel gives the input, in ones and in eights", () => {
  const { call } = begin("0123456789");
  strictEqual(call("input_length"), 10n);
  strictEqual(call("input_load_u8", 9n), 0x39);
  strictEqual(call("input_load_u64", 2n), 0x3938373635343332n);
  strictEqual(call("load_u8", call("input_offset") as bigint + 9n), 0x39);
});

const outside: readonly (readonly [name: string, ...args: readonly unknown[]])[] = [
  ["input_load_u8", 5n],
  ["input_load_u8", -1n],
  ["input_load_u8", 1n << 32n],
  ["input_load_u64", 0n],
  ["load_u8", 0n],
  ["load_u8", 5n + (1n << 32n)],
  ["load_u64", (1n << 32n) - 1n],
  ["load_u8", 2n << 32n],
  ["load_u8", BigInt(blocksMax) << 32n],
  ["load_u8", -1n],
  ["store_u8", 0n, 1],
  ["store_u64", 1n << 32n, 1n],
  ["store_u64", -1n, 1n],
];
for (const [name, ...args] of outside) {
  Deno.test(`a kernel traps for ${name}(${args.join(", ")}), and says why`, () => {
    const { kernel, call } = begin();
    throws(() => call(name, ...args), WebAssembly.RuntimeError);
    ok(kernel.misused());
    kernel.begin(new Uint8Array(1));
    ok(!kernel.misused());
  });
}

Deno.test("a kernel gives zeroed blocks, also where others were", () => {
  const { kernel, call } = begin();
  const first = call("alloc", 16n) as bigint;
  call("store_u64", first + 8n, -1n);
  strictEqual(call("load_u64", first + 8n), -1n);
  call("free", first);
  throws(() => call("load_u8", first), WebAssembly.RuntimeError);
  const second = call("alloc", 16n) as bigint;
  deepStrictEqual(kernel.read(second), new Uint8Array(16));
  kernel.begin(new Uint8Array(0));
  throws(() => call("load_u8", second), WebAssembly.RuntimeError);
});

Deno.test("a kernel's output is what was set: its offset, its length, no more than is allowed", () => {
  const { kernel, call } = begin();
  const block = kernel.store(text.encode("0123456789"));
  deepStrictEqual(kernel.output(100), new Uint8Array(0));
  call("output_set", block + 2n, 3n);
  strictEqual(new TextDecoder().decode(kernel.output(3)), "234");
  throws(() => kernel.output(2), isStop("output"));
  throws(() => call("output_set", block + 2n, 9n), isStop("handle"));
  throws(() => call("output_set", block, -1n), isStop("handle"));
  throws(() => call("output_set", 99n << 32n, 1n), isStop("handle"));
  call("free", block);
  strictEqual(kernel.output(3).length, 0);
});

Deno.test("a kernel's output isn't what lay behind its block, nor what an earlier call left there", () => {
  const { kernel, call } = begin();
  const secret = text.encode("what another session was told");
  const large = call("alloc", 4_000_000n) as bigint;
  for (const [at, byte] of secret.entries()) call("store_u8", large + 2_000_000n + BigInt(at), byte);
  call("free", large);
  kernel.begin(text.encode("input"));
  const block = call("alloc", 4_000_000n) as bigint;
  call("output_set", block + 2_000_000n, BigInt(secret.length));
  call("free", block);
  // The same handle, and a block that is too short for it.
  for (const length of [0n, 1n, 2_000_000n, 2_000_001n]) {
    strictEqual(call("alloc", length), block);
    deepStrictEqual(kernel.output(100), new Uint8Array(length > 2_000_000n ? 1 : 0));
    call("free", block);
  }
  deepStrictEqual(kernel.output(100), new Uint8Array(0));
});

// Goal: no call finds what was there before it, however blocks were laid out, moved and freed.
seeded("a kernel's new blocks are zeroed, whatever calls before have left", (random) => {
  const { kernel, call } = begin();
  for (let calls = 0; calls < 4; calls++) {
    kernel.begin(new Uint8Array(Math.floor(random() ** 4 * 1e6)).fill(1));
    let total = call("input_length") as bigint;
    const blocks: bigint[] = [];
    for (let step = 0; step < 20; step++) {
      if (random() < 0.4 && blocks.length > 0) {
        const block = blocks.splice(Math.floor(random() * blocks.length), 1)[0]!;
        total -= call("length", block) as bigint;
        call("free", block);
        continue;
      }
      const length = BigInt(Math.floor(random() ** 4 * 6e6));
      if (total + length > hostBytesMax) continue;
      total += length;
      if (random() < 0.3) {
        blocks.push(kernel.store(new Uint8Array(Number(length)).fill(2)));
        continue;
      }
      const block = call("alloc", length) as bigint;
      blocks.push(block);
      const found = kernel.read(block);
      ok([1, 2, 3].every((value) => !found.includes(value)));
      // Written in part: at both ends, and somewhere between.
      for (let count = 0n; count < 16n && count < length; count++) {
        for (const at of [count, length - 1n - count, (length * count) / 16n]) call("store_u8", block + at, 3);
      }
    }
  }
}, { runs: 40 });

Deno.test("a kernel frees a block once", () => {
  const { call } = begin();
  const block = call("alloc", 8n) as bigint;
  for (let count = 0; count < 3; count++) call("free", block);
  const one = call("alloc", 8n) as bigint;
  const two = call("alloc", 8n) as bigint;
  ok(one !== two);
  call("store_u64", one, 1n);
  strictEqual(call("load_u64", two), 0n);
});

Deno.test("a kernel gives no more blocks, and no more bytes, than it may", () => {
  const { call } = begin();
  for (const length of [1n << 40n, -1n, BigInt(hostBytesMax) + 1n]) {
    throws(() => call("alloc", length), isStop("host-memory"));
  }
  for (let count = 2; count < blocksMax; count++) call("alloc", 0n);
  throws(() => call("alloc", 0n), isStop("host-memory"));
  call("free", 7n << 32n);
  call("alloc", 1n);
});

Deno.test("a kernel reads no configuration and keeps no variables", () => {
  const { kernel, call } = begin();
  for (const key of ["constructor", "__proto__", "toString"]) {
    strictEqual(call("config_get", kernel.store(text.encode(key))), 0n);
    strictEqual(call("var_get", kernel.store(text.encode(key))), 0n);
  }
  throws(() => call("var_set", 0n, 0n), isStop("not-granted"));
});

// Goal: what is in a block stays what was written, whatever is allocated, freed and moved around it.
seeded("a kernel keeps blocks apart, also when memory runs short", (random) => {
  const { call } = begin();
  const blocks = new Map<bigint, { readonly length: number; readonly value: number }>();
  let total = 5;
  for (let step = 0; step < 60; step++) {
    const [oldest] = blocks.keys();
    if (random() < 0.4 && oldest !== undefined) {
      total -= blocks.get(oldest)!.length;
      blocks.delete(oldest);
      call("free", oldest);
      continue;
    }
    const length = 1 + Math.floor(random() ** 4 * 6e6);
    if (total + length > hostBytesMax) {
      throws(() => call("alloc", BigInt(length)), isStop("host-memory"));
      continue;
    }
    const handle = call("alloc", BigInt(length)) as bigint;
    strictEqual(call("load_u8", handle + BigInt(length - 1)), 0);
    const value = 1 + Math.floor(random() * 255);
    call("store_u8", handle, value);
    call("store_u8", handle + BigInt(length - 1), value);
    blocks.set(handle, { length, value });
    total += length;
    for (const [other, { length, value }] of blocks) {
      strictEqual(call("load_u8", other), value);
      strictEqual(call("load_u8", other + BigInt(length - 1)), value);
      strictEqual(call("length", other), BigInt(length));
    }
  }
}, { runs: 100 });
