import { type Token, tokenList } from "../../../schema/api.ts";
import type { Text } from "../../../core/text/mod.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";
import { table } from "../terminal_text.ts";

/** `clawdbot token list`: which programs may call, and what ended lately. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli }, out, clock } = context;
    const answer = await context.host().call("GET", "/api/tokens", { schema: tokenList });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { tokens } = answer.value;
    if (flags.has("json")) out.write(`${JSON.stringify(tokens)}\n`);
    else if (tokens.length === 0) out.write(`${cli.tokens.none}\n`);
    else {
      const said = cli.tokens.columns;
      out.write(table([
        [said.id, said.state, said.roles, said.used, said.rate, said.name],
        ...tokens.map((token) => [
          token.id,
          stateWords(token, clock.nowMs(), cli.tokens),
          token.roles.join(", "),
          token.seen_ms === null ? cli.tokens.never : timeOf(token.seen_ms),
          token.requests_per_minute === null ? "–" : cli.tokens.perMinute(token.requests_per_minute),
          token.name ?? "",
        ]),
      ]));
    }
    return 0;
  },
};

function stateWords({ revoked_ms, expires_ms }: Token, nowMs: number, said: Text["cli"]["tokens"]): string {
  if (revoked_ms !== null) return said.revokedAt(timeOf(revoked_ms));
  if (expires_ms === null) return said.valid;
  return expires_ms <= nowMs ? said.expiredAt(timeOf(expires_ms)) : said.validUntil(timeOf(expires_ms));
}

/** `2026-11-27 12:30 UTC`: the same on every machine. */
function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
