import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { InvariantError } from "../errors.ts";
import type { EngineFailure } from "../ports/engine.ts";
import { attemptsMax, nextTurn, type TurnEvent, type TurnStatus } from "./turn.ts";

const queued = (attempt: number) => ({ kind: "queued", attempt }) as const;
const running = (attempt: number) => ({ kind: "running", attempt }) as const;
const engine = (kind: EngineFailure["kind"]) => ({ kind: "engine", failure: { kind, reason: "why" } }) as const;

const cases: [name: string, from: TurnStatus, event: TurnEvent, to: TurnStatus][] = [
  ["counts the attempt when it begins", queued(0), { kind: "begun" }, running(1)],
  ["is answered", running(1), { kind: "answered" }, { kind: "answered", attempt: 1 }],
  ["is cancelled while it waits", queued(0), { kind: "stopped" }, { kind: "cancelled", attempt: 0 }],
  ["is cancelled while it runs", running(2), { kind: "stopped" }, { kind: "cancelled", attempt: 2 }],
  ["goes back when the host died", running(2), { kind: "died" }, queued(2)],
  ["is given up when the host died the last time", running(3), { kind: "died" }, {
    kind: "failed",
    attempt: 3,
    reason: "interrupted",
  }],
  ["costs no attempt when the host stops in order", running(3), { kind: "released" }, queued(2)],
  ["goes back when the runner died", running(1), engine("crashed"), queued(1)],
  ["goes back when no runner could be had", running(1), engine("unavailable"), queued(1)],
  ["is given up when the runner died the last time", running(3), engine("crashed"), {
    kind: "failed",
    attempt: 3,
    reason: "engine-crashed",
  }],
  ["is given up when no model could be reached the last time", running(3), engine("unavailable"), {
    kind: "failed",
    attempt: 3,
    reason: "engine-unavailable",
  }],
  ["fails at once when the runner hung", running(1), engine("hung"), {
    kind: "failed",
    attempt: 1,
    reason: "engine-hung",
  }],
  ["fails at once when the model is refused", running(1), engine("refused"), {
    kind: "failed",
    attempt: 1,
    reason: "engine-refused",
  }],
  ["fails at once when the question is too long", running(1), engine("overflow"), {
    kind: "failed",
    attempt: 1,
    reason: "overflow",
  }],
  ["fails for a bug", running(1), { kind: "broken" }, { kind: "failed", attempt: 1, reason: "internal" }],
];
for (const [name, from, event, to] of cases) {
  Deno.test(`nextTurn() ${name}`, () => deepStrictEqual(nextTurn(from, event), to));
}

Deno.test("nextTurn() throws for what can't happen", () => {
  throws(() => nextTurn({ kind: "answered", attempt: 1 }, { kind: "begun" }), InvariantError);
  throws(() => nextTurn(queued(0), { kind: "answered" }), InvariantError);
  throws(() => nextTurn(running(1), { kind: "begun" }), InvariantError);
});

seeded("nextTurn() begins a turn at most three times, whatever happens", (random) => {
  const events: TurnEvent[] = [{ kind: "died" }, engine("crashed"), engine("unavailable")];
  let status: TurnStatus = queued(0);
  let begun = 0;
  while (status.kind === "queued") {
    status = nextTurn(status, { kind: "begun" });
    begun++;
    status = nextTurn(status, events[Math.floor(random() * events.length)]!);
  }
  ok(begun <= attemptsMax && status.kind === "failed");
});
