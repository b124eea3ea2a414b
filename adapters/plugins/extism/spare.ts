import type { Runners } from "../../../core/ports/runner.ts";
import { createPluginProcess, type PluginProcess } from "./plugin_process.ts";

/** A fresh process, or why there is none. */
export type Started =
  | { readonly kind: "started"; readonly process: PluginProcess }
  | { readonly kind: "unavailable"; readonly reason: string };

/** A process in which nothing ran yet, kept ready for whoever needs one next. */
export interface Spare {
  /** The one that is ready, else a new one. */
  take(signal: AbortSignal): Promise<Started>;
  /** Makes one ready, unless there is one. That none can be started is no failure: it is tried when one is needed. */
  keep(): void;
  /** Ends the one that is ready. */
  drop(): void;
}

/** Makes a spare that isn't started. */
export function createSpare(runners: Runners): Spare {
  let ready: { readonly starting: Promise<Started>; readonly abort: AbortController } | undefined;

  async function start(signal: AbortSignal): Promise<Started> {
    const connected = await runners.connect("plugin-runner", signal);
    if (connected.kind === "unavailable") return connected;
    return { kind: "started", process: createPluginProcess(connected.connection) };
  }

  async function end({ starting, abort }: NonNullable<typeof ready>): Promise<void> {
    abort.abort();
    const started = await starting;
    if (started.kind === "started") started.process.close();
  }

  return {
    keep() {
      if (ready !== undefined) return;
      const abort = new AbortController();
      ready = { abort, starting: start(abort.signal) };
    },
    drop() {
      if (ready !== undefined) void end(ready);
      ready = undefined;
    },
    async take(signal) {
      const mine = ready;
      ready = undefined;
      if (mine !== undefined) {
        const started = await mine.starting;
        if (started.kind === "started" && !started.process.isGone()) return started;
      }
      return await start(signal);
    },
  };
}
