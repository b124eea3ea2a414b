import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import type { Frame } from "../../../core/frames.ts";
import type { ModelStates, SavedState } from "../../../core/ports/model_states.ts";
import { VirtualClock } from "../../../tests/simulator/virtual_clock.ts";
import { createConversationStates } from "./conversation_states.ts";
import { statePieceBytes } from "./state_limits.ts";

const about = { binding: "here", tokens: [1, 2, 3] };

function createStand(
  { states = {}, has = true }: { readonly states?: Partial<ModelStates>; readonly has?: boolean } = {},
) {
  const clock = new VirtualClock(0);
  const ending = new AbortController();
  const sent: Frame[] = [];
  const saved = new Map<string, number>();
  const all: ModelStates = {
    find: async () => ({ about, bytes: 10 }),
    async *open() {
      yield new Uint8Array(10);
    },
    async save(conversation, { bytes }, content) {
      let length = 0;
      for await (const piece of content) length += piece.length;
      if (length === bytes) saved.set(conversation, length);
    },
    ...states,
  };
  const conversations = createConversationStates({
    states: has ? all : undefined,
    send: async (frame) => void sent.push(frame),
    clock,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    ended: ending.signal,
  });
  const kinds = () =>
    sent.map((frame) => frame.kind === "json" ? (frame.value as { kind: string }).kind : frame.bytes.length);
  return { conversations, clock, ending, sent, saved, kinds };
}

const state = (conversation: string, bytes: number) => ({ kind: "state", conversation, ...about, bytes }) as const;

Deno.test("a state is offered until its conversation is begun, and again when it left the runner's memory", async () => {
  const { conversations } = createStand();
  deepStrictEqual(await conversations.offer("c"), { about, bytes: 10 });
  ok(await conversations.offer("c") !== undefined, "what was asked before may have been cancelled");
  conversations.begun("c");
  strictEqual(await conversations.offer("c"), undefined);
  strictEqual(await conversations.offer(undefined), undefined);
  conversations.left("c");
  ok(await conversations.offer("c") !== undefined);
  conversations.begun("c");
  conversations.begin(state("c", 3));
  await conversations.take(new Uint8Array(3));
  ok(await conversations.offer("c") !== undefined);
});

Deno.test("nothing is offered, kept or waited for where nobody keeps states", async () => {
  const { conversations, kinds } = createStand({ has: false });
  strictEqual(await conversations.offer("c"), undefined);
  conversations.begin(state("c", 3));
  await conversations.take(new Uint8Array(2));
  await conversations.take(new Uint8Array(1));
  await conversations.park(1_000);
  deepStrictEqual(kinds(), []);
});

Deno.test("a state that was asked for goes out in frames of bounded size, and two never mix", async () => {
  const bytes = 2 * statePieceBytes + 5;
  const { conversations, kinds } = createStand({
    states: {
      async *open() {
        yield new Uint8Array(bytes - 1);
        yield new Uint8Array(1);
      },
    },
  });
  await Promise.all([1, 2].map((id) => conversations.give(id, "c", { about, bytes })));
  const one = ["state", statePieceBytes, statePieceBytes, 4, 1];
  deepStrictEqual(kinds(), [...one, ...one]);
});

const failing: [name: string, open: ModelStates["open"]][] = [
  ["can't be read to its end", async function* () {
    yield new Uint8Array(1);
    throw new Error("it is damaged");
  }],
  ["ends early", async function* () {
    yield new Uint8Array(9);
  }],
  ["doesn't end", async function* () {
    yield new Uint8Array(11);
  }],
];
for (const [name, open] of failing) {
  Deno.test(`a state that ${name} is taken back`, async () => {
    const { conversations, kinds } = createStand({ states: { open } });
    await conversations.give(1, "c", { about, bytes: 10 });
    strictEqual(kinds()[0], "state");
    strictEqual(kinds().at(-1), "no_state");
  });
}

Deno.test("a state that doesn't come isn't waited for longer than ten seconds", async () => {
  const { conversations, clock, kinds } = createStand({
    states: {
      async *open(_, signal) {
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        yield new Uint8Array(10);
      },
    },
  });
  const given = conversations.give(1, "c", { about, bytes: 10 });
  await clock.run(9_000);
  deepStrictEqual(kinds(), ["state"]);
  await clock.run(11_000);
  await given;
  deepStrictEqual(kinds(), ["state", "no_state"]);
});

Deno.test("bytes are taken as they were announced, or the runner is broken", async () => {
  const { conversations, saved } = createStand();
  await rejects(conversations.take(new Uint8Array(1)), /bytes where a message belongs/);
  conversations.begin(state("c", 5));
  throws(() => conversations.begin(state("d", 5)), /in the middle of another/);
  await conversations.take(new Uint8Array(4));
  await rejects(conversations.take(new Uint8Array(2)), /bytes where a message belongs/);
  await conversations.take(new Uint8Array(1));
  await rejects(conversations.take(new Uint8Array(1)), /bytes where a message belongs/);
  await Promise.resolve();
  deepStrictEqual([...saved], [["c", 5]]);
});

Deno.test("a disk that takes no more of a state holds up what else the runner says for five seconds only", async () => {
  const { conversations, clock } = createStand({
    states: {
      async save(_conversation, _state, content) {
        for await (const _ of content) await new Promise(() => {});
      },
    },
  });
  conversations.begin(state("c", 5));
  await conversations.take(new Uint8Array(1));
  let isTaken = false;
  void conversations.take(new Uint8Array(1)).then(() => isTaken = true);
  await clock.run(4_900);
  strictEqual(isTaken, false);
  await clock.run(5_100);
  strictEqual(isTaken, true);
  await conversations.take(new Uint8Array(3));
  conversations.begin(state("d", 1));
});

Deno.test("whoever keeps a state no longer than its beginning lets the rest pass", async () => {
  const { conversations } = createStand({
    states: {
      async save(_conversation, _state, content) {
        for await (const _ of content) return;
      },
    },
  });
  conversations.begin(state("c", 5));
  for (let count = 0; count < 5; count++) await conversations.take(new Uint8Array(1));
  conversations.begin(state("d", 1));
  await conversations.take(new Uint8Array(1));
});

Deno.test("parking waits until all is kept, until time is up, or until the runner is gone", async () => {
  const kept: SavedState[] = [];
  const release = Promise.withResolvers<void>();
  const { conversations, clock, ending, kinds } = createStand({
    states: {
      async save(_, saved, content) {
        for await (const _ of content) { /* all of it */ }
        await release.promise;
        kept.push(saved);
      },
    },
  });
  let isOver = false;
  const parking = conversations.park(60_000).then(() => isOver = true);
  conversations.begin(state("c", 1));
  await conversations.take(new Uint8Array(1));
  conversations.parked();
  await clock.run(1_000);
  strictEqual(isOver, false);
  release.resolve();
  await parking;
  strictEqual(kept.length, 1);

  const late = conversations.park(5_000);
  await clock.run(7_000);
  await late;
  const gone = conversations.park(5_000);
  ending.abort();
  await gone;
  await conversations.park(5_000);
  deepStrictEqual(kinds(), ["park", "park", "park"]);
});
