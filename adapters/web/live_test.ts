import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { FeedEvent } from "../../core/message/types.ts";
import { seeded } from "../../tests/seeded.ts";
import { setImmediate } from "node:timers";
import { liveEvents } from "./live.ts";

/** Events that a test hands over one by one, and a pause that ends when the test says so. */
function openLive({ isModelReady = () => true }: { readonly isModelReady?: () => boolean } = {}): {
  readonly offer: (...events: FeedEvent[]) => void;
  readonly end: () => void;
  readonly rest: () => void;
  readonly shown: AsyncGenerator<{ readonly name: string; readonly data: unknown }>;
} {
  const waiting: FeedEvent[] = [];
  let wake: (() => void) | undefined;
  let isEnded = false;
  let rest = () => {};
  async function* events(): AsyncGenerator<FeedEvent> {
    for (;;) {
      const event = waiting.shift();
      if (event !== undefined) yield event;
      else if (isEnded) return;
      else await new Promise<void>((resolve) => wake = resolve);
    }
  }
  return {
    offer(...more) {
      waiting.push(...more);
      wake?.();
    },
    end() {
      isEnded = true;
      wake?.();
    },
    rest: () => rest(),
    shown: liveEvents(events(), {
      grow: () => ({ show: async (html) => ({ from: 0, html }) }),
      isModelReady,
      clock: { sleep: () => new Promise((resolve) => rest = resolve) },
    }),
  };
}

const partial = (offset: number, text: string, turnId = "t1"): FeedEvent => ({ kind: "partial", turnId, offset, text });
const htmlOf = ({ value }: IteratorResult<{ readonly data: unknown }>) => (value?.data as { html: string }).html;

Deno.test("an answer is shown in whole words", async () => {
  const { offer, rest, shown } = openLive();
  offer(partial(0, "The pu"));
  strictEqual(htmlOf(await shown.next()), "The ");
  offer(partial(6, "mp runs"));
  rest();
  strictEqual(htmlOf(await shown.next()), "The pump ");
  await shown.return(undefined);
});

Deno.test("what has no end as a word has is shown as it comes", async () => {
  const { offer, shown } = openLive();
  const digits = "0".repeat(33);
  offer(partial(0, `x = ${digits}`));
  strictEqual(htmlOf(await shown.next()), `x = ${digits}`);
  await shown.return(undefined);
});

Deno.test("Chinese is shown sign by sign, because it has no spaces", async () => {
  const { offer, shown } = openLive();
  offer(partial(0, "泵发热"));
  strictEqual(htmlOf(await shown.next()), "泵发热");
  await shown.return(undefined);
});

Deno.test("pieces that come during a pause are shown together after it", async () => {
  const { offer, rest, shown } = openLive();
  offer(partial(0, "a "));
  strictEqual(htmlOf(await shown.next()), "a ");
  offer(partial(2, "b "), partial(4, "c "), { kind: "turn", turnId: "t1", messageId: "m1", state: "running" });
  strictEqual((await shown.next()).value?.name, "turn");
  rest();
  strictEqual(htmlOf(await shown.next()), "a b c ");
  await shown.return(undefined);
});

Deno.test("an answer that begins anew replaces the first one; a missed piece adds nothing", async () => {
  const { offer, rest, shown } = openLive();
  offer(partial(0, "first try "));
  await shown.next();
  offer(partial(0, "second "), partial(100, "lost "));
  rest();
  strictEqual(htmlOf(await shown.next()), "second ");
  await shown.return(undefined);
});

Deno.test("a message only says that the record has grown: its text is read from there", async () => {
  const { offer, end, shown } = openLive();
  const message = {
    id: "m",
    sessionId: "s",
    sequence: 1,
    parentId: null,
    author: "person",
    identityId: null,
    text: "secret",
    createdMs: 0,
  } as const;
  offer({ kind: "message", message });
  deepStrictEqual((await shown.next()).value, { name: "message", data: { kind: "message" } });
  end();
  strictEqual((await shown.next()).done, true);
});

Deno.test("a turn that waits for its model says so, and that it waits no longer", async () => {
  let isReady = false;
  const { offer, rest, shown } = openLive({ isModelReady: () => isReady });
  offer({ kind: "turn", turnId: "t1", messageId: "m1", state: "running" });
  const loadingOf = async () => ((await shown.next()).value?.data as { is_loading: boolean }).is_loading;
  strictEqual(await loadingOf(), true);
  const next = loadingOf();
  await Promise.resolve();
  rest();
  isReady = true;
  for (let looks = 0; looks < 5; looks++) {
    await new Promise((resolve) => setImmediate(resolve));
    rest();
  }
  strictEqual(await next, false);
  await shown.return(undefined);
});

Deno.test("nothing more is shown of an answer whose turn has ended", async () => {
  const { offer, rest, end, shown } = openLive();
  offer(partial(0, "a "));
  await shown.next();
  offer(partial(2, "b "), { kind: "turn", turnId: "t1", messageId: "m1", state: "answered" });
  strictEqual((await shown.next()).value?.name, "turn");
  rest();
  end();
  strictEqual((await shown.next()).done, true);
});

seeded("what is shown of an answer is always a beginning of it, in order", async (random) => {
  const { offer, rest, end, shown } = openLive();
  const answer = Array.from({ length: 40 }, () => random() < 0.3 ? " " : random() < 0.5 ? "水" : "x").join("") + " ";
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { data } of shown) seen.push((data as { html: string }).html);
  })();
  for (let at = 0; at < answer.length;) {
    const length = 1 + Math.floor(random() * 5);
    offer(partial(at, answer.slice(at, at + length)));
    at += length;
    await Promise.resolve();
    if (random() < 0.5) rest();
  }
  while (seen.at(-1) !== answer) {
    rest();
    await Promise.resolve();
  }
  end();
  await reading;
  for (const [index, text] of seen.entries()) {
    ok(answer.startsWith(text));
    ok(text.length > (seen[index - 1]?.length ?? 0) || text === seen[index - 1]);
  }
});
