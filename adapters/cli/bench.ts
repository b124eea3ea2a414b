import type { EngineFailure } from "../../core/ports/engine.ts";
import type { MeasuredBandwidth, MeasuredSpeed, Measurement, TextPerplexity } from "../../core/ports/measure.ts";
import { benchTexts } from "./bench_texts.ts";
import type { CliContext } from "./context.ts";
import { absolute } from "./find_model.ts";
import { createProgressLine } from "./progress.ts";

/** A text that is measured with, and what it is called. */
export interface BenchText {
  readonly label: string;
  readonly text: string;
}

/** What one model came to. `perplexities`: one a text; none when none was wanted. */
export interface BenchResult {
  readonly speed: MeasuredSpeed;
  readonly perplexities: readonly TextPerplexity[];
}

/** Why there is nothing to show: a line that says it, or that it was stopped. */
export type BenchFailure =
  | { readonly kind: "failed"; readonly failure: EngineFailure }
  | { readonly kind: "cancelled" };

/** As much of a text as is measured with. */
const textBytesMax = 4 * 1024 * 1024;

/**
 * The texts that models are measured with: the one in a file, or those that the program has.
 * @returns A line, when the file can't be used.
 */
export async function benchTextsOf(
  file: string | undefined,
  { text: { models: { bench: said } } }: Pick<CliContext, "text">,
): Promise<readonly BenchText[] | string> {
  if (file === undefined) {
    return (["en", "zh-CN"] as const).map((language) => ({ label: said.texts[language], text: benchTexts[language] }));
  }
  try {
    if ((await Deno.stat(file)).size > textBytesMax) return said.textTooLong(file, `${textBytesMax / 1024 ** 2} MiB`);
    return [{ label: file.slice(file.lastIndexOf("/") + 1), text: await Deno.readTextFile(absolute(file)) }];
  } catch (error) {
    return said.textUnreadable(file, error instanceof Error ? error.message : String(error));
  }
}

/** Measures with a line on the terminal that says how far it is. */
export function createBench(context: CliContext, signal: AbortSignal): {
  bandwidth(): Promise<{ readonly kind: "measured"; readonly measured: MeasuredBandwidth } | BenchFailure>;
  model(
    name: string,
    path: string,
    texts: readonly BenchText[],
  ): Promise<{ readonly kind: "measured"; readonly measured: BenchResult } | BenchFailure>;
} {
  const { text: { models: { bench: said } }, err, monotonicMs } = context;
  const measure = async <const M extends Measurement>(what: string, path: string, measurement: M) => {
    const line = createProgressLine({ output: err, nowMs: monotonicMs });
    line.show(() => what);
    const onProgress = (share: number) => line.show(() => said.share(what, Math.floor(share * 100)));
    try {
      return await context.measureModel(path, measurement, onProgress, signal);
    } finally {
      line.end();
    }
  };
  return {
    // No model is opened for it.
    bandwidth: () => measure(said.measuring.bandwidth, "/nonexistent/model.gguf", { kind: "bandwidth" }),
    async model(name, path, texts) {
      // First what a text could be the wrong one for.
      const measurement = { kind: "perplexity", texts: texts.map(({ text }) => text) } as const;
      const perplexity = texts.length === 0
        ? undefined
        : await measure(said.measuring.perplexity(name), path, measurement);
      if (perplexity !== undefined && perplexity.kind !== "measured") return perplexity;
      const speed = await measure(said.measuring.speed(name), path, { kind: "speed", text: benchTexts.en });
      if (speed.kind !== "measured") return speed;
      const measured = { speed: speed.measured, perplexities: perplexity?.measured.texts ?? [] };
      return { kind: "measured", measured };
    },
  };
}

/** A rate or a perplexity as people read it: three digits of it, and whole from 100 on. */
export function threeDigits(value: number): string {
  return value >= 99.95 ? `${Math.round(value)}` : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
