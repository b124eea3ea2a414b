import type { Engine, EngineFailure } from "../../core/ports/engine.ts";

/** Stands in for an engine that can't work as it is configured: says why to everybody who needs it. */
export function createFailedEngine(failure: EngineFailure): Engine {
  const failed = { kind: "failed", failure } as const;
  return {
    load: async () => failed,
    async *generate() {
      yield failed;
    },
    countTokens: async () => failed,
    embed: async () => failed,
    state: () => failed,
    unload: async () => ({ kind: "unloaded" }),
    close: async () => {},
  };
}
