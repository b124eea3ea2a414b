import type { OwnEngine } from "../adapters/cli/context.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { engines } from "../adapters/engines/mod.ts";
import { systemRandom } from "../adapters/random/system.ts";
import type { EngineFailure } from "../core/ports/engine.ts";
import type { Log } from "../core/ports/log.ts";
import { resolvePath } from "../core/site.ts";
import { ownRunners } from "./own_processes.ts";

/** Runs a model file in a process with just the rights that the plan gives a model-runner. Stores nothing. */
export async function ownEngine(
  modelPath: string,
): Promise<{ readonly kind: "started"; readonly own: OwnEngine } | { kind: "failed"; failure: EngineFailure }> {
  const planned = await ownRunners(resolvePath("/", modelPath));
  if (planned.kind === "failed") return { kind: "failed", failure: { kind: "refused", reason: planned.reason } };
  const { createLlamaEngine } = await engines.llama();
  const engine = createLlamaEngine({
    runners: planned.runners,
    clock: systemClock,
    random: systemRandom,
    log: silent,
    sequencesMax: 1,
    keepAliveMs: 3_600_000,
    memoryLimitBytes: planned.memoryBytesMax,
  });
  return {
    kind: "started",
    own: {
      engine,
      async [Symbol.asyncDispose]() {
        await engine.close();
        await planned.runners.gone();
      },
    },
  };
}

/** What the engine does is told by the command's own words. */
const silent: Log = { info() {}, warn() {}, error() {} };
