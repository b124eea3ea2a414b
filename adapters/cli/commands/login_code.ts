import { loginCode } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot login-code`: a one-time code for a browser. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli }, out, clock } = context;
    const answer = await context.host().call("POST", "/api/login-codes", { schema: loginCode, body: {} });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { code, url, expires_ms } = answer.value;
    const minutes = Math.max(1, Math.round((expires_ms - clock.nowMs()) / 60_000));
    out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${cli.loginCode(code, url, minutes)}\n`);
    return 0;
  },
};
