import type { Prompt } from "./chat_template.ts";
import type { Context } from "./context.ts";
import { commonLength, createPrefixTree } from "./prefix_tree.ts";
import { prefixesMax } from "./sequences.ts";

/** What an answer is wanted to. */
export interface Asked {
  readonly prompt: Prompt;
  /** Whose history the prompt is. Absent: nobody's, and it isn't kept. */
  readonly conversation?: string;
}

/** A sequence at work: the first `computed` of these tokens lie in it. */
export interface Computing {
  readonly job: Asked;
  readonly sequence: number;
  readonly tokens: readonly number[];
  readonly computed: number;
}

/** What is kept of a conversation. */
export interface History {
  readonly conversation: string;
  readonly sequence: number;
  readonly tokens: readonly number[];
}

/**
 * Beginnings of prompts that stay computed, so that the next prompt which begins so needn't be: what many prompts begin
 * with (system messages and tools), and the history of each conversation. They lie in sequences of their own, whose cells
 * are shared with those that they came from and those that go on from them.
 *
 * Nobody goes on from what another conversation said: how soon an answer comes would tell what was said there. Nor do
 * requests without a conversation go on from what those with one begin with, where a summary may stand.
 */
export interface PrefixMemory {
  /** Positions of the cache that it answers for: what is kept, and what of it running sequences share. */
  readonly cells: number;
  /** How many positions of a running sequence are among {@link cells}, so not its own. */
  sharedBy(sequence: number): number;
  /**
   * Lets `sequence`, which is empty, share the longest beginning of a prompt that is computed, here or in `others`, and
   * gives its length. Never the whole prompt: the logits of its last token are wanted.
   */
  share(asked: Asked, sequence: number, others: Iterable<Computing>): number;
  /**
   * How many tokens of a prompt the next step may take when `count` are computed. Where nothing but the whole of a
   * sequence can be shared, a step has to end where others will begin.
   */
  stepMax(asked: Asked, count: number): number;
  /** A step has computed some of a sequence: keeps what others begin with, once it is there. */
  computed(computing: Computing): void;
  /** A sequence goes, and is about to be cut. With `keeps`, its conversation goes on from what it has. */
  leave(computing: Computing, keeps: boolean): void;
  /** Gives up what was used least recently; false when there is nothing. */
  dropOldest(): boolean;
  /** How many tokens of a prompt needn't be computed if a history of these tokens were put back, beyond those that needn't now. */
  gain(asked: Asked, tokens: readonly number[]): number;
  /**
   * Puts a history back from its saved state, for which there is room. False when it isn't one: then it is left out.
   */
  restore(history: Omit<History, "sequence">, state: Uint8Array<ArrayBuffer>): boolean;
  /** Histories whose state isn't saved, the least recently used first. */
  unsaved(): History[];
  /** The state of the history in this sequence is saved, or nobody wants it. */
  saved(sequence: number): void;
}

/** What the memory is made of. */
export interface PrefixMemoryParts {
  readonly context: Pick<Context, "cut" | "share" | "shareable" | "divisible" | "windowTokens" | "restore">;
  /** The sequences from here on are its own, {@link prefixesMax} of them. */
  readonly sequenceFirst: number;
  /** Positions that it keeps at most. */
  readonly cellsMax: number;
  /** Told of a history whose state isn't saved, before it is given up. */
  readonly dropping?: (history: History) => void;
}

/**
 * A beginning that is kept: what prompts begin with, or what a conversation has computed when its question was read
 * (`asked`), and when it was answered. Of a conversation there is one of each at most.
 */
interface Prefix {
  readonly use: "stable" | "asked" | "answered";
  readonly conversation: string | undefined;
  readonly sequence: number;
  readonly tokens: readonly number[];
  /** Positions that lie in the cache a second time, as sequences of this model can't be put together. */
  readonly copies: number;
  usedAt: number;
  isSaved: boolean;
}

