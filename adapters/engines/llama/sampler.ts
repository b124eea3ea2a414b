import type { Sampling } from "../../../core/ports/engine.ts";
import type { Llama, Pointer } from "./binding.ts";

/**
 * What a request gets that says nothing. Cooler than llama.cpp's own 0.8: an assistant should rather be right than
 * surprising, and small models wander off at that heat.
 */
export const samplingDefaults = { temperature: 0.4, topK: 40, topP: 0.9, minP: 0.05 } as const;

/** Chooses the next token. Owned by one answer; {@link Sampler.free} it once. */
export interface Sampler {
  /** The token after the batch's row `row`, which must have asked for its logits. */
  sample(context: Pointer, row: number): number;
  free(): void;
}

/** A chain for one answer. @param seed For when the request names none: 32 bits. */
export function createSampler({ symbols }: Llama, sampling: Sampling, seed: number): Sampler {
  const chain = symbols.llama_sampler_chain_init(symbols.llama_sampler_chain_default_params());
  const add = (sampler: Deno.PointerValue) => symbols.llama_sampler_chain_add(chain, sampler);
  const { temperature, topK, topP, minP } = { ...samplingDefaults, ...sampling };
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
  return {
    sample: (context, row) => symbols.llama_sampler_sample(chain, context, row),
    free: () => symbols.llama_sampler_free(chain),
  };
}
