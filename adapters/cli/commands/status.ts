import { confinementWords } from "../../../core/confinement.ts";
import { harmless } from "../../../core/harmless.ts";
import { type ChannelHealth, type ModelState, type Status, status } from "../../../schema/api.ts";
import type { Text } from "../../../core/text/mod.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { duration } from "../progress.ts";
import { hostFailure, reportFailure } from "../report.ts";
import { paint, table } from "../terminal_text.ts";

/** `clawdbot status`: where everything stands. Exit code 1 when the host can't be reached. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli }, out } = context;
    const answer = await context.host().call("GET", "/api/status", { schema: status });
    if (answer.kind !== "ok") return reportFailure(hostFailure(answer, cli), context);
    const { value } = answer;
    if (flags.has("json")) {
      out.write(`${JSON.stringify(value)}\n`);
      return 0;
    }
    const said = cli.status;
    const channels = Object.entries(value.channels)
      .map((
        [name, health],
        index,
      ) => [
        index === 0 ? said.channels : "",
        `${harmless(name)}: ${paint(lookOf[health.kind], harmless(channelWords(health, said)), out)}`,
      ]);
    const rows = [
      ...(value.halted === null ? [] : [[said.halted, paint("bad", haltWords(value.halted, said), out)]]),
      [said.version, value.version],
      [said.uptime, duration(value.uptime_ms / 1_000)],
      [
        said.model,
        `${modelName(value.model, said)}: ${
          paint(lookOf[value.model.state.kind], harmless(modelWords(value.model.state, said)), out)
        }`,
      ],
      [said.database, paint(lookOf[value.database.kind], harmless(databaseWords(value.database, said)), out)],
      ...channels,
      [said.turns, said.turnCounts(value.turns.running, value.turns.queued)],
      [said.deliveries, said.deliveryCount(value.deliveries.pending)],
      ...pluginRows(value, context),
      [said.duplicates, String(value.duplicates_dropped)],
      ...configurationRows(value.configuration, said, context),
      ...(value.possible_copies === 0 ? [] : [[said.possibleCopies, String(value.possible_copies)]]),
      [said.network, value.offline ? said.offline : said.online],
      ...confinementRows(value, context),
    ];
    out.draw(table(rows));
    return 0;
  },
};

function haltWords({ by, at_ms }: NonNullable<Status["halted"]>, said: Text["cli"]["status"]): string {
  const at = `${new Date(at_ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  return said.haltedSince(at, harmless(by));
}

/** By what the processes are confined, and what nothing holds here. */
function confinementRows({ confinement }: Status, { text, out }: CliContext): readonly (readonly string[])[] {
  const { held, missing } = confinementWords(confinement, text);
  const { confinement: confined, unconfined } = text.cli.status;
  return [
    [confined, harmless(held)],
    ...missing.map((line, index) => [index === 0 ? unconfined : "", paint("waiting", harmless(line), out)]),
  ];
}

/** Nothing where there are none. */
function pluginRows({ plugins }: Status, { text, out }: CliContext): readonly (readonly string[])[] {
  if (plugins.granted + plugins.known + plugins.wrong === 0) return [];
  return [[text.cli.status.plugins, paint(plugins.wrong > 0 ? "waiting" : "good", text.plugins.counts(plugins), out)]];
}

/** Nothing, unless a changed configuration isn't in force: then why. */
function configurationRows(
  { problem }: Status["configuration"],
  said: Text["cli"]["status"],
  { out }: CliContext,
): readonly (readonly string[])[] {
  return (problem?.lines ?? []).map((line, index) => [
    index === 0 ? said.configuration : "",
    paint("bad", index === 0 ? said.configurationRefused(harmless(line)) : harmless(line), out),
  ]);
}

const lookOf = {
  idle: "quiet",
  loading: "waiting",
  connecting: "waiting",
  degraded: "waiting",
  ready: "good",
  failed: "bad",
} as const;

/** Where questions leave this machine, whoever looks shall see it. */
function modelName({ name, server }: Status["model"], said: Text["cli"]["status"]): string {
  return server === undefined ? harmless(name) : said.asked(harmless(name), harmless(server));
}

function modelWords(state: ModelState, { modelStates: said }: Text["cli"]["status"]): string {
  if (state.kind === "failed") return said.failed(state.reason);
  return said[state.kind];
}

function channelWords(health: ChannelHealth, { channelStates: said }: Text["cli"]["status"]): string {
  if (health.kind === "ready") return said.ready;
  const since = new Date(health.since_ms).toISOString().slice(0, 16).replace("T", " ");
  return said.since("reason" in health ? said[health.kind](health.reason) : said[health.kind], `${since} UTC`);
}

function databaseWords(health: Status["database"], { databaseStates: said }: Text["cli"]["status"]): string {
  return health.kind === "ready" ? said.ready : said[health.kind](health.reason);
}
