import * as v from "valibot";
import { tokenCreated, tokenLifeMsMax } from "../../../schema/api.ts";
import { duration } from "../../../schema/units.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";

const life = duration({ description: "", min: 60_000, max: tokenLifeMsMax, expected: "" });

/** `clawdbot token create`: a secret for a program, shown this once. */
export const command: Command = {
  options: {
    role: { kind: "list" },
    name: { kind: "value" },
    expires: { kind: "value" },
    rate: { kind: "value" },
    json: { kind: "flag" },
  },
  operands: [],
  async run({ flags, values, lists }, context) {
    const { text: { cli }, out, err } = context;
    const usage = (line: string): 2 => {
      err.write(`${cli.usageProblem(line, "clawdbot token create")}\n`);
      return 2;
    };
    const roles = lists.role ?? [];
    if (roles.length === 0) return usage(cli.tokens.roleMissing);
    const expires = values.expires === undefined ? undefined : v.safeParse(life, values.expires);
    if (expires?.success === false) return usage(cli.tokens.badExpiry(values.expires!));
    const rate = values.rate === undefined ? undefined : Number(values.rate);
    if (rate !== undefined && !/^[1-9]\d{0,5}$/.test(values.rate!)) return usage(cli.tokens.badRate(values.rate!));
    const answer = await context.host().call("POST", "/api/tokens", {
      schema: tokenCreated,
      body: {
        roles,
        ...(values.name === undefined ? {} : { name: values.name }),
        ...(expires === undefined ? {} : { life_ms: expires.output }),
        ...(rate === undefined ? {} : { requests_per_minute: rate }),
      },
    });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { secret, token } = answer.value;
    if (flags.has("json")) out.write(`${JSON.stringify(answer.value)}\n`);
    else {
      // The secret alone goes to stdout, so that it can be piped to where it belongs.
      out.write(`${secret}\n`);
      err.write(`${cli.tokens.created(token.id)}\n`);
    }
    return 0;
  },
};
