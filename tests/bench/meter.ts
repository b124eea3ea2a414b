import process from "node:process";
import { fuelExport, initExport, prepareModule } from "../../adapters/plugins/extism/module/mod.ts";
import { pack } from "../../core/plugins/pack.ts";
import { checkout } from "../../roles/program_here.ts";
import { plainManifest } from "../wat.ts";
import { type Row, row } from "./row.ts";

/** A program, and the letter that tells it what to do: `j` JSON, maps and sort, `s` sieve, `f` fib, `q` shell sort. */
type Work = readonly [program: string, letter: string];

/** What people write, in two languages; Rust is measured where it was built. */
const real: readonly Work[] = [["cpu-rust", "j"], ["cpu-go", "j"]];
/** Nothing but the shortest loops and calls, in C. */
const tight: readonly Work[] = [["cpu-c", "s"], ["cpu-c", "f"], ["cpu-c", "q"]];
/** Each as often with the meter and without, in turns; the first ones until the engine has compiled all of it well. */
const rounds = 12;

/** What the meter costs: processor time with it over that without it, the best of some rounds of each in this very process. */
export async function* meterRows(): AsyncGenerator<Row> {
  yield await overhead("plugin.meter.real", real, 8);
  yield await overhead("plugin.meter.tight", tight, 15);
}

async function overhead(name: string, works: readonly Work[], most: number): Promise<Row> {
  const measured: { readonly said: string; readonly percent: number }[] = [];
  const missing: string[] = [];
  for (const [program, letter] of works) {
    const wasm = await built(program);
    if (wasm === undefined) missing.push(program);
    else {
      const percent = await percentOf(wasm, letter);
      measured.push({ said: `${program} ${letter} ${percent.toFixed(1)}`, percent });
    }
  }
  const not = missing.length === 0 ? "" : `; not built: ${[...new Set(missing)].join(", ")}`;
  if (measured.length === 0) {
    return { name, value: NaN, unit: "%", goal: null, ok: null, detail: `not measured${not}` };
  }
  const detail = `${measured.map(({ said }) => said).join(", ")}; the most of them${not}`;
  return row({ name, value: Math.max(...measured.map(({ percent }) => percent)), unit: "%", goal: { most }, detail });
}

async function percentOf(wasm: Uint8Array<ArrayBuffer>, letter: string): Promise<number> {
  const packed = pack(wasm, plainManifest); // In place of the one that it may have.
  const prepared = packed.kind === "packed" ? prepareModule(packed.bytes) : packed;
  if (prepared.kind === "refused") throw new Error(`Cannot measure: ${prepared.reason}`);
  const [plain, metered] = [await started(wasm, letter), await started(prepared.bytes, letter)];
  const best = { plain: Infinity, metered: Infinity };
  for (let round = 0; round < rounds; round++) {
    best.plain = Math.min(best.plain, usedMs(plain));
    best.metered = Math.min(best.metered, usedMs(metered));
  }
  return (best.metered / best.plain - 1) * 100;
}

/** Processor time, which a busy machine doesn't lengthen as it does the clock's. */
function usedMs(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** An instance whose host functions answer with as little as lets it work. */
async function started(wasm: Uint8Array<ArrayBuffer>, letter: string): Promise<() => void> {
  const module = await WebAssembly.compile(wasm);
  const memory = () => new DataView((instance.exports.memory as WebAssembly.Memory).buffer);
  const functions: Readonly<Record<string, CallableFunction>> = {
    input_length: () => 1n,
    length: () => 1n,
    length_unsafe: () => 1n,
    input_load_u8: () => letter.charCodeAt(0),
    load_u8: () => letter.charCodeAt(0),
    clock_time_get: (_clock: number, _precision: bigint, at: number) => (memory().setBigUint64(at, 1n, true), 0),
    args_sizes_get: (count: number, bytes: number) => (memory().setUint32(count, 0), memory().setUint32(bytes, 0), 0),
    environ_sizes_get: (
      count: number,
      bytes: number,
    ) => (memory().setUint32(count, 0), memory().setUint32(bytes, 0), 0),
    fd_prestat_get: () => 8,
  };
  const imports: Record<string, Record<string, WebAssembly.ExportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const isWasi = from.includes("wasi");
    (imports[from] ??= {})[name] = functions[name] ?? (isWasi || name === "get_log_level" ? () => 0 : () => 0n);
  }
  const instance = await WebAssembly.instantiate(module, imports);
  const { [fuelExport]: fuel, [initExport]: init, _initialize: initialize, execute } = instance.exports;
  if (fuel instanceof WebAssembly.Global) fuel.value = 1n << 62n;
  ((init ?? initialize) as (() => void) | undefined)?.();
  return execute as () => void;
}

async function built(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(`${checkout}/.tools/plugins/${name}.wasm`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
