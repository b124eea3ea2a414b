import type { Prompt } from "./chat_template.ts";
import type { Context } from "./context.ts";

/** Tokens that lie computed in a sequence. */
export interface Computed {
  readonly sequence: number;
  readonly tokens: readonly number[];
}

/** Beginnings of prompts that stay computed, so that the next prompt which begins so needn't be. */
export interface PrefixMemory {
  /** Positions of the cache that it holds. */
  readonly cells: number;
  /**
   * Lets `sequence`, which is empty, share the longest beginning of a prompt that is computed, here or in `others`, and
   * gives its length. Never the whole prompt: the logits of its last token are wanted.
   */
  share(prompt: Prompt, sequence: number, others: Iterable<Computed>): number;
  /** Keeps the stable beginning of a prompt that is computed in `sequence`. Costs nothing: cells are shared. */
  keep(prompt: Prompt, sequence: number): void;
  /** Gives up what was used least recently; false when there is nothing. */
  dropOldest(): boolean;
}

/** So many different beginnings are kept: one a language, with room for a change. */
export const prefixesMax = 4;

/** A beginning, in a sequence of its own. */
interface Prefix extends Computed {
  usedAt: number;
}

/** A memory that owns the sequences from `sequenceFirst` on, {@link prefixesMax} of them, in a cache of `cells`. */
export function createPrefixMemory(
  context: Pick<Context, "cut" | "share" | "divisible">,
  { sequenceFirst, cells }: { readonly sequenceFirst: number; readonly cells: number },
): PrefixMemory {
  let prefixes: Prefix[] = [];
  const sequencesFree = Array.from({ length: prefixesMax }, (_, index) => sequenceFirst + index);
  let uses = 0;

  function dropOldest(): boolean {
    const oldest = prefixes.toSorted((a, b) => a.usedAt - b.usedAt)[0];
    if (oldest === undefined) return false;
    context.cut(oldest.sequence, 0);
    sequencesFree.push(oldest.sequence);
    prefixes = prefixes.filter((prefix) => prefix !== oldest);
    return true;
  }

  return {
    get cells() {
      return prefixes.reduce((sum, { tokens }) => sum + tokens.length, 0);
    },
    share({ tokens }, sequence, others) {
      if (!context.divisible) return 0;
      let best = 0;
      let from = -1;
      const consider = (candidate: Computed) => {
        const most = Math.min(candidate.tokens.length, tokens.length - 1);
        const length = commonLength(candidate.tokens, tokens, most);
        if (length > best) [best, from] = [length, candidate.sequence];
        return length;
      };
      for (const prefix of prefixes) if (consider(prefix) === prefix.tokens.length) prefix.usedAt = ++uses;
      for (const other of others) consider(other);
      if (best > 0) context.share(from, sequence, best);
      return best;
    },
    keep({ tokens, stableCount }, sequence) {
      if (!context.divisible || stableCount === 0 || stableCount > cells / 4) return;
      const isKept = ({ tokens: kept }: Prefix) => commonLength(kept, tokens, stableCount) === stableCount;
      if (prefixes.some(isKept)) return;
      if (sequencesFree.length === 0) dropOldest();
      const own = sequencesFree.shift();
      if (own === undefined) return;
      context.share(sequence, own, stableCount);
      prefixes.push({ sequence: own, tokens: tokens.slice(0, stableCount), usedAt: ++uses });
    },
    dropOldest,
  };
}

/** How many tokens, of the first `max`, two texts have in common at their beginning. */
export function commonLength(a: readonly number[], b: readonly number[], max: number): number {
  let length = 0;
  while (length < max && a[length] === b[length]) length++;
  return length;
}
