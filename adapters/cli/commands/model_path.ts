import { MendableError } from "../../../core/errors.ts";
import { isModelName } from "../../../core/hub.ts";
import type { Command } from "../command.ts";
import { findModel } from "../find_model.ts";

/** `clawdbot model path NAME`: for scripts. Exit code 1 when the model isn't here. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["NAME"],
  async run({ flags, operands: [name = ""] }, context) {
    const { text: { models: said }, out } = context;
    if (!isModelName(name)) throw new MendableError(said.failedTo.find, said.unknown(name, undefined));
    const path = await findModel(name, "find", context);
    out.write(flags.has("json") ? `${JSON.stringify({ name, path })}\n` : `${path}\n`);
    return 0;
  },
};
