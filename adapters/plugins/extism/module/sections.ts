import { ByteReader } from "./byte_reader.ts";
import type { ModuleLimits } from "./limits.ts";
import { refuse } from "./refusal.ts";

/** Codes of the sections. Source: WebAssembly core specification, 5.5.2. */
export const sectionCodes = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;

const { type, import: imports, function: functions, table, memory, global, export: exports, start, element } =
  sectionCodes;

/** The order that they stand in. */
export const sectionOrder: readonly number[] = [
  type,
  imports,
  functions,
  table,
  memory,
  global,
  exports,
  start,
  element,
  sectionCodes.dataCount,
  sectionCodes.code,
  sectionCodes.data,
];

/** The four bytes of each module, and the version of a core module. */
export const preamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** The sections of a module by their code, without custom ones: each at most once, in their order. */
export function readSections(bytes: Uint8Array, limits: ModuleLimits): ReadonlyMap<number, ByteReader> {
  if (bytes.length > limits.moduleBytes) {
    refuse("limit", `${bytes.length} bytes, at most ${limits.moduleBytes} are taken`);
  }
  if (preamble.some((byte, at) => at < 4 && bytes[at] !== byte)) refuse("malformed", "it isn't a WebAssembly file");
  if (preamble.some((byte, at) => bytes[at] !== byte)) refuse("malformed", "it isn't a core module of version 1");
  const reader = new ByteReader(bytes, preamble.length);
  const sections = new Map<number, ByteReader>();
  let last = -1;
  for (let count = 1; !reader.isDone; count++) {
    if (count > limits.sections) refuse("limit", `more than ${limits.sections} sections`);
    const code = reader.byte();
    const content = reader.piece(reader.u32());
    if (code === sectionCodes.custom) {
      content.name();
      continue;
    }
    if (code === 13) refuse("feature:exceptions", "a section of tags");
    const place = sectionOrder.indexOf(code);
    if (place < 0) refuse("feature:unknown", `the section ${code}`);
    if (place <= last) refuse("malformed", `the section ${code} is twice there, or out of order`);
    last = place;
    sections.set(code, content);
  }
  return sections;
}