/** An empty memory. */
export function createPrefixMemory({ context, sequenceFirst, cellsMax, dropping }: PrefixMemoryParts): PrefixMemory {
  const prefixes = new Map<number, Prefix>();
  const sequencesFree = Array.from({ length: prefixesMax }, (_, index) => sequenceFirst + index);
  /** Held by sequences: those that are kept, and running ones as far as they share with those. */
  const tree = createPrefixTree();
  /** Running sequences whose beginning is kept already, or can't be. */
  const begun = new Set<number>();
  const sharesAnywhere = context.divisible && context.windowTokens === 0;
  let copies = 0;
  let uses = 0;

  const oldestFirst = () => [...prefixes.values()].toSorted((a, b) => a.usedAt - b.usedAt);

  function drop({ sequence, copies: own }: Prefix): void {
    prefixes.delete(sequence);
    tree.release(sequence);
    copies -= own;
    context.cut(sequence, 0);
    sequencesFree.push(sequence);
  }

  function dropOldest(): boolean {
    const [prefix] = oldestFirst();
    if (prefix === undefined) return false;
    if (isUnsaved(prefix)) dropping?.(historyOf(prefix));
    drop(prefix);
    return true;
  }

  /** A sequence of its own to keep so many tokens in, in the place of what was kept for the same. */
  function takeSequence(use: Prefix["use"], conversation: string | undefined, count: number): number | undefined {
    for (const prefix of [...prefixes.values()]) {
      if (use !== "stable" && prefix.use === use && prefix.conversation === conversation) drop(prefix);
    }
    if (count > cellsMax) return undefined;
    if (sequencesFree.length === 0) dropOldest();
    return sequencesFree.shift();
  }

  function add(prefix: Omit<Prefix, "usedAt">): void {
    copies += prefix.copies;
    tree.hold(prefix.sequence, prefix.tokens);
    prefixes.set(prefix.sequence, { ...prefix, usedAt: ++uses });
    while (tree.size + copies > cellsMax && (prefixes.size > 1 || copies > 0)) dropOldest();
  }

  /** Keeps the first tokens of a sequence. What lies there already isn't kept twice, where it can be put together. */
  function keep(use: Prefix["use"], { sequence, job: { conversation } }: Computing, tokens: readonly number[]): void {
    const own = takeSequence(use, conversation, tokens.length);
    if (own === undefined) return;
    const there = tree.longest(tokens);
    const isTwice = there !== undefined && there.length > tree.heldBy(sequence);
    if (isTwice && sharesAnywhere) {
      context.share(there.holder, own, there.length);
      if (there.length < tokens.length) context.share(sequence, own, tokens.length, there.length);
    } else context.share(sequence, own, tokens.length);
    const copies = isTwice && !sharesAnywhere ? there.length - tree.heldBy(sequence) : 0;
    if (!isTwice) tree.hold(sequence, tokens);
    add({ use, conversation, sequence: own, tokens, copies, isSaved: false });
  }

  return {
    get cells() {
      return tree.size + copies;
    },
    sharedBy: tree.heldBy,
    share(asked, sequence, others) {
      const { tokens } = asked.prompt;
      let best: { readonly sequence: number; readonly length: number } | undefined;
      const consider = (from: number, has: readonly number[]) => {
        const length = commonLength(has, tokens, Math.min(has.length, tokens.length - 1));
        if (length > (best?.length ?? 0) && context.shareable(from, length)) best = { sequence: from, length };
        return length;
      };
      for (const prefix of prefixes.values()) {
        if (!maySee(asked, prefix)) continue;
        const length = consider(prefix.sequence, prefix.tokens);
        if (prefix.use !== "stable" || length === prefix.tokens.length) prefix.usedAt = ++uses;
      }
      for (const other of others) consider(other.sequence, visible(other, asked));
      if (best === undefined) return 0;
      context.share(best.sequence, sequence, best.length);
      const from = prefixes.get(best.sequence);
      if (from !== undefined) from.usedAt = ++uses;
      // The cells of a copy are the copy's own: whoever shares them answers for them too.
      if (from?.copies === 0) tree.hold(sequence, tokens.slice(0, best.length));
      return best.length;
    },
    stepMax({ prompt: { stableCount } }, count) {
      return sharesAnywhere || count >= stableCount ? Infinity : stableCount - count;
    },
    computed(computing) {
      const { job: { prompt, conversation }, sequence, tokens, computed } = computing;
      const { stableCount } = prompt;
      if (computed >= stableCount && !begun.has(sequence)) {
        begun.add(sequence);
        const isKept = prefixes.values().some((prefix) =>
          prefix.use === "stable" && isOf(prefix.conversation) === isOf(conversation) &&
          prefix.tokens.length === stableCount && commonLength(prefix.tokens, tokens, stableCount) === stableCount
        );
        if (!isKept && stableCount > 0 && context.shareable(sequence, stableCount)) {
          keep("stable", computing, tokens.slice(0, stableCount));
        }
      }
      // An answer may be read again as other tokens than it was made of: then its question is the last that fits.
      const isAsked = computed === prompt.tokens.length && conversation !== undefined;
      if (isAsked && !sharesAnywhere) keep("asked", computing, tokens.slice(0, computed));
    },
    leave(computing, keeps) {
      const { job: { prompt, conversation }, sequence, tokens, computed } = computing;
      if (keeps && conversation !== undefined && computed > prompt.stableCount) {
        keep("answered", computing, tokens.slice(0, computed));
      }
      tree.release(sequence);
      begun.delete(sequence);
    },
    dropOldest,
    gain(asked, tokens) {
      const { tokens: wanted } = asked.prompt;
      const most = wanted.length - 1;
      const common = commonLength(tokens, wanted, Math.min(tokens.length, most));
      const after = sharesAnywhere || common === tokens.length ? common : 0;
      const now = [...prefixes.values()].filter((prefix) => maySee(asked, prefix)).map((prefix) => {
        const length = commonLength(prefix.tokens, wanted, Math.min(prefix.tokens.length, most));
        return context.shareable(prefix.sequence, length) ? length : 0;
      });
      return Math.max(0, after - Math.max(0, ...now));
    },
    restore({ conversation, tokens }, state) {
      const sequence = takeSequence("answered", conversation, tokens.length);
      if (sequence === undefined) return false;
      if (!context.restore(sequence, state, tokens.length)) {
        sequencesFree.push(sequence);
        return false;
      }
      const there = tree.longest(tokens)?.length ?? 0;
      add({ use: "answered", conversation, sequence, tokens: tokens.slice(), copies: there, isSaved: true });
      return true;
    },
    unsaved: () => oldestFirst().filter(isUnsaved).map(historyOf),
    saved(sequence) {
      const prefix = prefixes.get(sequence);
      if (prefix !== undefined) prefix.isSaved = true;
    },
  };
}

const isOf = (conversation: string | undefined) => conversation !== undefined;

function maySee({ conversation }: Asked, prefix: Prefix): boolean {
  if (prefix.use === "stable") return isOf(prefix.conversation) === isOf(conversation);
  return prefix.conversation === conversation;
}

/** What of a running sequence others may go on from. */
function visible({ job, tokens, computed }: Computing, { conversation }: Asked): readonly number[] {
  if (isOf(job.conversation) !== isOf(conversation)) return [];
  const isSame = isOf(conversation) && job.conversation === conversation;
  return tokens.slice(0, isSame ? computed : Math.min(computed, job.prompt.stableCount));
}

function isUnsaved({ use, isSaved }: Prefix): boolean {
  return use === "answered" && !isSaved;
}

function historyOf({ conversation = "", sequence, tokens }: Prefix): History {
  return { conversation, sequence, tokens };
}
