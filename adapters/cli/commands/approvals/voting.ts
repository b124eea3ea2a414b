import { harmless } from "../../../../core/harmless.ts";
import { approvalVoted } from "../../../../schema/api.ts";
import type { Command } from "../../command.ts";
import { hostFailure, reportFailure } from "../../report.ts";

/** A command that says the terminal's word on a card. Exit code 1 when it changed nothing: then why. */
export function voting(verdict: "approve" | "deny"): Command {
  return {
    options: { json: { kind: "flag" } },
    operands: ["ID"],
    async run({ flags, operands: [id = ""] }, context) {
      const { text: { cli }, out } = context;
      const path = `/api/approvals/${encodeURIComponent(id)}/${verdict}`;
      const answer = await context.host().call("POST", path, { schema: approvalVoted });
      if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
      const { result, text } = answer.value;
      if (flags.has("json")) out.write(`${JSON.stringify(answer.value)}\n`);
      else if (result === "nothing") return reportFailure(harmless(text), context);
      else out.write(`${harmless(text)}\n`);
      return result === "nothing" ? 1 : 0;
    },
  };
}
