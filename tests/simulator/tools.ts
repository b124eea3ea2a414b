import { ok, strictEqual } from "node:assert/strict";
import type { ReadTx } from "../../core/ports/store.ts";
import type { ToolPorts } from "../../core/tools/site_tools.ts";
import type { InstalledTool } from "../../core/tools/types.ts";
import { text } from "../../core/text/mod.ts";

/** What plugins did to the world, by what they were told: it outlives the host, as a machine does. */
export type Counted = Map<string, number>;

/** Whether a message is meant for a tool. */
export function isForTool(question: string): boolean {
  return question.includes("count ");
}

const tool: InstalledTool = {
  name: "world.count",
  description: "Counts something, once",
  parameters: { type: "object", properties: { what: { type: "string" } }, required: ["what"] },
  readOnly: false,
  idempotent: false,
  examples: [],
  plugin: {
    name: "world",
    digest: "0".repeat(64),
    version: "1.0.0",
    stateful: false,
    limits: { fuel: 1, memory_bytes: 1, deadline_ms: 1, output_bytes: 1, host_calls: 1, log_bytes: 1 },
    asked: {},
    granted: {},
  },
};

/** What people are told when it was counted, and when nobody knows. */
const countedText = (question: string) => `Counted ${question}.`;
const toldOf = (question: string) => text("en").tools.result(tool.name, countedText(question));
const unknown = text("en").tools.unknown(tool.name);

/**
 * One tool that isn't idempotent, and whose effect is on the world. The host may die before the effect, between it and its
 * answer, and after that.
 */
export function countingTools(counted: Counted, step: () => Promise<void>): ToolPorts {
  const none = () => Promise.resolve({ kind: "refused", reason: "there are no machines" } as const);
  return {
    installed: () => [tool],
    module: () => Promise.resolve(new Uint8Array()),
    plugins: {
      async call({ input }) {
        await step();
        const { arguments: { what } } = JSON.parse(new TextDecoder().decode(input));
        counted.set(what, (counted.get(what) ?? 0) + 1);
        await step();
        const output = new TextEncoder().encode(JSON.stringify({ text: countedText(what) }));
        return { kind: "done", output, logs: [], fuelUsed: 1, tookMs: 1 };
      },
      endSession: () => {},
    },
    machines: { read: none, propose: none, write: none, close: () => {} },
    connector: { request: none, read: none, write: none, close: () => Promise.resolve() },
    site: () => ({ devices: {} }),
    secrets: () => ({}),
    choose: ({ text }) =>
      Promise.resolve(
        isForTool(text)
          ? { kind: "calls", calls: [{ tool, arguments: { what: text }, isSure: true }] }
          : { kind: "none" },
      ),
    index: () => "world.count: counts something",
  };
}

/** What was counted was counted once; who was told so, for them it was; and nobody was told that it wasn't who can't know. */
export function checkCounted(counted: Counted, question: string, answer: string): void {
  const count = counted.get(question) ?? 0;
  if (answer === toldOf(question)) strictEqual(count, 1, `"${question}" was counted ${count} times, and told as done`);
  else strictEqual(answer, unknown, `a call that may have been made is told as unknown, not "${answer}"`);
}

/** However often the host died: nothing is counted twice, and nothing that nobody asked for. */
export function checkCounts(counted: Counted, tx: ReadTx, isErased: boolean): void {
  for (const [what, count] of counted) ok(count <= 1, `"${what}" was counted ${count} times`);
  ok(isErased || counted.size <= tx.count("toolCalls", {}), "each call that was made was written down before");
}
