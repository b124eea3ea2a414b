import type { ByteReader } from "./byte_reader.ts";
import { type Feature, refuse } from "./refusal.ts";

/** What follows an opcode. */
export const immediates = {
  refused: 0,
  none: 1,
  block: 2,
  end: 3,
  label: 4,
  labels: 5,
  index: 6,
  call: 7,
  indirectCall: 8,
  memory: 9,
  i32: 10,
  i64: 11,
  f32: 12,
  f64: 13,
  selectTypes: 14,
  referenceType: 15,
  memoryIndex: 16,
  growMemory: 17,
  prefixed: 18,
} as const;

/** Every opcode that plugins may use, with what follows it. Whatever isn't here is refused. */
const allowed: readonly (readonly [from: number, to: number, immediate: number])[] = [
  [0x00, 0x01, immediates.none], // unreachable, nop
  [0x02, 0x04, immediates.block], // block, loop, if
  [0x05, 0x05, immediates.none], // else
  [0x0b, 0x0b, immediates.end],
  [0x0c, 0x0d, immediates.label], // br, br_if
  [0x0e, 0x0e, immediates.labels], // br_table
  [0x0f, 0x0f, immediates.none], // return
  [0x10, 0x10, immediates.call],
  [0x11, 0x11, immediates.indirectCall],
  [0x1a, 0x1b, immediates.none], // drop, select
  [0x1c, 0x1c, immediates.selectTypes],
  [0x20, 0x26, immediates.index], // locals, globals, table.get and set
  [0x28, 0x3e, immediates.memory], // loads and stores
  [0x3f, 0x3f, immediates.memoryIndex], // memory.size
  [0x40, 0x40, immediates.growMemory],
  [0x41, 0x41, immediates.i32],
  [0x42, 0x42, immediates.i64],
  [0x43, 0x43, immediates.f32],
  [0x44, 0x44, immediates.f64],
  [0x45, 0xc4, immediates.none], // comparisons, arithmetic, conversions, sign extension
  [0xd0, 0xd0, immediates.referenceType],
  [0xd1, 0xd1, immediates.none], // ref.is_null
  [0xd2, 0xd2, immediates.index], // ref.func
  [0xfc, 0xfc, immediates.prefixed],
];

/** What follows each opcode: one of {@link immediates}. */
export const immediateOf = new Uint8Array(256);
for (const [from, to, immediate] of allowed) immediateOf.fill(immediate, from, to + 1);

/** What costs about as much as several plain instructions. */
const heavy: readonly (readonly [from: number, to: number, weight: number])[] = [
  [0x0e, 0x0e, 2], // br_table
  [0x25, 0x26, 4], // table.get, table.set
  [0x6d, 0x70, 4], // i32 division
  [0x7f, 0x82, 8], // i64 division
  [0x91, 0x91, 4], // f32.sqrt
  [0x95, 0x95, 4], // f32.div
  [0x9f, 0x9f, 4], // f64.sqrt
  [0xa3, 0xa3, 4], // f64.div
];

/** The fuel that each opcode takes. */
export const weightOf = new Uint8Array(256).fill(1);
for (const [from, to, weight] of heavy) weightOf.fill(weight, from, to + 1);

/**
 * The fuel of what leaves compiled code, besides what depends on lengths; and of calls through a table, also of functions
 * that aren't charged themselves.
 */
export const weights = { hostCall: 50, indirectCall: 64, growMemory: 500, bulk: 32 } as const;

const features: readonly (readonly [opcodes: readonly number[], feature: Feature])[] = [
  [[0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f], "exceptions"],
  [[0x12, 0x13], "tail-call"],
  [[0x14, 0x15, 0xd4, 0xd5, 0xd6], "function-references"],
  [[0xd3, 0xfb], "gc"],
  [[0xfd], "simd"],
  [[0xfe], "threads"],
];

/** Refuses an opcode that isn't allowed, by the name of what it belongs to. */
export function refuseOpcode(opcode: number, reader: ByteReader): never {
  if (opcode === 0xfd && reader.u32() >= 0x100) refuse("feature:relaxed-simd", "opcode 0xfd from 0x100 on");
  const feature = features.find(([opcodes]) => opcodes.includes(opcode))?.[1] ?? "unknown";
  return refuse(`feature:${feature}`, `opcode 0x${opcode.toString(16).padStart(2, "0")}`);
}

/**
 * Operations behind 0xfc. `bulk`: their last operand is a length, of which each unit costs `2 ** log2` of fuel: an
 * eighth for a byte, 16 for an element of a table.
 */
export interface PrefixedOpcode {
  /** What follows: `i` an index, `m` the index of the only memory. */
  readonly immediates: string;
  readonly bulk?: { readonly log2: number };
}

const bytes = { log2: -3 };
const elements = { log2: 4 };

const prefixed: readonly PrefixedOpcode[] = [
  ...Array.from({ length: 8 }, () => ({ immediates: "" })), // saturating truncation
  { immediates: "im", bulk: bytes }, // memory.init
  { immediates: "i" }, // data.drop
  { immediates: "mm", bulk: bytes }, // memory.copy
  { immediates: "m", bulk: bytes }, // memory.fill
  { immediates: "ii", bulk: elements }, // table.init
  { immediates: "i" }, // elem.drop
  { immediates: "ii", bulk: elements }, // table.copy
  { immediates: "i", bulk: elements }, // table.grow
  { immediates: "i" }, // table.size
  { immediates: "i", bulk: elements }, // table.fill
];

/** The operation behind 0xfc. */
export function prefixedOpcode(code: number): PrefixedOpcode {
  return prefixed[code] ?? refuse("feature:unknown", `opcode 0xfc ${code}`);
}
