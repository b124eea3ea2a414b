import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { createMemoryObjects, type MemoryObjects } from "../adapters/objects/memory.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { local, type Scene, startScene } from "../tests/clawdbot_scene.ts";
import { createIds } from "./ids.ts";
import { createModelStates, type SiteModelStates } from "./model_states.ts";
import { ObjectError } from "./ports/objects.ts";

const never = new AbortController().signal;

interface Stand {
  readonly scene: Scene;
  readonly states: SiteModelStates;
  readonly objects: MemoryObjects;
  /** The states of another model of the same site. */
  of(model: string): SiteModelStates;
}

async function start({ bytesMax = 10_000_000, diskBytes = Infinity } = {}): Promise<Stand> {
  const objects = createMemoryObjects({ bytesMax: diskBytes });
  const late: Pick<SiteModelStates, "release" | "sweep"> = {
    release: (names) => states.release(names),
    sweep: () => Promise.resolve(),
  };
  const scene = await startScene(() => ({ pieces: ["yes"] }), { modelStates: late });
  const { store, vault, clock } = scene;
  const of = (model: string) =>
    createModelStates({
      store,
      vault,
      clock,
      crypto: createNodeCrypto(),
      random: systemRandom,
      ids: createIds({ clock, random: systemRandom }),
      log: { info: () => {}, warn: () => {}, error: () => {} },
      objects,
      model,
      bytesMax,
    });
  const states = of("small");
  return { scene, states, objects, of };
}

async function* pieces(bytes: Uint8Array, each = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += each) yield bytes.subarray(at, at + each);
}

function content(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 7) % 251);
}

const about = (seed: number) => ({ binding: "b", tokens: [1, 2, seed] });

async function save({ states }: Stand, sessionId: string, length: number, seed = 1): Promise<void> {
  await states.save(sessionId, { about: about(seed), bytes: length }, pieces(content(length, seed)));
}

async function read(states: SiteModelStates, sessionId: string): Promise<Uint8Array> {
  const all: number[] = [];
  for await (const piece of states.open(sessionId, never)) for (const byte of piece) all.push(byte);
  return Uint8Array.from(all);
}

Deno.test("createModelStates() gives back what was saved last, and keeps it sealed", async () => {
  const stand = await start();
  const { scene, states, objects } = stand;
  const { sessionId } = await scene.ask("one");
  strictEqual(await states.find(sessionId), undefined);
  await save(stand, sessionId, 250_000, 1);
  await save(stand, sessionId, 150_000, 2);
  deepStrictEqual(await states.find(sessionId), { about: about(2), bytes: 150_000 });
  deepStrictEqual(await read(states, sessionId), content(150_000, 2));
  strictEqual(objects.backing.size, 1);
  const [sealed] = objects.backing.values();
  ok(!sealed!.join().includes(content(64, 2).join()), "it lies there as it is");
});

Deno.test("createModelStates() gives nothing of another model", async () => {
  const stand = await start();
  const { sessionId } = await stand.scene.ask("one");
  await save(stand, sessionId, 1_000);
  const large = stand.of("large");
  strictEqual(await large.find(sessionId), undefined);
  await rejects(read(large, sessionId));
  // And its own takes the place of the other's.
  await large.save(sessionId, { about: about(3), bytes: 500 }, pieces(content(500, 3)));
  strictEqual(await stand.states.find(sessionId), undefined);
  strictEqual(stand.objects.backing.size, 1);
});

Deno.test("createModelStates() gives no byte that was changed on the disk", async () => {
  const stand = await start();
  const { sessionId } = await stand.scene.ask("one");
  await save(stand, sessionId, 200_000);
  const [name, sealed] = [...stand.objects.backing][0]!;
  const changed = sealed.slice();
  changed[150_000]! ^= 1;
  for (const damaged of [changed, sealed.slice(0, 150_000), new Uint8Array(0)]) {
    stand.objects.backing.set(name, damaged);
    await rejects(read(stand.states, sessionId), ObjectError);
  }
});

