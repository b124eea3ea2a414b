import type { MeasuredSpeed } from "../../../core/ports/measure.ts";
import { promptRowsMax } from "./memory_plan.ts";
import type { MeasuredModel } from "./measured_model.ts";
import { createPrefillPace } from "./prefill.ts";
import { createQuietSamplers } from "./quiet_samplers.ts";
import { createSampler } from "./sampler.ts";

/** Rows of one step: a prompt's. */
export const speedRows = { rowsMax: promptRowsMax, outputsMax: 1 } as const;

const promptTokens = 512;
const firstPromptTokens = 25;
const answerTokens = 64;
/** So many rounds, or as many as fit into the time: at least one. */
const roundsMax = 5;
const roundsMs = 3_000;

/** How fast the model is for one conversation alone: its steps and the choice of the next token, nothing else. */
export async function measureSpeed(
  model: MeasuredModel,
  text: string,
  onProgress: (share: number) => Promise<void>,
  nowMs: () => number,
): Promise<Omit<MeasuredSpeed, "memoryBytes" | "tokenBytes">> {
  const { vocabulary, context, candidates, llama, pointer, contextTokens } = model;
  const length = Math.min(promptTokens, contextTokens);
  const tokens = promptOf(vocabulary.tokenize(text, false), length);
  const answer = Math.min(answerTokens, contextTokens - firstPromptTokens);
  const pace = createPrefillPace(promptRowsMax);
  const sampler = createSampler({ llama, vocabulary, candidates, quiet: createQuietSamplers(llama) }, {
    temperature: 0,
  }, 0);

  /** The time that a prompt takes, in steps as an engine makes that has nothing else to do. */
  const prefill = (prompt: readonly number[]) => {
    context.forgetAll();
    const startMs = nowMs();
    for (let from = 0; from < prompt.length;) {
      const rows = Math.min(pace.rows(false), prompt.length - from);
      const stepMs = nowMs();
      model.compute(prompt.slice(from, from + rows), from, from + rows === prompt.length ? "last" : "none");
      pace.measured(rows, nowMs() - stepMs);
      from += rows;
    }
    return nowMs() - startMs;
  };

  const rates: { readonly prefill: number; readonly decode: number; readonly firstMs: number }[] = [];
  prefill(tokens); // brings the weights in, and teaches what steps cost here
  const untilMs = nowMs() + roundsMs;
  for (let round = 0; round < roundsMax && (round === 0 || nowMs() < untilMs); round++) {
    const prefillMs = prefill(tokens);
    const share = round / roundsMax;
    await onProgress(share);
    const askedMs = nowMs();
    prefill(tokens.slice(0, firstPromptTokens));
    // Every vocabulary has a token to choose where no grammar is held to.
    let token = sampler.sample(pointer, -1) ?? 0;
    const firstMs = nowMs() - askedMs;
    let decodeMs = 0;
    for (let count = 1; count < answer; count++) {
      const stepMs = nowMs();
      model.compute([token], firstPromptTokens + count - 1, "last");
      token = sampler.sample(pointer, -1) ?? 0;
      decodeMs += nowMs() - stepMs;
      await onProgress(share + count / answer / roundsMax);
    }
    rates.push({ prefill: length / prefillMs * 1_000, decode: (answer - 1) / decodeMs * 1_000, firstMs });
  }
  sampler.free();
  return {
    kind: "speed",
    promptTokens: length,
    prefillRate: median(rates.map(({ prefill }) => prefill)),
    answerTokens: answer,
    decodeRate: median(rates.map(({ decode }) => decode)),
    firstTokenMs: median(rates.map(({ firstMs }) => firstMs)),
    firstPromptTokens,
  };
}

function promptOf(tokens: readonly number[], length: number): readonly number[] {
  return Array.from({ length }, (_, index) => tokens[index % tokens.length] ?? 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
