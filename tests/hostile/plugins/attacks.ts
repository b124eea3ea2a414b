import type { CallLimits } from "../../../core/ports/plugins.ts";
import { wat, watPlugin, withManifest } from "../../wat.ts";

/** One thing that a plugin tries against the machine, the host or its neighbours, and what it comes to. */
export interface Attack {
  /** The class in the list of attacks, 1 to 20. */
  readonly class: number;
  readonly what: string;
  readonly wasm: () => Uint8Array<ArrayBuffer>;
  /** What the module is refused for before it runs; absent: it is taken, and `call` tells. */
  readonly refused?: string;
  /** What each call of it comes to; `done` is a call that gained nothing. */
  readonly call?: string;
  readonly entry?: "register" | "execute";
  readonly limits?: Partial<CallLimits>;
  /** How often it is called: 1 where nothing is said. */
  readonly calls?: number;
}

const env = (name: string, type: string) => `(import "extism:host/env" "${name}" (func $${name} ${type}))`;
const alloc = env("alloc", "(param i64) (result i64)");
const free = env("free", "(param i64)");
const length = env("length", "(param i64) (result i64)");
const loadU8 = env("load_u8", "(param i64) (result i32)");
const loadU64 = env("load_u64", "(param i64) (result i64)");
const storeU8 = env("store_u8", "(param i64 i32)");
const storeU64 = env("store_u64", "(param i64 i64)");
const outputSet = env("output_set", "(param i64 i64)");
const kv = '(import "extism:host/user" "kv" (func $kv (param i64) (result i64)))';

/** Modules that are refused before anything of them is compiled. */
const refused: readonly (readonly [number: number, what: string, code: string, wasm: () => Uint8Array<ArrayBuffer>])[] =
  [
    [3, "a memory that begins at 4 GiB", "limit", () => watPlugin("i32.const 0", "(memory 65536)")],
    [3, "a memory that begins one page too large", "limit", () => watPlugin("i32.const 0", "(memory 1025)")],
    [3, "a memory of 64 bits", "feature:memory64", () => watPlugin("i32.const 0", "(memory i64 1)")],
    [3, "pages of one byte", "feature:custom-page-size", () => patched("(memory 1)", [5, 3, 1, 0, 1], [5, 3, 1, 8, 1])],
    [4, "a table of four thousand million", "limit", () => watPlugin("i32.const 0", "(table 4294967295 funcref)")],
    [
      4,
      "three tables",
      "limit",
      () => watPlugin("i32.const 0", "(table 1 funcref) (table 1 funcref) (table 1 funcref)"),
    ],
    [4, "a second memory", "feature:multi-memory", () => watPlugin("i32.const 0", "(memory 1) (memory 1)")],
    [
      4,
      "an access to a second memory",
      "feature:multi-memory",
      () => patched("(memory 1)", [0x2d, 0x00, 0x00], [0x2d, 0x40, 0x01, 0x00], "(i32.load8_u (i32.const 0))"),
    ],
    [5, "a structure on the engine's heap", "feature:gc", () => patchedType(0x5f)],
    [5, "an array on the engine's heap", "feature:gc", () => patchedType(0x5e)],
    [5, "a group of recursive types", "feature:gc", () => patchedType(0x4e)],
    [5, "a subtype", "feature:gc", () => patchedType(0x50)],
    [5, "a local of a structure's type", "feature:gc", () => withValueType(0x6e)],
    [5, "an allocation on the engine's heap", "feature:gc", () => withOpcode(0xfb)],
    [5, "a comparison of references", "feature:gc", () => withOpcode(0xd3)],
    [5, "a call of a reference", "feature:function-references", () => withOpcode(0x14)],
    [
      6,
      "waiting for another thread for ever",
      "feature:threads",
      () => watPlugin("(memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))", "(memory 1)"),
    ],
    [6, "a memory that others share", "feature:threads", () => watPlugin("i32.const 0", "(memory 1 1 shared)")],
    [6, "a fence", "feature:threads", () => withOpcode(0xfe)],
    [7, "recursion without a stack", "feature:tail-call", () => watPlugin("return_call $execute")],
    [
      7,
      "the same through a table",
      "feature:tail-call",
      () => watPlugin("i32.const 0 return_call_indirect (result i32)", "(table 1 funcref)"),
    ],
    [7, "catching what ends it", "feature:exceptions", () => watPlugin("throw $e", "(tag $e)")],
    [7, "catching all of it", "feature:exceptions", () => withOpcode(0x1f)],
    [
      10,
      "a function of nobody's",
      "import",
      () => watPlugin("i32.const 0", '(import "env" "system" (func (param i32)))'),
    ],
    [10, "opening a file by WASI", "import", () =>
      watPlugin(
        "i32.const 0",
        '(import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))',
      )],
    [
      10,
      "a socket by WASI",
      "import",
      () =>
        watPlugin(
          "i32.const 0",
          '(import "wasi_snapshot_preview1" "sock_accept" (func (param i32 i32 i32) (result i32)))',
        ),
    ],
    [
      10,
      "a capability that nobody knows",
      "import",
      () => watPlugin("i32.const 0", '(import "extism:host/user" "exec" (func (param i64) (result i64)))'),
    ],
    [
      10,
      "a capability of another type",
      "import",
      () => watPlugin("i32.const 0", '(import "extism:host/user" "kv" (func (param i64 i64) (result i64)))'),
    ],
    [
      10,
      "secrets, which have no function",
      "import",
      () => watPlugin("i32.const 0", '(import "extism:host/user" "secrets" (func (param i64) (result i64)))'),
    ],
    [
      10,
      "a name of Object's",
      "import",
      () => watPlugin("i32.const 0", '(import "extism:host/user" "constructor" (func (param i64) (result i64)))'),
    ],
    [10, "another's memory", "import", () => watPlugin("i32.const 0", '(import "extism:host/env" "alloc" (memory 1))')],
    [
      10,
      "another's global",
      "import",
      () => watPlugin("i32.const 0", '(import "extism:host/env" "alloc" (global (mut i64)))'),
    ],
    [
      19,
      "a fuel of its own",
      "export",
      () => watPlugin("i32.const 0", '(global (export "clawdbot:fuel") (mut i64) (i64.const 9))'),
    ],
    [19, "a return value of its own", "export", () => watPlugin("i32.const 0", '(func (export "clawdbot:ret"))')],
    [
      19,
      "the meter's own imports",
      "import",
      () => watPlugin("i32.const 0", '(import "clawdbot:wasi" "fd_write" (func (param i32 i32 i32 i32) (result i32)))'),
    ],
    [
      19,
      "writing to the global behind its own",
      "invalid",
      () => watPlugin("(global.set 0 (i64.const 9000000000)) i32.const 0"),
    ],
    [
      19,
      "a program's entry, which runs before the host is ready",
      "export",
      () => watPlugin("i32.const 0", '(func (export "_start"))'),
    ],
    [19, "two manifests", "manifest", () => withManifest(watPlugin("i32.const 0"), { name: "other" })],
    [
      19,
      "none at all",
      "manifest",
      () => wat('(module (func (export "register") (export "execute") (result i32) i32.const 0))'),
    ],
  ];

