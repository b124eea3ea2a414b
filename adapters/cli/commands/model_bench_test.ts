import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Measured, Measurement } from "../../../core/ports/measure.ts";
import type { ModelFacts } from "../../../core/ports/models.ts";
import { text } from "../../../core/text/mod.ts";
import type { CliContext } from "../context.ts";
import { createOutput } from "../output.ts";
import { command } from "./model_bench.ts";

const perplexities = [{ perplexity: 41.85, uncertainty: 5.48, scoredTokens: 510, windowTokens: 512 }, {
  perplexity: 12.84,
  uncertainty: 1.01,
  scoredTokens: 765,
  windowTokens: 512,
}];
const measured: Readonly<Record<Measurement["kind"], Measured>> = {
  bandwidth: { kind: "bandwidth", bytesPerSecond: 30e9, threads: 2 },
  speed: {
    kind: "speed",
    promptTokens: 512,
    prefillRate: 412.4,
    answerTokens: 64,
    decodeRate: 150,
    firstTokenMs: 80.25,
    firstPromptTokens: 25,
    memoryBytes: 286e6,
    tokenBytes: 100e6,
  },
  perplexity: { kind: "perplexity", texts: perplexities },
};

/** Runs it with a model that measures so; `order` is what was measured. */
async function run(
  { flags = [], fails, kind = "chat" }: {
    readonly flags?: readonly string[];
    readonly fails?: Measurement["kind"];
    readonly kind?: ModelFacts["kind"];
  } = {},
) {
  const file = await Deno.makeTempFile({ suffix: ".gguf" });
  const order: string[] = [];
  let [out, err] = ["", ""];
  const plain = { isTerminal: false, colours: false, columns: () => 80 };
  const context = {
    text: text("en"),
    out: createOutput((piece) => out += piece, plain),
    err: createOutput((piece) => err += piece, plain),
    monotonicMs: () => 0,
    onInterrupt: () => ({ [Symbol.dispose]: () => {} }),
    describeModel: () => Promise.resolve({ kind: "read", facts: { kind, fileBytes: 98e6, quantisation: "Q4_1" } }),
    measureModel: (_path: string, measurement: Measurement) => {
      order.push(measurement.kind);
      if (measurement.kind !== fails) {
        return Promise.resolve({ kind: "measured", measured: measured[measurement.kind] });
      }
      const failure = { kind: "refused", reason: "it is too large", mend: "clawdbot model list" };
      return Promise.resolve({ kind: "failed", failure });
    },
  } as unknown as CliContext;
  try {
    const input = { flags: new Set(flags), values: {}, lists: {}, operands: [file] };
    const code = await command.run(input, context);
    return { code, out: out.replaceAll(file.replace(/^.*\/|\.gguf$/g, ""), "m"), err, order };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("model bench prints speed, memory, bandwidth, and how near to its limit decode is", async () => {
  const { code, out, order } = await run({ flags: ["perplexity"] });
  deepStrictEqual([code, order], [0, ["perplexity", "speed", "bandwidth"]]);
  deepStrictEqual(out.split("\n").slice(0, -1), [
    "Model                m (98 MB, Q4_1)",
    "Prefill              412 tokens/s, 512 tokens",
    "Decode               150 tokens/s, 64 tokens",
    "First token          80.3 ms after a prompt of 25 tokens",
    "Memory               286 MB",
    "Memory bandwidth     30.0 GB/s, read by 2 threads",
    "Limit of decode      300 tokens/s, as each reads 100 MB: decode is at 50 % of it",
    "Perplexity, English  41.9 ± 5.48, 510 tokens",
    "Perplexity, Chinese  12.8 ± 1.01, 765 tokens",
  ]);
});

Deno.test("model bench --json has every figure", async () => {
  const { out, order } = await run({ flags: ["json", "perplexity"] });
  const told = JSON.parse(out);
  strictEqual(order.length, 3);
  deepStrictEqual([told.decode_limit_tokens_per_second, told.decode_share_of_limit], [300, 0.5]);
  deepStrictEqual(told.perplexity[1], {
    text: "Chinese",
    perplexity: 12.84,
    uncertainty: 1.01,
    scored_tokens: 765,
    window_tokens: 512,
  });
  deepStrictEqual(JSON.parse((await run({ flags: ["json"] })).out).perplexity, [], "none that wasn't asked for");
});

Deno.test("model bench says in one line why it measured nothing", async () => {
  const { code, out, err } = await run({ fails: "speed" });
  deepStrictEqual([code, out], [1, ""]);
  match(err, /^Cannot measure the model: it is too large.*clawdbot model list/m);
  const embeds = await run({ kind: "embedding" });
  deepStrictEqual([embeds.code, embeds.order], [1, []]);
  match(embeds.err, /turns texts into vectors; only models that answer are measured/);
});
