import type { InboundMessage, IntakeResult } from "../../core/message/types.ts";
import type { Sink } from "../../core/ports/channel.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { StoreError } from "../../core/ports/store.ts";
import type { Update } from "./telegram_update.ts";

/** After so many tries that failed for its own sake it is given up: one message never holds others back for ever. */
const triesMax = 8;
const againMs = 500;
const againMsMax = 30_000;

/** What taking in needs. */
export interface IntakeDeps {
  readonly sink: Sink;
  readonly clock: Clock;
  readonly log: Log;
  /** A draw from [0, 1). */
  readonly draw: () => number;
  readonly signal: AbortSignal;
  /** What is taken in of an update; `undefined`: nothing. */
  readonly inboundOf: (update: Update) => InboundMessage | undefined;
  /** Told when an update is dealt with. */
  readonly done: (update: Update, outcome: Outcome) => void;
}

/** `givenUp`: nothing of it is stored, and it won't be offered again. `nothing`: nothing was said to the assistant. */
export type Outcome =
  | { readonly kind: "taken"; readonly inbound: InboundMessage; readonly result: IntakeResult }
  | { readonly kind: "givenUp"; readonly inbound: InboundMessage }
  | { readonly kind: "nothing" };

/** Takes updates in: those of one conversation in their order, those of several beside each other. */
export interface Intake {
  /** Tries until it is dealt with. Resolves with false when the signal aborted before. */
  take(update: Update): Promise<boolean>;
  /** Tries once: false when it must be offered again. */
  tryOnce(update: Update): Promise<boolean>;
  /** Resolves when nothing is being taken in. */
  quiet(): Promise<void>;
}

/** Makes the intake of one channel's run. */
export function createIntake(deps: IntakeDeps): Intake {
  const { sink, clock, log, draw, signal, done } = deps;
  /** The last of each conversation that isn't done. */
  const last = new Map<string, Promise<unknown>>();
  /** How often an update failed for its own sake; those that are done aren't here. */
  const failures = new Map<number, number>();

  /** What nobody foresaw in one update costs that update alone. */
  function inboundOf(update: Update): InboundMessage | undefined {
    try {
      return deps.inboundOf(update);
    } catch (error) {
      log.error("telegram message not understood", { update: update.update_id, error: nameOf(error) });
      return undefined;
    }
  }

  async function attempt(update: Update): Promise<boolean> {
    const tries = failures.get(update.update_id) ?? 0;
    const inbound = inboundOf(update);
    const end = (outcome: Outcome) => {
      failures.delete(update.update_id);
      done(update, outcome);
      return true;
    };
    if (inbound === undefined) return end({ kind: "nothing" });
    try {
      return end({ kind: "taken", inbound, result: await sink(inbound) });
    } catch (error) {
      // While nothing can be stored, every message waits; that isn't this one's fault.
      if (error instanceof StoreError || signal.aborted) return false;
      failures.set(update.update_id, tries + 1);
      const fields = {
        update: update.update_id,
        tries: tries + 1,
        error: error instanceof Error ? error.constructor.name : "unknown",
      };
      if (tries + 1 < triesMax) {
        log.warn("telegram message not taken in, trying again", fields);
        return false;
      }
      log.error("telegram message given up", fields);
      return end({ kind: "givenUp", inbound });
    }
  }

  async function stubbornly(update: Update): Promise<boolean> {
    for (let tries = 0; !signal.aborted; tries++) {
      if (await attempt(update)) return true;
      await clock.sleep(Math.min(againMsMax, againMs * 2 ** Math.min(tries, 30)) * (0.5 + draw() / 2), signal);
    }
    return false;
  }

  /** After those of its conversation that came before. */
  async function inTurn(update: Update, work: (update: Update) => Promise<boolean>): Promise<boolean> {
    const key = inboundOf(update)?.conversation ?? "";
    if (key === "") return await work(update);
    const turn = (last.get(key) ?? Promise.resolve()).then(() => work(update));
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  }

  return {
    take: (update) => inTurn(update, stubbornly),
    tryOnce: (update) => inTurn(update, attempt),
    quiet: async () => void await Promise.allSettled([...last.values()]),
  };
}

/** An error's text may quote what a person wrote. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.constructor.name : "unknown";
}
