import { MendableError, unreachable } from "../../../core/errors.ts";
import { modelNameOf, quantisationOf } from "../../../core/hub.ts";
import type { ModelFacts, QuantiseFailure } from "../../../core/ports/models.ts";
import { parseQuantisation, type Quantisation, quantisationNames } from "../../../core/quantisation.ts";
import type { Text } from "../../../core/text/mod.ts";
import { type BenchText, benchTextsOf, createBench } from "../bench.ts";
import type { Command } from "../command.ts";
import { type ComparedModel, comparisonWire, comparisonWords } from "../comparison.ts";
import type { CliContext } from "../context.ts";
import { absolute, findModel } from "../find_model.ts";
import { assertFree } from "../hub_model.ts";
import { createProgressDisplay, megabytes } from "../progress.ts";
import { failureWords } from "../pull_words.ts";
import { reportFailure } from "../report.ts";

/** `clawdbot model quantize NAME|FILE TYPE`: the smaller model gets its name when it is whole, and not before. */
export const command: Command = {
  options: {
    name: { kind: "value" },
    to: { kind: "value" },
    "allow-requantize": { kind: "flag" },
    compare: { kind: "flag" },
    text: { kind: "value" },
    json: { kind: "flag" },
  },
  operands: ["NAME", "TYPE"],
  async run({ values, flags, operands: [given = "", type = ""] }, context) {
    const { text: { models: said, cli }, out, err, monotonicMs, onInterrupt } = context;
    const refuse = (why: string) => {
      throw new MendableError(said.failedTo.quantize, why);
    };
    const quantisation = parseQuantisation(type) ??
      refuse(said.quantize.unknownType(type, quantisationNames.join(", ")));
    const file = await findModel(given, "quantize", context);
    const described = await context.describeModel(file);
    if (described.kind === "failed") {
      const { reason, mend } = described.failure;
      const line = `${said.failedTo.quantize}: ${reason}`;
      return reportFailure(line + (mend === undefined ? "" : cli.mend(mend)), context);
    }
    const { facts } = described;
    const folder = values.to === undefined ? context.site().modelsFolder : absolute(values.to);
    const name = values.name ?? quantisedNameOf(file, quantisation);
    await assertFree(name, { sha256: undefined, folder, failedTo: "quantize" }, context);
    const compares = flags.has("compare") || values.text !== undefined;
    if (compares && facts.kind === "embedding") refuse(said.bench.embeds(given));
    const texts = compares ? await benchTextsOf(values.text, context) : [];
    if (typeof texts === "string") return refuse(texts);

    const cancel = new AbortController();
    using _interrupt = onInterrupt(() => cancel.abort());
    const display = createProgressDisplay(name, { output: err, said, nowMs: monotonicMs });
    const { licence } = facts;
    const result = await context.quantiseModel({
      file,
      name,
      folder,
      quantisation,
      allowRequantize: flags.has("allow-requantize"),
      ...(licence === undefined ? {} : { licence }),
      onProgress: display.update,
    }, cancel.signal);
    display.end();
    if (result.kind === "cancelled") return reportFailure(said.importCancelled, context);
    if (result.kind === "failed") {
      const line = said.quantize.failed(name, quantiseFailureWords(result.failure, given, said));
      return reportFailure(line, context);
    }
    const { path, record: { bytes, sha256 } } = result;
    const made = { name, path, quantisation, bytes, sha256, source: file, source_bytes: facts.fileBytes };
    if (!flags.has("json")) {
      out.write(`${said.quantize.made(name, megabytes(bytes), megabytes(facts.fileBytes), path)}\n`);
      if (!compares && facts.kind === "chat") {
        err.write(`${said.quantize.compare(values.to === undefined ? name : path)}\n`);
      }
    }
    const models = [{ name: nameOf(file), path: file, facts }, { name, path, facts: { ...facts, fileBytes: bytes } }];
    const compared = compares ? await compare(models, texts, context, cancel.signal) : [];
    if (typeof compared === "string") return reportFailure(compared, context);
    if (flags.has("json")) {
      out.write(`${JSON.stringify({ ...made, ...(compares ? { models: comparisonWire(compared, texts) } : {}) })}\n`);
    } else if (compares) out.write(comparisonWords(compared, texts, said));
    return 0;
  },
};

/** What the smaller model is called: as its source, but for what that says of its weights. */
export function quantisedNameOf(file: string, quantisation: Quantisation): string {
  const name = modelNameOf(file);
  const before = quantisationOf(name)?.toLowerCase();
  const at = before === undefined ? -1 : name.lastIndexOf(before);
  const base = at < 0 ? name : (name.slice(0, Math.max(0, at - 1)) + name.slice(at + before!.length)) || "model";
  const suffix = `-${quantisation.toLowerCase()}`;
  return base.slice(0, 64 - suffix.length).replace(/[._-]+$/, "") + suffix;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.gguf$/, "");
}

/** Measures each model by itself; a line when one of them can't be. The smaller one is there all the same. */
async function compare(
  models: readonly { readonly name: string; readonly path: string; readonly facts: ModelFacts }[],
  texts: readonly BenchText[],
  context: CliContext,
  signal: AbortSignal,
): Promise<readonly ComparedModel[] | string> {
  const { text: { models: { bench: said } } } = context;
  const bench = createBench(context, signal);
  const compared: ComparedModel[] = [];
  for (const { name, path, facts } of models) {
    const result = await bench.model(name, path, texts);
    if (result.kind === "cancelled") return said.stopped;
    if (result.kind === "failed") return said.notCompared(result.failure.reason);
    compared.push({ name, fileBytes: facts.fileBytes, ...result.measured });
  }
  return compared;
}

function quantiseFailureWords(failure: QuantiseFailure, given: string, said: Text["models"]): string {
  switch (failure.kind) {
    case "already":
      return said.quantize.already(given);
    case "not-made":
    case "not-whole":
      return said.quantize[failure.kind];
    case "path":
      return failure.reason;
    case "no-room":
    case "busy":
    case "disk":
      return failureWords(failure, said);
    default:
      return unreachable(failure);
  }
}
