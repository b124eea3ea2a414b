import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { plainManifest, wat, watPlugin, withManifest } from "../../../../tests/wat.ts";
import { entryExports, fuelExport, growExport, initExport, prepareModule, returnExport } from "./mod.ts";

const enough = 1_000_000n;

/** What a refused module is refused for; `prepared` where it isn't. */
function verdict(wasm: Uint8Array): string {
  const prepared = prepareModule(wasm);
  return prepared.kind === "refused" ? prepared.code : "prepared";
}

/** A prepared module that runs here, with the host functions that are given. */
function start(wasm: Uint8Array, functions: Readonly<Record<string, WebAssembly.ExportValue>> = {}) {
  const prepared = prepareModule(wasm);
  if (prepared.kind === "refused") throw new Error(`${prepared.code}: ${prepared.reason}`);
  const module = new WebAssembly.Module(prepared.bytes);
  const imports: Record<string, Record<string, WebAssembly.ExportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = functions[name] ?? (() => 0);
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const global = (name: string) => exports[name] as WebAssembly.Global;
  global(fuelExport).value = enough;
  return {
    exports,
    call: (name: string) => (exports[name] as () => unknown)(),
    fuelUsed: () => enough - global(fuelExport).value,
    returned: () => global(returnExport).value,
  };
}

// Each module is what a plugin must be, but for one thing.
const refused: readonly (readonly [what: string, code: string, wasm: () => Uint8Array])[] = [
  ["nothing at all", "malformed", () => new Uint8Array()],
  ["text", "malformed", () => new TextEncoder().encode("#!/bin/sh\necho hello\n")],
  ["a component", "malformed", () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)],
  ["no manifest", "manifest", () => wat("(module)")],
  ["two manifests", "manifest", () => withManifest(watPlugin("i32.const 0"))],
  ["no exports", "export", () => withManifest(wat("(module)"))],
  [
    "an entry of another type",
    "export",
    () => withManifest(wat('(module (func (export "register") (export "execute") (param i32)))')),
  ],
  [
    "an entry that is a memory",
    "export",
    () =>
      withManifest(wat('(module (memory (export "execute") 1) (func (export "register") (result i32) i32.const 0))')),
  ],
  ["a program's entry", "export", () => watPlugin("i32.const 0", '(func (export "_start"))')],
  ["a reserved name", "export", () => watPlugin("i32.const 0", '(global (export "clawdbot:fuel") i64 (i64.const 9))')],
  [
    "an initializer of another type",
    "export",
    () => watPlugin("i32.const 0", '(func (export "_initialize") (param i32))'),
  ],
  ["an import of nobody's", "import", () => watPlugin("i32.const 0", '(import "env" "system" (func))')],
  [
    "an import by a name of Object's",
    "import",
    () => watPlugin("i32.const 0", '(import "extism:host/env" "constructor" (func))'),
  ],
  [
    "an import of a name that is ours",
    "import",
    () => watPlugin("i32.const 0", '(import "clawdbot:wasi" "fd_read" (func))'),
  ],
  [
    "an import of another type",
    "import",
    () => watPlugin("i32.const 0", '(import "extism:host/env" "alloc" (func (param i32) (result i32)))'),
  ],
  ["a file of WASI", "import", () =>
    watPlugin(
      "i32.const 0",
      '(import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))',
    )],
  ["an imported memory", "import", () => watPlugin("i32.const 0", '(import "extism:host/env" "alloc" (memory 1))')],
  ["an imported global", "import", () => watPlugin("i32.const 0", '(import "extism:host/env" "alloc" (global i32))')],
  [
    "an imported table",
    "import",
    () => watPlugin("i32.const 0", '(import "extism:host/env" "alloc" (table 1 funcref))'),
  ],
  [
    "a capability that has no function",
    "import",
    () => watPlugin("i32.const 0", '(import "extism:host/user" "secrets" (func (param i64) (result i64)))'),
  ],
  ["128-bit numbers", "feature:simd", () => watPlugin("(v128.const i32x4 0 0 0 0) drop i32.const 0")],
  ["a local of 128 bits", "feature:simd", () => watPlugin("(local v128) i32.const 0")],
  [
    "relaxed 128-bit numbers",
    "feature:relaxed-simd",
    () => watPlugin("(i8x16.relaxed_swizzle (unreachable) (unreachable)) drop i32.const 0"),
  ],
  ["a tail call", "feature:tail-call", () => watPlugin("return_call $execute")],
  [
    "an indirect tail call",
    "feature:tail-call",
    () => watPlugin("i32.const 0 return_call_indirect (result i32)", "(table 1 funcref)"),
  ],
  ["an exception", "feature:exceptions", () => watPlugin("throw $e", "(tag $e)")],
  [
    "waiting for another thread",
    "feature:threads",
    () => watPlugin("(memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))", "(memory 1)"),
  ],
  ["a shared memory", "feature:threads", () => watPlugin("i32.const 0", "(memory 1 1 shared)")],
  ["two memories", "feature:multi-memory", () => watPlugin("i32.const 0", "(memory 1) (memory 1)")],
  ["a memory of 64 bits", "feature:memory64", () => watPlugin("i32.const 0", "(memory i64 1)")],
  [
    "a computed constant",
    "feature:extended-const",
    () => watPlugin("i32.const 0", "(global i32 (i32.add (i32.const 1) (i32.const 2)))"),
  ],
  [
    "a computed offset of data",
    "feature:extended-const",
    () => watPlugin("i32.const 0", '(memory 1) (data (i32.add (i32.const 1) (i32.const 2)) "x")'),
  ],
  [
    "a computed offset of elements",
    "feature:extended-const",
    () => watPlugin("i32.const 0", "(table 9 funcref) (elem (i32.add (i32.const 1) (i32.const 2)) $execute)"),
  ],
  ["a memory that begins too large", "limit", () => watPlugin("i32.const 0", "(memory 1025)")],
  ["a table that begins too large", "limit", () => watPlugin("i32.const 0", "(table 65537 funcref)")],
  ["too many locals", "limit", () => watPlugin(`${"(local i32)".repeat(9_000)} i32.const 0`)],
  ["what doesn't validate", "invalid", () => watPlugin("i64.const 0")],
];
for (const [what, code, wasm] of refused) {
  Deno.test(`prepareModule() refuses ${what}: ${code}`, () => strictEqual(verdict(wasm()), code));
}

