import type { Head } from "./heads.ts";

/** How many turns are written of a loop whose turn weighs at most so much. */
const turnsOf: readonly (readonly [weightMax: number, turns: number])[] = [[16, 16], [32, 8], [64, 4], [128, 2]];

/** The same of a loop that has loops in it, which are written as often. */
const outerTurnsOf: readonly (readonly [weightMax: number, turns: number])[] = [[64, 4]];

/** All turns of one loop are at most so long, in bytes as they were. */
const writtenBytesMax = 1_024;

/**
 * How many turns of a loop are written behind one charge: 1 where it is long, has more than one loop within another in
 * it, calls what takes fuel itself, or takes values at its label.
 */
export function turnsWritten(
  source: Uint8Array,
  { at, opcodeAt, endAt, depth, height, isPlainWithin, weight }: Head,
): number {
  if (depth === 0 || height > 1 || !isPlainWithin) return 1;
  // Its type is one byte where it takes no values: the opcode, the type, and then the first instruction.
  if (at - opcodeAt !== 2 || (source[opcodeAt + 1]! & 0x40) === 0) return 1;
  const turns = (height === 0 ? turnsOf : outerTurnsOf).find(([weightMax]) => weight <= weightMax)?.[1] ?? 1;
  return Math.max(1, Math.min(turns, Math.floor(writtenBytesMax / (endAt - at))));
}
