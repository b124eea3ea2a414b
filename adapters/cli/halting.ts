import { harmless } from "../../core/harmless.ts";
import { haltChanged } from "../../schema/api.ts";
import type { Command } from "./command.ts";
import { hostFailure, reportFailure } from "./report.ts";

/** A command that stops everything, or lets it go on. That it was so already is fine. */
export function halting(to: "halt" | "resume"): Command {
  return {
    options: { json: { kind: "flag" } },
    operands: [],
    async run({ flags }, context) {
      const { text: { cli }, out } = context;
      const answer = await context.host().call("POST", `/api/${to}`, { schema: haltChanged });
      if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
      out.write(flags.has("json") ? `${JSON.stringify(answer.value)}\n` : `${harmless(answer.value.text)}\n`);
      return 0;
    },
  };
}
