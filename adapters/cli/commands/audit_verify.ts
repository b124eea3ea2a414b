import { harmless } from "../../../core/harmless.ts";
import { verification } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** Between two looks at a chain that is being verified, in milliseconds. */
const lookEveryMs = 200;

/** `clawdbot audit verify`: computes every link of the chain anew. Exit code 1 when one is wrong. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli }, out, clock } = context;
    const waiting = new AbortController();
    const path = "/api/audit/verification";
    let answer = await context.host().call("POST", path, { schema: verification, body: {} });
    while (answer.kind === "ok" && answer.value.kind === "running") {
      await clock.sleep(lookEveryMs, waiting.signal);
      answer = await context.host().call("GET", path, { schema: verification });
    }
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { value } = answer;
    if (value.kind === "never" || value.kind === "running") return reportFailure(cli.audit.gaveUp, context);
    if (flags.has("json")) out.write(`${JSON.stringify(value)}\n`);
    if (value.kind === "broken") {
      if (flags.has("json")) return 1;
      return reportFailure(cli.audit.broken(value.id, harmless(value.reason)), context);
    }
    if (!flags.has("json")) {
      out.write(`${cli.audit.whole(value.count)}\n`);
      if (value.head !== null) out.write(`${cli.audit.head(value.head.id, value.head.hash)}\n`);
    }
    return 0;
  },
};
