import type { Command } from "../command.ts";

/** `clawdbot config schema`: what editors complete and check by. */
export const command: Command = {
  options: {},
  operands: [],
  async run(_input, { out, configSchema }) {
    out.write(`${JSON.stringify(await configSchema(), undefined, 2)}\n`);
    return 0;
  },
};
