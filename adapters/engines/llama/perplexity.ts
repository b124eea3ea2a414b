/**
 * Perplexity as llama.cpp's own tool measures it, so that figures can be compared: the text is cut into windows, and in
 * each the tokens of the second half are foreseen from all that stand before them in it.
 * Source: tools/perplexity/perplexity.cpp of llama.cpp v0.4.0.
 */
export const windowTokensMax = 512;
/** A text of fewer tokens says nothing. */
export const windowTokensMin = 32;

/** The windows of a text. @param begin The token that each begins with, in the place of its first, if the model wants one. */
export function windowsOf(tokens: readonly number[], begin: number | undefined): readonly (readonly number[])[] {
  const length = Math.min(windowTokensMax, tokens.length);
  if (length < windowTokensMin) return [];
  return Array.from({ length: Math.floor(tokens.length / length) }, (_, index) => {
    const window = tokens.slice(index * length, (index + 1) * length);
    return begin === undefined ? window : [begin, ...window.slice(1)];
  });
}

/** The first position of a window whose next token is scored. */
export function firstScored(windowTokens: number): number {
  return Math.floor(windowTokens / 2);
}

/** The negative logarithm of what the model gave the token that came. */
export function surprise(logits: Float32Array, token: number): number {
  const came = logits[token]!;
  let sum = 0;
  // Relative to the token that came: one pass does, and only a logit 700 above it could be too much for a number.
  for (let index = 0; index < logits.length; index++) sum += Math.exp(logits[index]! - came);
  return Math.log(sum);
}

/** Gathers surprises. */
export interface Perplexity {
  add(surprise: number): void;
  readonly scoredTokens: number;
  /** The perplexity, and one standard error of it. */
  result(): { readonly perplexity: number; readonly uncertainty: number };
}

/** An empty one. */
export function createPerplexity(): Perplexity {
  let count = 0;
  let sum = 0;
  let squares = 0;
  return {
    add(surprise) {
      count++;
      sum += surprise;
      squares += surprise * surprise;
    },
    get scoredTokens() {
      return count;
    },
    result() {
      const mean = sum / count;
      const variance = Math.max(0, squares / count - mean * mean);
      const perplexity = Math.exp(mean);
      return { perplexity, uncertainty: count < 2 ? 0 : perplexity * Math.sqrt(variance / (count - 1)) };
    },
  };
}
