import type { Principal } from "../../core/access.ts";
import { nameOf } from "../../core/access.ts";
import type { FeedEvent } from "../../core/message/types.ts";
import { refused } from "./asking.ts";
import type { WebDeps } from "./deps.ts";
import { Problem } from "./problem.ts";
import { eventStream, type ServerSentEvent } from "./sse.ts";

/** Live views at once, of all. More would be a leak or an attack. */
export const streamsMax = 256;
/** The same, of one principal. */
export const streamsEachMax = 32;

/** Opens live views, and counts them. */
export interface Streams {
  /**
   * The events of one session as a response, each as `shape` makes it.
   * @throws {Problem} 429 when too many are open, 403 when the session isn't the principal's.
   */
  open(
    principal: Principal,
    sessionId: string,
    shape: (events: AsyncIterable<FeedEvent>) => AsyncIterable<ServerSentEvent>,
  ): Promise<Response>;
  /**
   * Any other events as a response, until the signal aborts that `events` is given.
   * @throws {Problem} 429 when too many are open.
   */
  view(principal: Principal, events: (signal: AbortSignal) => AsyncIterable<ServerSentEvent>): Response;
}

/** Makes the count of one listener. */
export function createStreams({ assistant, clock }: Pick<WebDeps, "assistant" | "clock">): Streams {
  const counts = new Map<string, number>();
  let total = 0;

  function take(name: string): (() => void) | undefined {
    const count = counts.get(name) ?? 0;
    if (total >= streamsMax || count >= streamsEachMax) return undefined;
    total++;
    counts.set(name, count + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      total--;
      const left = counts.get(name)! - 1;
      if (left > 0) counts.set(name, left);
      else counts.delete(name);
    };
  }

  /** A place among the views, and what ends it. */
  function enter(principal: Principal): { readonly signal: AbortSignal; readonly onEnd: () => void } {
    const release = take(nameOf(principal));
    if (release === undefined) throw new Problem(429, (say) => say.busy, { "retry-after": "10" });
    const leaving = new AbortController();
    const onEnd = () => {
      leaving.abort();
      release();
    };
    return { signal: leaving.signal, onEnd };
  }

  return {
    view(principal, events) {
      const { signal, onEnd } = enter(principal);
      return eventStream(events(signal), { clock, onEnd });
    },
    async open(principal, sessionId, shape) {
      const { signal, onEnd } = enter(principal);
      try {
        const result = await assistant.subscribe(principal, sessionId, signal);
        if (result.kind === "refused") throw refused(result.reason);
        return eventStream(shape(result.events), { clock, onEnd });
      } catch (error) {
        onEnd();
        throw error;
      }
    },
  };
}
