import * as v from "valibot";
import { execution, executionResult } from "../../schema/plugin.ts";
import { harmless } from "../harmless.ts";
import type { CallOutcome } from "../ports/plugins.ts";
import { type Locale, text } from "../text/mod.ts";
import type { CallEnd } from "./journal.ts";
import type { InstalledTool } from "./types.ts";

/** The longest text of a tool that is kept, in UTF-16 code units; of a longer one the beginning. */
export const resultLengthMax = 16_000;

/** What a plugin's `execute` is given, as bytes. */
export function executionInput({ tool, arguments: given, locale, nowMs }: {
  readonly tool: Pick<InstalledTool, "name">;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly locale: Locale;
  readonly nowMs: number;
}): Uint8Array {
  const input: v.InferOutput<typeof execution> = {
    tool: tool.name.slice(tool.name.indexOf(".") + 1),
    arguments: given,
    context: { locale, now_ms: nowMs },
  };
  return new TextEncoder().encode(JSON.stringify(input));
}

/** What came out of a plugin, parsed and bounded; what it says of its failure is its own, untrusted text. */
export function readExecution(
  { name, readOnly }: Pick<InstalledTool, "name" | "readOnly">,
  outcome: Exclude<CallOutcome, { kind: "cancelled" }>,
  locale: Locale,
): CallEnd {
  const said = text(locale).tools;
  if (outcome.kind === "failed") {
    // It was ended from outside while it ran: what it did until then, nobody knows.
    const isCut = !readOnly && cutCodes.has(outcome.code);
    return isCut
      ? { state: "unknown", text: said.cut(name, outcome.reason) }
      : { state: "failed", text: said.failed(name, outcome.reason) };
  }
  const result = parse(outcome.output);
  if (result === undefined) return { state: "failed", text: said.garbage(name) };
  if ("error" in result) return { state: "failed", text: said.failed(name, shorten(harmless(result.error), 400)) };
  return { state: "done", text: shorten(harmless(result.text), resultLengthMax) };
}

/** Codes of ends that came from outside the plugin, in the middle of what it did. */
const cutCodes: ReadonlySet<string> = new Set(["deadline", "crash", "ended", "memory", "fuel"]);

function parse(output: Uint8Array): v.InferOutput<typeof executionResult> | undefined {
  try {
    const parsed = v.safeParse(executionResult, JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(output)));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined; // not UTF-8, or not JSON
  }
}

function shorten(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax).toWellFormed()}…`;
}
