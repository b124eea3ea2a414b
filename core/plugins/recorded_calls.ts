import * as v from "valibot";
import { capabilityNames } from "../../schema/capabilities.ts";
import { execution, executionResult, hostReply } from "../../schema/plugin.ts";
import { capabilities } from "../capabilities/mod.ts";
import type { HostFunction } from "../ports/plugins.ts";
import { textDiff } from "../text_diff.ts";

const recordedCall = v.strictObject({
  tool: execution.entries.tool,
  arguments: v.optional(execution.entries.arguments, {}),
  locale: v.optional(execution.entries.context.entries.locale, "en"),
  now_ms: v.optional(v.number(), 0),
  /** What it asks the host, in this order, and what the host answers. */
  host: v.optional(
    v.pipe(
      v.array(v.strictObject({
        capability: v.picklist(capabilityNames),
        request: v.record(v.string(), v.unknown()),
        reply: hostReply,
      })),
      v.maxLength(256),
    ),
    [],
  ),
  result: executionResult,
});

/** One call that was written down: what a tool is called with, what the host is asked meanwhile, and what comes of it. */
export type RecordedCall = v.InferOutput<typeof recordedCall>;

/** A file of recorded calls, `calls.json`. */
export const recordedCalls: v.GenericSchema<unknown, { readonly calls: readonly RecordedCall[] }> = v.strictObject({
  calls: v.pipe(v.array(recordedCall), v.maxLength(1_000)),
});

/** Where a call went another way than it was recorded. */
export type CallProblem =
  /** It asks what isn't recorded, or something else than is. */
  | { readonly kind: "asked"; readonly diff: readonly string[] }
  /** It asks for what its manifest doesn't. */
  | { readonly kind: "not-in-manifest"; readonly capability: string }
  /** It asks what no host would understand. */
  | { readonly kind: "bad-request"; readonly capability: string; readonly reason: string }
  /** It ended without having asked for this. */
  | { readonly kind: "not-asked"; readonly capability: string }
  | { readonly kind: "result"; readonly diff: readonly string[] };

/** A host that answers as it was recorded, and remembers where it was asked something else. */
export interface RecordedHost {
  readonly host: HostFunction;
  /** Everything that went another way, `output` being what `execute` gave. */
  problems(output: unknown): readonly CallProblem[];
}

/** @param asked What the plugin's manifest asks for. */
export function recordedHost(call: RecordedCall, asked: ReadonlySet<string>): RecordedHost {
  const found: CallProblem[] = [];
  let next = 0;
  const host = (capability: string, bytes: Uint8Array): Promise<Uint8Array> => {
    const reply = (value: unknown) => Promise.resolve(new TextEncoder().encode(JSON.stringify(value)));
    const denied = (message: string) => reply({ error: { code: "not_recorded", message } });
    const request = readJson(bytes);
    const expected = call.host[next++];
    if (!asked.has(capability)) found.push({ kind: "not-in-manifest", capability });
    const schema = Object.entries(capabilities).find(([name]) => name === capability)?.[1].request;
    const read = schema === undefined ? undefined : v.safeParse(schema, request);
    if (read?.success === false) {
      found.push({ kind: "bad-request", capability, reason: read.issues[0].message });
    }
    const given = { capability, request };
    const wanted = expected === undefined ? {} : { capability: expected.capability, request: expected.request };
    const diff = difference(wanted, given);
    if (diff.length > 0) {
      found.push({ kind: "asked", diff });
      return denied("another request is recorded here, or none");
    }
    return reply(expected!.reply);
  };
  return {
    host,
    problems(output) {
      const missing = call.host.slice(next).map(({ capability }): CallProblem => ({ kind: "not-asked", capability }));
      const diff = difference(call.result, output);
      return [...found, ...missing, ...(diff.length === 0 ? [] : [{ kind: "result", diff } as const])];
    },
  };
}

/** The lines in which two values of JSON differ, with those around them; the order of names doesn't matter. */
export function difference(wanted: unknown, given: unknown): readonly string[] {
  const marks = { both: "  ", old: "- ", new: "+ " };
  return textDiff(`${ordered(wanted)}\n`, `${ordered(given)}\n`).flatMap(({ lines }) =>
    lines.map(({ kind, text }) => `${marks[kind]}${text}`)
  );
}

function ordered(value: unknown): string {
  const sorted = (_: string, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => a < b ? -1 : 1))
      : part;
  return JSON.stringify(value, sorted, 2) ?? "nothing";
}

/** A value of JSON, or the text that isn't. */
export function readJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
