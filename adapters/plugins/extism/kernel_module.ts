/**
 * The part of the kernel that plugins call for every eight bytes, as WebAssembly: a call from one module to another costs
 * a fortieth of one into JavaScript with its big numbers. It holds a table of blocks and their bytes, and checks each
 * access against the table; what doesn't fit sets `misused` and traps.
 *
 * A handle is the block's index in its upper half and an offset in its lower.
 */

/** Blocks that live at once, the null block and the input among them. */
export const blocksMax = 8_192;
/** The null block: what has no handle. Its length is 0 for ever. */
export const nullBlock = 0;
/** Where the input is, which plugins read without a handle. */
export const inputBlock = 1;
/** A row of the table: `u32 start | u32 length`, little endian. */
export const rowBytes = 8;
/** What the host keeps for a plugin outside of its own memory, in bytes, while one call runs. */
export const hostBytesMax = 16 * 1024 * 1024;
/** Where blocks begin: after the table. */
export const blocksStart = blocksMax * rowBytes;

const pageBytes = 64 * 1024;

/** What an instance of it exports. */
export interface KernelExports {
  readonly memory: WebAssembly.Memory;
  /** 1 after an access outside of any block. */
  readonly misused: WebAssembly.Global;
  readonly load_u8: CallableFunction;
  readonly load_u64: CallableFunction;
  readonly store_u8: CallableFunction;
  readonly store_u64: CallableFunction;
  readonly input_load_u8: CallableFunction;
  readonly input_load_u64: CallableFunction;
}

/** Opcodes and types. Source: https://webassembly.github.io/spec/core/binary/instructions.html */
const i32 = 0x7f, i64 = 0x7e;
const op = {
  unreachable: 0x00,
  if: [0x04, 0x40],
  end: 0x0b,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  globalSet: 0x24,
  i32Load: 0x28,
  i64Load: 0x29,
  i32Load8: 0x2d,
  i64Store: 0x37,
  i32Store8: 0x3a,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LessUnsigned: 0x49,
  i32GreaterUnsigned: 0x4b,
  i64NotEqual: 0x52,
  i64AtLeastUnsigned: 0x5a,
  i32Add: 0x6a,
  i32Subtract: 0x6b,
  i32Or: 0x72,
  i32ShiftLeft: 0x74,
  i64ShiftRightUnsigned: 0x88,
  wrap: 0xa7,
} as const;

/** A number of a few bits at a time, the last one's sign in its sixth bit: right for small unsigned ones too. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if (rest === 0 && (low & 0x40) === 0) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const vector = (...items: readonly (readonly number[])[]) => [...leb(items.length), ...items.flat()];
const sized = (bytes: readonly number[]) => [...leb(bytes.length), ...bytes];
const section = (id: number, ...items: readonly (readonly number[])[]) => [id, ...sized(vector(...items))];
const named = (text: string) => sized([...new TextEncoder().encode(text)]);

interface Access {
  readonly name: string;
  /** The index of its type. */
  readonly type: number;
  /** Of a handle, else of an offset into the input. */
  readonly of: "handle" | "input";
  readonly width: 1 | 8;
  readonly instruction: number;
}

const accesses: readonly Access[] = [
  { name: "load_u8", type: 0, of: "handle", width: 1, instruction: op.i32Load8 },
  { name: "load_u64", type: 1, of: "handle", width: 8, instruction: op.i64Load },
  { name: "store_u8", type: 2, of: "handle", width: 1, instruction: op.i32Store8 },
  { name: "store_u64", type: 3, of: "handle", width: 8, instruction: op.i64Store },
  { name: "input_load_u8", type: 0, of: "input", width: 1, instruction: op.i32Load8 },
  { name: "input_load_u64", type: 1, of: "input", width: 8, instruction: op.i64Load },
];

const types = [
  [0x60, 1, i64, 1, i32],
  [0x60, 1, i64, 1, i64],
  [0x60, 2, i64, i32, 0],
  [0x60, 2, i64, i64, 0],
];

function body({ of, width, instruction, type }: Access): number[] {
  const isStore = type >= 2;
  // Locals: the handle or offset, what is stored, where the row is, how long the block is.
  const row = isStore ? 2 : 1;
  const length = row + 1;
  const upperHalf = [op.get, 0, op.i64Const, ...leb(32), op.i64ShiftRightUnsigned];
  const lowerHalf = [op.get, 0, op.wrap];
  const orTrap = [...op.if, op.i32Const, 1, op.globalSet, 0, op.unreachable, op.end];
  const findRow = of === "handle"
    ? [
      ...upperHalf,
      ...[op.i64Const, ...leb(blocksMax), op.i64AtLeastUnsigned, ...orTrap],
      ...upperHalf,
      ...[op.wrap, op.i32Const, ...leb(Math.log2(rowBytes)), op.i32ShiftLeft],
    ]
    : [
      ...upperHalf,
      ...[op.i64Const, 0, op.i64NotEqual, ...orTrap],
      ...[op.i32Const, ...leb(inputBlock * rowBytes)],
    ];
  return sized([
    ...[1, 2, i32],
    ...findRow,
    ...[op.tee, row, op.i32Load, 2, 4, op.set, length],
    ...[op.get, length, op.i32Const, width, op.i32LessUnsigned],
    ...lowerHalf,
    ...[op.get, length, op.i32Const, width, op.i32Subtract, op.i32GreaterUnsigned, op.i32Or, ...orTrap],
    ...[op.get, row, op.i32Load, 2, 0],
    ...[...lowerHalf, op.i32Add],
    ...(isStore ? [op.get, 1] : []),
    ...[instruction, 0, 0, op.end],
  ]);
}

/** The module's bytes. */
export function kernelModule(): Uint8Array<ArrayBuffer> {
  const pages = blocksStart / pageBytes;
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, ...types),
    ...section(3, ...accesses.map(({ type }) => [type])),
    ...section(5, [1, ...leb(pages + 1), ...leb(pages + hostBytesMax / pageBytes)]),
    ...section(6, [i32, 1, op.i32Const, 0, op.end]),
    ...section(
      7,
      [...named("memory"), 2, 0],
      [...named("misused"), 3, 0],
      ...accesses.map(({ name }, index) => [...named(name), 0, index]),
    ),
    ...section(10, ...accesses.map(body)),
  ]);
}
