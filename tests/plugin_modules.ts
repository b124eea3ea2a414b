/** Plugins for tests of the sandbox, small enough to be assembled where they are needed. */
import { wat, withManifest } from "./wat.ts";

const env = (name: string, type: string) => `(import "extism:host/env" "${name}" (func $${name} ${type}))`;

/**
 * A plugin whose `execute` does what the first letter of its input says, and whose `register` gives no tools. Each is one
 * thing that a plugin may do, or mustn't:
 *
 * `e` gives its input · `c` counts its calls · `k` asks `kv` as often as the second byte says, and gives the last reply ·
 * `i` returns 1 · `x` sets an error · `l` says a line · `v` sets a variable · `w` writes by WASI
 * `L` loops for ever · `T` traps · `S` recurses for ever · `M` grows its memory for ever, then traps · `O` gives 2 MiB ·
 * `F` forges a handle · `P` reads past a block · `A` takes host memory for ever · `B` takes blocks for ever ·
 * `K` asks for ever · `W` says lines for ever · `E` ends itself · `H` asks Extism's own HTTP
 */
export function manyThings(): Uint8Array<ArrayBuffer> {
  return withManifest(wat(`(module
    ${env("input_length", "(result i64)")}
    ${env("input_load_u8", "(param i64) (result i32)")}
    ${env("input_load_u64", "(param i64) (result i64)")}
    ${env("length", "(param i64) (result i64)")}
    ${env("alloc", "(param i64) (result i64)")}
    ${env("free", "(param i64)")}
    ${env("load_u8", "(param i64) (result i32)")}
    ${env("load_u64", "(param i64) (result i64)")}
    ${env("store_u8", "(param i64 i32)")}
    ${env("store_u64", "(param i64 i64)")}
    ${env("output_set", "(param i64 i64)")}
    ${env("error_set", "(param i64)")}
    ${env("log_info", "(param i64)")}
    ${env("var_set", "(param i64 i64)")}
    ${env("http_request", "(param i64 i64) (result i64)")}
    (import "extism:host/user" "kv" (func $kv (param i64) (result i64)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\06\\00\\00\\00written!")
    (global $calls (mut i32) (i32.const 0))

    (func $letter (result i32)
      (if (i64.eqz (call $input_length)) (then (return (i32.const 0))))
      (call $input_load_u8 (i64.const 0)))

    (func $echo (local $at i64) (local $end i64) (local $block i64)
      (local.set $end (call $input_length))
      (local.set $block (call $alloc (local.get $end)))
      (block $done (loop $next
        (br_if $done (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $end)))
        (call $store_u64 (i64.add (local.get $block) (local.get $at)) (call $input_load_u64 (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 8)))
        (br $next)))
      (block $done (loop $next
        (br_if $done (i64.ge_u (local.get $at) (local.get $end)))
        (call $store_u8 (i64.add (local.get $block) (local.get $at)) (call $input_load_u8 (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $next)))
      (call $output_set (local.get $block) (local.get $end)))

    (func $byte (param $value i32) (result i64) (local $block i64)
      (local.set $block (call $alloc (i64.const 1)))
      (call $store_u8 (local.get $block) (local.get $value))
      (local.get $block))

    (func $recurse (param i32) (result i32)
      (i32.add (i32.const 1) (call $recurse (i32.add (local.get 0) (i32.const 1)))))

    (func (export "register") (result i32) (i32.const 0))

    (func (export "execute") (result i32) (local $letter i32) (local $count i32) (local $reply i64)
      (local.set $letter (call $letter))
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      ${on("e", "(call $echo)")}
      ${on("c", "(call $output_set (call $byte (global.get $calls)) (i64.const 1))")}
      ${
    on(
      "k",
      `(local.set $count (call $input_load_u8 (i64.const 1)))
       (loop $next
         (local.set $reply (call $kv (call $byte (i32.const 0x71))))
         (local.set $count (i32.sub (local.get $count) (i32.const 1)))
         (br_if $next (i32.gt_s (local.get $count) (i32.const 0))))
       (call $output_set (local.get $reply) (call $length (local.get $reply)))`,
    )
  }
      ${on("i", "(return (i32.const 1))")}
      ${on("x", "(call $error_set (call $byte (i32.const 0x21)))")}
      ${on("l", "(call $log_info (call $byte (i32.const 0x21)))")}
      ${on("v", "(call $var_set (call $byte (i32.const 0x6b)) (call $byte (i32.const 0x76)))")}
      ${on("w", "(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))")}
      ${on("L", "(loop $next (br $next))")}
      ${on("T", "(unreachable)")}
      ${on("S", "(drop (call $recurse (i32.const 0)))")}
      ${on("M", "(loop $next (br_if $next (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (unreachable)")}
      ${on("O", "(call $output_set (call $alloc (i64.const 2097152)) (i64.const 2097152))")}
      ${on("F", "(drop (call $load_u64 (i64.const 0x700000000000)))")}
      ${on("P", "(drop (call $load_u64 (call $byte (i32.const 0))))")}
      ${on("A", "(loop $next (drop (call $alloc (i64.const 1048576))) (br $next))")}
      ${on("B", "(loop $next (drop (call $alloc (i64.const 0))) (br $next))")}
      ${on("K", "(loop $next (drop (call $kv (call $byte (i32.const 0x71)))) (br $next))")}
      ${on("W", "(loop $next (call $log_info (call $byte (i32.const 0x21))) (br $next))")}
      ${on("E", "(call $proc_exit (i32.const 3))")}
      ${on("H", "(drop (call $http_request (i64.const 0) (i64.const 0)))")}
      (i32.const 0)))`));
}

function on(letter: string, instructions: string): string {
  return `(if (i32.eq (local.get $letter) (i32.const ${letter.charCodeAt(0)})) (then ${instructions}))`;
}
