import type { Engine, EngineFailure, GenerateRequest, Usage } from "../ports/engine.ts";
import type { CompletionEvent, FinishReason } from "./types.ts";

/** What one choice yields: its pieces, then how it ended. */
export type ChoiceEvent =
  | Extract<CompletionEvent, { readonly kind: "text" | "tool_call" }>
  | { readonly kind: "choice_end"; readonly choice: number; readonly reason: FinishReason; readonly usage: Usage }
  | { readonly kind: "cancelled" }
  | { readonly kind: "engine_failed"; readonly failure: EngineFailure };

/** Asks the engine for one choice. With `oneCall` it ends at its first tool call. */
export async function* generateChoice(
  engine: Pick<Engine, "generate">,
  { choice, request, oneCall }: {
    readonly choice: number;
    readonly request: GenerateRequest;
    readonly oneCall: boolean;
  },
  signal: AbortSignal,
): AsyncGenerator<ChoiceEvent, void, void> {
  const enough = new AbortController();
  const either = oneCall ? AbortSignal.any([signal, enough.signal]) : signal;
  let calls = 0;
  for await (const event of engine.generate(request, either)) {
    switch (event.kind) {
      case "text":
        if (!enough.signal.aborted) yield { ...event, choice };
        break;
      case "tool_call":
        if (enough.signal.aborted) break;
        calls++;
        yield { ...event, choice };
        if (oneCall) enough.abort();
        break;
      case "failed":
        return yield { kind: "engine_failed", failure: event.failure };
      case "end": {
        if (event.reason === "cancelled" && !enough.signal.aborted) return yield { kind: "cancelled" };
        const reason = calls > 0 ? "tool_calls" : event.reason === "length" ? "length" : "stop";
        return yield { kind: "choice_end", choice, reason, usage: event.usage };
      }
    }
  }
  yield { kind: "engine_failed", failure: { kind: "crashed", reason: "the engine ended without an end" } };
}

/** The events of several sources as they come. Ends when all have ended; left early, it ends them all. */
export async function* merge<Event>(
  sources: readonly AsyncGenerator<Event, void, void>[],
): AsyncGenerator<Event, void, void> {
  if (sources.length === 1) return yield* sources[0]!;
  const next = (source: AsyncGenerator<Event, void, void>) => source.next().then((result) => ({ source, result }));
  const pending = new Map(sources.map((source) => [source, next(source)]));
  try {
    while (pending.size > 0) {
      const { source, result } = await Promise.race(pending.values());
      if (result.done) {
        pending.delete(source);
        continue;
      }
      pending.set(source, next(source));
      yield result.value;
    }
  } finally {
    await Promise.all([...pending].map(async ([source, promised]) => {
      await promised;
      await source.return();
    }));
  }
}