const never: Partial<CallLimits> = { fuel: 1e12, deadline_ms: 300 };

/** Modules that are taken, and what a call of them comes to. */
const running: readonly Attack[] = [
  ...on(1, "fuel", [
    ["an endless loop", "(loop br 0) i32.const 0"],
    ["a loop in loops", "(loop (loop (loop br 0) br 0) br 0) i32.const 0"],
    ["a loop whose way back is a table", "(loop $a (block $b (br_table $a $b $a (i32.const 7)))) i32.const 0"],
    ["a loop with a value", "i32.const 1 (loop (param i32) (result i32) br 0)"],
    [
      "a loop that leaves itself from within others",
      "(loop $a (block (loop (br_if $a (i32.const 1)) br 0))) i32.const 0",
    ],
    ["a loop of calls that do nothing", "(loop (call $nothing) br 0) i32.const 0", "(func $nothing)"],
    [
      "a loop of calls through a table",
      "(loop (call_indirect (i32.const 0)) br 0) i32.const 0",
      "(table 1 funcref) (elem (i32.const 0) $nothing) (func $nothing)",
    ],
    [
      "a loop of calls that return early",
      "(loop (call $early (i32.const 0)) br 0) i32.const 0",
      "(func $early (param i32) (if (local.get 0) (then (loop (call $early (i32.const 0))))))",
    ],
    [
      "a loop of filling its memory",
      "(loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) br 0) i32.const 0",
      "(memory 1)",
    ],
    [
      "a loop of filling nothing",
      "(loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) br 0) i32.const 0",
      "(memory 1)",
    ],
    [
      "a loop of copying its memory",
      "(loop (memory.copy (i32.const 0) (i32.const 1) (i32.const 65535)) br 0) i32.const 0",
      "(memory 1)",
    ],
    ["a loop of cheap host functions", "(loop (drop (call $length (i64.const 0))) br 0) i32.const 0", length],
    [
      "a loop of taking and giving back host memory",
      "(loop (call $free (call $alloc (i64.const 8))) br 0) i32.const 0",
      `${alloc} ${free}`,
    ],
    [
      "a tree of calls",
      "(call $tree (i32.const 40))",
      "(func $tree (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.add (call $tree (i32.sub (local.get 0) (i32.const 1))) (call $tree (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 1))))",
    ],
    [
      "a chain of calls that doubles",
      "(call $f0) i32.const 0",
      `${
        Array.from({ length: 40 }, (_, at) => `(func $f${at} (call $f${at + 1}) (call $f${at + 1}))`).join("")
      } (func $f40)`,
    ],
    ["divisions for ever", "(loop (drop (i64.div_s (i64.const 9) (i64.const 7))) br 0) i32.const 0"],
  ]),
  ...on(1, "deadline", [["an endless loop with all the fuel that there is", "(loop br 0) i32.const 0"]], {
    limits: never,
  }),
  {
    class: 1,
    what: "an endless loop in register",
    call: "fuel",
    entry: "register",
    wasm: () =>
      withManifest(
        wat(
          '(module (func (export "register") (result i32) (loop br 0) i32.const 0) (func (export "execute") (result i32) i32.const 0))',
        ),
      ),
  },
  ...on(2, "fuel", [
    ["a loop in the start function", "i32.const 0", "(start $start) (func $start (loop br 0))"],
    ["a loop in _initialize", "i32.const 0", '(func (export "_initialize") (loop br 0))'],
    [
      "a loop in the start function before _initialize",
      "i32.const 0",
      '(start $start) (func $start (loop br 0)) (func (export "_initialize"))',
    ],
  ]),
  ...on(2, "trap", [["a start function that traps", "i32.const 0", "(start $start) (func $start unreachable)"]]),
  ...on(3, "memory", [
    [
      "growing its memory for ever",
      "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
      "(memory 1)",
    ],
    [
      "growing it at once",
      "(memory.grow (i32.const 65535)) i32.const -1 i32.eq (if (then unreachable)) i32.const 0",
      "(memory 1)",
    ],
  ]),
  ...on(3, "fuel", [[
    "asking for more memory for ever",
    "(loop (drop (memory.grow (i32.const 1))) br 0) i32.const 0",
    "(memory 1)",
  ]]),
  ...on(3, "trap", [["data past its memory", "i32.const 0", '(memory 1) (data (i32.const 65535) "xyz")']]),
  ...on(4, "fuel", [
    [
      "growing a table for ever",
      "(loop (drop (table.grow 0 (ref.null func) (i32.const 100))) br 0) i32.const 0",
      "(table 1 funcref)",
    ],
    [
      "filling a table for ever",
      "(loop (table.fill 0 (i32.const 0) (ref.null func) (i32.const 60000)) br 0) i32.const 0",
      "(table 60000 funcref)",
    ],
  ]),
  ...on(7, "stack", [
    ["recursion for ever", "(i32.add (call $execute) (i32.const 1))"],
    [
      "recursion of two",
      "(call $one (i32.const 0))",
      "(func $one (param i32) (result i32) (i32.add (call $two (local.get 0)) (i32.const 1))) (func $two (param i32) (result i32) (i32.add (call $one (local.get 0)) (i32.const 1)))",
    ],
    [
      "recursion through a table",
      "(i32.add (call_indirect (result i32) (i32.const 0)) (i32.const 1))",
      "(table 1 funcref) (elem (i32.const 0) $execute)",
    ],
    [
      "recursion with a thousand locals",
      "(call $wide)",
      `(func $wide (result i32) ${"(local i64)".repeat(1_000)} (i32.add (call $wide) (i32.const 1)))`,
    ],
  ], { limits: { fuel: 1e10 } }),
  ...on(8, "host-memory", [
    ["a block of a terabyte", "(drop (call $alloc (i64.const 1099511627776))) i32.const 0", alloc],
    ["a block of -1", "(drop (call $alloc (i64.const -1))) i32.const 0", alloc],
    ["blocks of a mebibyte for ever", "(loop (drop (call $alloc (i64.const 1048576))) br 0) i32.const 0", alloc],
    ["blocks of nothing for ever", "(loop (drop (call $alloc (i64.const 0))) br 0) i32.const 0", alloc],
    ["blocks of a byte for ever", "(loop (drop (call $alloc (i64.const 1))) br 0) i32.const 0", alloc],
  ]),
  ...on(9, "handle", [
    ["a handle that it made up", "(drop (call $load_u64 (i64.const 0x700000000000))) i32.const 0", loadU64],
    ["a negative handle", "(drop (call $load_u8 (i64.const -1))) i32.const 0", loadU8],
    ["reading past a block", "(drop (call $load_u64 (call $alloc (i64.const 1)))) i32.const 0", `${loadU64} ${alloc}`],
    [
      "writing past a block",
      "(call $store_u64 (call $alloc (i64.const 7)) (i64.const 1)) i32.const 0",
      `${storeU64} ${alloc}`,
    ],
    [
      "writing before a block",
      "(call $store_u8 (i64.sub (call $alloc (i64.const 8)) (i64.const 1)) (i32.const 1)) i32.const 0",
      `${storeU8} ${alloc}`,
    ],
    [
      "writing to a block that it gave back",
      "(local i64) (local.set 0 (call $alloc (i64.const 8))) (call $free (local.get 0)) (call $store_u8 (local.get 0) (i32.const 1)) i32.const 0",
      `${storeU8} ${alloc} ${free}`,
    ],
    ["an output that it made up", "(call $output_set (i64.const 0x700000000000) (i64.const 9)) i32.const 0", outputSet],
    [
      "an output longer than its block",
      "(call $output_set (call $alloc (i64.const 8)) (i64.const 4096)) i32.const 0",
      `${outputSet} ${alloc}`,
    ],
    ["a request that it made up", "(drop (call $kv (i64.const 0x700000000000))) i32.const 0", kv],
  ]),
  ...["__proto__", "constructor", "toString", "hasOwnProperty"].map((name): Attack => ({
    class: 11,
    what: `the configuration's "${name}"`,
    call: "done",
    wasm: () =>
      watPlugin(
        `(local i64) (local.set 0 (call $alloc (i64.const ${name.length})))
         ${
          [...name].map((letter, at) =>
            `(call $store_u8 (i64.add (local.get 0) (i64.const ${at})) (i32.const ${letter.charCodeAt(0)}))`
          ).join("")
        }
         (i32.ne (i32.const 0) (i64.ne (call $config_get (local.get 0)) (i64.const 0)))`,
        `${alloc} ${storeU8} ${env("config_get", "(param i64) (result i64)")}`,
      ),
  })),
  ...on(11, "not-granted", [
    [
      "keeping a variable",
      "(call $var_set (call $alloc (i64.const 1)) (call $alloc (i64.const 1))) i32.const 0",
      `${alloc} ${env("var_set", "(param i64 i64)")}`,
    ],
  ]),
  ...on(12, "not-granted", [
    [
      "Extism's own HTTP",
      "(drop (call $http_request (i64.const 0) (i64.const 0))) i32.const 0",
      env("http_request", "(param i64 i64) (result i64)"),
    ],
  ]),
  ...on(17, "host-calls", [
    ["requests for ever", "(loop (drop (call $kv (call $alloc (i64.const 8)))) br 0) i32.const 0", `${kv} ${alloc}`],
  ]),
  ...on(17, "logs", [
    [
      "lines in the log for ever",
      "(loop (call $log_info (call $alloc (i64.const 100))) br 0) i32.const 0",
      `${alloc} ${env("log_info", "(param i64)")}`,
    ],
    [
      "writing to its standard output for ever",
      "(i32.store (i32.const 4) (i32.const 4096)) (loop (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))) br 0) i32.const 0",
      '(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32))) (memory (export "memory") 1)',
    ],
  ]),
  ...on(17, "exit", [
    [
      "ending the process",
      "(call $proc_exit (i32.const 0)) i32.const 0",
      '(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32))) (memory (export "memory") 1)',
    ],
  ]),
  ...on(18, "output", [
    [
      "an output of 10 MB",
      "(call $output_set (call $alloc (i64.const 10000000)) (i64.const 10000000)) i32.const 0",
      `${alloc} ${outputSet}`,
    ],
  ]),
  ...on(18, "error", [
    [
      "an error of 10 MB",
      "(call $error_set (call $alloc (i64.const 10000000))) i32.const 0",
      `${alloc} ${env("error_set", "(param i64)")}`,
    ],
    ["a return value that is none", "i32.const -2147483648"],
  ]),
  ...on(20, "done", [
    [
      "finding what the call before left",
      "(if (global.get $seen) (then unreachable)) (if (i32.load (i32.const 0)) (then unreachable)) (global.set $seen (i32.const 1)) (i32.store (i32.const 0) (i32.const 1)) i32.const 0",
      "(memory 1) (global $seen (mut i32) (i32.const 0))",
    ],
    [
      "finding what the call before left in the host's memory",
      "(local i64) (local.set 0 (call $alloc (i64.const 8))) (if (i64.ne (call $load_u64 (local.get 0)) (i64.const 0)) (then unreachable)) (call $store_u64 (local.get 0) (i64.const -1)) i32.const 0",
      `${alloc} ${loadU64} ${storeU64}`,
    ],
  ], { calls: 3 }),
];

