/** Alarms on the real engine: how soon they are answered, and that whoever made way goes on as if he hadn't. */
import { ok, strictEqual } from "node:assert/strict";
import type { GenerateRequest } from "../../core/ports/engine.ts";
import { collect, never } from "./engine.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

const greedy = { temperature: 0 } as const;
const alarm: GenerateRequest = {
  messages: [{ role: "user", content: "The pump is too hot. What now?" }],
  priority: "alarm",
  tokensMax: 6,
  sampling: greedy,
};

function ask(content: string, more: Partial<GenerateRequest> = {}): GenerateRequest {
  return { messages: [{ role: "user", content }], tokensMax: 120, sampling: greedy, ...more };
}

/** A model of this size writes few of them by itself. */
const charactersOfSeveralTokens = ["你好，", "🙂", "👩🏽‍🔧 ", "Grüße ", "שלום "];

const interrupted: Readonly<Record<string, GenerateRequest>> = {
  "a story": ask("Tell me a story about a lighthouse."),
  "what is held to a schema": ask("Describe a lighthouse.", {
    format: {
      kind: "schema",
      schema: {
        type: "object",
        properties: { name: { type: "string" }, heightMetres: { type: "integer" }, colours: { type: "array" } },
        required: ["name", "heightMetres", "colours"],
      },
    },
  }),
  "characters of several tokens": ask("Greet the whole world.", {
    format: {
      kind: "grammar",
      grammar: {
        kind: "repeat",
        of: { kind: "choice", options: charactersOfSeveralTokens.map((text) => ({ kind: "text", text })) },
        min: 60,
        max: 80,
      },
    },
  }),
};

// Goal: the words are those of an answer that nobody stopped, token for token. One slot, so that only it is computed.
for (const [what, request] of Object.entries(interrupted)) {
  Deno.test(`engine llama: ${what}, parked by one alarm after the other, goes on token for token`, async () => {
    await using runners = createModelRunners();
    const engine = createTestEngine(runners, { sequencesMax: 1, contextTokens: 1_024 });
    // Both are computed once before: of a prompt that is divided otherwise, near ties come out otherwise.
    await collect(engine.generate(request, never));
    await collect(engine.generate(alarm, never));
    const alone = await collect(engine.generate(request, never));
    const alarmAlone = await collect(engine.generate(alarm, never));
    const alarms: ReturnType<typeof collect>[] = [];
    const parked = await collect(engine.generate(request, never), (_, answerTokens) => {
      const isTime = answerTokens > 6 * alarms.length && alarms.length < 3;
      if (isTime) alarms.push(collect(engine.generate(alarm, never)));
    });
    strictEqual(parked.text, alone.text);
    ok(
      parked.last.kind === "end" && parked.last.usage.answerTokens === request.tokensMax,
      "long enough for all alarms",
    );
    strictEqual(alarms.length, 3, `only ${JSON.stringify(parked.last)}`);
    for (const { text, endedMs } of await Promise.all(alarms)) {
      strictEqual(text, alarmAlone.text);
      ok(endedMs < parked.endedMs, "an alarm waited for the end of the only slot's answer");
    }
    await engine.close();
  });
}

// Goal: the same where an alarm takes the cells, too, so that what was computed has to leave the cache and come back.
Deno.test("engine llama: a story whose cells an alarm takes goes on token for token", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners, { sequencesMax: 1, contextTokens: 256 });
  const request = ask("Tell me a story about a lighthouse.", { tokensMax: 60 });
  const long: GenerateRequest = {
    ...alarm,
    messages: [{ role: "user", content: `${"The pump is hot. ".repeat(36)} What now?` }],
  };
  // Each time that it is asked, the alarm before has taken the cells: so its prompt is divided alike.
  await collect(engine.generate(long, never));
  const alone = await collect(engine.generate(request, never));
  const alarmAlone = await collect(engine.generate(long, never));
  ok(alarmAlone.last.kind === "end" && alarmAlone.last.usage.promptTokens > 190, JSON.stringify(alarmAlone.last));
  let alarmed: ReturnType<typeof collect> | undefined;
  const parked = await collect(engine.generate(request, never), (_, answerTokens) => {
    // Prompt and answer are longer by now than what the alarm leaves.
    if (answerTokens >= 40) alarmed ??= collect(engine.generate(long, never));
  });
  const { endedMs } = await alarmed!;
  ok(endedMs < parked.endedMs, "the alarm waited");
  strictEqual(parked.text, alone.text);
  await engine.close();
});

// Goal: however many long answers there are, an alarm needn't wait for the end of one. Its time is a bench row.
Deno.test("engine llama: an alarm is answered while every slot has a long answer and more of them wait", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners, { sequencesMax: 4 });
  const stopping = new AbortController();
  let ended = 0;
  const { promise: allBegan, resolve } = Promise.withResolvers<void>();
  const begun = new Set<number>();
  const long = Array.from({ length: 6 }, async (_, index) => {
    const request = ask(`Tell me a very long story, number ${index}.`, { tokensMax: 400 });
    const answer = await collect(engine.generate(request, stopping.signal), () => {
      begun.add(index);
      if (begun.size === 4) resolve();
    });
    ended++;
    return answer;
  });
  await allBegan;
  let firstMs = Infinity;
  const askedMs = performance.now();
  const { text, last } = await collect(engine.generate(alarm, never), () => {
    firstMs = Math.min(firstMs, performance.now() - askedMs);
  });
  strictEqual(ended, 0);
  ok(text !== "" && last.kind === "end" && last.usage.answerTokens > 1, JSON.stringify(last));
  ok(firstMs < 10_000, `its first token took ${firstMs} ms`);
  stopping.abort();
  for (const { last } of await Promise.all(long)) strictEqual(last.kind, "end");
  await engine.close();
});
