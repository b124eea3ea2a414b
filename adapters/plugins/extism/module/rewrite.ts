import { callCosts } from "./bounded.ts";
import type { ByteReader } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { planCharges } from "./charges.ts";
import { type Declarations, externalKinds } from "./declarations.ts";
import type { EventList } from "./events.ts";
import type { FunctionBody } from "./functions.ts";
import type { ModuleLimits } from "./limits.ts";
import { writeFuelGiver, writeMetered } from "./meter.ts";
import { entryExports, fuelExport, growExport, initExport, returnExport } from "./names.ts";
import { givenFuel, isGivenFuel, withLocals } from "./recursion.ts";
import { refuse } from "./refusal.ts";
import { preamble, sectionCodes, sectionOrder } from "./sections.ts";
import { type Signature, valueTypeCode, valueTypes } from "./types.ts";

/** A module that was read. */
export interface ReadModule {
  readonly source: Uint8Array;
  readonly sections: ReadonlyMap<number, ByteReader>;
  readonly declarations: Declarations;
  readonly bodies: readonly FunctionBody[];
  readonly events: EventList;
}

/**
 * Writes the module as it is run: with the meter, its maxima, its imports under the host's names, and no exports but what a
 * plugin needs. Its start function, custom sections and other exports are left out. Functions keep their indices.
 */
export function rewrite(module: ReadModule, limits: ModuleLimits): Uint8Array<ArrayBuffer> {
  const { declarations, source, sections } = module;
  const { imports, functions, types, tables, memory, globals, exports } = declarations;
  const fuelGlobal = globals.count;
  const returnGlobal = globals.count + 1;
  const growGlobal = globals.count + 2;
  const entries = entryExports.map((name) => ({ name, index: exports.get(name)!.index }));
  const initializers = [declarations.start, exports.get("_initialize")?.index].filter((index) => index !== undefined);
  const added: { readonly name: string; readonly type: number; readonly code: ByteWriter }[] = entries.map((
    { name, index },
  ) => ({ name, type: functions[index]!, code: entryCode(index, returnGlobal) }));
  if (initializers.length > 0) {
    added.push({ name: initExport, type: types.indexOf(">"), code: initializerCode(initializers) });
  }
  const named = added.length;
  const calls = { imports: imports.length, costs: callCosts(module.bodies, module.events, declarations) };
  const given = module.bodies.flatMap((body, at) => {
    const own = imports.length + at;
    const signature = types[functions[own]!]!;
    return isGivenFuel(body, module.events, { own, costs: calls.costs, signature }) ? [{ body, own, signature }] : [];
  }).map((one, at) => ({ ...one, written: functions.length + named + at, type: types.length + at }));
  const allTypes = [...types, ...given.map(({ signature }) => givenFuel(signature))];

  const memoryIndex = exports.get("memory")?.index;
  const exported: readonly { readonly name: string; readonly kind: number; readonly index: number }[] = [
    ...added.map(({ name }, at) => ({ name, kind: externalKinds.function, index: functions.length + at })),
    ...(memoryIndex === undefined ? [] : [{ name: "memory", kind: externalKinds.memory, index: memoryIndex }]),
    { name: fuelExport, kind: externalKinds.global, index: fuelGlobal },
    { name: returnExport, kind: externalKinds.global, index: returnGlobal },
    { name: growExport, kind: externalKinds.global, index: growGlobal },
  ];

  const out = new Map<number, ByteWriter>();
  out.set(sectionCodes.type, vector(allTypes, writeType));
  out.set(
    sectionCodes.import,
    vector(
      imports,
      (writer, { module, name, type }) => writer.name(module).name(name).byte(externalKinds.function).u32(type),
    ),
  );
  out.set(
    sectionCodes.function,
    vector(
      [...functions.slice(imports.length), ...[...added, ...given].map(({ type }) => type)],
      (writer, type) => writer.u32(type),
    ),
  );
  out.set(
    sectionCodes.table,
    vector(tables, (writer, { type, min, max }) => writer.byte(type).byte(1).u32(min).u32(max)),
  );
  out.set(
    sectionCodes.memory,
    vector(memory === undefined ? [] : [memory], (writer, { min, max }) => writer.byte(1).u32(min).u32(max)),
  );
  out.set(sectionCodes.global, globalSection(module));
  out.set(
    sectionCodes.export,
    vector(exported, (writer, { name, kind, index }) => writer.name(name).byte(kind).u32(index)),
  );
  out.set(sectionCodes.code, codeSection());
  const whole = new ByteWriter(source.length * 2).raw(preamble);
  for (const code of sectionOrder) {
    if (code === sectionCodes.start) continue;
    const written = out.get(code);
    const kept = sections.get(code);
    if (written !== undefined) whole.byte(code).sized(written);
    else if (kept !== undefined) whole.byte(code).u32(kept.end - kept.start).raw(source, kept.start, kept.end);
  }
  return whole.done();

  function codeSection(): ByteWriter {
    const code = new ByteWriter(source.length).u32(module.bodies.length + added.length + given.length);
    const metered = new ByteWriter();
    const write = () => {
      code.sized(metered);
      if (code.length > limits.meteredBytes) refuse("limit", `more than ${limits.meteredBytes} bytes with its meter`);
      metered.clear();
    };
    const globals = { fuelGlobal, growGlobal };
    const givenOf = new Map(given.map((one) => [one.own, one]));
    for (const [at, body] of module.bodies.entries()) {
      const own = imports.length + at;
      const one = givenOf.get(own);
      if (one !== undefined) {
        writeFuelGiver(metered, { parameters: one.signature.indexOf(">"), own: one.written, fuelGlobal });
      } else {
        const edits = planCharges(source, body, module.events, { ...calls, own });
        writeMetered(metered, source, body, { edits, ...globals });
      }
      write();
    }
    for (const { code: body } of added) code.sized(body);
    for (const { body, own, signature, written } of given) {
      const parameters = signature.indexOf(">");
      const result = signature.length > parameters + 1 ? valueTypeCode(signature.at(-1)!) : undefined;
      const read = withLocals(source, body, limits);
      const edits = planCharges(source, read.body, read.events, { ...calls, own }, parameters);
      const place = { kind: "given", parameters, result, own: written } as const;
      writeMetered(metered, source, read.body, { edits, place, ...globals });
      write();
    }
    return code;
  }
}

