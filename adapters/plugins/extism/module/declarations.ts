import type { ByteReader } from "./byte_reader.ts";
import { skipConstant } from "./constants.ts";
import { hostFunction } from "./host_functions.ts";
import type { ModuleLimits } from "./limits.ts";
import { entryExports, reservedPrefix } from "./names.ts";
import { refuse } from "./refusal.ts";
import { sectionCodes } from "./sections.ts";
import { readTypes, type Signature, valueTypeLetter } from "./types.ts";

/** A host function that a module imports, and where it is imported from when it runs. */
export interface Import {
  readonly from: string;
  readonly module: string;
  readonly name: string;
  readonly type: number;
}

/** What a table or memory begins with and may grow to. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What a module says of itself before its code. */
export interface Declarations {
  readonly types: readonly Signature[];
  readonly imports: readonly Import[];
  /** The type of each function, imported ones first. */
  readonly functions: readonly number[];
  readonly tables: readonly (Range & { readonly type: number })[];
  readonly memory: Range | undefined;
  /** How many there are, and where in the module the first one is. */
  readonly globals: { readonly count: number; readonly at: number };
  /** Only what a plugin needs: its entries, `_initialize` and `memory`. */
  readonly exports: ReadonlyMap<string, { readonly kind: number; readonly index: number }>;
  /** The function that runs when the module is instantiated. */
  readonly start: number | undefined;
}

/** Kinds of imports and exports. Source: WebAssembly core specification, 5.5.5. */
export const externalKinds = { function: 0, table: 1, memory: 2, global: 3 } as const;

const noExports: Declarations["exports"] = new Map();

/** Reads all sections but code and segments. Refuses what is too large or not allowed. */
export function readDeclarations(sections: ReadonlyMap<number, ByteReader>, limits: ModuleLimits): Declarations {
  const read = <T>(code: number, parse: (reader: ByteReader) => T, absent: T): T => {
    const reader = sections.get(code);
    if (reader === undefined) return absent;
    const value = parse(reader);
    if (!reader.isDone) refuse("malformed", `bytes are left in section ${code}`);
    return value;
  };
  const types = read(sectionCodes.type, (reader) => readTypes(reader, limits), []);
  const imports = read(sectionCodes.import, (reader) => readImports(reader, types, limits), []);
  const own = read(
    sectionCodes.function,
    (reader) => list(reader, limits.functions, "functions", () => reader.u32()),
    [],
  );
  const functions = [...imports.map(({ type }) => type), ...own];
  if (functions.some((type) => type >= types.length)) refuse("malformed", "a function has no known type");
  const tables = read(sectionCodes.table, (reader) => readTables(reader, limits), []);
  const memory = read(sectionCodes.memory, (reader) => readMemory(reader, limits), undefined);
  const globals = read(sectionCodes.global, (reader) => readGlobals(reader, limits), { count: 0, at: 0 });
  const exports = read(sectionCodes.export, (reader) => readExports(reader, limits), noExports);
  const start = read(sectionCodes.start, (reader) => reader.u32(), undefined);
  const signatureOf = (index: number | undefined) => index === undefined ? undefined : types[functions[index] ?? -1];
  for (const name of entryExports) {
    const entry = exports.get(name);
    if (entry === undefined) refuse("export", `it has no function "${name}"`);
    if (entry.kind !== externalKinds.function || signatureOf(entry.index) !== ">i") {
      refuse("export", `"${name}" isn't a function () -> i32`);
    }
  }
  const initialize = exports.get("_initialize");
  if (
    initialize !== undefined && (initialize.kind !== externalKinds.function || signatureOf(initialize.index) !== ">")
  ) {
    refuse("export", '"_initialize" isn\'t a function () -> ()');
  }
  if (start !== undefined && signatureOf(start) !== ">") refuse("malformed", "the start function isn't () -> ()");
  return { types, imports, functions, tables, memory, globals, exports, start };
}

function list<T>(reader: ByteReader, max: number, what: string, item: () => T): T[] {
  return Array.from({ length: reader.count(max, what) }, item);
}

function readImports(reader: ByteReader, types: readonly Signature[], limits: ModuleLimits): Import[] {
  return list(reader, limits.imports, "imports", () => {
    const from = reader.name();
    const name = reader.name();
    const said = `"${from}" "${name}"`;
    if (reader.byte() !== externalKinds.function) refuse("import", `${said} isn't a function`);
    const type = reader.u32();
    const host = hostFunction(from, name);
    if (host === undefined) refuse("import", `there is no ${said} for plugins`);
    if (host.signature !== types[type]) refuse("import", `${said} has another type`);
    return { from, module: host.module, name, type };
  });
}

function readTables(reader: ByteReader, limits: ModuleLimits): Declarations["tables"] {
  return list(reader, limits.tables, "tables", () => {
    const type = reader.byte();
    if (type !== 0x70 && type !== 0x6f) refuse("feature:function-references", "a table of another type");
    return { type, ...readRange(reader, limits.tableEntries, { what: "table", units: "entries" }) };
  });
}

function readMemory(reader: ByteReader, limits: ModuleLimits): Range | undefined {
  const count = reader.u32();
  if (count > 1) refuse("feature:multi-memory", `${count} memories`);
  return count === 0 ? undefined : readRange(reader, limits.memoryPages, { what: "memory", units: "pages" });
}

function readRange(
  reader: ByteReader,
  allowed: number,
  { what, units }: { readonly what: string; readonly units: string },
): Range {
  const flags = reader.byte();
  if (flags >= 8) refuse("feature:custom-page-size", `a ${what} with pages of another size`);
  if (flags >= 4) refuse("feature:memory64", `a ${what} of 64 bits`);
  if (flags >= 2) refuse("feature:threads", `a ${what} that is shared`);
  const min = reader.u32();
  const max = flags === 1 ? reader.u32() : allowed;
  if (min > allowed) refuse("limit", `a ${what} of ${min} ${units}, at most ${allowed} are taken`);
  // Where its own maximum is smaller than what it begins with, the validator of the original says so.
  return { min, max: Math.max(min, Math.min(max, allowed)) };
}

function readGlobals(reader: ByteReader, limits: ModuleLimits): Declarations["globals"] {
  const count = reader.count(limits.globals, "globals");
  const at = reader.at;
  for (let left = count; left > 0; left--) {
    valueTypeLetter(reader.byte());
    if (reader.byte() > 1) refuse("feature:threads", "a global that is shared");
    skipConstant(reader);
  }
  return { count, at };
}

function readExports(reader: ByteReader, limits: ModuleLimits): Declarations["exports"] {
  const kept = new Map<string, { readonly kind: number; readonly index: number }>();
  list(reader, limits.exports, "exports", () => {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (name.startsWith(reservedPrefix)) refuse("export", `"${name}" is a reserved name`);
    if (name === "_start" || name === "hs_init") {
      refuse("export", `"${name}" is that of a program: build a reactor, which waits to be called`);
    }
    const isEntry = (entryExports as readonly string[]).includes(name) || name === "_initialize";
    if (isEntry || (name === "memory" && kind === externalKinds.memory)) kept.set(name, { kind, index });
  });
  return kept;
}
