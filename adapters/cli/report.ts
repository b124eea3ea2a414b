import { unreachable } from "../../core/errors.ts";
import type { Text } from "../../core/text/mod.ts";
import type { ExitCode } from "./command.ts";
import type { CliContext } from "./context.ts";
import type { ExchangeResult } from "./exchange.ts";
import type { HostFailure } from "./host_client.ts";

/** Writes one line about what failed. */
export function reportFailure(line: string, { err }: Pick<CliContext, "err">): ExitCode {
  err.write(`${line}\n`);
  return 1;
}

/** Why a question has no answer, as one line. */
export function exchangeFailure(
  result: Exclude<ExchangeResult, { kind: "answered" | "handled" }>,
  said: Text["cli"],
): string {
  switch (result.kind) {
    case "refused":
      return said.refused(result.reason);
    case "not-running":
      return said.notRunning;
    case "lost":
      return result.ids === undefined ? said.lostUnknown : said.lostAccepted;
    default:
      return unreachable(result);
  }
}

/** Why the host gave nothing, as one line. */
export function hostFailure(failure: HostFailure, said: Text["cli"]): string {
  return failure.kind === "refused" ? said.refused(failure.reason) : said.notRunning;
}
