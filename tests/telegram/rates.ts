/** How much the platform bears. Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export interface Rates {
  readonly perSecond: number;
  readonly chatPerSecond: number;
  readonly groupPerMinute: number;
}

/** What the documentation names. */
export const publishedRates: Rates = { perSecond: 30, chatPerSecond: 1, groupPerMinute: 20 };

/** Short bursts are borne: this many messages may come at once in one chat. */
const burst = 3;

/** A window that slides: `count` things in `windowMs`. */
interface Window {
  readonly count: number;
  readonly windowMs: number;
  readonly times: number[];
}

/** Counts what is sent, and says after how many seconds a message that is too much may come again. */
export class RateKeeper {
  readonly #windows = new Map<string, Window>();

  constructor(readonly rates: Rates) {}

  /** Counts one message; or doesn't, and returns the seconds to wait. */
  take(chatId: number, nowMs: number): number | undefined {
    const { perSecond, chatPerSecond, groupPerMinute } = this.rates;
    const windows = [
      this.#window("all", perSecond, 1_000),
      // An average over a short burst, as the platform's own "may be allowed for a short time".
      this.#window(`chat ${chatId}`, burst, (burst * 1_000) / chatPerSecond),
      ...(chatId < 0 ? [this.#window(`group ${chatId}`, groupPerMinute, 60_000)] : []),
    ];
    const waits = windows.map(({ count, windowMs, times }) => {
      while (times.length > 0 && times[0]! <= nowMs - windowMs) times.shift();
      return times.length < count ? 0 : times[0]! + windowMs - nowMs;
    });
    const waitMs = Math.max(...waits);
    if (waitMs > 0) return Math.ceil(waitMs / 1_000);
    for (const { times } of windows) times.push(nowMs);
    return undefined;
  }

  #window(name: string, count: number, windowMs: number): Window {
    const known = this.#windows.get(name) ?? { count, windowMs, times: [] };
    this.#windows.set(name, known);
    return known;
  }
}
