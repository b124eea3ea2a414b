import { harmless, oneLine } from "../../../core/harmless.ts";
import type { Text } from "../../../core/text/mod.ts";
import { type Pairing, pairingList, type Person, personList } from "../../../schema/api.ts";
import type { Command } from "../command.ts";
import { hostFailure, reportFailure } from "../report.ts";
import { table } from "../terminal_text.ts";

/** `clawdbot identity list`: who is known, by which accounts, and who asks to be let in. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli }, out } = context;
    const host = context.host();
    const known = await host.call("GET", "/api/people", { schema: personList });
    if (known.kind !== "ok") return reportFailure(hostFailure(known, cli), context);
    const asking = await host.call("GET", "/api/pairings", { schema: pairingList });
    if (asking.kind !== "ok") return reportFailure(hostFailure(asking, cli), context);
    const { people } = known.value;
    const { pairings } = asking.value;
    if (flags.has("json")) {
      out.write(`${JSON.stringify({ people, pairings })}\n`);
      return 0;
    }
    const said = cli.identity;
    out.write(table([
      [said.columns.id, said.columns.name, said.columns.roles],
      ...people.map((person) => [person.id, nameOf(person, said), person.roles.join(", ")]),
    ]));
    const accounts = people.flatMap((person) => person.accounts.map((account) => ({ person, account })));
    out.write(`\n${
      table([
        [said.columns.account, said.columns.person, said.columns.channel, said.columns.name],
        ...accounts.map(({ person, account: { id, channel, account, name } }) => [
          id,
          nameOf(person, said),
          harmless(channel),
          channel === "web" ? "" : harmless(oneLine(name || account)),
        ]),
      ])
    }`);
    out.write(pairings.length === 0 ? `\n${said.nobodyAsks}\n` : `\n${table(pairingRows(pairings, said))}`);
    return 0;
  },
};

/** Names are whatever people call themselves. */
function nameOf({ name, owner }: Person, said: Text["cli"]["identity"]): string {
  return harmless(name) || (owner ? said.owner : "–");
}

function pairingRows(pairings: readonly Pairing[], said: Text["cli"]["identity"]): string[][] {
  return [
    [said.columns.code, said.columns.channel, said.columns.name, said.columns.state],
    ...pairings.map(({ code, channel, account, name, refused_ms }) => [
      code,
      harmless(channel),
      harmless(oneLine(name || account)),
      refused_ms === null ? said.asks : said.refusedState,
    ]),
  ];
}
