import { harmless } from "../../../core/harmless.ts";
import { accessExplanation } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

const actions = ["use", "read", "write", "approve", "manage"];

/** `clawdbot access explain PRINCIPAL RESOURCE`: a decision, and each rule behind it. */
export const command: Command = {
  options: { action: { kind: "value" }, at: { kind: "value" }, json: { kind: "flag" } },
  operands: ["PRINCIPAL", "RESOURCE"],
  async run({ flags, values: { action = "use", at }, operands: [who = "", resource = ""] }, context) {
    const { text: { cli }, out, err } = context;
    const said = cli.access;
    const atMs = at === undefined ? undefined : Date.parse(at);
    if (!actions.includes(action)) err.write(`${said.badAction(harmless(action), actions.join(", "))}\n`);
    else if (Number.isNaN(atMs)) err.write(`${said.badTime(harmless(at ?? ""))}\n`);
    else {
      const query = new URLSearchParams({ who, resource, action, ...(atMs === undefined ? {} : { at_ms: `${atMs}` }) });
      const answer = await context.host().call("GET", `/api/access/explain?${query}`, { schema: accessExplanation });
      if (answer.kind === "refused" && answer.status === 404) {
        return reportFailure(said.unknown(harmless(who)), context);
      }
      if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
      const lines = answer.value.lines.map(harmless).join("\n");
      out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${lines}\n`);
      return 0;
    }
    return 2;
  },
};
