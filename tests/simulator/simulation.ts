import { deepStrictEqual } from "node:assert/strict";
import { MemoryBacking } from "../../adapters/storage/memory.ts";
import { linkAccount } from "../../core/message/identities.ts";
import type { InboundMessage } from "../../core/message/types.ts";
import { checkAlways, checkAtRest, checkErased, contentOf, type Scene } from "./invariants.ts";
import { scheduleVisits } from "./visits.ts";
import { type Faults, Life, lookAt, randomOf, type World } from "./life.ts";
import { createPrograms, scheduleCalls } from "./programs.ts";
import { lively, plain, Platform, type Sent } from "./platform.ts";
import type { PlantedBug } from "./bugs.ts";
import { VirtualClock } from "./virtual_clock.ts";
import { checkCrowd, checkSwept, scheduleCrowd, scheduleMeetings } from "./strangers.ts";
import { createIds } from "../../core/ids.ts";

/** Nothing goes wrong. */
export const noFaults: Faults = {
  crash: 0,
  commitRefused: 0,
  unreachable: 0,
  deliveryRefused: 0,
  acknowledgementLost: 0,
  frameDelayed: 0,
  connectionCut: 0,
  framesLost: 0,
  duplicateOffered: 0,
  flooded: 0,
  deleted: 0,
  silent: 0,
};

/** One run of the whole core in this process. */
export interface SimulationOptions {
  readonly random: () => number;
  readonly faults: Faults;
  readonly crashAt?: number;
  readonly bug?: PlantedBug;
  /** Strangers write, too, and people give commands. */
  readonly crowded?: boolean;
}

const startMs = Date.UTC(2026, 0, 1);
/** People send, stop and restart within this time; then the faults end. */
const busyMs = 120_000;
/** By then everything must have come to rest. */
const restMs = 3_600_000;
/** By then what was removed must be erased. */
const erasedMs = 27 * 3_600_000;
const people = [
  { channel: "alpha", account: "ann", conversations: ["a1", "a2"] },
  { channel: "beta", account: "bob", conversations: ["b1"] },
  { channel: "lively", account: "cid", conversations: ["direct", "group"] },
] as const;

/**
 * Runs one simulation to its end and checks it after each crash and at rest. Returns the number of steps at which it
 * could have died.
 * @throws {AssertionError} On anything lost, doubled unsaid, disordered or unaudited.
 */
export async function simulate({ random, faults, crashAt, bug, crowded = false }: SimulationOptions): Promise<number> {
  const clock = new VirtualClock(startMs);
  const platforms = people.map(({ channel }) =>
    channel === "lively" ? new Platform(channel, lively, ["group"]) : new Platform(channel, plain)
  );
  const world: World = {
    clock,
    platforms,
    programs: createPrograms(),
    random,
    bug,
    faults,
    crashAt,
    backing: new MemoryBacking(),
    objects: new Map(),
    counted: new Map(),
    steps: 0,
    broken: [],
  };
  await introducePeople(world);
  scheduleMessages(world);
  const crowd = crowded ? scheduleCrowd(world, startMs) : undefined;

  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const keepAlive = async (): Promise<void> => {
    const life = new Life(world);
    if (clock.nowMs() < startMs + busyMs) {
      scheduleVisits(world, life);
      scheduleCalls(world, life);
      if (crowd !== undefined) scheduleMeetings(world, life, crowd);
    }
    void life.died.then(async () => {
      await checkAlways(await sceneOf(world));
      if (crowd !== undefined) await checkCrowd(await sceneOf(world), crowd);
      clock.at(clock.nowMs() + 100 + random() * 5_000, () => void keepAlive().catch(failure.reject));
    }).catch(failure.reject);
    await beginStubbornly(life, clock);
  };
  void keepAlive().catch(failure.reject);

  await Promise.race([clock.run(startMs + busyMs), failure.promise]);
  world.faults = noFaults;
  reofferUntilTaken(world);
  await Promise.race([clock.run(startMs + restMs), failure.promise]);
  await Promise.race([Promise.resolve(), failure.promise]);

  const scene = await sceneOf(world);
  await checkAlways(scene);
  if (crowd !== undefined) await checkCrowd(scene, crowd, "at rest");
  const { crash, commitRefused, flooded } = faults;
  await checkAtRest(scene, crash + commitRefused + flooded === 0 && crashAt === undefined);
  const before = await contentOf(scene.store);
  await Promise.race([clock.run(startMs + erasedMs), failure.promise]);
  const later = await sceneOf(world);
  await checkAlways(later);
  await checkErased(later, before);
  if (crowd !== undefined) await checkSwept(later);
  deepStrictEqual(world.broken, []);
  return world.steps;
}

