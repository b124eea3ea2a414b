/** Watches one answer for texts that end it. A tail that may become one is held back until it is decided. */
export interface StopStrings {
  /** Takes the next piece: what may be sent now, and whether a stop text was met (then nothing more follows). */
  push(piece: string): { readonly text: string; readonly stopped: boolean };
  /** What was held back, once the answer has ended for another reason. */
  flush(): string;
}

/** A watcher for `stops`, of which the earliest in the text wins. Empty texts are ignored. */
export function createStopStrings(stops: readonly string[]): StopStrings {
  const wanted = stops.filter((stop) => stop.length > 0);
  let held = "";
  return {
    push(piece) {
      if (wanted.length === 0) return { text: piece, stopped: false };
      held += piece;
      let stopAt = -1;
      for (const stop of wanted) {
        const at = held.indexOf(stop);
        if (at >= 0 && (stopAt < 0 || at < stopAt)) stopAt = at;
      }
      if (stopAt >= 0) {
        const text = held.slice(0, stopAt);
        held = "";
        return { text, stopped: true };
      }
      let safe = held.length;
      for (const stop of wanted) {
        for (let length = Math.min(stop.length - 1, held.length); length > held.length - safe; length--) {
          if (stop.startsWith(held.slice(held.length - length))) {
            safe = held.length - length;
            break;
          }
        }
      }
      const text = held.slice(0, safe);
      held = held.slice(safe);
      return { text, stopped: false };
    },
    flush() {
      const text = held;
      held = "";
      return text;
    },
  };
}
