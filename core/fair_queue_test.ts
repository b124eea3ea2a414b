import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { createFairQueue, type Entry } from "./fair_queue.ts";

const never = new AbortController().signal;
const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

async function entered(entry: Promise<Entry>): Promise<Extract<Entry, { kind: "entered" }>> {
  const got = await entry;
  ok(got.kind === "entered", got.kind);
  return got;
}

Deno.test("createFairQueue() serves lanes in turn, and each in the order of arrival", async () => {
  const queue = createFairQueue({ placesMax: 1, waitingMax: 10, waitingMaxOfLane: 5 });
  const first = await entered(queue.enter("busy", never));
  const order: string[] = [];
  const wait = async (lane: string, name: string) => {
    const { leave } = await entered(queue.enter(lane, never));
    order.push(name);
    leave();
  };
  const all = [wait("busy", "busy 1"), wait("busy", "busy 2"), wait("busy", "busy 3"), wait("rare", "rare")];
  first.leave();
  first.leave(); // Once is enough: it doesn't free a second place.
  await Promise.all(all);
  deepStrictEqual(order, ["busy 1", "rare", "busy 2", "busy 3"]);
});

Deno.test("createFairQueue() says which bound is reached, and forgets who leaves while waiting", async () => {
  const queue = createFairQueue({ placesMax: 1, waitingMax: 3, waitingMaxOfLane: 2 });
  const { leave } = await entered(queue.enter("a", never));
  const leaving = new AbortController();
  const [one, two, three] = [queue.enter("a", leaving.signal), queue.enter("a", never), queue.enter("b", never)];
  deepStrictEqual(await queue.enter("a", never), { kind: "full", lane: true });
  deepStrictEqual(await queue.enter("c", never), { kind: "full", lane: false });
  leaving.abort();
  deepStrictEqual(await one, { kind: "aborted" });
  deepStrictEqual(await queue.enter("a", leaving.signal), { kind: "aborted" });
  leave();
  (await entered(two)).leave();
  (await entered(three)).leave();
  (await entered(queue.enter("c", never))).leave();
});

// Goal: never more inside than places, nobody waits for ever, and places that were left are there again.
// Method: seeded arrivals, leavings and aborts.
seeded("createFairQueue() loses no place and nobody", async (random) => {
  const placesMax = 1 + Math.floor(random() * 3);
  const queue = createFairQueue({ placesMax, waitingMax: 40, waitingMaxOfLane: 20 });
  let inside = 0;
  const work = async () => {
    const leaving = new AbortController();
    const entry = queue.enter(`lane ${Math.floor(random() * 4)}`, leaving.signal);
    if (random() < 0.3) leaving.abort();
    const got = await entry;
    if (got.kind !== "entered") return;
    inside++;
    ok(inside <= placesMax);
    if (random() < 0.5) await settled();
    inside--;
    got.leave();
  };
  await Promise.all(Array.from({ length: 30 }, work));
  const last = await Promise.all(Array.from({ length: placesMax }, () => entered(queue.enter("last", never))));
  strictEqual(last.length, placesMax);
}, { runs: 100 });
