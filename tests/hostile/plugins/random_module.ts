import { ByteWriter } from "../../../adapters/plugins/extism/module/byte_writer.ts";
import { withManifest } from "../../wat.ts";

/** `i` is i32, `I` is i64, `F` is f64. There are no f32s: nothing in the meter tells them from f64s. */
type Type = "i" | "I" | "F";
type Random = () => number;

const codes: Readonly<Record<Type, number>> = { i: 0x7f, I: 0x7e, F: 0x7c };
const types: readonly Type[] = ["i", "I", "F"];

interface Signature {
  readonly parameters: readonly Type[];
  readonly results: readonly Type[];
}

const entry: Signature = { parameters: [], results: ["i"] };

/** The exported global in which a counted module counts. */
export const countExport = "count";

/** A module, and one that does the same and counts what it does. */
export interface RandomModule {
  readonly module: Uint8Array<ArrayBuffer>;
  /** Counts, in {@link countExport}, each function that begins, each turn of a loop, and each statement. */
  readonly counted: Uint8Array<ArrayBuffer>;
}

/** The code of one function, and where something in it is to be counted. */
interface Body {
  readonly code: ByteWriter;
  readonly counts: readonly number[];
}

/**
 * A valid plugin at random, as wasm-smith would make one: functions that call each other and themselves, blocks and loops
 * with and without values, tables of branches, calls through a table, memory, globals, and a host function. Numbers that
 * aren't are never seen as bits, since engines may choose those.
 */
