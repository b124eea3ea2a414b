import type { Engine } from "../../core/ports/engine.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

/** What a process takes of the machine, in bytes: pages that several have count as that part which is its own. */
export interface ProcessMemory {
  readonly pssBytes: number;
  readonly anonymousBytes: number;
  /** Of one file's pages alone, as the process maps them: its own part, and all that are in memory. */
  readonly filePssBytes: number;
  readonly fileRssBytes: number;
}

/** Two runners of one file, one after the other. */
export interface SharedWeights {
  /** The first while it was alone, then both together. */
  readonly alone: ProcessMemory;
  readonly together: readonly [ProcessMemory, ProcessMemory];
}

/**
 * Starts two runners of one model and looks at what they take. Linux only. Theirs is a copy of the file, as somebody
 * else may have mapped the file itself, and would pay for a part of it.
 */
export async function measureSharedWeights(
  original: string,
  { memoryLimitBytes, contextTokens }: { readonly memoryLimitBytes?: number; readonly contextTokens: number },
): Promise<SharedWeights> {
  await using copy = await copyOf(original);
  const modelPath = copy.path;
  await using runners = createModelRunners(modelPath);
  const never = new AbortController().signal;
  const start = async (): Promise<Engine> => {
    const engine = createTestEngine(runners, {
      sequencesMax: 1,
      contextTokens,
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    });
    const result = await engine.load(never);
    if (result.kind === "failed") throw new Error(result.failure.reason);
    return engine;
  };
  const first = await start();
  const alone = await memoryOf(runners.pids[0]!, modelPath);
  const second = await start();
  const together = [
    await memoryOf(runners.pids[0]!, modelPath),
    await memoryOf(runners.pids[1]!, modelPath),
  ] as const;
  await Promise.all([first.close(), second.close()]);
  return { alone, together };
}

async function copyOf(original: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/model.gguf`;
  await Deno.copyFile(original, path);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

async function memoryOf(pid: number, modelPath: string): Promise<ProcessMemory> {
  const rollup = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  const file = await Deno.realPath(modelPath);
  // Each mapping begins with a line that ends in its path.
  const mappings = (await Deno.readTextFile(`/proc/${pid}/smaps`)).split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .filter((mapping) => mapping.slice(0, mapping.indexOf("\n")).endsWith(file)).join("");
  return {
    pssBytes: sumOf(rollup, "Pss"),
    anonymousBytes: sumOf(rollup, "Anonymous"),
    filePssBytes: sumOf(mappings, "Pss"),
    fileRssBytes: sumOf(mappings, "Rss"),
  };
}

function sumOf(text: string, field: string): number {
  return [...text.matchAll(new RegExp(`^${field}: +(\\d+) kB$`, "gm"))]
    .reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1_024, 0);
}
