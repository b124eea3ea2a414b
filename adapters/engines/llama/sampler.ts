import type { Sampling } from "../../../core/ports/engine.ts";
import { cText, type Llama, type Pointer } from "./binding.ts";
import type { Candidates, Choosers } from "./candidates.ts";
import type { QuietSamplers } from "./quiet_samplers.ts";
import { utf8After, type Utf8State } from "./utf8.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * What a request gets that says nothing. Cooler than llama.cpp's own 0.8: an assistant should rather be right than
 * surprising, and small models wander off at that heat.
 */
export const samplingDefaults = { temperature: 0.4, topK: 40, topP: 0.9, minP: 0.05 } as const;

/** Chooses the next token. Owned by one answer; {@link Sampler.free} it once. */
export interface Sampler {
  /**
   * The token after the batch's row `row`, which must have asked for its logits; undefined when the vocabulary has
   * none that the grammar allows.
   */
  sample(context: Pointer, row: number): number | undefined;
  /**
   * From here on only what the grammar allows, which `begun` has entered already.
   * @param gbnf From `engines/grammar`, and no other: llama.cpp tells errors to stderr.
   * @returns False, and nothing changes, when `begun` isn't the beginning of anything that it allows.
   */
  hold(gbnf: string, begun: readonly number[]): boolean;
  free(): void;
}

/** What samplers of one model share. */
export interface SamplerParts {
  readonly llama: Llama;
  readonly vocabulary: Pick<Vocabulary, "pointer" | "size" | "pieceOf" | "isEnd">;
  readonly candidates: Candidates;
  readonly quiet: QuietSamplers;
}

/** A token whose logit lies so far below the smallest that `minP` lets pass has no part in what `topP` cuts off. */
const reachBelowMinP = 4;

/** Penalties are for what the last so many tokens of the answer say; longer answers may come back to something. */
const penalizedMax = 4_096;

/**
 * A chain for one answer: penalties, then the grammar, then `topK`, `topP`, `minP`, temperature and the draw.
 * @param seed For when the request names none: 32 bits.
 */
export function createSampler(
  { llama: { symbols }, vocabulary, candidates, quiet }: SamplerParts,
  sampling: Sampling,
  seed: number,
): Sampler {
  const owned: Pointer[] = [];
  const own = (sampler: Deno.PointerValue): Pointer => {
    owned.push(sampler as Pointer);
    return sampler as Pointer;
  };
  const chain = own(symbols.llama_sampler_chain_init(symbols.llama_sampler_chain_default_params()));
  const add = (sampler: Deno.PointerValue) => symbols.llama_sampler_chain_add(chain, sampler);
  const { temperature, topK, topP, minP, frequencyPenalty = 0, presencePenalty = 0 } = {
    ...samplingDefaults,
    ...sampling,
  };
  if (temperature === 0) {
    add(symbols.llama_sampler_init_greedy());
  } else {
    // First, so that everything after it sees topK candidates and not the whole vocabulary.
    if (topK > 0) add(symbols.llama_sampler_init_top_k(topK));
    if (topP < 1) add(symbols.llama_sampler_init_top_p(topP, 1n));
    if (minP > 0) add(symbols.llama_sampler_init_min_p(minP, 1n));
    add(symbols.llama_sampler_init_temp(temperature));
    add(symbols.llama_sampler_init_dist(sampling.seed ?? seed));
  }
  const penalties = frequencyPenalty === 0 && presencePenalty === 0 ? undefined : own(
    symbols.llama_sampler_init_penalties(vocabulary.size, penalizedMax, 1, frequencyPenalty, presencePenalty),
  );
  const choosers: Choosers = {
    penalties: penalties && own(quiet.of(penalties)),
    chain: own(quiet.of(chain)),
    reach: temperature === 0 ? 0 : minP > 0 ? reachBelowMinP - Math.log(minP) : Infinity,
  };
  let grammar: { readonly told: Pointer; readonly quiet: Pointer } | undefined;
  let utf8: Utf8State | -1 = 0;
  const barred = new Set<number>();
  const at = { context: chain, row: -1 };
  /** Grammars count code points and would let bytes pass that only look like one. */
  const isText = (token: number) => vocabulary.isEnd(token) || utf8After(utf8, vocabulary.pieceOf(token)) >= 0;

  /** The chain's own choice first, about which the grammar is asked for next to nothing; -1 when there is none. */
  function chooseAllowed(grammar: Pointer): number {
    const free = candidates.choose(choosers, at);
    if (isText(free) && candidates.allows(grammar, free)) return free;
    for (;;) {
      const token = candidates.chooseAllowed(grammar, choosers, at, barred);
      if (token < 0 || isText(token)) {
        if (barred.size > 0) barred.clear();
        return token;
      }
      barred.add(token);
    }
  }

  function freeGrammar(): void {
    if (grammar === undefined) return;
    symbols.llama_sampler_free(grammar.quiet);
    symbols.llama_sampler_free(grammar.told);
    grammar = undefined;
  }

  return {
    sample(context, row) {
      at.context = context;
      at.row = row;
      const token = grammar === undefined ? candidates.choose(choosers, at) : chooseAllowed(grammar.quiet);
      if (token < 0) return undefined;
      if (vocabulary.isEnd(token)) return token;
      utf8 = utf8After(grammar === undefined ? Math.max(0, utf8) : utf8, vocabulary.pieceOf(token));
      if (grammar !== undefined) symbols.llama_sampler_accept(grammar.told, token);
      if (penalties !== undefined) symbols.llama_sampler_accept(penalties, token);
      return token;
    },
    hold(gbnf, begun) {
      if (utf8 !== 0) return false; // in the middle of a character, of which the grammar wouldn't know
      const made = symbols.llama_sampler_init_grammar(vocabulary.pointer, cText(gbnf), cText("root"));
      if (made === null) return false;
      for (const token of begun) {
        if (!candidates.allows(made, token)) {
          symbols.llama_sampler_free(made);
          return false;
        }
        symbols.llama_sampler_accept(made, token);
      }
      freeGrammar();
      grammar = { told: made, quiet: quiet.of(made) };
      return true;
    },
    free() {
      freeGrammar();
      for (const sampler of owned.reverse()) symbols.llama_sampler_free(sampler);
    },
  };
}
