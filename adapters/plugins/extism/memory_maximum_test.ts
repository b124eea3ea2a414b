import { strictEqual } from "node:assert/strict";
import { watPlugin } from "../../../tests/wat.ts";
import { withMemoryMaximum } from "./memory_maximum.ts";
import { prepareModule } from "./module/mod.ts";

const page = 64 * 1024;

function grown(memory: string, bytesMax: number): number | undefined {
  const prepared = prepareModule(watPlugin("i32.const 0", memory));
  if (prepared.kind === "refused") throw new Error(prepared.reason);
  const module = withMemoryMaximum(prepared.bytes, bytesMax);
  if (module === undefined) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  const own = exports.memory as WebAssembly.Memory;
  try {
    for (;;) own.grow(1);
  } catch {
    return own.buffer.byteLength / page;
  }
}

const cases: readonly (readonly [what: string, memory: string, bytesMax: number, pages: number | undefined])[] = [
  ["no maximum gets one", '(memory (export "memory") 1)', 300 * page, 300],
  ["a larger maximum is made smaller", '(memory (export "memory") 1 500)', 3 * page, 3],
  ["a smaller maximum stays", '(memory (export "memory") 1 2)', 3 * page, 2],
  ["half a page isn't given", '(memory (export "memory") 1)', 3.5 * page, 3],
  ["more at the beginning than is allowed isn't taken", '(memory (export "memory") 4)', 3 * page, undefined],
];
for (const [what, memory, bytesMax, pages] of cases) {
  Deno.test(`of a memory: ${what}`, () => strictEqual(grown(memory, bytesMax), pages));
}

Deno.test("a module without a memory stays as it is", () => {
  const prepared = prepareModule(watPlugin("i32.const 0"));
  if (prepared.kind === "refused") throw new Error(prepared.reason);
  strictEqual(withMemoryMaximum(prepared.bytes, 0), prepared.bytes);
});
