import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import type { Batch } from "./batch.ts";
import type { StepResult } from "./context.ts";
import { createEmbeddingBatching, type EmbeddingEvent } from "./embedding_batching.ts";

const rowsTogether = 16;
const textsMax = 4;

/** A context that keeps books: the vector of a sequence is made of its tokens, so that a mix-up shows. */
function createStand(next: () => StepResult["kind"] = () => "done") {
  let rows: { token: number; position: number; sequence: number }[] = [];
  const steps: number[][] = [];
  const batch: Batch = {
    struct: new Uint8Array(0),
    get rows() {
      return rows.length;
    },
    clear: () => void (rows = []),
    put: (token, position, sequence) => rows.push({ token, position, sequence }) - 1,
  };
  const tokensOf = (sequence: number) =>
    rows.filter((row) => row.sequence === sequence).map(({ token, position }, index) => {
      strictEqual(position, index);
      return token;
    });
  const batching = createEmbeddingBatching({
    context: {
      decode() {
        const kind = next();
        ok(rows.length <= rowsTogether || new Set(rows.map(({ sequence }) => sequence)).size === 1);
        steps.push([...new Set(rows.map(({ sequence }) => sequence))].map((sequence) => tokensOf(sequence).length));
        ok(steps.at(-1)!.length <= textsMax);
        if (kind === "failed") return { kind, code: -3 };
        if (kind === "done") return { kind, tookMs: 1 };
        return kind === "no_room" ? { kind } : { kind, isLate: false };
      },
      forgetAll() {},
      vectorOf(sequence) {
        const tokens = tokensOf(sequence);
        return Float32Array.of(tokens[0] ?? 0, tokens.length);
      },
    },
    batch,
    rowsTogether,
    textsMax,
    dimensions: 2,
  });
  return { batching, steps };
}

/** What the stand's vector of these tokens is, with the length 1. */
function vectorOf(tokens: readonly number[]): number[] {
  const [first = 0] = tokens;
  const length = Math.hypot(first, tokens.length);
  return [Math.fround(first / length), Math.fround(tokens.length / length)];
}

const text = (token: number, length: number) => new Array(length).fill(token);

function vectorsIn(events: readonly EmbeddingEvent[], id: number): number[][] {
  const all: number[][] = [];
  for (const event of events) {
    if (event.id !== id || event.kind !== "vectors") continue;
    strictEqual(event.at, all.length);
    const floats = new Float32Array(Uint8Array.fromBase64(event.base64).buffer);
    for (let at = 0; at < floats.length; at += 2) all.push([...floats.subarray(at, at + 2)]);
  }
  return all;
}

Deno.test("batching of texts puts several into a step, and gives each its own vector of length 1", () => {
  const { batching, steps } = createStand();
  const texts = [text(3, 5), text(4, 5), text(5, 5), text(6, 40), text(7, 1)];
  batching.add({ id: 1, texts });
  const events: EmbeddingEvent[] = [];
  while (batching.busy) events.push(...batching.step());
  deepStrictEqual(vectorsIn(events, 1), texts.map(vectorOf));
  deepStrictEqual(steps, [[5, 5, 5], [40], [1]]);
  deepStrictEqual(events.at(-1), { kind: "embedded", id: 1, promptTokens: 56 });
});

Deno.test("batching of texts lets one text through beside a hundred", () => {
  const { batching } = createStand();
  batching.add({ id: 1, texts: Array.from({ length: 100 }, () => text(3, 8)) });
  batching.step();
  batching.add({ id: 2, texts: [text(4, 8)] });
  ok(batching.step().some((event) => event.id === 2 && event.kind === "embedded"));
});

for (const texts of [1, 100]) {
  Deno.test(`batching of texts doesn't let a long one starve beside jobs of ${texts}`, () => {
    const { batching } = createStand();
    const others = Array.from({ length: texts }, () => text(3, rowsTogether));
    batching.add({ id: 100, texts: others });
    batching.add({ id: 1, texts: [text(9, 40)] });
    let steps = 0;
    for (; steps < 10; steps++) {
      batching.add({ id: 101 + steps, texts: others });
      if (batching.step().some(({ id }) => id === 1)) break;
    }
    ok(steps < 3, `waited ${steps} steps`);
  });
}

Deno.test("batching of texts drops a job that is cancelled, and goes on with the others", () => {
  const { batching } = createStand();
  batching.add({ id: 1, texts: Array.from({ length: 50 }, () => text(3, 8)) });
  batching.add({ id: 2, texts: [text(4, 3)] });
  strictEqual(batching.cancel(1)?.kind, "failed");
  strictEqual(batching.cancel(1), undefined);
  const events = batching.step();
  ok(events.every(({ id }) => id === 2));
  strictEqual(batching.busy, false);
});

Deno.test("batching of texts says that a step failed to those who were in it alone", () => {
  let kind: StepResult["kind"] = "failed";
  const { batching } = createStand(() => kind);
  batching.add({ id: 1, texts: [text(3, 16)] });
  batching.add({ id: 2, texts: [text(4, 16)] });
  deepStrictEqual(batching.step().map(({ id, kind }) => [id, kind]), [[1, "failed"]]);
  kind = "done";
  deepStrictEqual(vectorsIn(batching.step(), 2), [vectorOf(text(4, 16))]);
});

Deno.test("batching of texts gives no vector without a direction", () => {
  const { batching } = createStand();
  batching.add({ id: 1, texts: [[NaN]] });
  deepStrictEqual(batching.step().map(({ kind }) => kind), ["failed"]);
  strictEqual(batching.busy, false);
});

// Goal: whatever comes when, and whichever steps are broken off, each job gets the vectors of its texts in order, once.
seeded("batching of texts gives each job its vectors, whatever else is computed", (random) => {
  const { batching } = createStand(() => random() < 0.2 ? "broken_off" : "done");
  const jobs = new Map<number, readonly number[][]>();
  const cancelled = new Set<number>();
  const events: EmbeddingEvent[] = [];
  for (let id = 1; id < 8 || batching.busy;) {
    if (id < 8 && (random() < 0.4 || !batching.busy)) {
      const texts = Array.from(
        { length: 1 + Math.floor(random() * 9) },
        () => text(1 + Math.floor(random() * 50), 1 + Math.floor(random() * (random() < 0.2 ? 60 : 12))),
      );
      jobs.set(id, texts);
      batching.add({ id: id++, texts });
    }
    if (random() < 0.05) {
      const victim = 1 + Math.floor(random() * 7);
      if (batching.cancel(victim) !== undefined) cancelled.add(victim);
    }
    events.push(...batching.step());
  }
  for (const [id, texts] of jobs) {
    const vectors = vectorsIn(events, id);
    const ends = events.filter((event) => event.id === id && event.kind === "embedded");
    strictEqual(ends.length, cancelled.has(id) ? 0 : 1);
    deepStrictEqual(vectors, texts.slice(0, vectors.length).map(vectorOf));
    if (!cancelled.has(id)) strictEqual(vectors.length, texts.length);
  }
});
