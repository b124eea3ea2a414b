import * as v from "valibot";
import type { ModelPuller } from "../../core/ports/puller.ts";
import type { Runners } from "../../core/ports/runner.ts";
import { pullerMessage } from "./puller_protocol.ts";

/** The host's side of the puller: one connection is one model. What it says is parsed; what it brought, it verified. */
export function createModelPuller(runners: Runners): ModelPuller {
  return {
    async pull(name, onProgress, signal) {
      const result = await runners.connect("model-puller", signal);
      if (result.kind === "unavailable") {
        return signal.aborted ? { kind: "cancelled" } : { kind: "failed", reason: result.reason };
      }
      const { connection } = result;
      const close = () => connection.close();
      signal.addEventListener("abort", close, { once: true });
      try {
        await connection.send({ kind: "json", value: { kind: "pull", name } });
        for await (const frame of connection.frames) {
          const message = v.parse(pullerMessage, frame.kind === "json" ? frame.value : undefined);
          if (message.kind === "failed") return { kind: "failed", reason: message.reason };
          if (message.kind === "ended") return { kind: message.result };
          const { kind: _, ...progress } = message;
          onProgress(progress);
        }
      } catch (error) {
        if (signal.aborted) return { kind: "cancelled" };
        const reason = error instanceof v.ValiError
          ? "the process that brings models says what it must not"
          : String(error);
        return { kind: "failed", reason };
      } finally {
        signal.removeEventListener("abort", close);
        connection.close();
      }
      return signal.aborted
        ? { kind: "cancelled" }
        : { kind: "failed", reason: "the process that brings models ended in the middle of its work" };
    },
  };
}
