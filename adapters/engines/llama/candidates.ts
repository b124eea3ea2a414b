import type { Llama, Pointer } from "./binding.ts";
import { layout } from "./layout.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** A row of logits of the last step. */
export interface Row {
  readonly context: Pointer;
  readonly row: number;
}

/** What chooses for an answer. None of them is told what was chosen: see {@link QuietSamplers}. */
export interface Choosers {
  /** Applied to the logits before anything else. */
  readonly penalties?: Pointer | undefined;
  readonly chain: Pointer;
  /** How far below the best token a logit may lie and still matter to the chain; `Infinity`: any. 0: only the best. */
  readonly reach: number;
}

/** What a row of logits offers, and what a grammar leaves of it. One for all answers. */
export interface Candidates {
  /** The logits of a row, until the next call. */
  logits(context: Pointer, row: number): Float32Array;
  /** Whether the grammar allows this token next. */
  allows(grammar: Pointer, token: number): boolean;
  /** The token that the choosers take among all. */
  choose(choosers: Choosers, at: Row): number;
  /**
   * The one that they take among those that the grammar allows; -1 when it allows none.
   * @param grammar Not told of the tokens either.
   * @param barred Tokens that aren't to be chosen for another reason.
   */
  chooseAllowed(grammar: Pointer, choosers: Choosers, at: Row, barred: ReadonlySet<number>): number;
}

/** How far below the best logit the grammar is asked about at first, at second, and so on; at last about all. */
const depths = [4, 8, 16, 32];
/** What lies deeper below the best is no longer cut off. */
const depthMax = 40;

/**
 * For the vocabulary of a loaded model. Whatever goes over the whole vocabulary is done by llama.cpp's samplers, in one
 * chain that is put together for each choice: a runner has no compiler for its own loops.
 */
export function createCandidates(llama: Llama, vocabulary: Pick<Vocabulary, "size" | "isSilent">): Candidates {
  const { symbols } = llama;
  const { size } = vocabulary;
  const one = createOne(llama);
  const logits = new Float32Array(new ArrayBuffer(size * 4));
  const chain = symbols.llama_sampler_chain_init(symbols.llama_sampler_chain_default_params()) as Pointer;
  const greedy = symbols.llama_sampler_init_greedy();
  const silent = bar(Array.from({ length: size }, (_, token) => token).filter(vocabulary.isSilent));
  /** Each leaves what lies one unit deeper below the best than the one before it. */
  const cuts = Array.from(
    { length: depthMax },
    (_, index) => symbols.llama_sampler_init_min_p(Math.exp(-index - 1), 1n),
  );
  const logit = new Float32Array(new ArrayBuffer(4));
  let parts = 0;

  function bar(tokens: readonly number[]): Deno.PointerValue {
    const bias = layout.llama_logit_bias;
    const view = new DataView(new ArrayBuffer(Math.max(1, tokens.length) * bias.$size));
    tokens.forEach((token, index) => {
      view.setInt32(index * bias.$size + bias.token, token, true);
      view.setFloat32(index * bias.$size + bias.bias, -Infinity, true);
    });
    return symbols.llama_sampler_init_logit_bias(size, tokens.length, view);
  }

  function add(sampler: Deno.PointerValue | undefined): void {
    if (sampler === undefined || sampler === null) return;
    symbols.llama_sampler_chain_add(chain, sampler);
    parts++;
  }

  /** Lets the chain choose, and takes it apart again. */
  function sample({ context, row }: Row): number {
    const token = symbols.llama_sampler_sample(chain, context, row);
    while (parts > 0) symbols.llama_sampler_chain_remove(chain, --parts);
    return token;
  }

  /** How far below the best logit that of a token lies. */
  function depthOf(token: number, at: Row): number {
    const logitOf = (token: number) => {
      symbols.copy_from_address(logit, symbols.logits_address(at.context, at.row) + 4n * BigInt(token), 4n);
      return logit[0]!;
    };
    add(greedy);
    return logitOf(sample(at)) - logitOf(token);
  }

  function allows(grammar: Pointer, token: number): boolean {
    return !vocabulary.isSilent(token) && one.passes(grammar, token);
  }

  return {
    logits(context, row) {
      const pointer = symbols.llama_get_logits_ith(context, row);
      if (pointer !== null) symbols.copy_from(logits, pointer, BigInt(logits.byteLength));
      else logits.fill(-Infinity);
      return logits;
    },
    allows,
    choose({ penalties, chain }, at) {
      add(penalties);
      add(chain);
      return sample(at);
    },
    chooseAllowed(grammar, { penalties, chain, reach }, at, barred) {
      const barring = barred.size === 0 ? undefined : bar([...barred]);
      /** Of what lies at most so deep below the best. */
      const sampleTo = (depth: number, chooser: Deno.PointerValue) => {
        // Tokens are barred first, where each still stands at its number.
        add(silent);
        add(barring);
        add(penalties);
        add(cuts[Math.ceil(depth) - 1]);
        add(grammar);
        add(chooser);
        const token = sample(at);
        return !barred.has(token) && allows(grammar, token) ? token : -1;
      };
      let token = -1;
      let tried = 0;
      while (token < 0 && tried <= depths.length) token = sampleTo(depths[tried++] ?? Infinity, greedy);
      if (token >= 0 && reach > 0) {
        const depth = penalties === undefined ? depthOf(token, at) : depths[tried - 1] ?? Infinity;
        const drawn = sampleTo(depth + reach, chain);
        // A draw of exactly 0 may take what has no probability.
        if (drawn >= 0) token = drawn;
      }
      if (barring !== undefined) symbols.llama_sampler_free(barring);
      return token;
    },
  };
}

/** One token that samplers are asked about, in memory that stays where it is. */
function createOne(llama: Llama) {
  const { llama_token_data: entry, llama_token_data_array: array } = layout;
  const data = new DataView(new ArrayBuffer(entry.$size));
  const struct = new Uint8Array(new ArrayBuffer(array.$size));
  const view = new DataView(struct.buffer);
  view.setBigUint64(array.data, llama.addressOf(data), true);
  return {
    passes(sampler: Pointer, token: number): boolean {
      data.setInt32(entry.id, token, true);
      data.setFloat32(entry.logit, 1, true);
      view.setBigUint64(array.size, 1n, true);
      view.setBigInt64(array.selected, -1n, true);
      view.setUint8(array.sorted, 0);
      llama.symbols.llama_sampler_apply(sampler, struct);
      return data.getFloat32(entry.logit, true) === 1;
    },
  };
}
