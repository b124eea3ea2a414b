import type { ByteReader } from "./byte_reader.ts";
import { skipReferenceType } from "./constants.ts";
import { type EventKind, type EventList, events } from "./events.ts";
import type { ModuleLimits } from "./limits.ts";
import { immediateOf, immediates, prefixedOpcode, refuseOpcode, weightOf } from "./opcodes.ts";
import { refuse } from "./refusal.ts";
import { valueTypeLetter } from "./types.ts";

const kinds: Readonly<Record<number, EventKind>> = {
  0x00: events.stop, // unreachable
  0x02: events.block,
  0x03: events.loop,
  0x04: events.if,
  0x05: events.else,
  0x0c: events.branch,
  0x0d: events.branchMaybe,
  0x0f: events.stop, // return
};

/**
 * Reads the instructions of one function to their end, and tells the list. Refuses whatever isn't allowed.
 *
 * @param withLocals Tells of each use of a local, too.
 */
export function readInstructions(
  reader: ByteReader,
  limits: ModuleLimits,
  list: EventList,
  { withLocals = false }: { readonly withLocals?: boolean } = {},
): void {
  let nesting = 1;
  let weight = 0;
  const event = (kind: EventKind, from: number, argument = 0) => {
    list.push(kind, from, reader.at, argument, weight);
    weight = 0;
  };
  while (!reader.isDone) {
    const at = reader.at;
    const opcode = reader.byte();
    weight += weightOf[opcode]!;
    switch (immediateOf[opcode]) {
      case immediates.none: {
        const kind = kinds[opcode];
        if (kind !== undefined) event(kind, at);
        break;
      }
      case immediates.index: {
        const from = reader.at;
        const index = reader.u32();
        if (withLocals && opcode <= 0x22) event(events.local, from, index); // local.get, set, tee
        break;
      }
      case immediates.memory:
        skipMemoryArgument(reader);
        break;
      case immediates.i32:
        reader.skipNumber(5);
        break;
      case immediates.i64:
        reader.skipNumber(10);
        break;
      case immediates.f32:
        reader.skip(4);
        break;
      case immediates.f64:
        reader.skip(8);
        break;
      case immediates.block:
        skipBlockType(reader);
        if (++nesting > limits.nesting) refuse("limit", `blocks are nested more than ${limits.nesting} deep`);
        event(kinds[opcode]!, at);
        break;
      case immediates.end:
        nesting--;
        event(events.end, at);
        if (nesting === 0 && !reader.isDone) refuse("malformed", "code stands behind a function's end");
        break;
      case immediates.label: {
        const from = reader.at;
        const label = reader.u32();
        event(kinds[opcode]!, from, label);
        break;
      }
      case immediates.labels:
        for (let left = reader.count(limits.branchTargets, "targets of a branch"); left >= 0; left--) {
          const from = reader.at;
          const label = reader.u32();
          event(left === 0 ? events.branch : events.branchMaybe, from, label);
        }
        break;
      case immediates.call: {
        const callee = reader.u32();
        event(events.call, at, callee);
        break;
      }
      case immediates.indirectCall:
        reader.u32();
        reader.u32();
        event(events.callIndirect, at);
        break;
      case immediates.selectTypes:
        for (let left = reader.count(1, "types of a selection"); left > 0; left--) valueTypeLetter(reader.byte());
        break;
      case immediates.referenceType:
        skipReferenceType(reader);
        break;
      case immediates.memoryIndex:
        skipMemoryIndex(reader);
        break;
      case immediates.growMemory:
        skipMemoryIndex(reader);
        event(events.growMemory, at);
        break;
      case immediates.prefixed: {
        const { immediates, bulk } = prefixedOpcode(reader.u32());
        for (const immediate of immediates) {
          if (immediate === "m") skipMemoryIndex(reader);
          else reader.u32();
        }
        if (bulk !== undefined) event(events.bulk, at, bulk.log2);
        break;
      }
      default:
        refuseOpcode(opcode, reader);
    }
  }
  if (nesting !== 0) refuse("malformed", "a function doesn't end");
}

/** Nothing, a value type, or the index of a type, which is a signed number of 33 bits. */
function skipBlockType(reader: ByteReader): void {
  const first = reader.peek();
  if (first === 0x40) return reader.skip(1);
  if (first > 0x40 && first < 0x80) return void valueTypeLetter(reader.byte());
  const last = reader.skipNumber(5);
  if ((last & 0x40) !== 0) refuse("malformed", "the type of a block is negative");
}

function skipMemoryArgument(reader: ByteReader): void {
  const alignment = reader.u32();
  if (alignment >= 0x40) refuse("feature:multi-memory", "an access names its memory");
  reader.u32();
}

function skipMemoryIndex(reader: ByteReader): void {
  if (reader.byte() !== 0) refuse("feature:multi-memory", "an instruction names another memory");
}
