import type { ChosenToken, TokenProbability } from "../../../core/ports/engine.ts";

/** Less is said as this: JSON has no infinity. As other servers do. */
const logprobMin = -9_999;

/**
 * A token and the most probable ones in its place, by the logits as the model gave them: before temperature, and before
 * anything that an answer is held to.
 */
export function chosenToken(
  logits: Float32Array,
  token: number,
  alternativesMax: number,
  pieceOf: (token: number) => Uint8Array,
): ChosenToken {
  const best = highest(logits, Math.max(1, alternativesMax));
  const most = logits[best[0] ?? 0]!;
  let sum = 0;
  for (let index = 0; index < logits.length; index++) sum += Math.exp(logits[index]! - most);
  const normal = most + Math.log(sum);
  const of = (token: number): TokenProbability => {
    const bytes = pieceOf(token);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    return { text, bytes: [...bytes], logprob: Math.max(logprobMin, logits[token]! - normal) };
  };
  return { ...of(token), top: best.slice(0, alternativesMax).map(of) };
}

/** The tokens with the highest logits, the best first; among equals, the lower number. */
function highest(logits: Float32Array, count: number): number[] {
  const best: number[] = [];
  let least = -Infinity;
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token]!;
    if (best.length === count && logit <= least) continue;
    let at = best.length;
    while (at > 0 && logits[best[at - 1]!]! < logit) at--;
    best.splice(at, 0, token);
    if (best.length > count) best.pop();
    least = logits[best.at(-1)!]!;
  }
  return best;
}
