import { harmless } from "../../../core/harmless.ts";
import { auditList } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";
import { table } from "../terminal_text.ts";

/** Entries that one page has, at most; also the default. */
const limitMax = 100;

/** `clawdbot audit list`: who did what, newest first. */
export const command: Command = {
  options: {
    filter: { kind: "value" },
    limit: { kind: "value" },
    before: { kind: "value" },
    json: { kind: "flag" },
  },
  operands: [],
  async run({ flags, values: { filter, limit, before } }, context) {
    const { text: { cli }, out, err } = context;
    if (limit !== undefined && !isLimit(limit)) {
      err.write(`${cli.audit.badLimit(limit, limitMax)}\n`);
      return 2;
    }
    const query = new URLSearchParams({
      ...(filter === undefined ? {} : { filter }),
      ...(limit === undefined ? {} : { limit }),
      ...(before === undefined ? {} : { before }),
    });
    const answer = await context.host().call("GET", `/api/audit?${query}`, { schema: auditList });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { entries, next } = answer.value;
    if (flags.has("json")) out.write(`${JSON.stringify(answer.value)}\n`);
    else if (entries.length === 0) out.write(`${cli.audit.none}\n`);
    else {
      const said = cli.audit.columns;
      out.write(table([
        [said.id, said.time, said.who, said.action, said.resource, said.outcome],
        ...entries.map(({ id, at_ms, principal, name, action, resource, outcome }) =>
          [
            id.replace(/^0+(?=.)/, ""),
            new Date(at_ms).toISOString().slice(0, 19).replace("T", " "),
            name === undefined ? principal : `${name} (${principal})`,
            action,
            resource,
            outcome,
          ].map(harmless)
        ),
      ]));
      if (next !== null) out.write(`${cli.audit.more(next)}\n`);
    }
    return 0;
  },
};

function isLimit(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= limitMax;
}
