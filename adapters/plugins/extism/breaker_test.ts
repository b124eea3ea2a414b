import { deepStrictEqual, ok } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import {
  afterCall,
  beforeCall,
  type Breaker,
  type BreakerEvent,
  closed,
  failuresMax,
  openMs,
  openMsMax,
} from "./breaker.ts";

const cases: [name: string, from: Breaker, event: BreakerEvent, to: Breaker][] = [
  ["counts a failure", closed, "failed", { kind: "closed", failures: 1 }],
  ["forgets failures after one that went well", { kind: "closed", failures: 4 }, "done", closed],
  ["leaves what isn't the plugin's doing alone", { kind: "closed", failures: 4 }, "neither", {
    kind: "closed",
    failures: 4,
  }],
  ["opens", { kind: "closed", failures: failuresMax - 1 }, "failed", { kind: "open", untilMs: 100 + openMs, openMs }],
  ["closes when the try goes well", { kind: "trying", openMs }, "done", closed],
  ["stays open for twice as long when the try fails", { kind: "trying", openMs }, "failed", {
    kind: "open",
    untilMs: 100 + 2 * openMs,
    openMs: 2 * openMs,
  }],
  ["is open for no longer than the most", { kind: "trying", openMs: openMsMax }, "failed", {
    kind: "open",
    untilMs: 100 + openMsMax,
    openMs: openMsMax,
  }],
  ["may be tried again at once when the try came to nothing", { kind: "trying", openMs }, "neither", {
    kind: "open",
    untilMs: 100,
    openMs,
  }],
  ["learns nothing from calls that began before it opened", { kind: "open", untilMs: 500, openMs }, "failed", {
    kind: "open",
    untilMs: 500,
    openMs,
  }],
];
for (const [name, from, event, to] of cases) {
  Deno.test(`a breaker ${name}`, () => deepStrictEqual(afterCall(from, event, 100), to));
}

Deno.test("an open breaker says when it is tried again, and then lets one call through", () => {
  const open: Breaker = { kind: "open", untilMs: 500, openMs };
  deepStrictEqual(beforeCall(open, 100), { kind: "not", retryAfterMs: 400 });
  const trying: Breaker = { kind: "trying", openMs };
  deepStrictEqual(beforeCall(open, 500), { kind: "may", breaker: trying });
  deepStrictEqual(beforeCall(trying, 500), { kind: "not", retryAfterMs: 0 });
});

// Goal: however calls end, a plugin is never locked out for longer than the most, and never called while it is open.
seeded("a breaker lets a call through in the end, whatever came before", (random) => {
  let breaker: Breaker = closed;
  let nowMs = 0;
  for (let step = 0; step < 100; step++) {
    nowMs += Math.floor(random() * openMs);
    const may = beforeCall(breaker, nowMs);
    if (may.kind === "not") {
      ok(breaker.kind === "open" && may.retryAfterMs <= openMsMax && breaker.untilMs > nowMs);
      const later = beforeCall(breaker, nowMs + may.retryAfterMs);
      ok(later.kind === "may");
      continue;
    }
    breaker = afterCall(
      may.breaker,
      (["done", "failed", "failed", "failed", "neither"] as const)[Math.floor(random() * 5)]!,
      nowMs,
    );
    ok(breaker.kind !== "trying");
  }
});