export function randomModule(random: Random): RandomModule {
  const below = (count: number) => Math.floor(random() * count);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const some = (max: number) => Array.from({ length: below(max + 1) }, () => pick(types));
  // Function 0 is the host's, the last two are `register` and `execute`.
  const functions: Signature[] = [
    { parameters: ["I"], results: ["I"] },
    ...Array.from({ length: below(5) }, () => ({ parameters: some(3), results: random() < 0.9 ? some(1) : some(3) })),
    entry,
    entry,
  ];
  const globals: readonly Type[] = Array.from({ length: below(4) }, () => pick(types));
  // Loops and branches may have types with indices: those stand behind the functions'.
  const blockTypes: Signature[] = Array.from({ length: 3 }, () => ({ parameters: some(2), results: some(2) }));
  const tableSize = 4;

  const functionTypes = vector([...functions, ...blockTypes], (writer, { parameters, results }) => {
    writer.byte(0x60);
    for (const list of [parameters, results]) {
      writer.u32(list.length);
      for (const type of list) writer.byte(codes[type]);
    }
  });
  const imports = new ByteWriter().u32(1).name("extism:host/env").name("length").byte(0).u32(0);
  const declared = vector(functions.slice(1), (writer, _, at) => writer.u32(at + 1));
  const table = new ByteWriter().u32(1).byte(0x70).byte(0).u32(tableSize);
  const memory = new ByteWriter().u32(1).byte(1).u32(1).u32(2);
  const globalValues = globals.map((type) => constant(new ByteWriter().byte(codes[type]).byte(1), type).byte(0x0b));
  const elements = new ByteWriter().u32(1).byte(0).byte(0x41).byte(0).byte(0x0b).u32(tableSize);
  for (let at = 0; at < tableSize; at++) elements.u32(below(functions.length));
  const bodies = functions.slice(1).map((signature, at) => body(signature, at + 1 === functions.length - 2));
  return { module: write(false), counted: write(true) };

  function write(isCounted: boolean): Uint8Array<ArrayBuffer> {
    const global = globals.length;
    const exports = new ByteWriter().u32(isCounted ? 4 : 3).name("memory").byte(2).u32(0)
      .name("register").byte(0).u32(functions.length - 2).name("execute").byte(0).u32(functions.length - 1);
    if (isCounted) exports.name(countExport).byte(3).u32(global);
    const count = new ByteWriter().byte(codes.I).byte(1).byte(0x42).byte(0).byte(0x0b);
    const module = new ByteWriter().raw(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const sections: readonly [number, ByteWriter][] = [
      [1, functionTypes],
      [2, imports],
      [3, declared],
      [4, table],
      [5, memory],
      [6, vector(isCounted ? [...globalValues, count] : globalValues, (writer, value) => writer.raw(value.done()))],
      [7, exports],
      [9, elements],
      [10, vector(bodies, (writer, body) => writer.sized(isCounted ? counting(body, global) : body.code))],
    ];
    for (const [id, content] of sections) module.byte(id).sized(content);
    return withManifest(module.done());
  }

  function constant(writer: ByteWriter, type: Type): ByteWriter {
    if (type === "F") {
      writer.byte(0x44);
      const bytes = new Uint8Array(new Float64Array([random() * 2_000 - 1_000]).buffer);
      return writer.raw(bytes);
    }
    return writer.byte(type === "i" ? 0x41 : 0x42).signed(random() < 0.8 ? below(64) : below(2 ** 30));
  }

  function body({ parameters, results }: Signature, isTrivial: boolean): Body {
    const own = isTrivial ? [] : [...some(5), "i" as const, "i" as const];
    const locals: readonly Type[] = [...parameters, ...own];
    // The last two count the turns of loops, so that most loops end.
    const counters = isTrivial ? [] : [locals.length - 2, locals.length - 1];
    const free = locals.slice(0, locals.length - counters.length);
    const writer = new ByteWriter().u32(own.length);
    for (const type of own) writer.byte(1).byte(codes[type]);
    const counts = [writer.length];
    /** What a branch to each open label takes, the innermost last. */
    const labels: (readonly Type[])[] = [results];
    let budget = isTrivial ? 0 : 60;
    let countersUsed = 0;
    if (isTrivial) { for (const type of results) constant(writer, type); }
    else {
      statements(6);
      for (const type of results) value(type, 3);
    }
    return { code: writer.byte(0x0b), counts };

    function statements(max: number): void {
      for (let left = below(max + 1); left > 0; left--) {
        const at = writer.length;
        counts.push(at);
        const goesOn = statement();
        if (writer.length === at) counts.pop();
        if (!goesOn) return;
      }
    }

    /** False behind what never goes on: what stands there would be of any type. */
    function statement(): boolean {
      if (--budget < 0) return true;
      switch (below(16)) {
        case 0:
        case 1:
        case 2: {
          if (free.length === 0) break;
          const index = below(free.length);
          value(free[index]!, 3);
          writer.byte(random() < 0.5 ? 0x21 : 0x22).u32(index);
          if (writer.length > 0 && isTee()) writer.byte(0x1a);
          break;
        }
        case 3:
          address();
          value("i", 2);
          writer.byte(pick([0x36, 0x3a])).u32(0).u32(below(1_000));
          break;
        case 4:
          address();
          value("I", 2);
          writer.byte(0x37).u32(0).u32(below(1_000));
          break;
        case 5:
          block(0x02);
          break;
        case 6:
          writer.byte(0x02).byte(0x40);
          labels.push([]);
          statements(1);
          loop();
          end();
          if (random() < 0.7) loop(true); // What was charged there says nothing of what comes later.
          break;
        case 7:
        case 8:
          loop();
          break;
        case 9:
          value("i", 2);
          writer.byte(0x04).byte(0x40);
          labels.push([]);
          statements(3);
          if (random() < 0.6) {
            writer.byte(0x05);
            statements(3);
          }
          end();
          break;
        case 10: {
          const label = below(labels.length);
          const wanted = labels[labels.length - 1 - label]!;
          for (const type of wanted) value(type, 2);
          if (random() < 0.7) {
            value("i", 2);
            writer.byte(0x0d).u32(label);
            for (const _ of wanted) writer.byte(0x1a);
            break;
          }
          writer.byte(0x0c).u32(label);
          return false;
        }
        case 11: {
          const empty = labels.flatMap((wanted, at) => wanted.length === 0 ? [labels.length - 1 - at] : []);
          if (empty.length === 0 || random() < 0.6) break;
          value("i", 2);
          const targets = Array.from({ length: below(4) }, () => pick(empty));
          writer.byte(0x0e).u32(targets.length);
          for (const target of [...targets, pick(empty)]) writer.u32(target);
          return false;
        }
        case 12:
          call();
          break;
        case 13: {
          if (globals.length === 0) break;
          const index = below(globals.length);
          value(globals[index]!, 2);
          writer.byte(0x24).u32(index);
          break;
        }
        case 14:
          if (random() < 0.5) {
            address();
            value("i", 1);
            constant(writer, "i");
            writer.byte(0xfc).byte(11).byte(0); // memory.fill
          } else {
            address();
            address();
            constant(writer, "i");
            writer.byte(0xfc).byte(10).byte(0).byte(0); // memory.copy
          }
          break;
        case 15:
          if (random() < 0.7) break;
          if (random() < 0.3) {
            writer.byte(0x00);
            return false;
          }
          for (const type of results) value(type, 2);
          writer.byte(0x0f);
          return false;
      }
      return true;
    }

    function call(): void {
      const callee = below(functions.length);
      const { parameters, results } = functions[callee]!;
      for (const type of parameters) value(type, 2);
      writer.byte(0x10).u32(callee);
      for (const _ of results) writer.byte(0x1a);
    }

    /** Whether what was written last was a local.tee, whose value is still there. */
    function isTee(): boolean {
      const bytes = writer.done();
      return bytes[bytes.length - 2] === 0x22;
    }

    function address(): void {
      value("i", 1);
      writer.byte(0x41).signed(0xfff).byte(0x71); // i32.and
    }

    function block(opcode: number): void {
      if (random() < 0.8) {
        writer.byte(opcode).byte(0x40);
        labels.push([]);
        if (opcode === 0x03) counts.push(writer.length);
        statements(4);
        end();
        return;
      }
      const index = below(blockTypes.length);
      const { parameters, results } = blockTypes[index]!;
      for (const type of parameters) value(type, 1);
      writer.byte(opcode).signed(functions.length + index);
      labels.push(opcode === 0x03 ? parameters : results);
      if (opcode === 0x03) counts.push(writer.length);
      for (const _ of parameters) writer.byte(0x1a);
      statements(3);
      for (const type of results) value(type, 1);
      end();
      for (const _ of results) writer.byte(0x1a);
    }

    /** @param isLong It turns so often that it shows, should that take nothing. */
    function loop(isLong = false): void {
      const counter = counters[countersUsed];
      if (counter === undefined || random() < 0.2) return block(0x03);
      const turnsMax = countersUsed > 0 ? 30 : isLong ? 200_000 : random() < 0.1 ? 2_000 : 30;
      countersUsed++;
      writer.byte(0x41).signed(1 + below(turnsMax)).byte(0x21).u32(counter);
      const gives = random() < 0.3 ? pick(types) : undefined;
      writer.byte(0x03).byte(gives === undefined ? 0x40 : codes[gives]);
      labels.push([]);
      counts.push(writer.length);
      if (random() < (isLong ? 0.6 : 0.2)) seldom();
      else {
        if (random() < 0.5) leaveEarly();
        statements(4);
      }
      writer.byte(0x20).u32(counter).byte(0x41).signed(1).byte(0x6b).byte(0x22).u32(counter).byte(0x0d).u32(0);
      // Nobody comes to the end of some, but by a branch past it.
      const outer = outside();
      if (outer.length > 0 && random() < 0.4) writer.byte(0x0c).u32(random() < 0.7 ? outer.at(-1)! : pick(outer));
      else if (gives !== undefined) value(gives, 1);
      end();
      if (gives !== undefined) writer.byte(0x1a);
      countersUsed--;
    }

    /** A way out of a loop that is taken now and then. */
    function leaveEarly(): void {
      const outer = outside();
      if (outer.length === 0) return;
      nowAndThen();
      writer.byte(0x0d).u32(pick(outer)); // br_if
    }

    /** A loop, or a call, that is come to now and then. */
    function seldom(): void {
      nowAndThen();
      writer.byte(0x04).byte(0x40);
      labels.push([]);
      if (random() < 0.5) block(0x03);
      else call();
      end();
    }

    /** A condition that seldom holds. */
    function nowAndThen(): void {
      value("i", 1);
      writer.byte(0x41).signed(7).byte(0x46); // i32.eq
    }

    /** The labels around the innermost that take no values. */
    function outside(): readonly number[] {
      return labels.flatMap((wanted, at) =>
        wanted.length === 0 && at < labels.length - 1 ? [labels.length - 1 - at] : []
      );
    }

    function end(): void {
      labels.pop();
      writer.byte(0x0b);
    }

    function value(type: Type, depth: number): void {
      if (depth === 0 || --budget < 0) return leaf(type);
      switch (below(9)) {
        case 0:
        case 1:
          return leaf(type);
        case 2:
        case 3: {
          value(type, depth - 1);
          value(type, depth - 1);
          const operations = {
            i: [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x76, 0x6e],
            I: [0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x88, 0x80],
            F: [0xa0, 0xa1, 0xa2, 0xa4],
          };
          writer.byte(pick(operations[type]));
          return;
        }
        case 4:
          return convert(type, depth);
        case 5: {
          value("i", depth - 1);
          writer.byte(0x04).byte(codes[type]);
          labels.push([type]);
          value(type, depth - 1);
          writer.byte(0x05);
          value(type, depth - 1);
          return end();
        }
        case 6: {
          const able = functions.flatMap(({ results }, at) => results.length === 1 && results[0] === type ? [at] : []);
          if (able.length === 0) return leaf(type);
          const callee = pick(able);
          const { parameters } = functions[callee]!;
          for (const parameter of parameters) value(parameter, depth - 1);
          if (random() < 0.8) writer.byte(0x10).u32(callee);
          else {
            value("i", depth - 1);
            writer.byte(0x41).signed(3).byte(0x71).byte(0x11).u32(callee).u32(0); // call_indirect, by the callee's type
          }
          return;
        }
        case 7:
          writer.byte(0x02).byte(codes[type]);
          labels.push([type]);
          statements(2);
          value(type, depth - 1);
          return end();
        case 8:
          value(type, depth - 1);
          value(type, depth - 1);
          value("i", depth - 1);
          return void writer.byte(0x1b);
      }
    }

    function convert(type: Type, depth: number): void {
      const from = pick(types.filter((other) => other !== type));
      value(from, depth - 1);
      const conversions: Readonly<Record<string, readonly number[]>> = {
        Ii: [0xa7],
        Fi: [0xfc, 2],
        iI: [0xac],
        FI: [0xfc, 6],
        iF: [0xb7],
        IF: [0xb9],
      };
      for (const byte of conversions[`${from}${type}`]!) writer.byte(byte);
    }

    function leaf(type: Type): void {
      const held = locals.flatMap((local, at) => local === type ? [at] : []);
      const global = globals.indexOf(type);
      if (held.length > 0 && random() < 0.6) writer.byte(0x20).u32(pick(held));
      else if (global >= 0 && random() < 0.3) writer.byte(0x23).u32(global);
      else if (type === "I" && random() < 0.3) {
        address();
        writer.byte(0x29).u32(0).u32(below(1_000));
      } else constant(writer, type);
    }
  }
}

/** The function's code, which adds one to the global wherever something is to be counted. */
function counting({ code, counts }: Body, global: number): ByteWriter {
  const source = code.done();
  const writer = new ByteWriter();
  let from = 0;
  for (const at of counts) {
    writer.raw(source, from, at);
    writer.byte(0x23).u32(global).byte(0x42).byte(1).byte(0x7c).byte(0x24).u32(global); // get, i64.const 1, add, set
    from = at;
  }
  return writer.raw(source, from);
}

function vector<T>(items: readonly T[], write: (writer: ByteWriter, item: T, at: number) => unknown): ByteWriter {
  const writer = new ByteWriter().u32(items.length);
  for (const [at, item] of items.entries()) write(writer, item, at);
  return writer;
}
