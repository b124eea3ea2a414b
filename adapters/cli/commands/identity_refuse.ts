import { harmless, oneLine } from "../../../core/harmless.ts";
import { pairingRefused } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot identity refuse CODE`: doesn't let somebody in. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["CODE"],
  async run({ flags, operands: [code = ""] }, context) {
    const { text: { cli }, out } = context;
    const answer = await context.host().call("POST", "/api/pairings/refuse", {
      schema: pairingRefused,
      body: { code },
    });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { name, account } = answer.value.pairing;
    const words = cli.identity.refused(harmless(oneLine(name || account)));
    out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${words}\n`);
    return 0;
  },
};