async function sceneOf(world: World): Promise<Scene> {
  const { platforms, programs, clock, counted } = world;
  return { ...await lookAt(world), platforms, programs, counted, nowMs: clock.nowMs() };
}

/** A full disk at start is met as the launcher meets it: by another start. */
async function beginStubbornly(life: Life, clock: VirtualClock): Promise<void> {
  try {
    await life.begin();
  } catch (error) {
    if ((error as { kind?: string }).kind !== "full") throw error;
    await clock.sleep(1_000, new AbortController().signal);
    life.crash();
  }
}

async function introducePeople(world: World): Promise<void> {
  const { store, vault } = await lookAt(world);
  const ids = createIds({ clock: world.clock, random: randomOf(world.random) });
  await store.write((tx) => {
    for (const { channel, account } of people) {
      const identityId = ids();
      tx.insert("identities", {
        id: identityId,
        nameEnc: null,
        currentSessionId: null,
        version: 1,
        createdMs: startMs,
      });
      linkAccount(tx, vault, { id: ids(), identityId, channel, account, createdMs: startMs });
    }
  });
}

/**
 * People write at odd times, now and then several messages at once, and now and then write a question of theirs anew;
 * platforms offer copies of what they sent.
 */
function scheduleMessages({ clock, platforms, random, faults }: World): void {
  const count = 4 + Math.floor(random() * 8);
  for (let index = 0; index < count; index++) {
    const who = Math.floor(random() * people.length);
    const { channel, account, conversations } = people[who]!;
    const conversation = conversations[Math.floor(random() * conversations.length)]!;
    const platform = platforms[who]!;
    const text = index % 3 === 2 ? `count ${index}` : `${platform.capabilities.edit ? "slow " : ""}question ${index}`;
    const place = platform.placeOf(conversation);
    const asked = { channel, account, conversation, place, platformId: `p${index}`, text, locale: "en" } as const;
    const sent: Sent = { message: asked, state: "unsent" };
    const edits = random() < 0.25;
    const which = random();
    const atMs = startMs + 500 + Math.floor(random() * 30) * 1_000;
    clock.at(atMs, () => {
      if (edits) sent.message = { ...asked, ...replacing(platform, asked, which) };
      platform.sent.push(sent);
      platform.offer(sent);
    });
    if (random() < faults.duplicateOffered) clock.at(atMs + random() * 40_000, () => platform.offer(sent));
    for (const afterMs of [7_000, 31_000]) {
      clock.at(atMs + afterMs, () => {
        if (sent.state === "offered") platform.offer(sent);
      });
    }
  }
}

/** A question of the same person that was taken in before, directly or in the group as this one, if there is one. */
function replacing(
  { sent }: Platform,
  { account, place }: Pick<InboundMessage, "account" | "place">,
  which: number,
): { replaces?: string } {
  const known = sent.flatMap(({ result, message }) =>
    result !== undefined && "messageId" in result && message.account === account && message.place === place
      ? [result.messageId]
      : []
  );
  const replaces = known[Math.floor(which * known.length)];
  return replaces === undefined ? {} : { replaces };
}

/** A platform goes on offering what nobody took. */
function reofferUntilTaken({ clock, platforms }: World): void {
  for (let atMs = 1_000; atMs < 600_000; atMs += 10_000) {
    clock.at(startMs + busyMs + atMs, () => {
      for (const platform of platforms) {
        for (const sent of platform.sent) if (sent.state === "offered") platform.offer(sent);
      }
    });
  }
}
