import { harmless } from "../../../core/harmless.ts";
import { accountUnlinked } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** `clawdbot identity unlink ACCOUNT`: takes an account from its person. Exit code 1 when it can't be taken away. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["ACCOUNT"],
  async run({ flags, operands: [id = ""] }, context) {
    const { text: { cli }, out, err } = context;
    const path = `/api/people/accounts/${encodeURIComponent(id)}/unlink`;
    const answer = await context.host().call("POST", path, { schema: accountUnlinked, body: {} });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { result, person } = answer.value;
    const said = cli.identity;
    if (flags.has("json")) out.write(`${JSON.stringify(answer.value)}\n`);
    else if (result === "kept") err.write(`${said.kept}\n`);
    else out.write(`${said.unlinked(harmless(person.name) || person.id, person.accounts.length)}\n`);
    return result === "unlinked" ? 0 : 1;
  },
};
