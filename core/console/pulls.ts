import type { CatalogueModel } from "../catalogue.ts";
import type { Clock } from "../ports/clock.ts";
import type { ModelPuller } from "../ports/puller.ts";

/** Where the bringing of one model stands. Bytes and rate are those of its file. */
export type PullView =
  | {
    readonly kind: "pulling";
    readonly sinceMs: number;
    readonly doneBytes: number;
    readonly totalBytes: number;
    /** Absent while it isn't known. */
    readonly bytesPerSecond?: number;
    readonly isVerifying: boolean;
  }
  | { readonly kind: "failed"; readonly reason: string; readonly atMs: number };

/** Models that are being brought here; one at a time, because they share one way in. */
export interface Pulls {
  view(name: string): PullView | undefined;
  /** Begins to bring a model, unless another one, or this, is on its way. */
  begin(model: CatalogueModel): "begun" | "busy";
  /** Ends what is on its way; what came is kept on the disk, and the next pull goes on from it. */
  stop(name: string): boolean;
}

/** @param ended Told of what became of each, for the audit. */
export function createPulls(
  { puller, clock, closing, ended }: {
    readonly puller: ModelPuller;
    readonly clock: Pick<Clock, "nowMs">;
    readonly closing: AbortSignal;
    readonly ended: (name: string, outcome: string) => void;
  },
): Pulls {
  const views = new Map<string, PullView>();
  let underWay: { readonly name: string; readonly stop: AbortController } | undefined;

  async function run({ name, fileBytes }: CatalogueModel, stop: AbortController): Promise<void> {
    const sinceMs = clock.nowMs();
    let first: { readonly atMs: number; readonly bytes: number } | undefined;
    const show = (doneBytes: number, isVerifying: boolean) => {
      first ??= { atMs: clock.nowMs(), bytes: doneBytes };
      const seconds = (clock.nowMs() - first.atMs) / 1_000;
      const rate = seconds < 1 ? {} : { bytesPerSecond: (doneBytes - first.bytes) / seconds };
      views.set(name, { kind: "pulling", sinceMs, doneBytes, totalBytes: fileBytes, isVerifying, ...rate });
    };
    views.set(name, { kind: "pulling", sinceMs, doneBytes: 0, totalBytes: fileBytes, isVerifying: false });
    const result = await puller.pull(
      name,
      ({ phase, doneBytes }) => show(Math.min(doneBytes, fileBytes), phase === "verifying"),
      AbortSignal.any([stop.signal, closing]),
    );
    underWay = undefined;
    if (result.kind === "failed") views.set(name, { kind: "failed", reason: result.reason, atMs: clock.nowMs() });
    else views.delete(name);
    ended(name, result.kind);
  }

  return {
    view: (name) => views.get(name),
    begin(model) {
      if (underWay !== undefined) return "busy";
      const stop = new AbortController();
      underWay = { name: model.name, stop };
      void run(model, stop);
      return "begun";
    },
    stop(name) {
      if (underWay?.name !== name) return false;
      underWay.stop.abort();
      return true;
    },
  };
}
