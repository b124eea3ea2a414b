import { deepStrictEqual, ok } from "node:assert/strict";
import type { InstalledTool } from "../../core/tools/types.ts";
import { everyAnswer } from "./every_answer.ts";
import { held, heldSites } from "./held.ts";
import { isAsExpected, outcomeOf } from "./outcome.ts";
import type { MeasuredRequest } from "./request.ts";
import { sites } from "./sites.ts";
import { tuned } from "./tuned.ts";

const parts: [
  name: string,
  requests: readonly MeasuredRequest[],
  sites: Readonly<Record<string, readonly InstalledTool[]>>,
][] = [
  ["tuned", tuned, sites],
  ["held", held, heldSites],
];

for (const [name, requests, toolsOf] of parts) {
  // Goal: what mustn't be done isn't done, and what is ambiguous isn't guessed, whatever the model would write.
  Deno.test(`no answer of a model makes a sure call where none is wanted (${name})`, async () => {
    const wrong: string[] = [];
    for (const request of requests) {
      if (request.expected.kind === "calls") continue;
      const all = await everyAnswer(request, toolsOf[request.site]!);
      const bad = all.find(({ chosen }) => outcomeOf(request.expected, chosen) === "wrong-sure");
      if (bad !== undefined) wrong.push(name === "tuned" ? `${request.say} → ${bad.answer}` : request.expected.kind);
    }
    deepStrictEqual(wrong, []);
  });
}

// Goal: what is wanted can be written at all.
Deno.test("each command of the tuned part can be written by a model, and is then done", async () => {
  const missing: string[] = [];
  for (const request of tuned) {
    if (request.expected.kind !== "calls") continue;
    const all = await everyAnswer(request, sites[request.site as keyof typeof sites]);
    const isFree = request.expected.calls.some(([tool]) => tool === "mail.send");
    if (!isFree && !all.some(({ chosen }) => isAsExpected(request.expected, chosen))) missing.push(request.say);
  }
  deepStrictEqual(missing, []);
  ok(tuned.length > 150);
});