Deno.test("createModelStates() gives up what was used least recently when there are too many", async () => {
  const stand = await start({ bytesMax: 1_000 });
  const { scene, states, objects } = stand;
  const ids: string[] = [];
  for (const name of ["a", "b", "c"]) ids.push((await scene.ask("hi", name)).sessionId);
  const [a, b, c] = ids as [string, string, string];
  await save(stand, a, 400);
  await scene.rest(10);
  await save(stand, b, 400);
  await scene.rest(10);
  await read(states, a);
  await scene.rest(10);
  await save(stand, c, 400);
  deepStrictEqual(await Promise.all(ids.map(async (id) => (await states.find(id))?.bytes)), [400, undefined, 400]);
  strictEqual(objects.backing.size, 2);
  await save(stand, c, 1_001);
  strictEqual(await states.find(c), undefined);
  strictEqual(objects.backing.size, 1);
});

const broken: [name: string, bytes: number, given: () => AsyncIterable<Uint8Array>][] = [
  ["is shorter than was said", 500, () => pieces(content(499, 1))],
  ["is longer than was said", 500, () => pieces(content(501, 1))],
  ["ends in the middle", 500, async function* () {
    yield content(100, 1);
    throw new Error("the runner died");
  }],
];
for (const [name, bytes, given] of broken) {
  Deno.test(`createModelStates() keeps nothing of a state that ${name}`, async () => {
    const stand = await start();
    const { sessionId } = await stand.scene.ask("one");
    await save(stand, sessionId, 300);
    await stand.states.save(sessionId, { about: about(1), bytes }, given());
    strictEqual(await stand.states.find(sessionId), undefined);
    strictEqual(stand.objects.backing.size, 0);
  });
}

Deno.test("createModelStates() keeps nothing when the disk is full, and goes on", async () => {
  const stand = await start({ diskBytes: 1_000 });
  const { sessionId } = await stand.scene.ask("one");
  await save(stand, sessionId, 5_000);
  strictEqual(await stand.states.find(sessionId), undefined);
  await save(stand, sessionId, 500);
  strictEqual((await stand.states.find(sessionId))?.bytes, 500);
});

Deno.test("what a model computed of a conversation is erased with it, and isn't kept afterwards", async () => {
  const stand = await start();
  const { scene, states, objects } = stand;
  const { sessionId } = await scene.ask("one");
  const { sessionId: other } = await scene.ask("two", "elsewhere");
  await save(stand, sessionId, 300);
  await save(stand, other, 300);
  await scene.clawdbot.assistant.removeSession(local, sessionId);
  await save(stand, sessionId, 400);
  strictEqual(objects.backing.size, 1);
  await save(stand, other, 300);
  await scene.rest(26 * 3_600_000);
  strictEqual(await scene.store.read((tx) => tx.get("sessions", sessionId)), undefined);
  await save(stand, sessionId, 400);
  strictEqual(await states.find(sessionId), undefined);
  strictEqual((await states.find(other))?.bytes, 300);
  strictEqual(objects.backing.size, 1);
});

Deno.test("the erasure of a conversation removes what a model computed of it", async () => {
  const stand = await start();
  const { scene, objects } = stand;
  const { sessionId } = await scene.ask("one");
  await save(stand, sessionId, 300);
  strictEqual(objects.backing.size, 1);
  await scene.clawdbot.assistant.removeSession(local, sessionId);
  await scene.rest(26 * 3_600_000);
  strictEqual(objects.backing.size, 0);
  strictEqual(await scene.store.read((tx) => tx.count("modelStates", {})), 0);
});

Deno.test("createModelStates() sweeps what a crash left, and nothing else", async () => {
  const stand = await start();
  const { sessionId } = await stand.scene.ask("one");
  await save(stand, sessionId, 300);
  stand.objects.backing.set("0".repeat(64), content(100, 1));
  await stand.states.sweep(never);
  strictEqual(stand.objects.backing.size, 1);
  strictEqual((await read(stand.states, sessionId)).length, 300);
});

Deno.test("an answer is asked for under its session", async () => {
  const { scene } = await start();
  const { sessionId } = await scene.ask("one");
  deepStrictEqual(scene.requests.map(({ conversation }) => conversation), [sessionId]);
});
