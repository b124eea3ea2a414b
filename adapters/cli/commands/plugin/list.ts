import { harmless } from "../../../../core/harmless.ts";
import type { ToldPlugin } from "../../../../core/plugins/told.ts";
import type { Command } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { pluginsHere } from "../../plugins_here.ts";
import { hostFailure, reportFailure } from "../../report.ts";
import { paint, table } from "../../terminal_text.ts";

/** `clawdbot plugin list`: where each plugin stands, by the running host or else by the disk. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli, plugins: { list: said } }, out, err } = context;
    const here = await pluginsHere(context);
    if (here.kind === "refused") return reportFailure(hostFailure(here.failure, cli), context);
    const { plugins, isLive } = here;
    if (flags.has("json")) {
      out.write(`${JSON.stringify(plugins)}\n`);
      return 0;
    }
    if (plugins.length === 0) {
      out.write(`${said.none}\n`);
      return 0;
    }
    const { name, state, version, tools, digest } = said;
    out.draw(table([[name, state, version, tools, digest], ...plugins.map((plugin) => rowOf(plugin, context))]));
    for (const plugin of plugins) for (const line of linesOf(plugin, context)) out.write(`${line}\n`);
    if (!isLive) err.write(`${said.fromDisk}\n`);
    return 0;
  },
};

const looks = { known: "quiet", granted: "good", void: "bad", refused: "bad", missing: "bad" } as const;

function rowOf({ name, state, file, tools }: ToldPlugin, { text: { plugins: said }, out }: CliContext): string[] {
  const unknown = "–";
  return [
    harmless(name),
    paint(looks[state], said.states[state], out),
    file?.version ?? unknown,
    tools === undefined ? unknown : `${tools.length}`,
    file === undefined ? unknown : file.digest.slice(0, shownDigits),
  ];
}

/** Enough of a digest to tell two files apart by eye; a grant names all of it. */
const shownDigits = 12;

/** Why a plugin is as it is, and what else is to be known of it. */
function linesOf(
  { name, state, reason, asks, notes, failure }: ToldPlugin,
  { text: { plugins: said } }: CliContext,
): readonly string[] {
  const told = [
    ...(reason === undefined ? [] : [reason]),
    ...(failure === undefined ? [] : [said.list.failure(failure.reason)]),
    ...(state === "known" ? [asks.length === 0 ? said.asksNothing : asks.join(", ")] : []),
    ...notes,
  ];
  return told.map((line) => said.list.line(name, line));
}
