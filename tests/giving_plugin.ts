import { wat, withManifest } from "./wat.ts";

/**
 * A real plugin that gives the same each time: text, or what becomes JSON. The manifest is completed.
 *
 * @param spins Loops that `execute` turns before: it takes its time.
 */
export function givingPlugin(
  { manifest = {}, register = {}, execute = { text: "done" }, spins = 0 }: {
    readonly manifest?: Readonly<Record<string, unknown>>;
    readonly register?: unknown;
    readonly execute?: unknown;
    readonly spins?: number;
  },
): Uint8Array<ArrayBuffer> {
  const bytesOf = (value: unknown) =>
    new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  const [registered, executed] = [bytesOf(register), bytesOf(execute)];
  const data = [...registered, ...executed].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  const pages = Math.ceil((registered.length + executed.length) / 65_536) || 1;
  const module = wat(`(module
    (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
    (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
    (import "extism:host/env" "output_set" (func $output (param i64 i64)))
    (memory ${pages})
    (data (i32.const 0) "${data}")
    (func $give (param $from i32) (param $length i32) (result i32) (local $at i64) (local $index i32)
      (local.set $at (call $alloc (i64.extend_i32_u (local.get $length))))
      (block $end
        (loop $next
          (br_if $end (i32.ge_u (local.get $index) (local.get $length)))
          (call $store
            (i64.add (local.get $at) (i64.extend_i32_u (local.get $index)))
            (i32.load8_u (i32.add (local.get $from) (local.get $index))))
          (local.set $index (i32.add (local.get $index) (i32.const 1)))
          (br $next)))
      (call $output (local.get $at) (i64.extend_i32_u (local.get $length)))
      (i32.const 0))
    (func $spin (local $left i32)
      (local.set $left (i32.const ${spins}))
      (block $end
        (loop $next
          (br_if $end (i32.eqz (local.get $left)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $next))))
    (func (export "register") (result i32) (call $give (i32.const 0) (i32.const ${registered.length})))
    (func (export "execute") (result i32)
      (call $spin)
      (call $give (i32.const ${registered.length}) (i32.const ${executed.length}))))`);
  return withManifest(module, { name: "pump", version: "1.0.0", description: "Drives pumps", ...manifest });
}