/** All of them. Classes 12 to 16 concern what capabilities do: see {@link elsewhere}. */
export const attacks: readonly Attack[] = [
  ...refused.map(([number, what, code, wasm]): Attack => ({ class: number, what, wasm, refused: code })),
  ...running,
];

/** Where the classes are tried that aren't about a module: by file, what a test is called there. */
export const elsewhere: Readonly<Record<number, readonly (readonly [file: string, name: string])[]>> = {
  12: [
    ["core/plugins/host/http_test.ts", "a redirect to ${location} isn't followed"],
    ["adapters/connector/http_test.ts", "a name that leads to this machine is refused before a byte is sent"],
    [
      "tests/hostile/plugin_http_test.ts",
      "a redirect takes a request nowhere that its plugin isn't granted, whoever else is",
    ],
  ],
  13: [
    [
      "core/capabilities/url_pattern_test.ts",
      "an address that is covered stays below its folder however often a server decodes it",
    ],
    ["tests/hostile/plugin_http_test.ts", "no spelling of an address gets a plugin to another one"],
  ],
  14: [
    ["core/capabilities/cover_test.ts", "${JSON.stringify(name.slice(0, 30))} is no name of a file"],
    ["core/plugins/host/files_test.ts", "a list names what could be read, and nothing else"],
  ],
  15: [
    ["core/plugins/host/http_test.ts", "a secret that a server gives back ${name} reaches nobody"],
    ["core/plugins/host/secret_scan_test.ts", "no secret is left in any of its forms, whatever is around it"],
    ["tests/hostile/plugin_http_test.ts", "a server that gives the secret back gives it to nobody"],
  ],
  16: [
    ["core/plugins/host_calls_test.ts", "a person can't have by way of a plugin what the policy denies them"],
    ["core/plugins/host_calls_test.ts", "a plugin has nothing of what another plugin is granted, stores or is sent"],
    [
      "tests/hostile/plugin_http_test.ts",
      "another plugin can't have the first one's requests made, nor its secret sent",
    ],
  ],
  19: [
    ["core/plugins/file_test.ts", "readPluginFile() refuses each file in which one bit was changed"],
    [
      "core/plugins/catalogue_test.ts",
      "an older version than was granted before is refused, unless the configuration names exactly that file",
    ],
  ],
};

