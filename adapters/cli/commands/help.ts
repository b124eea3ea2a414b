import { nearest } from "../../../core/nearest.ts";
import type { Command } from "../command.ts";
import { commandHelp, programHelp } from "../help_text.ts";
import { commandNames } from "../mod.ts";

/** `clawdbot help [COMMAND]`. */
export const command: Command = {
  options: {},
  operands: ["COMMAND?", "SUBCOMMAND?"],
  async run({ operands }, { text, out, err }) {
    const wanted = operands.join(" ");
    const name = commandNames.find((name) => name === wanted);
    if (name !== undefined) out.write(await commandHelp(name, text));
    else if (wanted === "") out.write(await programHelp(text));
    else if (commandNames.some((name) => name.startsWith(`${wanted} `))) out.write(await programHelp(text, wanted));
    else {
      err.write(`${text.cli.unknownCommand(wanted, nearest(wanted, commandNames))}\n`);
      return 2;
    }
    return 0;
  },
};