Deno.test("prepareModule() refuses every instruction that isn't on its list, by the name of what it belongs to", () => {
  const verdicts = new Map<string, number[]>();
  for (let opcode = 0; opcode < 256; opcode++) {
    const module = watPlugin("nop nop nop nop unreachable");
    const at = module.findIndex((_, at) => [1, 1, 1, 1, 0, 0x0b].every((byte, index) => module[at + index] === byte));
    module[at] = opcode;
    const prepared = prepareModule(module);
    if (prepared.kind === "prepared" || !prepared.reason.startsWith("opcode")) continue; // What follows it isn't right.
    verdicts.set(prepared.code, [...verdicts.get(prepared.code) ?? [], opcode]);
  }
  const unknown = verdicts.get("feature:unknown")!;
  verdicts.delete("feature:unknown");
  deepStrictEqual(Object.fromEntries(verdicts), {
    "feature:exceptions": [0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f],
    "feature:tail-call": [0x12, 0x13],
    "feature:function-references": [0x14, 0x15, 0xd4, 0xd5, 0xd6],
    "feature:gc": [0xd3, 0xfb],
    "feature:simd": [0xfd],
    "feature:threads": [0xfe],
  });
  // Not assigned by any version of the standard, or taken by something newer.
  for (const opcode of [0x16, 0x17, 0x1d, 0x1e, 0x27, 0xc5, 0xcf, 0xd7, 0xe0, 0xfa, 0xff]) {
    ok(unknown.includes(opcode), `0x${opcode.toString(16)}`);
  }
});

Deno.test("prepareModule() refuses blocks that are nested deeper than its limit", () => {
  const nested = (depth: number) => watPlugin(`${"block ".repeat(depth)}${"end ".repeat(depth)} i32.const 0`);
  strictEqual(prepareModule(nested(9), { limits: { nesting: 10 } }).kind, "prepared");
  const refusal = prepareModule(nested(10), { limits: { nesting: 10 } });
  deepStrictEqual(refusal, { kind: "refused", code: "limit", reason: "blocks are nested more than 10 deep" });
});

