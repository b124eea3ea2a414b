/** What is computed of a conversation, over real runners of the small model: kept, shared, put back, or computed again. */
import { ok, strictEqual } from "node:assert/strict";
import type { ChatMessage, Engine, GenerateRequest } from "../../core/ports/engine.ts";
import type { ModelStates, SavedState } from "../../core/ports/model_states.ts";
import { collect, never } from "./engine.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";

/** States in memory, which may be changed on the way. */
function createStates(change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) {
  const kept = new Map<string, SavedState & { readonly content: Uint8Array }>();
  let given = 0;
  const states: ModelStates = {
    find: async (conversation) => kept.get(conversation),
    async *open(conversation) {
      given++;
      const content = change(kept.get(conversation)!.content);
      for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
    },
    async save(conversation, state, content) {
      const pieces: Uint8Array[] = [];
      for await (const piece of content) pieces.push(piece);
      const all = new Uint8Array(await new Blob(pieces as Uint8Array<ArrayBuffer>[]).arrayBuffer());
      strictEqual(all.length, state.bytes);
      kept.set(conversation, { ...state, content: all });
    },
  };
  return { states, kept, given: () => given };
}

const system = "You are a helpful assistant who answers in short and plain words, and who says so when unsure. " +
  "You work in a lighthouse, and know all about ships, the weather, the sea and the birds that live beside it. " +
  "When somebody asks about something else, you say what you know of it, in one or two sentences, and no more than that.";

/** Asks a conversation's next question, and gives the answer with how much of the prompt was taken from before. */
async function ask(engine: Engine, history: ChatMessage[], content: string, more: Partial<GenerateRequest> = {}) {
  history.push({ role: "user", content });
  const messages = [{ role: "system" as const, content: system }, ...history];
  const { text, last } = await collect(
    engine.generate({ messages, conversation: "c", tokensMax: 40, sampling: { temperature: 0 }, ...more }, never),
  );
  ok(last.kind === "end", JSON.stringify(last));
  history.push({ role: "assistant", content: text });
  return { text, ...last.usage };
}

const questions = ["What is the capital of France?", "And what is the capital of Italy?"] as const;

/** The second answer, and what the prompts of both took from before. */
async function talk(engine: Engine, between: () => Promise<unknown>, more: Partial<GenerateRequest> = {}) {
  const history: ChatMessage[] = [];
  const first = await ask(engine, history, questions[0], more);
  await between();
  const second = await ask(engine, history, questions[1], more);
  return { first, second };
}

Deno.test("engine llama: a conversation says the same with its history kept, put back, and computed again", async () => {
  await using runners = createModelRunners();
  const { states, kept, given } = createStates();
  const alone = createTestEngine(runners);
  // Nobody's prompt: nothing of it is kept, and each is computed from its beginning.
  const { second: fresh } = await talk(alone, () => alone.unload(), { conversation: undefined } as never);
  strictEqual(fresh.promptReused, 0);
  const stays = await talk(alone, () => Promise.resolve());
  const goes = await talk(alone, () => alone.unload(), { conversation: "d" });
  await alone.close();

  const engine = createTestEngine(runners, { states });
  const comes = await talk(engine, async () => {
    strictEqual((await engine.unload()).kind, "unloaded");
    strictEqual(engine.state().kind, "idle");
    strictEqual(kept.size, 1);
  });
  await engine.close();
  for (const { first, second } of [stays, goes, comes]) {
    strictEqual(first.text, stays.first.text);
    strictEqual(second.text, fresh.text);
  }
  // What is new: the end of the answer, which isn't computed when it is given, and the next question.
  const isNew = stays.second.promptTokens - stays.second.promptReused;
  ok(isNew < 25, `${isNew} of ${stays.second.promptTokens} tokens were computed`);
  strictEqual(goes.second.promptReused, 0);
  strictEqual(given(), 1);
  strictEqual(comes.second.promptReused, stays.second.promptReused);
});

Deno.test("engine llama: a state that isn't what was saved is left aside, and the conversation goes on", async () => {
  await using runners = createModelRunners();
  let change: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes;
  const { states, kept } = createStates((bytes) => change(bytes));
  const engine = createTestEngine(runners, { states });
  const history: ChatMessage[] = [];
  await ask(engine, history, questions[0]);
  await engine.unload();
  const { second: { text } } = { second: await ask(engine, [...history], questions[1]) };
  await engine.unload();
  const state = kept.get("c")!;
  const first = { ...state, about: { ...state.about } };
  const damages: [name: string, change: (bytes: Uint8Array) => Uint8Array, about?: Partial<SavedState["about"]>][] = [
    ["cut off", (bytes) => bytes.subarray(0, bytes.length - 100)],
    ["of more cells", (bytes) => bytes.map((byte, index) => index === 14 ? 255 : byte)],
    ["of another model", (bytes) => bytes, { binding: "another" }],
    ["of fewer tokens", (bytes) => bytes, { tokens: first.about.tokens.slice(0, -1) }],
  ];
  for (const [name, how, about] of damages) {
    change = how;
    kept.set("c", { ...first, about: { ...first.about, ...about } });
    const again = await ask(engine, [...history], questions[1]);
    strictEqual(again.promptReused, 0, name);
    strictEqual(again.text, text, name);
    change = (bytes) => bytes;
    await engine.unload();
  }
  strictEqual(runners.pids.length, 2 + damages.length);
  await engine.close();
});
