import * as v from "valibot";
import { askTools } from "../../core/plugins/ask_tools.ts";
import { type CallProblem, readJson, type RecordedCall, recordedHost } from "../../core/plugins/recorded_calls.ts";
import type { CallLimits, CallOutcome, Plugins } from "../../core/ports/plugins.ts";
import { argumentProblem } from "../../core/tools/check_arguments.ts";
import { manifest as manifestSchema, type RegisteredTool } from "../../schema/plugin.ts";
import { defaultLimits } from "../../core/plugins/limits.ts";

/** How a recorded call went. `output`: what `execute` gave, as JSON where it is. */
export interface TriedCall {
  readonly call: RecordedCall;
  readonly problems: readonly (CallProblem | { readonly kind: "ended" | "arguments"; readonly reason: string })[];
  readonly output?: unknown;
  readonly fuelUsed: number;
  readonly tookMs: number;
  readonly logs: readonly string[];
}

/** What a plugin that was tried is like; or why it can't be. */
export type PluginTrial =
  | { readonly kind: "tried"; readonly tools: readonly RegisteredTool[]; readonly calls: readonly TriedCall[] }
  | { readonly kind: "refused"; readonly code: string; readonly reason: string };

/** Checks a plugin's file, has it describe its tools, and makes the calls that were written down, one after another. */
export async function tryPlugin(
  wasm: Uint8Array<ArrayBuffer>,
  recorded: readonly RecordedCall[],
  plugins: Plugins,
): Promise<PluginTrial> {
  const { signal } = new AbortController();
  const prepared = await plugins.prepare(wasm, signal);
  if (prepared.kind === "cancelled") return { kind: "refused", code: "cancelled", reason: "cancelled" };
  if (prepared.kind === "refused") return prepared;
  const parsed = v.safeParse(manifestSchema, prepared.manifest);
  if (!parsed.success) return { kind: "refused", code: "manifest", reason: issueOf(parsed.issues) };
  const { capabilities, limits: wished, stateful } = parsed.output;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", wasm)).toHex();
  const run = (input: string, host: ReturnType<typeof recordedHost>["host"]) =>
    plugins.call(
      {
        digest,
        module: () => Promise.resolve(prepared.bytes),
        entry: "execute",
        input: new TextEncoder().encode(input),
        limits: limitsOf(wished),
        ...(stateful ? { session: "test" } : {}),
      },
      host,
      signal,
    );
  // As a site asks it: what passes here isn't refused there.
  const described = await askTools(plugins, { digest, module: prepared.bytes }, signal);
  if (described.kind !== "described") return { kind: "refused", code: "register", reason: described.reason };
  const { tools } = described;
  const calls: TriedCall[] = [];
  for (const call of recorded) {
    const { host, problems } = recordedHost(call, new Set(Object.keys(capabilities)));
    const context = { locale: call.locale, now_ms: call.now_ms };
    const outcome = await run(JSON.stringify({ tool: call.tool, arguments: call.arguments, context }), host);
    const unfit = unfitness(call, tools);
    if (outcome.kind !== "done") {
      const ended = { kind: "ended", reason: reasonOf(outcome) } as const;
      calls.push({
        call,
        problems: [...unfit, ...problems(undefined).filter(({ kind }) => kind !== "result"), ended],
        fuelUsed: 0,
        tookMs: 0,
        logs: outcome.kind === "failed" ? outcome.logs : [],
      });
      continue;
    }
    const output = readJson(outcome.output);
    const { fuelUsed, tookMs, logs } = outcome;
    calls.push({ call, problems: [...unfit, ...problems(output)], output, fuelUsed, tookMs, logs });
  }
  return { kind: "tried", tools, calls };
}

/** What the site gives where it grants all that is wished. */
function limitsOf(wished: Readonly<Partial<Record<keyof CallLimits, number | undefined>>>): CallLimits {
  const names = Object.keys(defaultLimits) as (keyof CallLimits)[];
  return Object.fromEntries(names.map((name) => [name, wished[name] ?? defaultLimits[name]])) as unknown as CallLimits;
}

/** Arguments that the host would never have passed on. */
function unfitness(call: RecordedCall, tools: readonly RegisteredTool[]): TriedCall["problems"] {
  const tool = tools.find(({ name }) => name === call.tool);
  if (tool === undefined) return [{ kind: "arguments", reason: `no tool is called "${call.tool}"` }];
  const reason = argumentProblem(tool.parameters, call.arguments);
  return reason === undefined ? [] : [{ kind: "arguments", reason }];
}

function reasonOf(outcome: Exclude<CallOutcome, { kind: "done" }>): string {
  return outcome.kind === "failed" ? `${outcome.code}: ${outcome.reason}` : "cancelled";
}

function issueOf(issues: readonly v.BaseIssue<unknown>[]): string {
  const path = v.getDotPath(issues[0]!);
  return `${path === null ? "" : `${path}: `}${issues[0]!.message}`;
}
