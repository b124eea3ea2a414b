import * as v from "valibot";
import type { EngineFailure } from "../../../core/ports/engine.ts";
import type { Measured, MeasureModel } from "../../../core/ports/measure.ts";
import type { Runners } from "../../../core/ports/runner.ts";
import { measureMessage, type MeasureOrder } from "./measure_protocol.ts";

/** The command's side: one connection is one measurement. */
export function createMeasuring(
  runnersFor: (modelPath: string) => Promise<
    | { readonly kind: "planned"; readonly runners: Pick<Runners, "connect">; readonly memoryBytesMax: number }
    | { readonly kind: "failed"; readonly reason: string }
  >,
): MeasureModel {
  return async <M extends { readonly kind: Measured["kind"] }>(
    modelPath: string,
    measurement: M,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ) => {
    type Wanted = Extract<Measured, { readonly kind: M["kind"] }>;
    const failed = (kind: EngineFailure["kind"], reason: string) =>
      signal.aborted ? { kind: "cancelled" } as const : { kind: "failed", failure: { kind, reason } } as const;
    const planned = await runnersFor(modelPath);
    if (planned.kind === "failed") return failed("refused", planned.reason);
    const result = await planned.runners.connect("model-runner", signal);
    if (result.kind === "unavailable") return failed("unavailable", result.reason);
    const { connection } = result;
    const close = () => connection.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const order = { measurement, memoryLimitBytes: planned.memoryBytesMax } as unknown as MeasureOrder;
      await connection.send({ kind: "json", value: order });
      for await (const frame of connection.frames) {
        const message = v.parse(measureMessage, frame.kind === "json" ? frame.value : undefined);
        if (message.kind === "failed") {
          const { mend, ...failure } = message.failure;
          return { kind: "failed", failure: { ...failure, ...(mend === undefined ? {} : { mend }) } } as const;
        }
        if (message.kind === "progress") onProgress(message.share);
        else if (message.measured.kind === measurement.kind) {
          return { kind: "measured", measured: message.measured as Wanted } as const;
        } else break;
      }
    } catch (error) {
      if (!(error instanceof v.ValiError) && !signal.aborted) return failed("crashed", String(error));
    } finally {
      signal.removeEventListener("abort", close);
      connection.close();
    }
    return failed("crashed", "the process that measures ended in the middle of its work");
  };
}
