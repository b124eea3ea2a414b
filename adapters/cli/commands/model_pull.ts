import {
  type CatalogueModel,
  chooseModel,
  largeModelRoom,
  modelByName,
  type ModelSource,
} from "../../../core/catalogue.ts";
import { MendableError, unreachable } from "../../../core/errors.ts";
import type { PullFailure } from "../../../core/ports/models.ts";
import type { Text } from "../../../core/text/mod.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { createProgressDisplay, megabytes } from "../progress.ts";
import { absolute } from "../find_model.ts";
import { findHubModel } from "../hub_model.ts";
import { failureWords } from "../pull_words.ts";
import { reportFailure } from "../report.ts";

/**
 * `clawdbot model pull [NAME|hf:OWNER/REPO[:FILE]]`: goes on where an earlier pull ended; verifies before the file gets
 * its name.
 */
export const command: Command = {
  options: {
    to: { kind: "value" },
    from: { kind: "value" },
    name: { kind: "value" },
    small: { kind: "flag" },
    json: { kind: "flag" },
  },
  operands: ["NAME?"],
  async run({ values, flags, operands: [name] }, context) {
    const { text: { models: said }, out, err, models, monotonicMs, onInterrupt } = context;
    const folder = values.to === undefined ? context.site().modelsFolder : absolute(values.to);
    const cancel = new AbortController();
    using _interrupt = onInterrupt(() => cancel.abort());
    const isHub = name?.startsWith("hf:") === true;
    const wrong = isHub ? (values.from === undefined ? undefined : said.hub.notHub("--from")) : (
      values.name === undefined ? undefined : said.hub.onlyHub("--name")
    );
    if (wrong !== undefined) throw new MendableError(said.failedTo.pull, wrong);
    const wanted = isHub
      ? await findHubModel({ text: name!, name: values.name, folder }, context, cancel.signal)
      : { model: await catalogueModel(name, folder, flags.has("small"), context) };
    if (wanted === "failed") return 1;
    const { model } = wanted;
    const display = createProgressDisplay(model.name, { output: err, said, nowMs: monotonicMs });
    const source = values.from === undefined ? {} : { source: sourceOf(values.from) };
    const result = await models.pull({ ...wanted, folder, ...source, onProgress: display.update }, cancel.signal);
    display.end();
    switch (result.kind) {
      case "pulled":
      case "present":
        out.write(
          flags.has("json")
            ? `${JSON.stringify({ name: model.name, path: result.path, result: result.kind })}\n`
            : `${said[result.kind](model.name, result.path)}\n`,
        );
        return 0;
      case "cancelled":
        return reportFailure(said.cancelled(megabytes(result.keptBytes)), context);
      case "failed": {
        const reason = failureWords(result.failure, said);
        const options = [values.to && `--to ${values.to}`, values.name && `--name ${values.name}`];
        const again = ["clawdbot model pull", name, ...options].filter(Boolean).join(" ");
        return reportFailure(said.failed(model.name, reason) + mending(result, again, said), context);
      }
      default:
        return unreachable(result);
    }
  },
};

/** The model of this name, or the one for this machine. */
async function catalogueModel(
  name: string | undefined,
  folder: string,
  small: boolean,
  context: CliContext,
): Promise<CatalogueModel> {
  const { text: { models: said }, err, locale } = context;
  const known = name === undefined
    ? { kind: "found", model: await choose(folder, small, context) } as const
    : modelByName(name);
  if (known.kind === "unknown") throw new MendableError(said.failedTo.find, said.unknown(name ?? "", known.nearest));
  // Nobody who reads Chinese lands on a model without it unawares.
  if (!known.model.languages.includes(locale)) err.write(`${said.speaksNoChinese(known.model.name)}\n`);
  return known.model;
}

/** The model for this machine; says which and why. */
async function choose(folder: string, small: boolean, context: CliContext): Promise<CatalogueModel> {
  const { text: { models: said }, err, models, locale } = context;
  const room = await models.room(folder);
  const { model, reason } = chooseModel(room, locale, { small });
  const [memory, disk] = [megabytes(room.memoryBytes), megabytes(room.diskBytes)];
  const words = {
    "asked": () => said.chosen.asked(model.name),
    "room": () => said.chosen.room(model.name, memory, disk),
    "memory-short": () => said.chosen["memory-short"](model.name, memory, megabytes(largeModelRoom.memoryBytes)),
    "disk-short": () => said.chosen["disk-short"](model.name, disk, megabytes(largeModelRoom.diskBytes)),
  };
  err.write(`${words[reason]()}\n`);
  return model;
}

function sourceOf(from: string): ModelSource {
  return /^https?:\/\//.test(from) ? { kind: "https", url: from } : { kind: "path", path: absolute(from) };
}

/** What was kept and the command that goes on from there, where the failure doesn't say itself what mends it. */
function mending(
  { failure, keptBytes }: { readonly failure: PullFailure; readonly keptBytes: number },
  command: string,
  said: Text["models"],
): string {
  if (failure.kind === "busy") return "";
  if (keptBytes > 0) return said.kept(megabytes(keptBytes), command);
  return failure.kind === "unreachable" || failure.kind === "wrong-digest" ? said.again(command) : "";
}
