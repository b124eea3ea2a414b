import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { concat } from "../tests/package_index.ts";
import { seeded } from "../tests/seeded.ts";
import { ObjectError } from "./ports/objects.ts";
import { chunkBytes, createSealer, openSealed } from "./sealed_stream.ts";

const crypto = createNodeCrypto();
const sealedChunkBytes = chunkBytes + 16;
const key = new Uint8Array(32).fill(1);

function seal(content: Uint8Array, random: () => number = () => 0.5, withKey = key): Uint8Array {
  const sealer = createSealer(crypto, withKey);
  return concat([...cut(content, random)].flatMap((piece) => sealer.push(piece)).concat(sealer.end()));
}

/** The same bytes in pieces of any size, some of them empty. */
function* cut(bytes: Uint8Array, random: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const length = Math.floor(random() ** 3 * 3 * chunkBytes);
    yield bytes.subarray(at, at + length);
    at += length;
    if (length === 0) yield bytes.subarray(at, ++at);
  }
}

async function open(sealed: Uint8Array, random: () => number = () => 0.5, withKey = key): Promise<Uint8Array> {
  async function* pieces() {
    yield* cut(sealed, random);
  }
  return concat(await Array.fromAsync(openSealed(crypto, withKey, pieces())));
}

function anyContent(random: () => number): Uint8Array {
  const length = Math.floor(random() * 4) * chunkBytes +
    [0, 1, 15, Math.floor(random() * chunkBytes)][Math.floor(random() * 4)]!;
  return new Uint8Array(length).map((_, at) => (at * 31 + length) % 253);
}

const isDamaged = (error: unknown) => error instanceof ObjectError && error.kind === "damaged";

for (const length of [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 5]) {
  Deno.test(`sealed content of ${length} bytes opens again, and has one tag a chunk`, async () => {
    const content = new Uint8Array(length).fill(7);
    const sealed = seal(content);
    strictEqual(sealed.length, length + 16 * Math.max(1, Math.ceil(length / chunkBytes)));
    deepStrictEqual(await open(sealed), content);
  });
}

seeded("sealed content opens again, whatever the pieces that it came and comes in", async (random) => {
  const content = anyContent(random);
  const sealed = seal(content, random);
  deepStrictEqual(sealed, seal(content, () => 0.9));
  deepStrictEqual(await open(sealed, random), content);
}, { runs: 60, long: 2_000 });

// Goal: nothing but what was sealed is taken for the whole, whatever is done to the bytes. Method: one change of any kind.
seeded("sealed content that was changed in any way is found while it is read", async (random) => {
  const content = anyContent(random);
  const sealed = seal(content);
  const chunks = Array.from(
    { length: Math.ceil(sealed.length / sealedChunkBytes) },
    (_, at) => sealed.subarray(at * sealedChunkBytes, (at + 1) * sealedChunkBytes),
  );
  const at = () => Math.floor(random() * sealed.length);
  const index = () => Math.floor(random() * chunks.length);
  const changes: readonly (() => Uint8Array)[] = [
    // A byte is flipped, lost, or comes from nowhere.
    () => {
      const where = at();
      return sealed.map((byte, here) => here === where ? byte ^ (1 << Math.floor(random() * 8)) : byte);
    },
    () => {
      const where = at();
      return concat([sealed.subarray(0, where), sealed.subarray(where + 1)]);
    },
    () => {
      const where = at();
      return concat([sealed.subarray(0, where), Uint8Array.of(0), sealed.subarray(where)]);
    },
    // It is cut off anywhere, at a chunk's end, or goes on.
    () => sealed.subarray(0, at()),
    () => concat(chunks.slice(0, index())),
    () => concat([...chunks, chunks[index()]!]),
    () => concat([sealed, new Uint8Array(16)]),
    // Chunks are lost, doubled, swapped, or come from other content under another key, or under the same.
    () => {
      const lost = index();
      return concat(chunks.filter((_, here) => here !== lost));
    },
    () => {
      const doubled = index();
      return concat(chunks.flatMap((chunk, here) => here === doubled ? [chunk, chunk] : [chunk]));
    },
    () => {
      const [a, b] = [index(), index()];
      return concat(chunks.map((chunk, here) => here === a ? chunks[b]! : here === b ? chunks[a]! : chunk));
    },
    () => {
      const other = seal(content.map((byte) => byte ^ 1), () => 0.5, new Uint8Array(32).fill(2));
      const foreign = index();
      return concat(
        chunks.map((chunk, here) =>
          here === foreign ? other.subarray(here * sealedChunkBytes, (here + 1) * sealedChunkBytes) : chunk
        ),
      );
    },
    () => seal(content, () => 0.5, new Uint8Array(32).fill(2)),
  ];
  const changed = changes[Math.floor(random() * changes.length)]!();
  if (changed.length === sealed.length && changed.every((byte, here) => byte === sealed[here])) return;
  await rejects(open(changed, random), isDamaged);
}, { runs: 400, long: 20_000 });

Deno.test("every byte of a small sealed content counts", async () => {
  const sealed = seal(new Uint8Array(40).fill(3));
  for (let at = 0; at < sealed.length; at++) {
    await rejects(open(sealed.map((byte, here) => here === at ? byte ^ 1 : byte)), isDamaged);
    await rejects(open(sealed.subarray(0, at)), isDamaged);
  }
});

Deno.test("the chunks before a damaged one are given, and no piece of it", async () => {
  const sealed = seal(new Uint8Array(3 * chunkBytes).fill(3));
  sealed[sealedChunkBytes + 100]! ^= 1;
  async function* pieces() {
    yield sealed;
  }
  const given: Uint8Array[] = [];
  await rejects(async () => {
    for await (const chunk of openSealed(crypto, key, pieces())) given.push(chunk);
  }, isDamaged);
  strictEqual(concat(given).length, chunkBytes);
});

Deno.test("content is never held whole, neither when it is sealed nor when it is read", async () => {
  const sealer = createSealer(crypto, key);
  const piece = new Uint8Array(100_000).fill(1);
  async function* sealed() {
    for (let count = 0; count < 500; count++) {
      const ready = sealer.push(piece);
      ok(ready.length <= 2);
      yield* ready;
    }
    yield sealer.end();
  }
  let bytes = 0;
  for await (const chunk of openSealed(crypto, key, sealed())) {
    ok(chunk.length <= chunkBytes);
    bytes += chunk.length;
  }
  strictEqual(bytes, 50_000_000);
});
