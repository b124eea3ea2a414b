import { deepStrictEqual } from "node:assert/strict";
import type { FeedEvent, Message } from "../../schema/api.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { exchange, type Question } from "./exchange.ts";
import type { HostAnswer, HostClient } from "./host_client.ts";

const question: Question = { text: "hi", conversation: "c", platformId: "p", locale: "en" };
const ids = { sessionId: "s", messageId: "q", turnId: "t" };
const message = (id: string, author: Message["author"], parent_id: string | null): Message => ({
  id,
  session_id: "s",
  sequence: 1,
  parent_id,
  author,
  text: id,
  created_ms: 0,
});
const answer = message("a", "assistant", "q");
const turn = (state: "running" | "answered"): FeedEvent => ({ kind: "turn", turn_id: "t", message_id: "q", state });
const partial = (offset: number, text: string): FeedEvent => ({ kind: "partial", turn_id: "t", offset, text });
const said: FeedEvent = { kind: "message", message: answer };
const down = { kind: "down" } as const;

/** A clock on which waiting takes no time. */
function virtualClock(): Clock {
  let nowMs = 0;
  return { nowMs: () => nowMs, sleep: async (ms) => void (nowMs += ms) };
}

/** A host that plays one script a life: what it answers to the question, its record, its events. */
function hostOf(
  lives: readonly {
    readonly submit?: HostAnswer<unknown>;
    /** What its turn ended with. */
    readonly ended?: Message;
    readonly events?: FeedEvent[];
  }[],
  isSupervised = true,
): HostClient & { readonly submitted: unknown[] } {
  const submitted: unknown[] = [];
  let life = 0;
  const now = () => lives[Math.min(life, lives.length - 1)]!;
  const die = () => {
    life++;
    return down;
  };
  return {
    submitted,
    isSupervised: () => isSupervised,
    stream: () => Promise.resolve(down),
    upload: () => Promise.resolve(down),
    async call(method, _path, { body }) {
      if (method === "GET") return { kind: "ok", value: { answer: now().ended ?? null } } as never;
      submitted.push(body);
      const { submit } = now();
      return (submit === undefined || submit.kind === "down" ? die() : submit) as never;
    },
    async events() {
      const { events } = now();
      if (events === undefined) return die();
      life++;
      return {
        kind: "ok",
        value: (async function* () {
          yield* events;
        })(),
      };
    },
  };
}

const accepted = {
  kind: "ok",
  value: { session_id: "s", message_id: "q", turn_id: "t", duplicate: false },
} as const;

async function run(host: HostClient): Promise<{ readonly result: unknown; readonly seen: string[] }> {
  const seen: string[] = [];
  const result = await exchange(question, { host, clock: virtualClock() }, {
    accepted: () => seen.push("accepted"),
    partial: (soFar) => seen.push(soFar),
    waiting: () => seen.push("waiting"),
  }, new AbortController().signal);
  return { result, seen };
}

Deno.test("exchange() shows the answer while it comes", async () => {
  const events = [turn("running"), partial(0, "He"), partial(2, "llo"), said, turn("answered")];
  deepStrictEqual(await run(hostOf([{ submit: accepted, events }])), {
    result: { kind: "answered", answer, ids },
    seen: ["accepted", "He", "Hello"],
  });
});

Deno.test("exchange() takes nothing for its answer that answers another question, or asks one", async () => {
  const others = [message("b", "notice", "other"), message("c", "person", "q")];
  const events = [
    turn("running"),
    said,
    ...others.map((message): FeedEvent => ({ kind: "message", message })),
    { kind: "branch" } as const,
    turn("answered"),
  ];
  deepStrictEqual((await run(hostOf([{ submit: accepted, events }]))).result, { kind: "answered", answer, ids });
});

Deno.test("exchange() finds an answer that came before it looked", async () => {
  const host = hostOf([{ submit: accepted, events: [], ended: answer }]);
  deepStrictEqual(await run(host), { result: { kind: "answered", answer, ids }, seen: ["accepted"] });
});

Deno.test("exchange() sends again under the same key what wasn't acknowledged", async () => {
  const host = hostOf([{ submit: down }, { submit: down }, { submit: accepted, events: [], ended: answer }]);
  deepStrictEqual(await run(host), { result: { kind: "answered", answer, ids }, seen: ["waiting", "accepted"] });
  deepStrictEqual(host.submitted, Array(3).fill({ conversation: "c", platform_id: "p", text: "hi", locale: "en" }));
});

Deno.test("exchange() goes on through a host that dies in the middle of an answer, and submits only once", async () => {
  const host = hostOf([
    { submit: accepted, events: [turn("running"), partial(0, "He")] },
    {},
    { events: [turn("running"), partial(0, "Hi"), said, turn("answered")] },
  ]);
  deepStrictEqual(await run(host), {
    result: { kind: "answered", answer, ids },
    seen: ["accepted", "He", "waiting", "Hi"],
  });
  deepStrictEqual(host.submitted.length, 1);
});

Deno.test("exchange() gives each outage its own 60 s", async () => {
  const away = Array(200).fill({}); // 40 s of asking
  const host = hostOf([
    { submit: accepted, events: [turn("running")] },
    ...away,
    { events: [turn("running")] },
    ...away,
    { events: [said, turn("answered")] },
  ]);
  deepStrictEqual(await run(host), {
    result: { kind: "answered", answer, ids },
    seen: ["accepted", "waiting", "waiting"],
  });
});

Deno.test("exchange() gives a host up that doesn't come back, and says what became of the question", async () => {
  deepStrictEqual((await run(hostOf([{ submit: down }], false))).result, { kind: "not-running" });
  deepStrictEqual((await run(hostOf([{ submit: down }]))).result, { kind: "lost" });
  deepStrictEqual((await run(hostOf([{ submit: accepted, events: [] }, {}]))).result, { kind: "lost", ids });
});

Deno.test("exchange() passes a refusal on", async () => {
  const host = hostOf([{ submit: { kind: "refused", reason: "no", status: 403 } }]);
  deepStrictEqual(await run(host), { result: { kind: "refused", reason: "no" }, seen: [] });
});