function on(
  number: number,
  call: string,
  modules: readonly (readonly [what: string, execute: string, more?: string])[],
  rest: Pick<Attack, "limits" | "calls"> = {},
): Attack[] {
  return modules.map(([what, execute, more]) => ({
    class: number,
    what,
    call,
    wasm: () => watPlugin(execute, more),
    ...rest,
  }));
}

/** A plugin with an opcode that the assembler doesn't write, where it has some room. */
function withOpcode(opcode: number): Uint8Array<ArrayBuffer> {
  return replaced(watPlugin("nop nop nop nop unreachable"), [1, 1, 1, 1, 0, 0x0b], [opcode, 1, 1, 1, 0, 0x0b]);
}

/** One with a local of a type that the assembler doesn't write. */
function withValueType(type: number): Uint8Array<ArrayBuffer> {
  return replaced(watPlugin("(local f32) unreachable"), [1, 1, 0x7d, 0, 0x0b], [1, 1, type, 0, 0x0b]);
}

/** One whose first type is of another form. */
function patchedType(form: number): Uint8Array<ArrayBuffer> {
  return replaced(watPlugin("i32.const 0"), [0x60, 0, 1, 0x7f], [form, 0, 1, 0x7f]);
}

function patched(
  more: string,
  from: readonly number[],
  to: readonly number[],
  execute = "i32.const 0",
): Uint8Array<ArrayBuffer> {
  return replaced(watPlugin(execute, more), from, to.slice(0, from.length));
}

function replaced(
  bytes: Uint8Array<ArrayBuffer>,
  from: readonly number[],
  to: readonly number[],
): Uint8Array<ArrayBuffer> {
  const at = bytes.findIndex((_, at) => from.every((byte, index) => bytes[at + index] === byte));
  if (at < 0) throw new Error(`Nothing to replace: ${from}`);
  bytes.set(to, at);
  return bytes;
}
