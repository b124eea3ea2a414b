import { modelList, modelLoad } from "../../../schema/api.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { megabytes } from "../progress.ts";
import { configuredModel } from "../configured_model.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** Between two looks at a model that is being loaded, in milliseconds. */
const lookEveryMs = 250;

/** `clawdbot model load`: takes the memory now, so that the next question needn't wait. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["NAME?"],
  async run({ flags, operands: [name] }, context) {
    const found = await configuredModel(name, context);
    if (found.kind === "failed") return reportFailure(found.line, context);
    const path = `/api/models/${found.model.use.for}/load`;
    const answer = await context.host().call("POST", path, { schema: modelLoad, body: {} });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, context.text.cli), context);
    return await untilLoaded(found.model.name, flags.has("json"), context);
  },
};

async function untilLoaded(name: string, isJson: boolean, context: CliContext): Promise<ExitCode> {
  const { text: { cli, models: said }, out, clock } = context;
  const waiting = new AbortController();
  for (;;) {
    const answer = await context.host().call("GET", "/api/models", { schema: modelList });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const model = answer.value.models.find((model) => model.name === name);
    const state = model?.use?.state;
    if (state?.kind === "ready") {
      const memory = model?.use?.memory_bytes;
      const words = memory === undefined ? said.loaded(name) : said.loadedWith(name, megabytes(memory));
      out.write(isJson ? `${JSON.stringify(model)}\n` : `${words}\n`);
      return 0;
    }
    if (state?.kind !== "loading") {
      const reason = state?.kind === "failed" ? state.reason : "";
      return reportFailure(said.loadFailed(name, reason), context);
    }
    await clock.sleep(lookEveryMs, waiting.signal);
  }
}
