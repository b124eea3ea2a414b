import type { Llama, Pointer } from "./binding.ts";
import { layout } from "./layout.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What a row of logits offers, and what a grammar leaves of it. One for all answers: nothing is allocated for a token. */
export interface Candidates {
  /** The logits of a row, until the next call. */
  logits(context: Pointer, row: number): Float32Array;
  /** Whether the grammar allows this token next. */
  allows(grammar: Pointer, token: number): boolean;
  /**
   * The token that the chain chooses among those that the grammar allows; -1 when it allows none.
   * @param reach How far below the best of them a logit may lie and still matter to the chain; -Infinity: any.
   * @param isBarred Tokens that aren't to be chosen for another reason.
   */
  choose(
    samplers: { readonly grammar: Pointer; readonly chain: Pointer },
    at: { readonly context: Pointer; readonly row: number },
    reach: number,
    isBarred: (token: number) => boolean,
  ): number;
}

/** The first band of logits that the grammar is asked about; the second is as wide again. */
const band = 8;
const bandsMax = 3;

/** For the vocabulary of a loaded model. */
export function createCandidates(
  llama: Llama,
  vocabulary: Pick<Vocabulary, "size" | "isSilent">,
): Candidates {
  const { symbols } = llama;
  const { size } = vocabulary;
  const one = createArray(llama, 1);
  const all = createArray(llama, size);
  const logits = new Float32Array(new ArrayBuffer(size * 4));

  function read(context: Pointer, row: number): void {
    const pointer = symbols.llama_get_logits_ith(context, row);
    if (pointer !== null) symbols.copy_from(logits, pointer, BigInt(logits.byteLength));
    else logits.fill(-Infinity);
  }

  return {
    logits(context, row) {
      read(context, row);
      return logits;
    },
    allows(grammar, token) {
      if (vocabulary.isSilent(token)) return false;
      one.ids[0] = token;
      one.values[1] = 1;
      one.point(0, 1);
      symbols.llama_sampler_apply(grammar, one.struct);
      return one.values[1] === 1;
    },
    choose({ grammar, chain }, { context, row }, reach, isBarred) {
      read(context, row);
      let best = -Infinity;
      for (let token = 0; token < size; token++) if (logits[token]! > best) best = logits[token]!;
      // From the most probable downwards: mostly the grammar needs to see some hundred of a hundred thousand.
      let count = 0;
      let bestAllowed = -Infinity;
      let upper = Infinity;
      let lower = best - band;
      for (let bands = 1;; bands++) {
        const from = count;
        for (let token = 0; token < size; token++) {
          const logit = logits[token]!;
          if (logit < lower || logit >= upper || vocabulary.isSilent(token) || isBarred(token)) continue;
          all.ids[count * 3] = token;
          all.values[count * 3 + 1] = logit;
          count++;
        }
        if (count > from) {
          all.point(from, count - from);
          symbols.llama_sampler_apply(grammar, all.struct);
        }
        const end = count;
        count = from;
        for (let index = from; index < end; index++) {
          const logit = all.values[index * 3 + 1]!;
          if (logit === -Infinity) continue;
          all.ids[count * 3] = all.ids[index * 3]!;
          all.values[count * 3 + 1] = logit;
          bestAllowed = Math.max(bestAllowed, logit);
          count++;
        }
        if (lower === -Infinity || lower <= bestAllowed + reach) break;
        upper = lower;
        lower = bestAllowed > -Infinity ? bestAllowed + reach : bands < bandsMax ? lower - band : -Infinity;
      }
      if (count === 0) return -1;
      all.point(0, count);
      symbols.llama_sampler_apply(chain, all.struct);
      return all.selected();
    },
  };
}

/** A `llama_token_data_array` over memory of its own. The samplers of our chains leave its entries where they are. */
function createArray(llama: Llama, length: number) {
  const entry = layout.llama_token_data;
  const array = layout.llama_token_data_array;
  // Explicit ArrayBuffers, which V8 never moves.
  const arena = new ArrayBuffer(length * entry.$size);
  const struct = new Uint8Array(new ArrayBuffer(array.$size));
  const view = new DataView(struct.buffer);
  const ids = new Int32Array(arena);
  const values = new Float32Array(arena);
  const base = llama.addressOf(arena);
  let pointedAt = -1;
  let pointedLength = -1;
  return {
    struct,
    /** By threes: id, logit (as {@link values}), probability. */
    ids,
    values,
    point(from: number, count: number) {
      if (from !== pointedAt) view.setBigUint64(array.data, base + BigInt(from * entry.$size), true);
      // The chain's samplers shorten it.
      if (count !== pointedLength || length > 1) view.setBigUint64(array.size, BigInt(count), true);
      pointedAt = from;
      pointedLength = count;
      view.setBigInt64(array.selected, -1n, true);
      view.setUint8(array.sorted, 0);
    },
    selected: () => ids[view.getInt32(array.selected, true) * 3] ?? -1,
  };
}
