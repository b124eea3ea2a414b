import { modelByName } from "../../../core/catalogue.ts";
import { MendableError } from "../../../core/errors.ts";
import { modelFile } from "../../../core/ports/models.ts";
import type { Command } from "../command.ts";

/** `clawdbot model path NAME`: for scripts. Exit code 1 when the model isn't here. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["NAME"],
  async run({ flags, operands: [name = ""] }, context) {
    const { text: { models: said }, out, site } = context;
    const known = modelByName(name);
    if (known.kind === "unknown") throw new MendableError(said.failedTo.find, said.unknown(name, known.nearest));
    const path = modelFile(site().modelsFolder, name);
    const isHere = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
    if (!isHere) throw new MendableError(said.failedTo.find, said.notHere(name));
    out.write(flags.has("json") ? `${JSON.stringify({ name, path })}\n` : `${path}\n`);
    return 0;
  },
};
