/** Bytes to and from the host. A block is 64 bits that the host knows what they mean. */

// @ts-ignore: a decorator of AssemblyScript
@external("extism:host/env", "input_length")
declare function input_length(): u64;
// @ts-ignore: a decorator
@external("extism:host/env", "input_load_u64")
declare function input_load_u64(at: u64): u64;
// @ts-ignore: a decorator
@external("extism:host/env", "input_load_u8")
declare function input_load_u8(at: u64): u32;
// @ts-ignore: a decorator
@external("extism:host/env", "alloc")
declare function alloc(bytes: u64): u64;
// @ts-ignore: a decorator
@external("extism:host/env", "free")
declare function free(block: u64): void;
// @ts-ignore: a decorator
@external("extism:host/env", "length")
declare function length(block: u64): u64;
// @ts-ignore: a decorator
@external("extism:host/env", "load_u64")
declare function load_u64(at: u64): u64;
// @ts-ignore: a decorator
@external("extism:host/env", "load_u8")
declare function load_u8(at: u64): u32;
// @ts-ignore: a decorator
@external("extism:host/env", "store_u64")
declare function store_u64(at: u64, value: u64): void;
// @ts-ignore: a decorator
@external("extism:host/env", "store_u8")
declare function store_u8(at: u64, value: u32): void;
// @ts-ignore: a decorator
@external("extism:host/env", "output_set")
declare function output_set(block: u64, bytes: u64): void;
// @ts-ignore: a decorator
@external("extism:host/env", "log_info")
declare function log_info(block: u64): void;

/** What the export was called with. */
export function inputBytes(): ArrayBuffer {
  const bytes = <i32>input_length();
  const to = new ArrayBuffer(bytes);
  const at = changetype<usize>(to);
  let i = 0;
  for (; i + 8 <= bytes; i += 8) store<u64>(at + i, input_load_u64(i));
  for (; i < bytes; i++) store<u8>(at + i, <u8>input_load_u8(i));
  return to;
}

/** A block of the host's that holds this; 0 for none. */
export function lend(from: ArrayBuffer): u64 {
  const bytes = from.byteLength;
  if (bytes == 0) return 0;
  const block = alloc(bytes);
  const at = changetype<usize>(from);
  let i = 0;
  for (; i + 8 <= bytes; i += 8) store_u64(block + i, load<u64>(at + i));
  for (; i < bytes; i++) store_u8(block + i, load<u8>(at + i));
  return block;
}

/** What a block of the host's holds, as text. The block is given back. */
export function take(block: u64): string {
  const bytes = block == 0 ? 0 : <i32>length(block);
  const to = new ArrayBuffer(bytes);
  const at = changetype<usize>(to);
  let i = 0;
  for (; i + 8 <= bytes; i += 8) store<u64>(at + i, load_u64(block + i));
  for (; i < bytes; i++) store<u8>(at + i, <u8>load_u8(block + i));
  if (block != 0) free(block);
  return String.UTF8.decode(to);
}

/** What the export gives. */
export function output(bytes: ArrayBuffer): void {
  output_set(lend(bytes), bytes.byteLength);
}

/** A line in the plugin's own log. Wants the capability "log". */
export function log(line: string): void {
  const block = lend(String.UTF8.encode(line));
  log_info(block);
  if (block != 0) free(block);
}

/** What a failed assertion or an index out of bounds comes to: the call ends. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}
