import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { createFeed } from "./feed.ts";
import type { FeedEvent } from "./types.ts";

const partial = (offset: number, text: string): FeedEvent => ({ kind: "partial", turnId: "t", offset, text });
const state = (state: "running" | "answered"): FeedEvent => ({ kind: "turn", turnId: "t", messageId: "m", state });

async function all(events: AsyncIterable<FeedEvent>): Promise<FeedEvent[]> {
  const seen: FeedEvent[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

Deno.test("a reader who comes late gets the answer so far, then what follows", async () => {
  const feed = createFeed();
  const stop = new AbortController();
  feed.publish("s", partial(0, "Par"));
  feed.publish("s", partial(3, "is"));
  const seen = all(feed.subscribe({ sessionId: "s", identityId: "i" }, stop.signal));
  feed.publish("s", partial(5, "."));
  feed.publish("other", partial(0, "not for this reader"));
  stop.abort();
  deepStrictEqual(await seen, [partial(0, "Paris"), partial(5, ".")]);
});

Deno.test("an answer that begins anew replaces what was said before", async () => {
  const feed = createFeed();
  const stop = new AbortController();
  feed.publish("s", partial(0, "a first attempt"));
  feed.publish("s", partial(0, "Again"));
  const seen = all(feed.subscribe({ sessionId: "s", identityId: "i" }, stop.signal));
  stop.abort();
  deepStrictEqual(await seen, [partial(0, "Again")]);
});

Deno.test("an ended turn leaves nothing behind", async () => {
  const feed = createFeed();
  const stop = new AbortController();
  feed.publish("s", partial(0, "Paris"));
  feed.publish("s", state("answered"));
  const seen = all(feed.subscribe({ sessionId: "s", identityId: "i" }, stop.signal));
  stop.abort();
  deepStrictEqual(await seen, []);
});

Deno.test("a slow reader misses partials, never other events", async () => {
  const feed = createFeed();
  const stop = new AbortController();
  const events = feed.subscribe({ sessionId: "s", identityId: "i" }, stop.signal);
  feed.publish("s", state("running"));
  for (let at = 0; at < 10_000; at++) feed.publish("s", partial(at, "x"));
  feed.publish("s", state("answered"));
  stop.abort();
  const seen = await all(events);
  deepStrictEqual([seen[0], seen.at(-1)], [state("running"), state("answered")]);
  strictEqual(seen.length < 300, true);
});

Deno.test("what concerns a person reaches all their views, and nobody else's", async () => {
  const feed = createFeed();
  const stop = new AbortController();
  const own = ["a", "b"].map((sessionId) => all(feed.subscribe({ sessionId, identityId: "ann" }, stop.signal)));
  const other = all(feed.subscribe({ sessionId: "c", identityId: "bob" }, stop.signal));
  feed.publishTo("ann", { kind: "sessions" });
  stop.abort();
  for (const seen of own) deepStrictEqual(await seen, [{ kind: "sessions" }]);
  deepStrictEqual(await other, []);
  feed.publishTo("ann", { kind: "sessions" });
});
