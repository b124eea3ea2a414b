import { MendableError } from "../../../core/errors.ts";
import type { MeasuredBandwidth } from "../../../core/ports/measure.ts";
import type { ModelFacts } from "../../../core/ports/models.ts";
import type { Text } from "../../../core/text/mod.ts";
import { type BenchResult, type BenchText, benchTextsOf, createBench, threeDigits } from "../bench.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findModel } from "../find_model.ts";
import { megabytes } from "../progress.ts";
import { reportFailure } from "../report.ts";
import { table } from "../terminal_text.ts";

/** `clawdbot model bench [NAME|FILE]`: measures this machine's memory and the model, each in a process of its own. */
export const command: Command = {
  options: { perplexity: { kind: "flag" }, text: { kind: "value" }, json: { kind: "flag" } },
  operands: ["NAME?"],
  async run({ flags, values, operands: [given] }, context) {
    const { text: { models: said, cli }, out, onInterrupt } = context;
    const fail = (reason: string, mend?: string) =>
      reportFailure(`${said.failedTo.measure}: ${reason}${mend === undefined ? "" : cli.mend(mend)}`, context);
    const path = given === undefined ? await sitesModel(context) : await findModel(given, "measure", context);
    const described = await context.describeModel(path);
    if (described.kind === "failed") return fail(described.failure.reason, described.failure.mend);
    const { facts } = described;
    const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.gguf$/, "");
    if (facts.kind === "embedding") return fail(said.bench.embeds(name));
    const wantsTexts = flags.has("perplexity") || values.text !== undefined;
    const texts = wantsTexts ? await benchTextsOf(values.text, context) : [];
    if (typeof texts === "string") return fail(texts);
    const cancel = new AbortController();
    using _interrupt = onInterrupt(() => cancel.abort());
    const bench = createBench(context, cancel.signal);
    const result = await bench.model(name, path, texts);
    const bandwidth = result.kind === "measured" ? await bench.bandwidth() : result;
    if (result.kind === "cancelled" || bandwidth.kind === "cancelled") {
      return reportFailure(said.bench.stopped, context);
    }
    if (result.kind === "failed") return fail(result.failure.reason, result.failure.mend);
    if (bandwidth.kind === "failed") return fail(bandwidth.failure.reason, bandwidth.failure.mend);
    const model: Benched = { name, path, facts, texts, bandwidth: bandwidth.measured, result: result.measured };
    out.write(flags.has("json") ? `${JSON.stringify(wire(model))}\n` : words(model, said));
    return 0;
  },
};

interface Benched {
  readonly name: string;
  readonly path: string;
  readonly facts: ModelFacts;
  readonly texts: readonly BenchText[];
  readonly bandwidth: MeasuredBandwidth;
  readonly result: BenchResult;
}

/** @throws {MendableError} When the configuration has no model in a file. */
async function sitesModel({ text: { models: said }, doctorTools }: CliContext): Promise<string> {
  const { plan } = await doctorTools();
  if (plan.kind === "planned" && "path" in plan.model) return plan.model.path;
  throw new MendableError(said.failedTo.measure, said.bench.noModel);
}

/** Tokens a second when nothing but reading the weights takes time. */
function limitOf({ bandwidth, result: { speed } }: Benched): number {
  return bandwidth.bytesPerSecond / Math.max(1, speed.tokenBytes);
}

function words(model: Benched, { bench: said }: Text["models"]): string {
  const { name, facts, texts, bandwidth, result: { speed, perplexities } } = model;
  const limit = limitOf(model);
  const percent = Math.round(100 * speed.decodeRate / limit);
  return table([
    [said.model, `${name} (${[megabytes(facts.fileBytes), facts.quantisation].filter(Boolean).join(", ")})`],
    [said.prefill, said.rateOf(threeDigits(speed.prefillRate), speed.promptTokens)],
    [said.decode, said.rateOf(threeDigits(speed.decodeRate), speed.answerTokens)],
    [said.firstToken, said.after(threeDigits(speed.firstTokenMs), speed.firstPromptTokens)],
    [said.memory, megabytes(speed.memoryBytes)],
    [said.bandwidth, said.bandwidthOf(`${threeDigits(bandwidth.bytesPerSecond / 1e9)} GB/s`, bandwidth.threads)],
    [said.limit, said.limitOf(threeDigits(limit), megabytes(speed.tokenBytes), percent)],
    ...perplexities.map(({ perplexity, uncertainty, scoredTokens }, index) => [
      said.perplexity(texts[index]?.label ?? ""),
      said.perplexityOf(threeDigits(perplexity), threeDigits(uncertainty), scoredTokens),
    ]),
  ]);
}

function wire(model: Benched): unknown {
  const { name, path, facts, texts, bandwidth, result: { speed, perplexities } } = model;
  const limit = limitOf(model);
  return {
    name,
    path,
    file_bytes: facts.fileBytes,
    quantisation: facts.quantisation ?? null,
    prompt_tokens: speed.promptTokens,
    prefill_tokens_per_second: speed.prefillRate,
    answer_tokens: speed.answerTokens,
    decode_tokens_per_second: speed.decodeRate,
    first_token_ms: speed.firstTokenMs,
    first_token_prompt_tokens: speed.firstPromptTokens,
    memory_bytes: speed.memoryBytes,
    bandwidth_bytes_per_second: bandwidth.bytesPerSecond,
    bandwidth_threads: bandwidth.threads,
    bytes_read_per_token: speed.tokenBytes,
    decode_limit_tokens_per_second: limit,
    decode_share_of_limit: speed.decodeRate / limit,
    perplexity: perplexities.map(({ perplexity, uncertainty, scoredTokens, windowTokens }, index) => ({
      text: texts[index]?.label ?? "",
      perplexity,
      uncertainty,
      scored_tokens: scoredTokens,
      window_tokens: windowTokens,
    })),
  };
}
