import { strictEqual } from "node:assert/strict";
import { readExecution } from "./execution.ts";

/** Codes of the sandbox, and whether a call that isn't read-only may have done something by then. */
const ends: readonly (readonly [code: string, state: "unknown" | "failed"])[] = [
  ["deadline", "unknown"],
  ["crash", "unknown"],
  ["ended", "unknown"],
  ["fuel", "unknown"],
  ["memory", "unknown"],
  ["breaker", "failed"],
  ["void", "failed"],
  ["unavailable", "failed"],
];
for (const [code, state] of ends) {
  Deno.test(`a call that ends by ${code} is told as ${state}, and as failed where it changes nothing`, () => {
    const outcome = { kind: "failed", code, reason: "why", logs: [] } as const;
    strictEqual(readExecution({ name: "pump.stop", readOnly: false }, outcome, "en").state, state);
    strictEqual(readExecution({ name: "pump.read", readOnly: true }, outcome, "en").state, "failed");
  });
}
