import type { ByteWriter } from "./byte_writer.ts";
import type { Edit, Unrolled } from "./charges.ts";
import type { FunctionBody } from "./functions.ts";
import { valueTypes } from "./types.ts";

/** Where a function has its fuel: in the global, or as what it is given behind its parameters, and gives back. */
export type FuelPlace =
  | { readonly kind: "global" }
  | {
    readonly kind: "given";
    readonly parameters: number;
    /** The code of its only result, if it has one. */
    readonly result: number | undefined;
    /** The function's index as it is written. */
    readonly own: number;
  };

/**
 * Writes a function's body with its charges. All of it stands in one block more, which a charge leaves when the fuel is
 * used up: behind it the function traps. So the way that is nearly always taken has no jump in it.
 */
export function writeMetered(
  writer: ByteWriter,
  source: Uint8Array,
  { locals, localGroups, localsAt, codeAt, end }: FunctionBody,
  { edits, place = { kind: "global" }, fuelGlobal, growGlobal }: {
    readonly edits: readonly Edit[];
    readonly place?: FuelPlace;
    readonly fuelGlobal: number;
    readonly growGlobal: number;
  },
): void {
  if (edits.length === 0) {
    writer.u32(localGroups).raw(source, localsAt, end);
    return;
  }
  // Two locals of our own: the fuel that is left, and a length.
  const left = place.kind === "given" ? place.parameters : locals + 1;
  const length = place.kind === "given" ? locals + 1 : locals;
  /** Unrolled loops that are being written: how many blocks are open around each, and how many the meter opened for it. */
  const open: { readonly nesting: number; blocks: number }[] = [];
  writer.u32(localGroups + (place.kind === "given" ? 1 : 2)).raw(source, localsAt, codeAt);
  writer.byte(1).byte(valueTypes.i32);
  if (place.kind === "global") writer.byte(1).byte(valueTypes.i64);
  writer.byte(0x02).byte(0x40); // block
  if (place.kind === "given") writer.byte(0x02).byte(place.result ?? 0x40); // What is returned comes to its end.
  write(codeAt, end - 1, edits);
  if (place.kind === "given") {
    writer.byte(0x0b).byte(0x20).u32(left).byte(0x0f).byte(0x0b); // end, local.get, return, end
    writer.byte(0x20).u32(left).byte(0x24).u32(fuelGlobal); // local.get, global.set
  } else writer.byte(0x0f).byte(0x0b); // return, end
  writer.byte(0x00).byte(0x0b); // unreachable, end

  function write(from: number, to: number, edits: readonly Edit[]): void {
    let at = from;
    for (const edit of edits) {
      writer.raw(source, at, edit.at);
      at = edit.at;
      switch (edit.kind) {
        case "label":
          writer.u32(edit.label + opened(edit.target));
          at = edit.to;
          break;
        case "charge":
          charge(edit.fuel, edit.nesting);
          break;
        case "bulk":
          writer.byte(0x22).u32(length); // local.tee
          fuel();
          writer.byte(0x20).u32(length).byte(0xad); // i64.extend_i32_u
          writer.byte(0x42).byte(Math.abs(edit.log2)).byte(edit.log2 < 0 ? 0x88 : 0x86); // i64.shr_u, i64.shl
          take(edit.nesting);
          break;
        case "grown":
          writer.byte(0x24).u32(growGlobal).byte(0x23).u32(growGlobal); // global.set, global.get
          break;
        case "local":
          writer.u32(edit.index);
          at = edit.to;
          break;
        case "return":
          writer.byte(0x0c).u32(edit.nesting - 1 + opened(0)); // br
          at = edit.at + 1;
          break;
        case "own-call":
          writer.byte(0x20).u32(left).byte(0x10).u32((place as Extract<FuelPlace, { kind: "given" }>).own);
          writer.byte(0x21).u32(left); // local.get, call, local.set
          at = edit.to;
          break;
        case "other-call":
          writer.byte(0x20).u32(left).byte(0x24).u32(fuelGlobal); // local.get, global.set
          writer.raw(source, edit.at, edit.to);
          writer.byte(0x23).u32(fuelGlobal).byte(0x21).u32(left); // global.get, local.set
          at = edit.to;
          break;
        case "unrolled":
          writeTurns(edit);
          at = edit.to;
          break;
      }
    }
    writer.raw(source, at, to);
  }

  /** How many blocks the meter has opened within the block that so many are open around. */
  function opened(target: number): number {
    const around = target === 0 && place.kind === "global" ? 1 : 0;
    return open.reduce((sum, loop) => loop.nesting > target ? sum + loop.blocks : sum, around);
  }

  function fuel(): void {
    if (place.kind === "given") writer.byte(0x20).u32(left); // local.get
    else writer.byte(0x23).u32(fuelGlobal); // global.get
  }

  function charge(amount: number, nesting: number): void {
    fuel();
    writer.byte(0x42).signed(amount); // i64.const
    take(nesting);
  }

  /** Subtracts the top of the stack from what is below it, keeps that as the fuel, and leaves if it is negative. */
  function take(nesting: number): void {
    writer.byte(0x7d).byte(0x22).u32(left); // i64.sub, local.tee
    if (place.kind === "global") writer.byte(0x24).u32(fuelGlobal).byte(0x20).u32(left); // global.set, local.get
    writer.byte(0x42).byte(0).byte(0x53); // i64.const 0, i64.lt_s
    writer.byte(0x0d).u32(nesting + opened(0) - (place.kind === "given" ? 0 : 2)); // br_if
  }

  /**
   * `loop BODY end` with its turns written out. In each turn but the last, the loop's label is that of a block around the
   * turn, behind which the next one stands; who comes to the end of a turn leaves all of them.
   *
   *     block loop CHARGE  block BODY br 2 end  block BODY br 2 end  BODY  end end
   */
  function writeTurns({ at, inside, endAt, nesting, fuel, turns, edits }: Unrolled): void {
    const type = source[at + 1]!;
    const own = { nesting, blocks: 1 };
    writer.byte(0x02).byte(type).byte(0x03).byte(type);
    open.push(own);
    charge(fuel, nesting + 1);
    own.blocks = 2;
    for (let turn = 1; turn < turns; turn++) {
      writer.byte(0x02).byte(0x40);
      write(inside, endAt, edits);
      writer.byte(0x0c).byte(2).byte(0x0b);
    }
    own.blocks = 1;
    write(inside, endAt, edits);
    open.pop();
    writer.byte(0x0b).byte(0x0b);
  }
}

/** A function that passes on what it is given, with the fuel that there is, to the one that is given its fuel. */
export function writeFuelGiver(
  writer: ByteWriter,
  { parameters, own, fuelGlobal }: { readonly parameters: number; readonly own: number; readonly fuelGlobal: number },
): void {
  writer.byte(0);
  for (let index = 0; index < parameters; index++) writer.byte(0x20).u32(index);
  writer.byte(0x23).u32(fuelGlobal).byte(0x10).u32(own).byte(0x24).u32(fuelGlobal).byte(0x0b);
}
