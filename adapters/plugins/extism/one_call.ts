import type { Clock } from "../../../core/ports/clock.ts";
import type { CallLimits, CallOutcome, HostFunction } from "../../../core/ports/plugins.ts";
import type { PluginProcess } from "./plugin_process.ts";

/** What ends a call from outside, and with it the process. */
type Ending = { readonly kind: "deadline" } | { readonly kind: "cancelled" } | { readonly kind: "ended" };

/** One call of a process that has its module and does nothing else. */
export interface OneCall {
  readonly process: PluginProcess;
  readonly entry: "register" | "execute";
  readonly input: Uint8Array;
  readonly limits: CallLimits;
  readonly session?: string;
  readonly host: HostFunction;
  /** Abort: the caller doesn't want it any more. */
  readonly signal: AbortSignal;
  /** Abort: the process is taken away. */
  readonly ended: AbortSignal;
}

/**
 * Makes one call, and carries out what the plugin asks of the host meanwhile. When time is over, or either signal aborts,
 * the process is killed: whether it is closed afterwards says whether it can be called again.
 */
export async function makeCall(call: OneCall, clock: Clock): Promise<CallOutcome> {
  const { process, entry, input, limits, session, host, signal, ended } = call;
  const startedMs = clock.nowMs();
  /** Aborts what the host is doing for it. */
  const over = new AbortController();
  let ending: Ending | undefined;
  const end = (kind: Ending["kind"]) => {
    if (over.signal.aborted) return;
    ending = { kind };
    process.close();
    over.abort();
  };
  const cancel = () => end("cancelled");
  const takeAway = () => end("ended");
  signal.addEventListener("abort", cancel, { once: true });
  ended.addEventListener("abort", takeAway, { once: true });
  void clock.sleep(limits.deadline_ms, over.signal).then(() => end("deadline"));
  const stopped = new Promise<undefined>((resolve) => over.signal.addEventListener("abort", () => resolve(undefined)));
  try {
    process.send({ op: "call", entry, limits, ...(session === undefined ? {} : { session }) }, input);
    for (;;) {
      const said = await process.receive();
      if (said.kind === "gone") return ending === undefined ? crashed(said.reason) : outcomeOf(ending, limits);
      const { answer, body } = said;
      switch (answer.op) {
        case "done": {
          const { fuelUsed, logs } = answer;
          return { kind: "done", output: body, fuelUsed, logs, tookMs: clock.nowMs() - startedMs };
        }
        case "failed":
          return { kind: "failed", code: answer.code, reason: answer.reason, logs: answer.logs };
        case "host": {
          // Of a process that has died meanwhile, the next thing that is received says so.
          const reply = await Promise.race([host(answer.capability, body, over.signal), stopped, process.gone]);
          if (reply !== undefined) process.send({ op: "reply" }, reply);
          break;
        }
        default:
          process.close();
          return crashed("its process said what it must not");
      }
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    ended.removeEventListener("abort", takeAway);
    over.abort();
  }
}

function outcomeOf(ending: Ending, { deadline_ms: deadlineMs }: CallLimits): CallOutcome {
  switch (ending.kind) {
    case "cancelled":
      return { kind: "cancelled" };
    case "ended":
      return { kind: "failed", code: "ended", reason: "the plugin was taken away while it ran", logs: [] };
    case "deadline":
      return { kind: "failed", code: "deadline", reason: `it took more than ${deadlineMs} ms`, logs: [] };
  }
}

function crashed(reason: string): CallOutcome {
  return { kind: "failed", code: "crash", reason, logs: [] };
}
