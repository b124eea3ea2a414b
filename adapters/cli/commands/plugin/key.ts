import type { Command } from "../../command.ts";
import { absolute } from "../../find_model.ts";
import { reportFailure } from "../../report.ts";
import { folderOf, makeFolder, statOf, writeWhole } from "../../site_files.ts";

/** `clawdbot plugin key FILE`: a key that plugins are signed with, in a file that only this user may read. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["FILE"],
  async run({ flags, operands: [given = ""] }, context) {
    const { text: { cli: { plugins: said } }, out, err } = context;
    const file = absolute(given);
    if (statOf(file) !== undefined) return reportFailure(said.keyIsThere(given), context);
    const { signing } = await context.pluginTools();
    const { privateKey, publicKey } = signing.newKey();
    makeFolder(folderOf(file));
    writeWhole(file, privateKey, 0o600);
    const key = publicKey.toHex();
    if (flags.has("json")) out.write(`${JSON.stringify({ file, key })}\n`);
    else {
      out.write(`${key}\n`);
      err.write(`${said.keyMade(given, key)}\n`);
    }
    return 0;
  },
};
