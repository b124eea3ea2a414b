import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Job } from "./job.ts";
import type { History } from "./prefix_memory.ts";
import { createRestorePace } from "./restore_pace.ts";
import { createSavedStates, type Saved } from "./saved_states.ts";

const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
const job: Job = {
  id: 7,
  priority: "conversation",
  conversation: "c",
  prompt: { tokens: range(0, 300), stableCount: 10 },
  tokensMax: 10,
  sampling: {},
  stop: [],
};
const saved: Saved = { binding: "here", tokens: range(0, 250), bytes: 2_500 };
const history = (conversation: string, count = 100): History => ({
  conversation,
  sequence: count,
  tokens: range(0, count),
});
const cellBytes = 10;

function createStand(
  { tokenMs = 10, takes = true, bytesMax = 1_000_000, kept = 0 }: {
    readonly tokenMs?: number;
    /** Whether what is put back is a state. */
    readonly takes?: boolean;
    readonly bytesMax?: number;
    /** Tokens of the prompt that needn't be computed as it is. */
    readonly kept?: number;
  } = {},
) {
  const added: number[] = [];
  const restored: string[] = [];
  let unsaved: History[] = [];
  let nowMs = 0;
  const restoring = createRestorePace();
  const states = createSavedStates({
    context: { stateOf: (sequence) => new Uint8Array(new ArrayBuffer(sequence * cellBytes)) },
    prefixes: {
      unsaved: () => unsaved,
      saved: (sequence) => unsaved = unsaved.filter((one) => one.sequence !== sequence),
      gain: (_, tokens) => Math.max(0, tokens.length - kept),
    },
    batching: {
      add: ({ id }) => void added.push(id),
      restore({ conversation }) {
        restored.push(conversation);
        return takes;
      },
    },
    prefill: { estimateMs: (rows) => rows * tokenMs },
    restoring,
    binding: "here",
    cellBytes,
    bytesMax,
    nowMs: () => nowMs,
  });
  return {
    states,
    added,
    restored,
    restoring,
    keep: (...histories: History[]) => unsaved = histories,
    pass: (ms: number) => nowMs += ms,
  };
}

Deno.test("createSavedStates() puts a state back before its conversation goes on, and measures that", () => {
  const stand = createStand();
  stand.states.add(job, saved);
  deepStrictEqual(stand.added, []);
  deepStrictEqual(stand.states.take(), { message: { kind: "state_wanted", id: 7 } });
  strictEqual(stand.states.take(), undefined);
  stand.pass(1_000);
  stand.states.given(7, new Uint8Array(2_500));
  deepStrictEqual(stand.restored, ["c"]);
  deepStrictEqual(stand.added, [7]);
  // Half of what was taken for its speed before, as it was so slow.
  ok(stand.restoring.estimateMs(1_000_000) > 30);
  stand.states.given(7, new Uint8Array(2_500));
  deepStrictEqual(stand.added, [7]);
});

const asIs: [why: string, stand: Parameters<typeof createStand>[0], offered: Saved | undefined][] = [
  ["nothing is offered", {}, undefined],
  ["the state is of another model", {}, { ...saved, binding: "there" }],
  ["to compute it again is faster", { tokenMs: 0.01 }, saved],
  ["most of it is there", { kept: 200 }, saved],
  ["there is no memory for it", { bytesMax: 2_000 }, saved],
];
for (const [why, how, offered] of asIs) {
  Deno.test(`createSavedStates() lets a conversation go on at once where ${why}`, () => {
    const stand = createStand(how);
    stand.states.add(job, offered);
    deepStrictEqual(stand.added, [7]);
    strictEqual(stand.states.take(), undefined);
  });
}

Deno.test("createSavedStates() computes again what doesn't come, or is no state", () => {
  for (const [takes, state] of [[true, undefined], [false, new Uint8Array(2_500)]] as const) {
    const stand = createStand({ takes });
    stand.states.add(job, saved);
    stand.states.take();
    stand.states.given(7, state);
    deepStrictEqual(stand.added, [7]);
  }
});

Deno.test("createSavedStates() ends what waits for a state when it is cancelled", () => {
  const stand = createStand();
  strictEqual(stand.states.cancel(7), undefined);
  stand.states.add(job, saved);
  const event = stand.states.cancel(7);
  ok(event?.kind === "end" && event.reason === "cancelled");
  stand.states.given(7, new Uint8Array(2_500));
  deepStrictEqual(stand.added, []);
});

Deno.test("createSavedStates() sends what is given up, one at a time, and says of what comes meanwhile that it is gone", () => {
  const { states } = createStand();
  const gone = (conversation: string) => ({ message: { kind: "dropped", conversation } });
  states.dropping(history("short", 10));
  deepStrictEqual(states.take(), gone("short"));
  strictEqual(states.take(), undefined);
  states.dropping(history("a"));
  states.dropping(history("b"));
  deepStrictEqual(states.take(), gone("b"));
  const said = states.take();
  ok(said?.message.kind === "state" && said.message.conversation === "a");
  strictEqual(said.message.bytes, said.state?.length);
  states.dropping(history("c"));
  deepStrictEqual(states.take(), gone("c"));
  strictEqual(states.take(), undefined);
  states.sent();
  strictEqual(states.take(), undefined);
  states.dropping(history("d"));
  ok(states.take()?.message.kind === "state");
});

Deno.test("createSavedStates() sends all that isn't saved when the model is unloaded, each after the other", () => {
  const { states, keep } = createStand({ bytesMax: 5_000 });
  keep(history("short", 10), history("a", 100), history("long", 1_000), history("b", 101));
  states.park();
  const names: string[] = [];
  for (let said = states.take(); said?.message.kind === "state"; said = states.take()) {
    names.push(said.message.conversation);
    strictEqual(states.take(), undefined);
    states.sent();
  }
  deepStrictEqual(names, ["a", "b"]);
  strictEqual(states.take(), undefined);
  states.park();
  deepStrictEqual(states.take(), { message: { kind: "parked" } });
});
