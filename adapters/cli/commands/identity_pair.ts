import { harmless } from "../../../core/harmless.ts";
import { pairingConfirmed } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot identity pair CODE [NAME]`: lets somebody in. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["CODE", "NAME?"],
  async run({ flags, operands: [code = "", name] }, context) {
    const { text: { cli }, out } = context;
    const body = { code, ...(name === undefined ? {} : { name }) };
    const answer = await context.host().call("POST", "/api/pairings/confirm", { schema: pairingConfirmed, body });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { person } = answer.value;
    const words = cli.identity.paired(harmless(person.name) || person.id);
    out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${words}\n`);
    return 0;
  },
};