Deno.test("prepareModule() says what a module imports, its manifest, and what its memory may become", () => {
  const prepared = prepareModule(watPlugin(
    "i32.const 0",
    `(import "extism:host/user" "http" (func (param i64) (result i64)))
     (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
     (import "extism:host/env" "http_status_code" (func (result i32)))
     (memory (export "memory") 1 3)`,
  ));
  strictEqual(prepared.kind, "prepared");
  if (prepared.kind !== "prepared") return;
  deepStrictEqual(prepared.imports, [
    "extism:host/user http",
    "wasi_snapshot_preview1 sched_yield",
    "extism:host/env http_status_code",
  ]);
  deepStrictEqual(prepared.manifest, plainManifest);
  strictEqual(prepared.memoryBytesMax, 3 * 64 * 1024);
  const module = new WebAssembly.Module(prepared.bytes);
  deepStrictEqual(WebAssembly.Module.imports(module).map(({ module, name }) => `${module} ${name}`), [
    "extism:host/user http",
    "clawdbot:wasi sched_yield",
    "clawdbot:http http_status_code",
  ]);
  deepStrictEqual(WebAssembly.Module.exports(module).map(({ name }) => name), [
    ...entryExports,
    "memory",
    fuelExport,
    returnExport,
    growExport,
  ]);
});

Deno.test("a prepared module keeps what its entry returned", () => {
  const plugin = start(watPlugin("i32.const 7"));
  strictEqual(plugin.call("execute"), 7);
  strictEqual(plugin.returned(), 7);
});

Deno.test("a prepared module keeps what growing its memory gave", () => {
  for (const [pages, given] of [[0, 1], [2, 1], [3, -1], [-1, -1]]) {
    const plugin = start(watPlugin(`(memory.grow (i32.const ${pages}))`, "(memory 1 3)"));
    strictEqual(plugin.call("execute"), given);
    strictEqual((plugin.exports[growExport] as WebAssembly.Global).value, given);
  }
});

Deno.test("the start function and _initialize wait for the host, in this order, and take fuel", () => {
  const plugin = start(watPlugin(
    "global.get $seen",
    `(global $seen (mut i32) (i32.const 0)) (start $start)
     (func $start (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 10)) (i32.const 1))))
     (func (export "_initialize") (loop (global.set $seen (i32.add (i32.mul (global.get $seen) (i32.const 10)) (i32.const 2)))))`,
  ));
  strictEqual(plugin.call("execute"), 0);
  plugin.call(initExport);
  strictEqual(plugin.call("execute"), 12);
  ok(plugin.fuelUsed() > 0n);
});

// Whatever goes on for ever takes fuel, and ends when there is no more.
const endless: readonly (readonly [what: string, execute: string, more?: string])[] = [
  ["a loop", "(loop br 0) i32.const 0"],
  ["a loop in a loop", "(loop (loop br 0) br 0) i32.const 0"],
  ["a loop that branches outwards", "(loop $a (block $b (br $b)) (br $a)) i32.const 0"],
  ["a loop by a table", "(loop $a (block $b (br_table $a $b $a (i32.const 2)))) i32.const 0"],
  ["a loop by a condition", "(loop $a (br_if $a (i32.const 1))) i32.const 0"],
  ["a loop with values", "i32.const 1 (loop (param i32) (result i32) br 0)"],
  ["a loop of calls", "(loop (call $leaf) br 0) i32.const 0", "(func $leaf)"],
  [
    "a loop of calls through a table",
    "(loop (call_indirect (i32.const 0)) br 0) i32.const 0",
    "(table 1 funcref) (elem (i32.const 0) $leaf) (func $leaf)",
  ],
  ["a loop of growing", "(loop (drop (memory.grow (i32.const 1))) br 0) i32.const 0", "(memory 1)"],
  [
    "a loop of growing tables",
    "(loop (drop (table.grow 0 (ref.null func) (i32.const 1))) br 0) i32.const 0",
    "(table 1 funcref)",
  ],
  [
    "a loop of filling",
    "(loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) br 0) i32.const 0",
    "(memory 1)",
  ],
  [
    "a tree of calls",
    "(call $tree (i32.const 40))",
    `(func $tree (param i32) (result i32)
       (if (result i32) (local.get 0)
         (then (i32.add (call $tree (i32.sub (local.get 0) (i32.const 1))) (call $tree (i32.sub (local.get 0) (i32.const 1)))))
         (else (i32.const 1))))`,
  ],
];
for (const [what, execute, more] of endless) {
  Deno.test(`fuel ends ${what}`, () => {
    const plugin = start(watPlugin(execute, more));
    let thrown: unknown;
    try {
      plugin.call("execute");
    } catch (error) {
      thrown = error;
    }
    ok(thrown instanceof WebAssembly.RuntimeError, String(thrown));
    ok(plugin.fuelUsed() > enough);
  });
}

