import type { Clock } from "../../core/ports/clock.ts";

/** Anything that ends and doesn't come back. */
interface Ending {
  readonly isOpen: boolean;
}

/**
 * What was written and acknowledged a moment ago, by the connection that it was written over. Where that was lost since,
 * readings say so for a while instead of what they read: behind an address there may be another device by then, or one
 * that started anew.
 */
export class Unverified<Link extends Ending> {
  readonly #written = new Map<string, { readonly link: Link; readonly untilMs: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `key` was written over `link`; it is read back within a time. */
  wrote(key: string, link: Link, withinMs: number): void {
    this.#written.set(key, { link, untilMs: this.#clock.nowMs() + withinMs });
  }

  /** The connection that it was written over, where it should be read back over that; `lost` when it ended. */
  linkFor(key: string): Link | "lost" | undefined {
    for (const [other, { untilMs }] of this.#written) {
      if (untilMs < this.#clock.nowMs()) this.#written.delete(other);
    }
    const link = this.#written.get(key)?.link;
    return link?.isOpen === false ? "lost" : link;
  }
}

/** What a reading says instead. */
export const lostSinceWritten = {
  kind: "unreachable",
  reason: "the connection was lost after it was written",
} as const;
