import { harmless } from "../../../core/harmless.ts";
import { type Status, status } from "../../../schema/api.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { HostAnswer } from "../host_client.ts";
import { hostFailure, reportFailure } from "../report.ts";

/** A restart takes at most 10 s to drain and some to start; then something is wrong. */
const waitMsMax = 30_000;
const againMs = 50;

/**
 * `clawdbot config reload`: has the configuration read again now, and says what became of it. Exit code 1 when it was
 * refused.
 */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { cli }, out, signalLauncher } = context;
    const before = await askedWhileItStarts(context);
    if (before.kind !== "ok") return reportFailure(hostFailure(before, cli), context);
    if (!signalLauncher()) return reportFailure(cli.notRunning, context);
    const configuration = await untilRead(before.value.configuration.requests, context);
    if (configuration === undefined) return reportFailure(cli.configReload.silent, context);
    const { problem, applied, loaded_ms } = configuration;
    const result = problem !== undefined
      ? "refused"
      : loaded_ms === before.value.configuration.loaded_ms
      ? "unchanged"
      : applied === "start"
      ? "restarted"
      : "applied" as const;
    if (flags.has("json")) {
      out.write(`${JSON.stringify({ result, problems: problem?.lines ?? [] })}\n`);
      return problem === undefined ? 0 : 1;
    }
    if (problem !== undefined) return refused(problem.lines, context);
    out.write(`${cli.configReload[result]}\n`);
    return 0;
  },
};

/** The status, waited for while the host is started anew: the change may have been noticed a moment ago. */
async function askedWhileItStarts({ host, monotonicMs, clock }: CliContext): Promise<HostAnswer<Status>> {
  const never = new AbortController().signal;
  for (const startMs = monotonicMs();;) {
    const answer = await host().call("GET", "/api/status", { schema: status });
    const isWaiting = answer.kind === "down" && host().isSupervised() && monotonicMs() - startMs < waitMsMax;
    if (!isWaiting) return answer;
    await clock.sleep(againMs, never);
  }
}

/** What the host says once the request counts, be it this one or its successor. */
async function untilRead(
  requests: number,
  { host, monotonicMs, clock }: CliContext,
): Promise<Status["configuration"] | undefined> {
  const never = new AbortController().signal;
  for (const startMs = monotonicMs(); monotonicMs() - startMs < waitMsMax;) {
    const answer = await host().call("GET", "/api/status", { schema: status });
    if (answer.kind === "ok" && answer.value.configuration.requests > requests) return answer.value.configuration;
    await clock.sleep(againMs, never);
  }
  return undefined;
}

function refused(lines: readonly string[], { text: { cli }, err }: CliContext): ExitCode {
  err.write(`${cli.configReload.refused}\n`);
  for (const line of lines) err.write(`${harmless(line)}\n`);
  return 1;
}