// Ways to leave charged loops, and in `$b` the branch out of them.
const left: readonly (readonly [how: string, before: string])[] = [
  ["by a branch", "(block $b (loop (br $b)))"],
  ["by a table", "(block $b (loop (br_table $b $b (i32.const 0))))"],
  ["by a condition, with what traps behind it", "(block $b (loop (br_if $b (i32.const 1)) unreachable))"],
  ["by a condition, with a return behind it", "(block $b (loop (br_if $b (i32.const 1)) (return (i32.const 0))))"],
  ["by a branch with other loops behind it", "(block $b (loop (br $b) (loop (br 0)) (br 0)))"],
  ["two at once", "(block $b (loop (loop (br $b))))"],
  ["ten at once", `(block $b ${"(loop ".repeat(10)} (br $b) ${")".repeat(10)})`],
  ["by a branch to a block around the next", "(block $b (block (loop (br $b))) unreachable)"],
  ["by a branch with a value", "(drop (block $b (result i32) (loop (br $b (i32.const 1))) unreachable))"],
  [
    "by both ways of an if",
    "(if $b (i32.const 1) (then (loop (br $b))) (else (loop (br $b))))",
  ],
  ["within an else", "(if (i32.const 0) (then unreachable) (else (block $b (loop (br $b)))))"],
  ["behind a call that takes fuel", "(block $b (loop (call $again (i32.const 0)) (br $b)))"],
];

// Loops in which something is charged only if they want it to be. Each counts ten million turns.
const countDown = "(local.tee $left (i32.sub (local.get $left) (i32.const 1)))";
const sly: readonly (readonly [what: string, loop: string])[] = [
  ["skips a loop", `(loop $a (if (i32.const 0) (then (loop))) (br_if $a ${countDown}))`],
  ["skips a call", `(loop $a (if (i32.const 0) (then (call $again (i32.const 0)))) (br_if $a ${countDown}))`],
  ["has a loop behind its turn", `(loop $a (br_if $a ${countDown}) (loop))`],
  ["goes on in one of two branches", `(loop $a (if ${countDown} (then (br $a)) (else (loop))))`],
  ["goes on by a table", `(loop $a (block $c (br_table $c $a (i32.eqz (i32.eqz ${countDown})))) (loop))`],
  ["goes on from within a block", `(loop $a (block (block (br_if $a ${countDown}) (loop))))`],
  [
    "leaves a loop of its own first",
    `(loop $a (if (i32.const 0) (then (block $c (loop (br $c))))) (br_if $a ${countDown}))`,
  ],
];
for (const [how, before] of left) {
  Deno.test(`fuel ends each sly loop, after loops were left ${how}`, () => {
    for (const [what, loop] of sly) {
      for (const [begin, end] of [["", ""], ["(loop (block", "))"]]) {
        const plugin = start(watPlugin(
          `(local $left i32) (local.set $left (i32.const 10_000_000)) ${begin} ${before} ${loop} ${end} i32.const 0`,
          "(func $again (param i32) (if (local.get 0) (then (call $again (i32.const 0)))))",
        ));
        throws(() => plugin.call("execute"), WebAssembly.RuntimeError, what);
        ok(plugin.fuelUsed() > enough, what);
      }
    }
  });
}

