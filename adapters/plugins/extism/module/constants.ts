import type { ByteReader } from "./byte_reader.ts";
import { refuse } from "./refusal.ts";
import { valueTypeLetter } from "./types.ts";

/** Passes over a constant expression: constants, globals and references, and nothing that is computed. */
export function skipConstant(reader: ByteReader): void {
  for (;;) {
    const opcode = reader.byte();
    switch (opcode) {
      case 0x0b: // end
        return;
      case 0x41: // i32.const
        reader.skipNumber(5);
        break;
      case 0x42: // i64.const
        reader.skipNumber(10);
        break;
      case 0x43: // f32.const
        reader.skip(4);
        break;
      case 0x44: // f64.const
        reader.skip(8);
        break;
      case 0x23: // global.get
      case 0xd2: // ref.func
        reader.u32();
        break;
      case 0xd0: // ref.null
        skipReferenceType(reader);
        break;
      case 0xfb:
        refuse("feature:gc", "an allocation in a constant");
        break;
      case 0xfd:
        refuse("feature:simd", "a constant of 128 bits");
        break;
      default:
        refuse("feature:extended-const", `opcode 0x${opcode.toString(16)} in a constant`);
    }
  }
}

/** The type of a reference, which is only ever one of the two old ones. */
export function skipReferenceType(reader: ByteReader): void {
  const letter = valueTypeLetter(reader.byte());
  if (letter !== "r" && letter !== "x") refuse("malformed", "a reference of no reference type");
}
