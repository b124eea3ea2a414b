import { MendableError } from "../../../../core/errors.ts";
import { nearest } from "../../../../core/nearest.ts";
import type { Command } from "../../command.ts";
import { pluginsHere } from "../../plugins_here.ts";
import { AnswersEnded, openQuestions } from "../../questions.ts";
import { hostFailure, reportFailure } from "../../report.ts";
import { removeIfThere, statOf } from "../../site_files.ts";

/** `clawdbot plugin rm NAME`: says what goes with it, asks, and removes its file. What it keeps stays. */
export const command: Command = {
  options: { yes: { kind: "flag" }, json: { kind: "flag" } },
  operands: ["NAME"],
  async run({ flags, operands: [name = ""] }, context) {
    const { text, out } = context;
    const { rm: said } = text.plugins;
    const here = await pluginsHere(context);
    if (here.kind === "refused") return reportFailure(hostFailure(here.failure, text.cli), context);
    const plugin = here.plugins.find((one) => one.name === name);
    const { folder, settings } = await context.sitePlugins();
    const path = `${folder}/${name}.wasm`;
    if (plugin === undefined) {
      throw new MendableError(said.failed, said.unknown(name, nearest(name, here.plugins.map((one) => one.name))));
    }
    if (statOf(path)?.isFile !== true) {
      const elsewhere = settings.kind === "read" ? settings.settings.plugins[name]?.path : undefined;
      throw new MendableError(said.failed, elsewhere === undefined ? said.noFile(path) : said.elsewhere(elsewhere));
    }
    const tools = (plugin.tools ?? []).map((tool) => tool.name);
    if (!flags.has("json")) {
      out.write(`${said.removes(path)}\n`);
      if (tools.length > 0) out.write(`${said.tools(tools.join(", "))}\n`);
      if (plugin.granted_digest !== undefined) out.write(`${said.configured(name)}\n`);
      out.write(`${said.kept}\n`);
    }
    if (!flags.has("yes")) {
      using questions = openQuestions(context, text.setup.ask);
      try {
        if (!await questions.confirm(said.ask(name), false)) return reportFailure(said.declined, context);
      } catch (error) {
        if (!(error instanceof AnswersEnded)) throw error;
        return reportFailure(error.why === "ended" ? said.notAsked : text.setup.ask.stopped, context);
      }
    }
    removeIfThere(path);
    if (flags.has("json")) out.write(`${JSON.stringify({ name, path, tools })}\n`);
    else out.write(`${said.removed(name)}\n`);
    return 0;
  },
};
