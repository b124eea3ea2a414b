import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { InvariantError } from "../../core/errors.ts";
import { ObjectError, type Objects } from "../../core/ports/objects.ts";

/** One object store under test, and what outlives it. */
export interface ObjectsUnderTest extends AsyncDisposable {
  readonly objects: Objects;
  /** Opens another over the same state, as the next life of the host does. */
  reopen(): Promise<Objects>;
}

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** The name that number `n` has. */
export function nameOf(n: number): string {
  return n.toString(16).padStart(64, "0").split("").reverse().join("");
}

/** Stores `pieces` under a name. */
export async function put(objects: Objects, name: string, ...pieces: Uint8Array[]): Promise<void> {
  const writer = await objects.create();
  for (const piece of pieces) await writer.write(piece);
  await writer.commit(name);
}

/** All of an object. */
export async function contentOf(objects: Objects, name: string, signal = never): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of objects.open(name, signal)) pieces.push(piece.slice());
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** The names of all objects, sorted. */
export async function listed(objects: Objects): Promise<string[]> {
  return (await Array.fromAsync(objects.list())).sort();
}

/** Whether an error is an {@link ObjectError} of this kind. */
export function isObjectError(kind: ObjectError["kind"]): (error: unknown) => boolean {
  return (error) => error instanceof ObjectError && error.kind === kind;
}

type Case = (under: ObjectsUnderTest) => Promise<void>;

const bytes = (...values: number[]) => Uint8Array.from(values);

const cases: Readonly<Record<string, Case>> = {
  "gives back what was written, in whatever pieces, also nothing": async ({ objects }) => {
    const large = Uint8Array.from({ length: 300_001 }, (_, at) => (at * 7) % 251);
    await put(objects, nameOf(1), bytes(1, 2), bytes(), bytes(3));
    await put(objects, nameOf(2));
    await put(objects, nameOf(3), large.subarray(0, 100_000), large.subarray(100_000));
    deepStrictEqual(await contentOf(objects, nameOf(1)), bytes(1, 2, 3));
    deepStrictEqual(await contentOf(objects, nameOf(2)), bytes());
    deepStrictEqual(await contentOf(objects, nameOf(3)), large);
    deepStrictEqual(await listed(objects), [nameOf(1), nameOf(2), nameOf(3)].sort());
  },

  "keeps none of the pieces that it was given": async ({ objects }) => {
    const piece = bytes(1, 2, 3);
    const writer = await objects.create();
    await writer.write(piece);
    piece.fill(9);
    await writer.commit(nameOf(1));
    deepStrictEqual(await contentOf(objects, nameOf(1)), bytes(1, 2, 3));
  },

  "shows nothing before the commit, and nothing of what was discarded": async ({ objects }) => {
    const [kept, left] = [await objects.create(), await objects.create()];
    await kept.write(bytes(1));
    await left.write(bytes(2));
    deepStrictEqual(await listed(objects), []);
    await left.discard();
    await left.discard();
    await kept.commit(nameOf(1));
    deepStrictEqual(await listed(objects), [nameOf(1)]);
  },

  "puts a second object of a name in the place of the first": async ({ objects, reopen }) => {
    await put(objects, nameOf(1), bytes(1, 1, 1, 1));
    await put(objects, nameOf(1), bytes(2));
    deepStrictEqual(await contentOf(objects, nameOf(1)), bytes(2));
    deepStrictEqual(await contentOf(await reopen(), nameOf(1)), bytes(2));
  },

  "lets who reads an object finish, although another takes its place or it is removed": async ({ objects }) => {
    const large = new Uint8Array(200_000).fill(1);
    await put(objects, nameOf(1), large);
    const reading = objects.open(nameOf(1), never)[Symbol.asyncIterator]();
    const first = await reading.next();
    await put(objects, nameOf(1), bytes(2));
    await objects.remove(nameOf(1));
    let count = first.value!.length;
    for (let next = await reading.next(); !next.done; next = await reading.next()) {
      strictEqual(next.value.every((byte) => byte === 1), true);
      count += next.value.length;
    }
    strictEqual(count, large.length);
  },

  "says that there is no such object": async ({ objects }) => {
    await rejects(contentOf(objects, nameOf(1)), isObjectError("missing"));
    await put(objects, nameOf(1), bytes(1));
    await objects.remove(nameOf(1));
    await rejects(contentOf(objects, nameOf(1)), isObjectError("missing"));
    await objects.remove(nameOf(1));
    deepStrictEqual(await listed(objects), []);
  },

  "keeps what was committed, and drops what wasn't, over a new start": async ({ objects, reopen }) => {
    await put(objects, nameOf(1), bytes(1));
    const unfinished = await objects.create();
    await unfinished.write(bytes(2));
    const again = await reopen();
    deepStrictEqual(await listed(again), [nameOf(1)]);
    deepStrictEqual(await contentOf(again, nameOf(1)), bytes(1));
    await unfinished.discard();
  },

  "reads no further once the signal has aborted": async ({ objects }) => {
    await put(objects, nameOf(1), new Uint8Array(200_000));
    await rejects(contentOf(objects, nameOf(1), AbortSignal.abort(new Error("enough"))), /enough/);
    const stop = new AbortController();
    const reading = objects.open(nameOf(1), stop.signal)[Symbol.asyncIterator]();
    strictEqual((await reading.next()).done, false);
    stop.abort(new Error("enough"));
    await rejects(reading.next(), /enough/);
  },

  "takes many objects at once": async ({ objects }) => {
    const numbers = Array.from({ length: 40 }, (_, n) => n + 1);
    await Promise.all(numbers.map((n) => put(objects, nameOf(n), bytes(n), new Uint8Array(n * 1_000))));
    for (const n of numbers) strictEqual((await contentOf(objects, nameOf(n))).length, n * 1_000 + 1);
    strictEqual((await listed(objects)).length, numbers.length);
  },

  "takes no name but its own kind": async ({ objects }) => {
    for (const name of ["", "../x", nameOf(1).toUpperCase().replace("1", "A"), `${nameOf(1)}0`, `${nameOf(1)}\n`]) {
      await rejects(put(objects, name, bytes(1)), InvariantError);
      await rejects(contentOf(objects, name), InvariantError);
      await rejects(objects.remove(name), InvariantError);
    }
    deepStrictEqual(await listed(objects), []);
  },
};

/** What every object store holds. `create` gives a fresh one, empty. */
export function objectsContract(name: string, create: () => Promise<ObjectsUnderTest>): void {
  for (const [what, body] of Object.entries(cases)) {
    Deno.test(`objects ${name}: ${what}`, async () => {
      await using under = await create();
      await body(under);
    });
  }
}
