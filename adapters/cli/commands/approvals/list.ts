import { harmless, oneLine } from "../../../../core/harmless.ts";
import type { Text } from "../../../../core/text/mod.ts";
import { type Approval, approvalList } from "../../../../schema/api.ts";
import type { Command } from "../../command.ts";
import { hostFailure, reportFailure } from "../../report.ts";
import { table } from "../../terminal_text.ts";

/** Longest text of what is to be done that a line shows, in characters. */
const whatLengthMax = 120;

/** `clawdbot approvals list`: what waits for people; with `--ended`, what they decided. */
export const command: Command = {
  options: { ended: { kind: "flag" }, json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli }, out } = context;
    const of = flags.has("ended") ? "ended" : "waiting";
    const answer = await context.host().call("GET", `/api/approvals?of=${of}`, { schema: approvalList });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { approvals } = answer.value;
    const said = cli.approvals;
    if (flags.has("json")) out.write(`${JSON.stringify(answer.value)}\n`);
    else if (approvals.length === 0) out.write(`${of === "waiting" ? said.noneWait : said.noneEnded}\n`);
    else {
      const { id, state, what, who, needs, until } = said.columns;
      out.write(table([
        [id, state, what, who, needs, of === "waiting" ? until : said.columns.ended],
        ...approvals.map((one) => [
          one.id,
          said.states[one.state],
          shorten(harmless(oneLine(whatOf(one, said)))),
          harmless(one.requester.name),
          `${one.approved_by.length}/${one.needs}`,
          timeOf(of === "waiting" ? one.expires_ms : one.ended_ms ?? one.expires_ms),
        ]),
      ]));
    }
    return 0;
  },
};

/** What is done if it is approved: the writes, or without any the call. */
function whatOf({ tool, arguments: given, writes }: Approval, said: Text["cli"]["approvals"]): string {
  const call = [tool, ...Object.entries(given).map(([name, value]) => `${name}=${plain(value)}`)].join(" ");
  const unit = (write: Approval["writes"][number]) => write.unit === undefined ? "" : ` ${write.unit}`;
  return writes.length === 0
    ? call
    : writes.map((write) =>
      said.write(`${write.device}.${write.tag}`, `${write.present}${unit(write)}`, `${write.value}${unit(write)}`)
    ).join("; ");
}

const plain = (value: unknown) => typeof value === "string" ? value : JSON.stringify(value);

function shorten(text: string): string {
  const characters = [...text];
  return characters.length <= whatLengthMax ? text : `${characters.slice(0, whatLengthMax - 1).join("")}…`;
}

const timeOf = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
