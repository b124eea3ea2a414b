import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { createPace } from "./pace.ts";

const rate = { perSecond: 4, directEveryMs: 1_000, groupEveryMs: 3_000 };

function scene(): { clock: { atMs: number; nowMs: () => number }; pace: ReturnType<typeof createPace> } {
  const clock = { atMs: 1e12, nowMs: () => clock.atMs };
  return { clock, pace: createPace(clock) };
}
const direct = (conversation: string) => ({ conversation, place: "direct" as const });

Deno.test("a platform without a rate takes anything at once, but for the pauses that it wants", () => {
  const { clock, pace } = scene();
  for (let times = 0; times < 100; times++) {
    deepStrictEqual(pace.book(direct("a"), undefined), { waitMs: 0, isBooked: true });
  }
  pace.hold(5_000, "a");
  deepStrictEqual(pace.book(direct("a"), undefined), { waitMs: 5_000, isBooked: false });
  deepStrictEqual(pace.book(direct("b"), undefined), { waitMs: 0, isBooked: true });
  pace.hold(9_000);
  deepStrictEqual([pace.isHeld("b"), pace.isFree(direct("b"), undefined)], [true, false]);
  clock.atMs += 9_000;
  deepStrictEqual([pace.isHeld("b"), pace.isFree(direct("b"), undefined)], [false, true]);
});

Deno.test("a rate below one a second has a longer window", () => {
  const { clock, pace } = scene();
  const slow = { perSecond: 0.25, directEveryMs: 0, groupEveryMs: 0 };
  const waits = ["a", "b", "c"].map((conversation) => pace.book(direct(conversation), slow).waitMs);
  deepStrictEqual(waits, [0, 4_100, 8_200]);
  clock.atMs += 12_300;
  ok(pace.isFree(direct("a"), slow));
});

Deno.test("what only goes along leaves half of the room, and yields to what is booked", () => {
  const { clock, pace } = scene();
  const spare = (conversation: string, kind: "message" | "typing" = "message") =>
    pace.spare(direct(conversation), rate, kind);
  deepStrictEqual(["a", "b", "c"].map((conversation) => spare(conversation)), [true, true, false]);
  deepStrictEqual([pace.book(direct("c"), rate).waitMs, pace.book(direct("d"), rate).waitMs], [0, 0]);
  strictEqual(pace.book(direct("e"), rate).waitMs, 1_100);
  clock.atMs += 1_099;
  strictEqual(spare("f"), false, "e comes first");
  clock.atMs += 1_201;
  deepStrictEqual([spare("e", "typing"), spare("e"), spare("e")], [true, true, false]);
});

Deno.test("no figure of a platform's holds anything for longer than a day", () => {
  const { clock, pace } = scene();
  pace.hold(1e12);
  pace.hold(1e12, "a");
  clock.atMs += 86_400_000;
  ok(pace.isFree(direct("a"), rate));
});

Deno.test("a clock that is set back holds nobody up", () => {
  const { clock, pace } = scene();
  pace.book(direct("a"), rate);
  pace.hold(10_000, "a");
  pace.hold(10_000);
  clock.atMs -= 365 * 86_400_000;
  deepStrictEqual(pace.book(direct("a"), rate), { waitMs: 0, isBooked: true });
  strictEqual(pace.isHeld("a"), false);
});

Deno.test("what comes too late for its moment gets another, and what follows counts from there", () => {
  const { clock, pace } = scene();
  const slow = { perSecond: 1, directEveryMs: 500, groupEveryMs: 500 };
  const beganMs = clock.atMs;
  deepStrictEqual(pace.book(direct("a"), slow), { waitMs: 0, isBooked: true });
  clock.atMs += 50;
  deepStrictEqual(pace.go(direct("a"), slow, beganMs), { waitMs: 0, bookedMs: beganMs });
  deepStrictEqual(pace.book(direct("a"), slow), { waitMs: 500, isBooked: false });
  deepStrictEqual(pace.book(direct("b"), slow), { waitMs: 1_050, isBooked: true });
  clock.atMs = beganMs + 1_500;
  const late = pace.go(direct("b"), slow, beganMs + 1_100);
  deepStrictEqual(late, { waitMs: 700, bookedMs: beganMs + 2_200 });
  clock.atMs = late.bookedMs;
  strictEqual(pace.go(direct("b"), slow, late.bookedMs).waitMs, 0);
  pace.hold(3_000);
  strictEqual(pace.go(direct("b"), slow, late.bookedMs).waitMs, 3_000);
});

// Goal: in no second more than the platform bears, in no conversation two too close, nothing sent into a pause, and no
// conversation waits longer for its own sake than it must.
// Method: many conversations that ask at odd times, as the outbox does, with pauses in between.
seeded("the pace is kept whatever is asked of it", (random) => {
  const { clock, pace } = scene();
  const sent: { atMs: number; conversation: string }[] = [];
  const due: { atMs: number; conversation: string; isBooked: boolean }[] = [];
  const pauses: { conversation: string | undefined; fromMs: number; toMs: number }[] = [];
  const places = { a: "direct", b: "group", c: "direct", d: "direct", e: "group" } as const;
  const names = Object.keys(places) as (keyof typeof places)[];
  for (let step = 0; step < 300; step++) {
    clock.atMs += Math.floor(random() * 400);
    const conversation = names[Math.floor(random() * names.length)]!;
    const at = { conversation, place: places[conversation] };
    if (random() < 0.02) {
      const all = random() < 0.3;
      pauses.push({ conversation: all ? undefined : conversation, fromMs: clock.atMs, toMs: clock.atMs + 5_000 });
      pace.hold(5_000, all ? undefined : conversation);
    }
    if (random() < 0.3 && !due.some((other) => other.conversation === conversation)) {
      if (pace.spare(at, rate, "message")) sent.push({ atMs: clock.atMs, conversation });
    } else if (!due.some((other) => other.conversation === conversation)) {
      due.push({ atMs: clock.atMs, conversation, isBooked: false });
    }
    for (const item of due.filter(({ atMs }) => atMs <= clock.atMs)) {
      if (!item.isBooked || pace.isHeld(item.conversation)) {
        const asked = { conversation: item.conversation, place: places[item.conversation as "a"] };
        const { waitMs, isBooked } = pace.book(asked, rate);
        Object.assign(item, { atMs: clock.atMs + waitMs, isBooked });
        if (waitMs > 0) continue;
      }
      const asked = { conversation: item.conversation, place: places[item.conversation as "a"] };
      const { waitMs, bookedMs } = pace.go(asked, rate, item.atMs);
      if (waitMs > 0) {
        Object.assign(item, { atMs: bookedMs });
        continue;
      }
      sent.push({ atMs: clock.atMs, conversation: item.conversation });
      due.splice(due.indexOf(item), 1);
    }
  }
  ok(sent.length > 50);
  for (const [index, { atMs, conversation }] of sent.entries()) {
    const earlier = sent[index - rate.perSecond];
    ok(earlier === undefined || atMs - earlier.atMs >= 1_000, "more than the platform bears");
    const last = sent.slice(0, index).findLast((other) => other.conversation === conversation);
    const everyMs = places[conversation as "a" | "b"] === "group" ? rate.groupEveryMs : rate.directEveryMs;
    ok(last === undefined || atMs - last.atMs >= everyMs, "two too close");
  }
  for (const { atMs, conversation } of sent) {
    const paused = pauses.some((pause) =>
      atMs >= pause.fromMs && atMs < pause.toMs && (pause.conversation ?? conversation) === conversation
    );
    ok(!paused, "nothing is sent into a pause");
  }
}, { runs: 500 });
