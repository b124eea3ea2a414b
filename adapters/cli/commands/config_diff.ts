import type { Command } from "../command.ts";
import { differenceOf, isSame, readChange, showDifference } from "../config_change.ts";

/** `clawdbot config diff [FILE]`: what `config apply` would change. Writes nothing. */
export const command: Command = {
  options: { undo: { kind: "flag" }, json: { kind: "flag" } },
  operands: ["FILE?"],
  async run({ flags, operands: [wanted] }, context) {
    const { out, err, text: { setup: { apply: said } } } = context;
    const change = readChange({ wanted, undo: flags.has("undo") }, context);
    const result = await differenceOf(change, change.sourcePath, context);
    if (flags.has("json")) {
      out.write(`${JSON.stringify(result.kind === "bad" ? { ok: false, problems: result.problems } : wire(result))}\n`);
    } else if (result.kind === "bad") {
      for (const problem of result.problems) err.write(`${problem}\n`);
    } else if (isSame(change)) out.write(`${said.same}\n`);
    else showDifference(result.difference, context);
    return result.kind === "bad" ? 1 : 0;
  },
};

function wire({ difference }: Extract<Awaited<ReturnType<typeof differenceOf>>, { kind: "difference" }>): unknown {
  return {
    ok: true,
    problems: difference.beforeProblems,
    text: difference.lines.map(({ text }) => `${text}\n`).join(""),
    rights: difference.rights.map(({ role, change, kind, value }) => ({ role, change, right: kind, value })),
    secrets_changed: difference.changedSecrets,
    secrets_missing: difference.secrets.flatMap(({ path, reference }) =>
      reference.kind === "file" && !reference.isHere ? [{ path, file: reference.file }] : []
    ),
  };
}
