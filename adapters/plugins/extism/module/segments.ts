import type { ByteReader } from "./byte_reader.ts";
import { skipConstant, skipReferenceType } from "./constants.ts";
import type { ModuleLimits } from "./limits.ts";
import { refuse } from "./refusal.ts";

/** Reads what tables begin with, for what may not be in it. Source: WebAssembly core specification, 5.5.12. */
export function checkElements(reader: ByteReader, limits: ModuleLimits): void {
  for (let left = reader.count(limits.segments, "segments of elements"); left > 0; left--) {
    const flags = reader.u32();
    if (flags > 7) refuse("feature:unknown", `a segment of elements of the kind ${flags}`);
    const isActive = (flags & 1) === 0;
    if (isActive && (flags & 2) !== 0) reader.u32();
    if (isActive) skipConstant(reader);
    const areExpressions = (flags & 4) !== 0;
    if ((flags & 3) !== 0) {
      if (areExpressions) skipReferenceType(reader);
      else if (reader.byte() !== 0) refuse("feature:unknown", "elements of another kind");
    }
    for (let count = reader.count(limits.moduleBytes, "elements"); count > 0; count--) {
      if (areExpressions) skipConstant(reader);
      else reader.u32();
    }
  }
  if (!reader.isDone) refuse("malformed", "bytes are left behind the elements");
}

/** The same of what the memory begins with. Source: section 5.5.14. */
export function checkData(reader: ByteReader, limits: ModuleLimits): void {
  for (let left = reader.count(limits.segments, "segments of data"); left > 0; left--) {
    const flags = reader.u32();
    if (flags > 2) refuse("feature:unknown", `a segment of data of the kind ${flags}`);
    if (flags === 2 && reader.u32() !== 0) refuse("feature:multi-memory", "data for another memory");
    if (flags !== 1) skipConstant(reader);
    reader.skip(reader.u32());
  }
  if (!reader.isDone) refuse("malformed", "bytes are left behind the data");
}
