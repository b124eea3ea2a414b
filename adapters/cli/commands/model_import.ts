import { catalogue } from "../../../core/catalogue.ts";
import { unreachable } from "../../../core/errors.ts";
import { modelNameOf } from "../../../core/hub.ts";
import type { Command } from "../command.ts";
import { absolute, findModel } from "../find_model.ts";
import { assertFree } from "../hub_model.ts";
import { createProgressDisplay } from "../progress.ts";
import { failureWords } from "../pull_words.ts";
import { reportFailure } from "../report.ts";

/** `clawdbot model import FILE`: judges the file before it copies it, and keeps beside it what is known of it. */
export const command: Command = {
  options: { name: { kind: "value" }, link: { kind: "flag" }, json: { kind: "flag" } },
  operands: ["FILE"],
  async run({ values, flags, operands: [given = ""] }, context) {
    const { text: { models: said, cli }, out, err, models, monotonicMs, onInterrupt } = context;
    const folder = context.site().modelsFolder;
    const file = await findModel(absolute(given), "import", context);
    const name = values.name ?? modelNameOf(file);
    const described = await context.describeModel(file);
    if (described.kind === "failed") {
      const { reason, mend } = described.failure;
      return reportFailure(said.importFailed(name, reason) + (mend === undefined ? "" : cli.mend(mend)), context);
    }
    const cancel = new AbortController();
    using _interrupt = onInterrupt(() => cancel.abort());
    const here = (await models.installed(folder)).find((model) => model.name === name);
    const isReserved = catalogue.some((model) => model.name === name);
    const sha256 = here === undefined && !isReserved ? undefined : await models.digest(file, cancel.signal);
    if (cancel.signal.aborted) return reportFailure(said.importCancelled, context);
    await assertFree(name, { sha256, folder, failedTo: "import" }, context);
    if (here !== undefined) return done("present", here.path, sha256);
    const { licence } = described.facts;
    const display = createProgressDisplay(name, { output: err, said, nowMs: monotonicMs });
    const result = await models.import(
      { file, name, folder, link: flags.has("link"), onProgress: display.update, ...(licence ? { licence } : {}) },
      cancel.signal,
    );
    display.end();
    switch (result.kind) {
      case "imported":
        return done("imported", result.path, result.record.sha256);
      case "cancelled":
        return reportFailure(said.importCancelled, context);
      case "failed":
        return reportFailure(said.importFailed(name, failureWords(result.failure, said)), context);
      default:
        return unreachable(result);
    }

    function done(result: "imported" | "present", path: string, sha256?: string): 0 {
      const json = { name, path, result, ...(sha256 === undefined ? {} : { sha256 }) };
      out.write(flags.has("json") ? `${JSON.stringify(json)}\n` : `${said[result](name, path)}\n`);
      return 0;
    }
  },
};
