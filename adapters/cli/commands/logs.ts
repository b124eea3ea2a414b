import { toLine } from "../../../core/log/line.ts";
import { prettyLine } from "../../../core/log/pretty.ts";
import { type LogEntry, type LogLevel, logLevels } from "../../../core/ports/log_tail.ts";
import { logEvent, logList } from "../../../schema/api.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { entriesOfFiles } from "../log_files.ts";
import { hostFailure, reportFailure } from "../report.ts";

const linesMax = 100_000;
/** A host that restarts is asked so often. */
const againMs = 300;

/**
 * `clawdbot logs`: the newest lines of the log, from the running host, which has about 1,000, or when more are wanted or
 * none runs, from the files. With `--follow` what comes, through restarts of the host.
 */
export const command: Command = {
  options: {
    follow: { kind: "flag", short: "f" },
    level: { kind: "value" },
    lines: { kind: "value", short: "n" },
    json: { kind: "flag" },
  },
  operands: [],
  async run({ flags, values }, context) {
    const { text: { cli: { logs: said } }, err } = context;
    const level = logLevels.find((known) => known === (values.level ?? "info"));
    const lines = Number(values.lines ?? 100);
    if (level === undefined) {
      err.write(`${said.badLevel(values.level!)}\n`);
      return 2;
    }
    if (!Number.isInteger(lines) || lines < 1 || lines > linesMax) {
      err.write(`${said.badLines(values.lines!)}\n`);
      return 2;
    }
    const print = printer(flags.has("json"), context);
    return flags.has("follow")
      ? await follow({ level, lines, print }, context)
      : await show({ level, lines, print }, context);
  },
};

interface Wanted {
  readonly level: LogLevel;
  readonly lines: number;
  readonly print: (entry: LogEntry) => void;
}

async function show(wanted: Wanted, context: CliContext): Promise<ExitCode> {
  const found = await newest(wanted, context);
  if (found.kind === "failed") return found.code;
  found.entries.forEach(wanted.print);
  return 0;
}

/** What the running host has, and before it what its files have from earlier. */
async function newest(
  { level, lines }: Wanted,
  context: CliContext,
): Promise<
  | { readonly kind: "failed"; readonly code: ExitCode }
  | { readonly kind: "found"; readonly entries: readonly LogEntry[]; readonly last?: Last }
> {
  const answer = await context.host().call("GET", `/api/logs?level=${level}`, { schema: logList });
  if (answer.kind === "refused") {
    return { kind: "failed", code: reportFailure(hostFailure(answer, context.text.cli), context) };
  }
  const { life, entries: wired } = answer.kind === "ok" ? answer.value : { life: undefined, entries: [] };
  const kept = wired.map(entryOf);
  const count = lines - kept.length;
  const fromMs = kept[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const isWanted = (entry: LogEntry) =>
    entry.atMs < fromMs && logLevels.indexOf(entry.level) >= logLevels.indexOf(level);
  const earlier = count <= 0 ? [] : entriesOfFiles(context.site().logsFolder, { isWanted, count });
  return {
    kind: "found",
    entries: [...earlier, ...kept.slice(Math.max(0, kept.length - lines))],
    ...(life === undefined ? {} : { last: { life, sequence: wired.at(-1)?.sequence ?? 0 } }),
  };
}

/** The last entry that was shown of a life of the host. */
interface Last {
  readonly life: string;
  readonly sequence: number;
}

async function follow(wanted: Wanted, context: CliContext): Promise<ExitCode> {
  const { text: { cli }, err, clock } = context;
  const { level, print } = wanted;
  const [host, signal] = [context.host(), new AbortController().signal];
  const found = await newest(wanted, context);
  if (found.kind === "failed") return found.code;
  found.entries.forEach(print);
  let after = found.last;
  const from = () => after === undefined ? "" : `&after=${after.life}:${after.sequence}`;
  for (let waits = false;;) {
    const answer = await host.stream(`/api/logs/events?level=${level}${from()}`, { schema: logEvent, signal });
    if (answer.kind === "refused") return reportFailure(hostFailure(answer, cli), context);
    if (answer.kind === "ok") {
      waits = false;
      let life = "";
      for await (const event of answer.value) {
        if (event.kind === "begin") {
          life = event.life;
          continue;
        }
        print(entryOf(event.entry));
        after = { life, sequence: event.entry.sequence };
      }
    } else if (after === undefined && !host.isSupervised()) return reportFailure(hostFailure(answer, cli), context);
    if (!host.isSupervised()) {
      err.write(`${cli.logs.ended}\n`);
      return 0;
    }
    if (!waits) err.write(`${cli.logs.waits}\n`);
    waits = true;
    await clock.sleep(againMs, signal);
  }
}

function entryOf(
  { at_ms, level, message, fields }: { at_ms: number } & Omit<LogEntry, "atMs">,
): LogEntry {
  return { atMs: at_ms, level, message, fields };
}

function printer(json: boolean, { out, clock }: CliContext): (entry: LogEntry) => void {
  if (json) return (entry) => out.write(`${toLine(entry)}\n`);
  return (entry) => out.draw(`${prettyLine(entry, { colours: out.colours }, clock.nowMs())}\n`);
}
