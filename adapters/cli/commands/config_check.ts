import type { Command } from "../command.ts";

/** `clawdbot config check`: reads the configuration as the next start would, and resolves its references. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, { text: { cli: { config: said } }, out, err, checkConfig }) {
    const check = await checkConfig();
    if (flags.has("json")) {
      const file = check.kind === "good" ? check.file ?? null : undefined;
      const problems = check.kind === "bad" ? check.problems : [];
      out.write(
        `${JSON.stringify({ ok: check.kind === "good", ...(file === undefined ? {} : { file }), problems })}\n`,
      );
    } else if (check.kind === "good") {
      out.write(`${check.file === undefined ? said.none : said.good(check.file)}\n`);
    } else {
      for (const problem of check.problems) err.write(`${problem}\n`);
    }
    return check.kind === "good" ? 0 : 1;
  },
};
