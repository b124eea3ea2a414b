import { tokenRevoked } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot token revoke ID`: ends a token, and what is being done with it. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["ID"],
  async run({ flags, operands: [id = ""] }, context) {
    const { text: { cli }, out } = context;
    const path = `/api/tokens/${encodeURIComponent(id)}/revoke`;
    const answer = await context.host().call("POST", path, { schema: tokenRevoked, body: {} });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { result } = answer.value;
    out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${cli.tokens.revoked[result](id)}\n`);
    return 0;
  },
};
