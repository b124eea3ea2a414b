import type { Clock } from "../../../core/ports/clock.ts";
import type { SentZones } from "../html/console/frame.ts";
import type { Problem } from "../problem.ts";
import type { ServerSentEvent } from "../sse.ts";

/** Between two looks, in milliseconds; each is told, so that a page knows that what it shows still holds. */
export const lookEveryMs = 1_000;

/**
 * The zones of a page as they change. Each event says when it was; zones that are as before are left out of it, and one
 * that isn't there any more is null. Ends with `refused` when the page isn't for its reader any more.
 *
 * @param look What stands there now. @param reasonOf A refusal in the reader's words; `undefined`: it is a bug.
 */
export async function* liveZones(
  { look, time, reasonOf, clock, signal }: {
    readonly look: () => Promise<SentZones>;
    readonly time: () => string;
    readonly reasonOf: (error: unknown) => string | undefined;
    readonly clock: Pick<Clock, "sleep">;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<ServerSentEvent> {
  let shown: SentZones = {};
  while (!signal.aborted) {
    let now: SentZones;
    try {
      now = await look();
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error as Problem;
      return yield { name: "refused", data: { reason } };
    }
    const zones = Object.fromEntries(
      (["list", "panel"] as const)
        .filter((name) => now[name]?.hash !== shown[name]?.hash)
        .map((name) => [name, now[name] ?? null]),
    );
    shown = now;
    yield { name: "zones", data: { at: time(), zones } };
    await clock.sleep(lookEveryMs, signal);
  }
}
