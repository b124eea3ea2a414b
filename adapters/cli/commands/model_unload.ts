import { modelUnload } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { configuredModel } from "../configured_model.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot model unload`: gives the memory back. What is being answered isn't cut: then it stays, with exit code 1. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["NAME?"],
  async run({ flags, operands: [name] }, context) {
    const { text: { cli, models: said }, out } = context;
    const found = await configuredModel(name, context);
    if (found.kind === "failed") return reportFailure(found.line, context);
    const path = `/api/models/${found.model.use.for}/unload`;
    const answer = await context.host().call("POST", path, { schema: modelUnload, body: {} });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    if (answer.value.result === "busy") return reportFailure(said.unloadBusy(found.model.name), context);
    out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${said.unloaded(found.model.name)}\n`);
    return 0;
  },
};