function writeType(writer: ByteWriter, signature: Signature): void {
  writer.byte(0x60);
  for (const letters of signature.split(">")) {
    writer.u32(letters.length);
    for (const letter of letters) writer.byte(valueTypeCode(letter));
  }
}

function vector<T>(items: readonly T[], write: (writer: ByteWriter, item: T) => unknown): ByteWriter {
  const writer = new ByteWriter().u32(items.length);
  for (const item of items) write(writer, item);
  return writer;
}

/** The module's globals as they are, and ours behind them. */
function globalSection({ source, sections, declarations: { globals } }: ReadModule): ByteWriter {
  const writer = new ByteWriter().u32(globals.count + 3);
  const kept = sections.get(sectionCodes.global);
  if (kept !== undefined) writer.raw(source, globals.at, kept.end);
  writer.byte(valueTypes.i64).byte(1).byte(0x42).byte(0).byte(0x0b);
  for (let own = 0; own < 2; own++) writer.byte(valueTypes.i32).byte(1).byte(0x41).byte(0).byte(0x0b);
  return writer;
}

/** Calls the entry, and keeps what it returns. */
function entryCode(index: number, returnGlobal: number): ByteWriter {
  return new ByteWriter().byte(0).byte(0x10).u32(index).byte(0x24).u32(returnGlobal).byte(0x23).u32(returnGlobal).byte(
    0x0b,
  );
}

function initializerCode(indices: readonly number[]): ByteWriter {
  const writer = new ByteWriter().byte(0);
  for (const index of indices) writer.byte(0x10).u32(index);
  return writer.byte(0x0b);
}
