import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { EmbedRequest, Engine } from "../../core/ports/engine.ts";
import { never, patiently } from "./engine.ts";

/** A model that turns texts into vectors, with what its suite needs to know of it. */
export interface EmbedderUnderTest extends AsyncDisposable {
  readonly engine: Pick<Engine, "embed" | "load" | "state">;
  /** Tokens of the longest text; absent where only its server knows. */
  readonly textTokens?: number;
}

/**
 * One less the cosine that vectors of the same text may have. Sums are taken in another order in another batch, and
 * quantised models round what comes of them: single numbers were seen to differ by 0.002, cosines by 0.0001.
 */
const differenceMax = 1e-3;

/** What every engine with a model that embeds does. */
export function testEmbedder(name: string, create: () => Promise<EmbedderUnderTest>): void {
  const test = (what: string, body: (under: EmbedderUnderTest) => Promise<void>) =>
    Deno.test(`embedder ${name}: ${what}`, async () => {
      await using under = await create();
      await body(under);
    });
  const texts = [
    "The valve is open.",
    "阀门是开着的。",
    "A much longer text, which says little, at some length, so that texts of several lengths lie in one batch. ".repeat(
      4,
    ),
    "Bread",
    "The valve is open.",
  ];

  test("gives vectors of length 1, as long as the model says", async ({ engine }) => {
    const { vectors, promptTokens } = await embed(engine, { texts });
    strictEqual(vectors.length, texts.length);
    const state = engine.state();
    ok(state.kind === "ready", JSON.stringify(state));
    for (const vector of vectors) {
      if (state.info.dimensions !== undefined) strictEqual(vector.length, state.info.dimensions);
      ok(Math.abs(Math.hypot(...vector) - 1) < 1e-4, `${Math.hypot(...vector)}`);
    }
    ok(promptTokens >= texts.length);
  });

  test("keeps the order, and gives a text the same vector whatever it is embedded with", async ({ engine }) => {
    const together = await embed(engine, { texts });
    const backwards = await embed(engine, { texts: texts.toReversed() });
    const alone = await Promise.all(texts.map((text) => embed(engine, { texts: [text] })));
    for (const [index, vector] of together.vectors.entries()) {
      for (const other of [backwards.vectors.at(-1 - index), alone[index]?.vectors[0]]) {
        ok(distance(vector, other) <= differenceMax, `text ${index}: ${distance(vector, other)}`);
      }
    }
    ok(distance(together.vectors[0]!, together.vectors[4]) <= differenceMax);
    ok(distance(together.vectors[0]!, together.vectors[3]) > 50 * differenceMax, "different texts differ");
  });

  test("embeds 256 texts at once", async ({ engine }) => {
    const many = Array.from(
      { length: 256 },
      (_, index) => `Pump ${index} is ${index % 2 ? "running" : "standing still"}.`,
    );
    const { vectors } = await embed(engine, { texts: many, purpose: "passage" });
    strictEqual(vectors.length, 256);
    const [alone] = (await embed(engine, { texts: [many[200]!], purpose: "passage" })).vectors;
    ok(distance(alone!, vectors[200]) <= differenceMax);
  });

  test("embeds for several at once", async ({ engine }) => {
    const all = await Promise.all(texts.map((text) => embed(engine, { texts: [text, "Bread"] })));
    for (const { vectors } of all) ok(distance(vectors[1]!, all[0]!.vectors[1]) <= differenceMax);
  });

  test("refuses no texts, and more than 256", async ({ engine }) => {
    for (const bad of [[], new Array(257).fill("a")]) {
      const result = await patiently(engine.embed({ texts: bad }, never));
      ok(result.kind === "failed" && result.failure.kind === "invalid", JSON.stringify(result));
      ok(!result.failure.reason.includes("\n"));
    }
  });

  test("says which text is too long, with numbers, and embeds the next", async ({ engine, textTokens }) => {
    if (textTokens === undefined) return;
    const long = "word ".repeat(textTokens + 10);
    const result = await patiently(engine.embed({ texts: ["a", long, "b"] }, never));
    ok(result.kind === "failed" && result.failure.kind === "overflow", JSON.stringify(result));
    match(result.failure.reason, new RegExp(`text 2\\b.*\\b${textTokens}\\b`));
    ok(!result.failure.reason.includes("\n"));
    await embed(engine, { texts: ["a"] });
  });

  test("computes nothing for a signal that is aborted already", async ({ engine }) => {
    const result = await patiently(engine.embed({ texts }, AbortSignal.abort()));
    ok(result.kind === "failed" && result.failure.kind === "unavailable", JSON.stringify(result));
    deepStrictEqual(engine.state(), { kind: "idle" });
  });
}

/** The vectors; fails with what the engine said. */
export async function embed(
  engine: Pick<Engine, "embed">,
  request: EmbedRequest,
): Promise<{ readonly vectors: readonly Float32Array[]; readonly promptTokens: number }> {
  const result = await patiently(engine.embed(request, never));
  ok(result.kind === "embedded", JSON.stringify(result));
  return result;
}

/** How alike two vectors of length 1 are: their cosine. */
export function likeness(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);
}

function distance(a: Float32Array, b: Float32Array | undefined): number {
  return b === undefined ? NaN : 1 - likeness(a, b);
}
