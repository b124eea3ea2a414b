import { harmless } from "../../../core/harmless.ts";
import { personShown } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot identity rename ID NAME`: calls somebody something else. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["ID", "NAME"],
  async run({ flags, operands: [id = "", name = ""] }, context) {
    const { text: { cli }, out } = context;
    const path = `/api/people/${encodeURIComponent(id)}/rename`;
    const answer = await context.host().call("POST", path, { schema: personShown, body: { name } });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const words = cli.identity.renamed(harmless(answer.value.person.name));
    out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${words}\n`);
    return 0;
  },
};