// What runs much for little fuel. Each is as many instructions as it says, counted by hand, or a few more.
const nops = (count: number) => "nop ".repeat(count);
const times = (count: number, code: string) => code.repeat(count);
/** Loops within loops, none of which ever turns; a few instructions stand in the innermost. */
function idle(height: number): string {
  if (height === 0) return `${nops(40)} (if (i32.const 0) (then (call $again)))`;
  return times(height === 1 ? 1 : 12, `(loop ${idle(height - 1)})`);
}
const dense: readonly (readonly [what: string, instructions: number, execute: string, more: string])[] = [
  [
    "calls of a long function through a table",
    1_000 * 2_000,
    `${times(1_000, "(call_indirect (i32.const 0))")} i32.const 0`,
    `(table 1 funcref) (elem (i32.const 0) $leaf) (func $leaf ${nops(2_000)})`,
  ],
  [
    "the same in a loop, behind much that isn't run",
    1_000 * 2_000,
    `(local $left i32) (local.set $left (i32.const 1_000))
     (loop $a (call_indirect (i32.const 0)) (if (i32.const 0) (then ${
      nops(5_000)
    })) (br_if $a ${countDown})) i32.const 0`,
    `(table 1 funcref) (elem (i32.const 0) $leaf) (func $leaf ${nops(2_000)})`,
  ],
  [
    "calls of a function whose loops never turn",
    100 * 12 ** 3 * 40,
    `${times(100, "(call $idle)")} i32.const 0`,
    `(func $idle ${idle(4)}) (func $again (call $again))`,
  ],
  [
    "the same through a table",
    100 * 12 ** 3 * 40,
    `${times(100, "(call_indirect (i32.const 0))")} i32.const 0`,
    `(table 1 funcref) (elem (i32.const 0) $idle) (func $idle ${idle(4)}) (func $again (call $again))`,
  ],
  [
    "a loop of loops that never turn",
    1_000 * 12 ** 2 * 40,
    `(local $left i32) (local.set $left (i32.const 1_000)) (loop $a ${idle(3)} (br_if $a ${countDown})) i32.const 0`,
    "(func $again (call $again))",
  ],
  [
    "a recursion of loops that never turn",
    1_000 * 12 ** 2 * 40,
    "(call $deep (i32.const 1_000)) i32.const 0",
    `(func $again (call $again))
     (func $deep (param i32) ${idle(3)} (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))`,
  ],
  [
    "as much as is left out, in a loop and in what it calls, for the least that is charged",
    1_000 * 115,
    `(local $left i32) (local.set $left (i32.const 1_000))
     (loop $a ${nops(55)} (call $least) (br_if $a ${countDown})) i32.const 0`,
    `(func $least ${
      nops(55)
    } (i32.const 0) (loop (param i32) (result i32)) drop (if (i32.const 0) (then (call $least))))`,
  ],
];
for (const [what, instructions, execute, more] of dense) {
  Deno.test(`a unit of fuel is for at most 160 instructions: ${what}`, () => {
    const plugin = start(watPlugin(execute, more));
    (plugin.exports[fuelExport] as WebAssembly.Global).value = 10n ** 9n;
    plugin.call("execute");
    const used = 10n ** 9n - (plugin.exports[fuelExport] as WebAssembly.Global).value;
    ok(Number(used) >= instructions / 160, `${used} of fuel for ${instructions} instructions`);
  });
}

Deno.test("what leaves compiled code takes its fuel whoever calls it, also where other code is charged in part", () => {
  const asks = (calls: number) => {
    const module = watPlugin(
      `(local $left i32) (local.set $left (i32.const 100))
       (loop $a ${times(calls, "(call $asks)")} ${nops(1_000)} (br_if $a ${countDown})) i32.const 0`,
      `(import "extism:host/env" "input_length" (func $length (result i64)))
       (func $asks ${times(20, "(drop (call $length))")})`,
    );
    const plugin = start(module, { input_length: () => 0n });
    plugin.call("execute");
    return Number(plugin.fuelUsed());
  };
  const used = asks(3) - asks(1);
  ok(used >= 100 * 2 * 20 * 50, `${used} of fuel for ${100 * 2 * 20} calls of the host`);
});

Deno.test("a chain of calls that doubles at each step takes fuel by what it does, not by what it is called for", () => {
  const steps = 24;
  const chain = Array.from({ length: steps }, (_, at) => `(func $f${at} (call $f${at + 1}) (call $f${at + 1}))`).join(
    "",
  );
  const plugin = start(watPlugin("(call $f0) i32.const 0", `${chain} (func $f${steps})`));
  let ended = "returned";
  try {
    plugin.call("execute");
  } catch {
    ended = "trapped";
  }
  strictEqual(ended, "trapped");
});

Deno.test("the same chain takes fuel where its calls stand in loops that never turn", () => {
  const steps = 24;
  const chain = Array.from(
    { length: steps },
    (_, at) => `(func $f${at} (loop (call $f${at + 1}) (call $f${at + 1})))`,
  ).join("");
  const plugin = start(watPlugin(
    "(call $f0) i32.const 0",
    `${chain} (func $f${steps} (loop (if (i32.const 0) (then (call $again))))) (func $again (call $again))`,
  ));
  throws(() => plugin.call("execute"), WebAssembly.RuntimeError);
  ok(plugin.fuelUsed() > enough);
});

Deno.test("filling a table takes fuel by its length", () => {
  const fill = (length: number) => {
    const plugin = start(watPlugin(
      `(table.fill 0 (i32.const 0) (ref.null func) (i32.const ${length})) i32.const 0`,
      "(table 65536 funcref)",
    ));
    plugin.call("execute");
    return plugin.fuelUsed();
  };
  strictEqual(fill(20_000) - fill(10_000), 160_000n);
});

Deno.test("a memory and a table grow to their maximum and no further", () => {
  const plugin = start(watPlugin(
    "(memory.grow (i32.const 1024)) (table.grow 0 (ref.null func) (i32.const 537)) i32.add",
    "(memory 1) (table 65000 funcref)",
  ));
  strictEqual(plugin.call("execute"), -2);
});
