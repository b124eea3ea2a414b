import type { Feed } from "../message/feed.ts";
import type { Clock } from "../ports/clock.ts";
import type { Engine, EngineEvent } from "../ports/engine.ts";
import type { Runners } from "../ports/runner.ts";
import { type Store, StoreError } from "../ports/store.ts";
import type { Metrics } from "./metrics.ts";

/** Turns whose beginning is remembered at once. */
const begunMax = 10_000;

/** The feed, with turns counted as they end and timed from their beginning. Turns of an earlier life aren't timed. */
export function measuredFeed(feed: Feed, metrics: Metrics, clock: Pick<Clock, "nowMs">): Feed {
  const begun = new Map<string, { readonly atMs: number; heard: boolean; ran: boolean }>();
  const seconds = (atMs: number) => Math.max(0, clock.nowMs() - atMs) / 1_000;
  return {
    ...feed,
    publish(sessionId, event) {
      feed.publish(sessionId, event);
      if (event.kind === "partial") {
        const turn = begun.get(event.turnId);
        if (turn === undefined || turn.heard) return;
        turn.heard = true;
        metrics.observe("clawdbot_turn_first_token_seconds", seconds(turn.atMs));
      } else if (event.kind === "turn") {
        const { turnId, state } = event;
        const turn = begun.get(turnId);
        if (state === "queued" || state === "running") {
          if (state === "queued" && turn?.ran) metrics.count("clawdbot_turns_again_total");
          if (turn !== undefined) turn.ran ||= state === "running";
          else if (begun.size < begunMax) {
            begun.set(turnId, { atMs: clock.nowMs(), heard: false, ran: state === "running" });
          }
          return;
        }
        metrics.count("clawdbot_turns_total", { outcome: state });
        begun.delete(turnId);
        if (turn !== undefined && state === "answered") {
          metrics.observe("clawdbot_turn_answer_seconds", seconds(turn.atMs));
        }
      }
    },
  };
}

/** An engine, with its generations and tokens counted. `running`: how many haven't ended. */
export function measuredEngine(engine: Engine, metrics: Metrics): { readonly engine: Engine; running(): number } {
  let running = 0;
  return {
    running: () => running,
    engine: {
      ...engine,
      async *generate(request, signal) {
        running++;
        let ended = false;
        try {
          for await (const event of engine.generate(request, signal)) {
            ended ||= count(event, metrics);
            yield event;
          }
        } finally {
          running--;
          if (!ended) metrics.count("clawdbot_generations_total", { outcome: "cancelled" });
        }
      },
    },
  };
}

/** Whether the event ends its generation. */
function count(event: EngineEvent, metrics: Metrics): boolean {
  if (event.kind !== "end" && event.kind !== "failed") return false;
  metrics.count("clawdbot_generations_total", { outcome: event.kind === "end" ? event.reason : "failed" });
  if (event.kind === "end") {
    const { promptTokens, promptReused, answerTokens } = event.usage;
    metrics.count("clawdbot_tokens_total", { kind: "prompt" }, promptTokens);
    metrics.count("clawdbot_tokens_total", { kind: "prompt_reused" }, promptReused);
    metrics.count("clawdbot_tokens_total", { kind: "answer" }, answerTokens);
  }
  return true;
}

/** Runners, with their starts counted. */
export function measuredRunners(runners: Runners, metrics: Metrics): Runners {
  return {
    ...runners,
    async connect(role, signal) {
      const result = await runners.connect(role, signal);
      if (result.kind === "connected") metrics.count("clawdbot_runners_started_total", { role });
      return result;
    },
  };
}

/** A store, with what isn't committed counted. */
export function measuredStore(store: Store, metrics: Metrics): Store {
  return {
    ...store,
    async write(work) {
      try {
        return await store.write(work);
      } catch (error) {
        if (error instanceof StoreError) metrics.count("clawdbot_database_failures_total", { kind: error.kind });
        throw error;
      }
    },
  };
}
