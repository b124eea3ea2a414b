import { linkCode } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot identity link [ID]`: a one-time code that links another account, one's own without an id. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["ID?"],
  async run({ flags, operands: [id = "self"] }, context) {
    const { text: { cli }, out, clock } = context;
    const path = `/api/people/${encodeURIComponent(id)}/link-code`;
    const answer = await context.host().call("POST", path, { schema: linkCode, body: {} });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { code, expires_ms } = answer.value;
    const minutes = Math.max(1, Math.round((expires_ms - clock.nowMs()) / 60_000));
    out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${cli.identity.link(code, minutes)}\n`);
    return 0;
  },
};
