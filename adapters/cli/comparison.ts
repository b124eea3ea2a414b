import type { Text } from "../../core/text/mod.ts";
import { type BenchResult, type BenchText, threeDigits } from "./bench.ts";
import { megabytes } from "./progress.ts";
import { table } from "./terminal_text.ts";

/** A model, and what it came to. */
export interface ComparedModel extends BenchResult {
  readonly name: string;
  readonly fileBytes: number;
}

/** A table of models, against the first of them. */
export function comparisonWords(
  models: readonly ComparedModel[],
  texts: readonly BenchText[],
  { bench: said }: Text["models"],
): string {
  const { columns } = said;
  const head = [
    columns.model,
    columns.size,
    columns.memory,
    columns.prefill,
    columns.decode,
    ...texts.flatMap(({ label }) => [`${columns.perplexity} (${label})`, columns.loss]),
  ];
  const rows = models.map(({ name, fileBytes, speed, perplexities }, index) => [
    name,
    megabytes(fileBytes),
    megabytes(speed.memoryBytes),
    said.rate(threeDigits(speed.prefillRate)),
    said.rate(threeDigits(speed.decodeRate)),
    ...perplexities.flatMap(({ perplexity }, text) => [
      threeDigits(perplexity),
      index === 0 ? "" : percent(lossOf(models, index, text)),
    ]),
  ]);
  return table([head, ...rows]);
}

/** The same as JSON says it. */
export function comparisonWire(models: readonly ComparedModel[], texts: readonly BenchText[]): unknown {
  return models.map(({ name, fileBytes, speed, perplexities }, index) => ({
    name,
    file_bytes: fileBytes,
    memory_bytes: speed.memoryBytes,
    prefill_tokens_per_second: speed.prefillRate,
    decode_tokens_per_second: speed.decodeRate,
    perplexity: perplexities.map(({ perplexity, uncertainty, scoredTokens }, text) => ({
      text: texts[text]?.label ?? "",
      perplexity,
      uncertainty,
      scored_tokens: scoredTokens,
      loss: lossOf(models, index, text),
    })),
  }));
}

/** By how much worse a model foresees a text than the first, as a share of that one's perplexity. */
function lossOf(models: readonly ComparedModel[], index: number, text: number): number {
  const [first, here] = [models[0], models[index]].map((model) => model?.perplexities[text]?.perplexity ?? NaN);
  return here! / first! - 1;
}

function percent(share: number): string {
  const value = (Math.abs(share) * 100).toFixed(1);
  return `${share < 0 ? "−" : "+"}${value} %`;
}
