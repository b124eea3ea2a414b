/**
 * Compares the speed of two builds of llama.cpp's libraries, in processor time: what else the machine does then hardly
 * counts. One process a build computes with one thread, and they take turns of a fraction of a second.
 *
 *   deno run -A tests/bench/libraries.ts MODEL.gguf FOLDER OTHER-FOLDER [TURNS]
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { createBatch } from "../../adapters/engines/llama/batch.ts";
import { createContext } from "../../adapters/engines/llama/context.ts";
import { createControl } from "../../adapters/engines/llama/control.ts";
import { readModelFile } from "../../adapters/engines/llama/model_file.ts";
import { openModel } from "../../adapters/engines/llama/open_model.ts";
import { quantile } from "./row.ts";

/** Rows of one step, and how many steps a turn has: each turn then takes a fraction of a second. */
const works = [
  { name: "decode of 1", rows: 1, steps: 32 },
  { name: "decode of 4", rows: 4, steps: 16 },
  { name: "prefill of 512", rows: 512, steps: 1 },
] as const;
const sequencesMax = 4;

if (import.meta.main) {
  const [modelPath, folder, other, turns = "15"] = Deno.args;
  if (modelPath === undefined || folder === undefined) {
    console.error("Give a model and two folders: libraries.ts MODEL.gguf FOLDER OTHER-FOLDER [TURNS]");
    Deno.exit(2);
  }
  if (other === undefined) await measure(modelPath, folder);
  else await compare(modelPath, [folder, other], Number(turns));
}

/** Prints a line for each kind of work: the medians of both, and of the turns' ratios. */
async function compare(modelPath: string, folders: readonly [string, string], turns: number): Promise<void> {
  const first = await startMeasuring(modelPath, folders[0]);
  const second = await startMeasuring(modelPath, folders[1]);
  console.log(`first:  ${folders[0]}, ${first.backend}\nsecond: ${folders[1]}, ${second.backend}`);
  for (const [index, { name }] of works.entries()) {
    const taken: [number, number][] = [];
    for (let turn = 0; turn < turns; turn++) {
      const early = turn % 2 === 0 ? await first.measure(index) : 0; // who begins changes
      const its = await second.measure(index);
      taken.push([early || await first.measure(index), its]);
    }
    const ratios = taken.map(([one, its]) => its / one);
    const [one, its] = [0, 1].map((side) => quantile(taken.map((pair) => pair[side]!), 0.5).toFixed(0).padStart(7));
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(3));
    console.log(`${name.padEnd(15)} ${one} and ${its} µs a token, second/first ${middle} (quarters ${low}, ${high})`);
  }
  await first.stop();
  await second.stop();
}

async function startMeasuring(modelPath: string, folder: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", import.meta.filename!, modelPath, folder],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = createInterface(Readable.fromWeb(child.stdout as never))[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`Cannot measure ${folder}: its process ended`);
    return value;
  };
  return {
    backend: await line(),
    async measure(work: number) {
      await writer.write(new TextEncoder().encode(`${work}\n`));
      return Number(await line());
    },
    async stop() {
      await writer.close();
      await child.status;
    },
  };
}

/** Says which backend was chosen, then answers each line, a number of {@link works}, with microseconds a token. */
async function measure(modelPath: string, librariesFolder: string): Promise<void> {
  const read = readModelFile(modelPath);
  if (read.kind === "failed") throw new Error(read.failure.reason);
  const control = createControl();
  const more = { contextTokens: 1_024, sequencesMax, threads: 1, memoryLimitBytes: undefined };
  const opened = openModel(read.file, { librariesFolder, modelPath, control, ...more }, { repack: true });
  if (opened.kind === "failed") throw new Error(opened.failure.reason);
  const { llama, model } = opened;
  const rowsMax = Math.max(...works.map(({ rows }) => rows));
  const context = createContext(
    llama,
    model,
    { cells: 2_048, sequences: sequencesMax, rows: rowsMax, outputs: sequencesMax },
    {
      control,
      threadsMax: 1,
      policy: { next: () => ({ threads: 1, breakOffMs: 0 }), measured() {} },
    },
  );
  if (context === undefined) throw new Error("there is no room for a context");
  const batch = createBatch(llama, rowsMax, sequencesMax);
  /** One turn: a text of 64 tokens a sequence that grows by a token a step, or one long text. */
  const turn = ({ rows, steps }: { readonly rows: number; readonly steps: number }) => {
    context.forgetAll();
    const isPrefill = rows > sequencesMax;
    const step = (rows: number, place: (row: number) => [position: number, sequence: number]) => {
      batch.clear();
      const wantsAll = rows <= sequencesMax;
      for (let row = 0; row < rows; row++) batch.put(100 + row, ...place(row), wantsAll || row === rows - 1);
      const result = context.decode(batch);
      if (result.kind !== "done") throw new Error(`a step is ${result.kind}`);
    };
    if (!isPrefill) step(rows * 64, (row) => [row % 64, Math.floor(row / 64)]);
    const before = process.cpuUsage();
    for (let number = 0; number < steps; number++) {
      step(rows, (row) => isPrefill ? [row, 0] : [64 + number, row]);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (rows * steps);
  };
  for (const work of works) turn(work);
  console.log(await backendOf(librariesFolder));
  for await (const line of createInterface(process.stdin)) console.log(turn(works[Number(line)]!));
}

/** The backend for the processor that is loaded now. */
async function backendOf(folder: string): Promise<string> {
  const maps = await Deno.readTextFile("/proc/self/maps");
  return maps.match(/\/([^/\n]*ggml-cpu[^/\n]*)$/m)?.[1] ?? `an unknown backend of ${folder}`;
}
