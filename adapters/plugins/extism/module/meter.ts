import type { ByteWriter } from "./byte_writer.ts";
import type { Edit } from "./charges.ts";
import type { FunctionBody } from "./functions.ts";
import { valueTypes } from "./types.ts";

/**
 * Writes a function's body with its charges. All of it stands in one block more, which a charge leaves when the fuel is
 * used up: behind it the function traps. So the way that is nearly always taken has no jump in it.
 */
export function writeMetered(
  writer: ByteWriter,
  source: Uint8Array,
  { locals, localGroups, localsAt, codeAt, end }: FunctionBody,
  { edits, fuelGlobal, growGlobal }: {
    readonly edits: readonly Edit[];
    readonly fuelGlobal: number;
    readonly growGlobal: number;
  },
): void {
  if (edits.length === 0) {
    writer.u32(localGroups).raw(source, localsAt, end);
    return;
  }
  const hasBulk = edits.some(({ kind }) => kind === "bulk");
  const left = locals; // Two locals of our own: the fuel that is left, and a length.
  const length = locals + 1;
  writer.u32(localGroups + (hasBulk ? 2 : 1)).raw(source, localsAt, codeAt);
  writer.byte(1).byte(valueTypes.i64);
  if (hasBulk) writer.byte(1).byte(valueTypes.i32);
  writer.byte(0x02).byte(0x40); // block
  let from = codeAt;
  for (const edit of edits) {
    writer.raw(source, from, edit.at);
    from = edit.at;
    switch (edit.kind) {
      case "label":
        writer.u32(edit.label + 1);
        from = edit.to;
        break;
      case "charge":
        writer.byte(0x23).u32(fuelGlobal);
        writer.byte(0x42).signed(edit.fuel);
        take(edit.nesting);
        break;
      case "bulk":
        writer.byte(0x22).u32(length); // local.tee
        writer.byte(0x23).u32(fuelGlobal);
        writer.byte(0x20).u32(length).byte(0xad); // i64.extend_i32_u
        writer.byte(0x42).byte(Math.abs(edit.log2)).byte(edit.log2 < 0 ? 0x88 : 0x86); // i64.shr_u, i64.shl
        take(edit.nesting);
        break;
      case "grown":
        writer.byte(0x24).u32(growGlobal).byte(0x23).u32(growGlobal); // global.set, global.get
        break;
    }
  }
  writer.raw(source, from, end - 1);
  writer.byte(0x0f).byte(0x0b).byte(0x00).byte(0x0b); // return, end, unreachable, end

  /** Subtracts the top of the stack from what is below it, keeps that as the fuel, and leaves if it is negative. */
  function take(nesting: number): void {
    writer.byte(0x7d).byte(0x22).u32(left).byte(0x24).u32(fuelGlobal); // i64.sub, local.tee, global.set
    writer.byte(0x20).u32(left).byte(0x42).byte(0).byte(0x53); // local.get, i64.const 0, i64.lt_s
    writer.byte(0x0d).u32(nesting - 1); // br_if
  }
}
