import type { Update } from "./telegram_update.ts";

/**
 * Which updates the platform told, and which of them are dealt with. A poll's offset confirms all that is below it for
 * good, so it never goes past one that isn't dealt with. Nothing is remembered that is confirmed: ids of updates may
 * begin anew after a quiet week. Source: https://core.telegram.org/bots/api#update
 */
export class UpdateWindow {
  readonly #open = new Set<number>();
  readonly #dealtWith = new Set<number>();

  /** Those that weren't told before, in the order in which they came about. */
  fresh(told: readonly Update[]): Update[] {
    const known = (id: number) => this.#open.has(id) || this.#dealtWith.has(id);
    const fresh = told.filter(({ update_id: id }) => !known(id)).sort((a, b) => a.update_id - b.update_id);
    for (const { update_id: id } of fresh) this.#open.add(id);
    return fresh;
  }

  dealtWith(id: number): void {
    // What was pushed isn't confirmed by a poll.
    if (this.#open.delete(id)) this.#dealtWith.add(id);
  }

  /** How many aren't dealt with. */
  get open(): number {
    return this.#open.size;
  }

  /** What the next poll confirms; `undefined`: nothing. */
  offset(): number | undefined {
    const end = this.#open.size > 0 ? Math.min(...this.#open) : Math.max(...this.#dealtWith) + 1;
    return [...this.#dealtWith].some((id) => id < end) ? end : undefined;
  }

  /** The platform answered a poll with this offset. */
  confirmed(offset: number | undefined): void {
    for (const id of this.#dealtWith) if (offset !== undefined && id < offset) this.#dealtWith.delete(id);
  }
}
