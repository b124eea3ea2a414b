import type { Chosen } from "../../core/tools/choose.ts";
import type { Expected } from "./request.ts";

/** What a choice is worth beside what was expected. `wrong-sure`: something else would be done, and nobody asked. */
export type Outcome = "right" | "wrong-sure" | "wrong-unsure" | "missed";

/** Whether a choice is what was expected. A question back is no action. */
export function isAsExpected(expected: Expected, chosen: Chosen): boolean {
  switch (expected.kind) {
    case "calls": {
      if (chosen.kind !== "calls") return false;
      const found = chosen.calls.map(({ tool, arguments: given }) => keyOf(tool.name, given)).sort();
      const wanted = expected.calls.map(([tool, given]) => keyOf(tool, given)).sort();
      return found.length === wanted.length && found.every((key, index) => key === wanted[index]);
    }
    case "idle":
      return chosen.kind === "none" || chosen.kind === "ask";
    case "ask":
      return chosen.kind === "ask";
  }
}

/** See {@link Outcome}. A tool that changes nothing does no harm. */
export function outcomeOf(expected: Expected, chosen: Chosen): Outcome {
  if (isAsExpected(expected, chosen)) return "right";
  if (chosen.kind !== "calls") return "missed";
  const wanted = expected.kind === "calls"
    ? new Set(expected.calls.map(([tool, given]) => keyOf(tool, given)))
    : new Set();
  const wrong = chosen.calls.filter(({ tool, arguments: given }) =>
    !tool.readOnly && !wanted.has(keyOf(tool.name, given))
  );
  if (wrong.length === 0) return "missed";
  return wrong.some(({ isSure }) => isSure) ? "wrong-sure" : "wrong-unsure";
}

function keyOf(tool: string, given: Readonly<Record<string, unknown>>): string {
  // "The projector is broken" and "projector is broken" are one text.
  const plain = Object.entries(given).map(([name, value]) =>
    [name, typeof value === "string" ? value.toLowerCase().replace(/^(?:the|a|an|my|some) /, "") : value] as const
  );
  return `${tool} ${JSON.stringify(plain.sort(([a], [b]) => a < b ? -1 : 1))}`;
}
