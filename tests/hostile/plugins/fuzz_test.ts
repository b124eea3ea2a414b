import { deepStrictEqual, match, ok } from "node:assert/strict";
import { fuelExport, prepareModule } from "../../../adapters/plugins/extism/module/mod.ts";
import { seeded } from "../../seeded.ts";
import { countExport, randomModule } from "./random_module.ts";

// What the meter takes for the longest of these, so that most come to their end.
const fuel = 20_000n;

/** How a run ended, and everything that it did meanwhile. */
interface Outcome {
  readonly ended: string;
  readonly hasTrapped: boolean;
  readonly memory: number;
  readonly asked: readonly bigint[];
}

/** What is counted for a unit of fuel at most, and before the first is taken: far more than was ever seen, 6 and 14. */
const countedMax = { perFuel: 16n, before: 64n };

const counts = { all: 0, compared: 0 };

// An engine that ran a loop or a recursion past the meter would hang here.
seeded("a module does with its meter what it does without it, and takes fuel for all of it", (random) => {
  counts.all++;
  const { module, counted } = randomModule(random);
  const prepared = prepareModule(module);
  ok(prepared.kind === "prepared", prepared.kind === "refused" ? `${prepared.code}: ${prepared.reason}` : "");
  const { outcome: metered, left } = run(prepared.bytes, fuel);
  if (metered === "used up" || metered.ended === "stack") return;
  const { outcome: plain, count } = run(counted);
  if (plain === "used up" || plain.ended === "stack") return;
  deepStrictEqual(metered, plain);
  counts.compared++;
  if (metered.hasTrapped) return; // Functions that are given their fuel take it with them.
  const used = fuel - left!;
  ok(count! <= used * countedMax.perFuel + countedMax.before, `${used} of fuel for what counts ${count}`);
}, { runs: 20_000, long: 100_000 });

Deno.test("many of these modules came to their end, and were compared", () => {
  ok(counts.all < 1_000 || counts.compared > counts.all * 0.4, JSON.stringify(counts));
});

seeded("a module of which bytes were changed is refused by a code, or runs within its fuel", (random) => {
  const { module } = randomModule(random);
  for (let edits = 1 + Math.floor(random() * 4); edits > 0; edits--) {
    // Behind the first eight bytes, by which all others are refused.
    const at = 8 + Math.floor(random() * (module.length - 8));
    module[at] = random() < 0.5 ? Math.floor(random() * 256) : module[at]! ^ (1 << Math.floor(random() * 8));
  }
  const prepared = prepareModule(module);
  if (prepared.kind === "refused") {
    match(prepared.code, /^(?:malformed|invalid|limit|import|export|manifest|feature:[a-z0-9-]+)$/);
  } else run(prepared.bytes, fuel);
}, { runs: 15_000, long: 100_000 });

/** Runs a plugin to its end. `left`: of its fuel; `count`: what it counted. */
function run(
  bytes: Uint8Array<ArrayBuffer>,
  fuel?: bigint,
): { readonly outcome: Outcome | "used up"; readonly left?: bigint; readonly count?: bigint } {
  const asked: bigint[] = [];
  const module = new WebAssembly.Module(bytes);
  const imports = Object.fromEntries(
    WebAssembly.Module.imports(module).map(({ module, name }) => [module, {
      [name]: (offset: bigint) => {
        asked.push(offset);
        return offset ^ 5n;
      },
    }]),
  );
  const instance = instantiate(module, imports as WebAssembly.Imports);
  if (instance === undefined) return { outcome: { ended: "not begun", hasTrapped: true, memory: 0, asked } };
  const { exports } = instance;
  const left = exports[fuelExport] as WebAssembly.Global | undefined;
  if (left !== undefined) left.value = fuel;
  let ended: string;
  let hasTrapped = false;
  try {
    ended = `${(exports.execute as () => unknown)()}`;
  } catch (error) {
    hasTrapped = true;
    if (left !== undefined && left.value < 0n) return { outcome: "used up" };
    ended = error instanceof RangeError ? "stack" : String(error);
  }
  const memory = exports.memory; // A changed module may export none.
  return {
    outcome: {
      ended,
      hasTrapped,
      memory: memory instanceof WebAssembly.Memory ? hash(new Uint8Array(memory.buffer)) : 0,
      asked,
    },
    left: left?.value,
    count: (exports[countExport] as WebAssembly.Global | undefined)?.value,
  };
}

/** `undefined` where its segments don't fit into its memory or table. */
function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance | undefined {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return undefined;
  }
}

/** FNV-1a of words. */
function hash(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let value = 0x811c9dc5;
  for (let at = 0; at < Math.min(words.length, 2_048); at++) value = Math.imul(value ^ words[at]!, 0x01000193);
  return value >>> 0;
}
