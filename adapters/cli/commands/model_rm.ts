import { catalogue } from "../../../core/catalogue.ts";
import { MendableError } from "../../../core/errors.ts";
import { status } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { findModel } from "../find_model.ts";
import { megabytes } from "../progress.ts";

/** `clawdbot model rm NAME`: says what that frees. What is needed goes only by force. */
export const command: Command = {
  options: { force: { kind: "flag" }, json: { kind: "flag" } },
  operands: ["NAME"],
  async run({ flags, operands: [name = ""] }, context) {
    const { text: { models: said }, out, err, models } = context;
    const folder = context.site().modelsFolder;
    const here = (await models.installed(folder)).find((model) => model.name === name);
    if (here === undefined) {
      await findModel(name.includes("/") ? "-" : name, "remove", context); // throws: it isn't here
      throw new MendableError(said.failedTo.remove, said.unknown(name, undefined));
    }
    if (!flags.has("force")) {
      const why = await needOf(name, here.path, context);
      if (why !== undefined) throw new MendableError(said.failedTo.remove, why);
    }
    const freedBytes = await models.remove(folder, name);
    const isKnown = catalogue.some((model) => model.name === name);
    if (flags.has("json")) out.write(`${JSON.stringify({ name, freed_bytes: freedBytes })}\n`);
    else out.write(`${said.removed(name, megabytes(freedBytes))}\n`);
    const again = isKnown ? name : here.record?.source.startsWith("hf:") ? here.record.source : undefined;
    if (again !== undefined && !flags.has("json")) err.write(`${said.removedAgain(again)}\n`);
    return 0;
  },
};

/** Who needs the model, if anybody does. */
async function needOf(name: string, path: string, context: CliContext): Promise<string | undefined> {
  const { text: { models: said } } = context;
  const answer = await context.host().call("GET", "/api/status", { schema: status });
  if (answer.kind === "ok" && answer.value.model.name === name) return said.inUse(name);
  const configured = await context.configuredModels();
  if (configured === undefined) return said.configUnreadable(name);
  return configured.includes(path) ? said.configured(name) : undefined;
}
