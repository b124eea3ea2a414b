import type { MeasuredPerplexity, TextPerplexity } from "../../../core/ports/measure.ts";
import type { MeasuredModel } from "./measured_model.ts";
import { createPerplexity, firstScored, surprise, windowsOf, windowTokensMin } from "./perplexity.ts";

/** Rows of one step, and of one whose logits are wanted: a row of those is a whole vocabulary. */
export const perplexityRows = { rowsMax: 256, outputsMax: 64 } as const;

/** How well the model foresees these texts. `tooShort`: which of them says nothing. */
export async function measurePerplexity(
  model: MeasuredModel,
  texts: readonly string[],
  onProgress: (share: number) => Promise<void>,
): Promise<MeasuredPerplexity | { readonly kind: "too_short"; readonly index: number; readonly tokensMin: number }> {
  const { vocabulary, context, candidates, pointer } = model;
  const windows = texts.map((text) => windowsOf(vocabulary.tokenizeWhole(text), vocabulary.begin));
  const index = windows.findIndex(({ length }) => length === 0);
  if (index >= 0) return { kind: "too_short", index, tokensMin: windowTokensMin };
  const tokensTotal = windows.flat().reduce((sum, { length }) => sum + length, 0);
  let tokensDone = 0;

  const step = async (tokens: readonly number[], from: number, outputs: "all" | "none") => {
    model.compute(tokens, from, outputs);
    await onProgress((tokensDone += tokens.length) / tokensTotal);
  };
  const results: TextPerplexity[] = [];
  for (const ofText of windows) {
    const gathered = createPerplexity();
    for (const window of ofText) {
      context.forgetAll();
      const first = firstScored(window.length);
      for (let from = 0; from < first; from += perplexityRows.rowsMax) {
        await step(window.slice(from, Math.min(first, from + perplexityRows.rowsMax)), from, "none");
      }
      for (let from = first; from < window.length; from += perplexityRows.outputsMax) {
        const tokens = window.slice(from, from + perplexityRows.outputsMax);
        await step(tokens, from, "all");
        for (let row = 0; row < tokens.length && from + row + 1 < window.length; row++) {
          gathered.add(surprise(candidates.logits(pointer, row), window[from + row + 1]!));
        }
      }
    }
    const windowTokens = ofText[0]?.length ?? 0;
    results.push({ ...gathered.result(), scoredTokens: gathered.scoredTokens, windowTokens });
  }
  return { kind: "perplexity", texts: results };
}
