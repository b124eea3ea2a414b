import type { Store, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Accepted } from "./questions.ts";
import type { MessageRecord } from "./types.ts";

/** What a transaction leaves to be done after its commit. */
export interface Effects {
  /** For the outbox. */
  readonly deliveries: readonly Tables["deliveries"][];
  /** A question that was taken in. */
  readonly accepted?: Accepted;
  /** Someone who is nobody any more: what they look at ends. */
  readonly loggedOutId?: string;
  /** Sentences of the system's own that stand in sessions now. */
  readonly notices?: readonly MessageRecord[];
  /** Cards that changed: whose views are told, and which one is approved and must be done now. */
  readonly cards?: { readonly identityIds: readonly string[]; readonly approvedId?: string };
}

/** A result of a transaction, and what it leaves to be done. */
export interface WithEffects<Result> {
  readonly result: Result;
  readonly effects?: Effects | undefined;
}

/** Commits, and then does what is left to be done at once: nothing is awaited between, so that commits keep their order. */
export async function commitWithEffects<Result>(
  { store, committed }: { readonly store: Pick<Store, "write">; readonly committed: (effects: Effects) => void },
  work: (tx: Tx) => WithEffects<Result>,
): Promise<Result> {
  const { result, effects } = await store.write(work);
  if (effects !== undefined) committed(effects);
  return result;
}
