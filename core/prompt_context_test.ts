import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { local, startScene } from "../tests/clawdbot_scene.ts";
import { seeded } from "../tests/seeded.ts";
import {
  contextFromJson,
  contextText,
  contextToJson,
  partsOf,
  type PromptContext,
  withMeasured,
} from "./prompt_context.ts";

const context: PromptContext = {
  modelName: "small",
  contextTokens: 4_096,
  answerTokensMax: 1_024,
  instructionTokens: 40,
  summary: { untilId: "a", characters: 612, tokens: 120 },
  messages: [
    { id: "b", author: "person", tokens: 10 },
    { id: "c", author: "assistant", tokens: 300 },
    {
      id: "d",
      author: "person",
      tokens: 1_200,
      files: [{ name: "plan.txt", tokens: 1_180, bytesLeftOut: 4_000 }],
    },
  ],
  templateTokens: 32,
  promptTokens: 1_702,
  isMeasured: false,
  leftOut: [{ id: "x", reason: "room", tokens: 900 }, { id: "y", reason: "notice" }],
  isEarlierLeftOut: true,
};

Deno.test("a context is said in a few lines, in both languages", () => {
  strictEqual(
    contextText(context, "en"),
    `small was given 1,702 tokens. It holds 4,096, of which 1,024 are kept for the answer.
· Standing instructions: 40
· Summary of what came before: 120
· Earlier messages (2): 310
· The question: 1,200
· Marks between the messages: 32
The oldest messages stand in it only as a summary of 612 characters.
Of plan.txt, 4 KB were left out for want of room.
Left out for want of room: 1 older messages.
Messages before these weren't looked at: at most 40 exchanges are.`,
  );
  ok(contextText(context, "zh-CN").includes("· 此前的消息（2 条）：310"));
});

Deno.test("what the engine counted takes the place of the estimate, and the template gets the difference", () => {
  const measured = withMeasured(context, 1_690);
  deepStrictEqual([measured.promptTokens, measured.templateTokens, measured.isMeasured], [1_690, 20, true]);
  deepStrictEqual(withMeasured(context, 0), context);
  strictEqual(
    withMeasured(context, 1_000).templateTokens,
    0,
    "a server's own count may be below the estimate of the texts",
  );
});

Deno.test("what was stored is read back, and nothing else is taken for it", () => {
  deepStrictEqual(contextFromJson(contextToJson(context)), context);
  throws(() => contextFromJson('{"modelName": "small"}'));
});

Deno.test("a turn keeps what the model was given: the system's own sentence isn't among it", async () => {
  let count = 0;
  const { ask, clawdbot, requests } = await startScene(() =>
    ++count === 2 ? { pieces: [], failure: { kind: "refused", reason: "no" } } : { pieces: ["one two three"] }
  );
  const first = await ask("first question");
  const failed = await ask("second");
  const { turnId, sessionId } = await ask("and the third");
  const result = await clawdbot.assistant.context(local, { turnId });
  ok(result.kind === "context");
  const { messages, leftOut, instructionTokens, templateTokens, promptTokens, ...rest } = result.context;
  deepStrictEqual(messages.map(({ author, tokens }) => [author, tokens]), [
    ["person", 2],
    ["assistant", 3],
    ["person", 1],
    ["person", 3],
  ]);
  strictEqual(messages[0]!.id, first.messageId);
  strictEqual(leftOut.length, 1);
  strictEqual(leftOut[0]!.reason, "notice");
  strictEqual(result.beginnings.get(leftOut[0]!.id), "The model can't be used: no");
  strictEqual(result.beginnings.get(first.messageId), "first question");
  const words = requests.at(-1)!.messages.reduce((sum, { content }) => sum + content.split(/\s+/).length, 0);
  strictEqual(instructionTokens + 9, words, "each text that the model read is counted, once");
  ok(promptTokens === words + templateTokens);
  deepStrictEqual(rest, {
    modelName: "scripted",
    contextTokens: 4_096,
    answerTokensMax: 1_024,
    isMeasured: true,
    isEarlierLeftOut: false,
  });
  const newest = await clawdbot.assistant.context(local, { sessionId });
  ok(newest.kind === "context" && newest.turnId === turnId);
  const notice = await clawdbot.assistant.context(local, { turnId: failed.turnId });
  strictEqual(notice.kind, "context", "a model that failed had been given something, too");
});

Deno.test("a summary is told with its length, and the rest is what the model was sent", async () => {
  const long = Array.from({ length: 100 }, (_, index) => `word${index}`).join(" ");
  const { ask, clawdbot, requests } = await startScene(
    ({ messages }) => ({ pieces: messages.at(-1)!.content.startsWith("Summarise") ? ["They talked a lot."] : [long] }),
    { info: { contextTokens: 1_024 } },
  );
  let turnId = "";
  for (let index = 0; index < 12; index++) {
    turnId = (await ask(`question ${index} ${long}`)).turnId;
    const result = await clawdbot.assistant.context(local, { turnId });
    ok(result.kind === "context");
    const { context } = result;
    const asked = requests.findLast(({ messages }) => !messages.at(-1)!.content.startsWith("Summarise"))!;
    strictEqual(asked.messages.length, context.messages.length + 1);
    ok(context.promptTokens + context.answerTokensMax <= context.contextTokens);
  }
  const result = await clawdbot.assistant.context(local, { turnId });
  ok(result.kind === "context");
  ok(result.context.summary !== undefined);
  const { characters, tokens } = result.context.summary;
  strictEqual(characters, "They talked a lot.".length);
  strictEqual(tokens, "Earlier in this conversation: They talked a lot.".split(" ").length);
});

Deno.test("a question that doesn't fit says so with its length, and everything else was left out", async () => {
  const { ask, clawdbot } = await startScene(() => ({ pieces: ["short"] }), { info: { contextTokens: 1_024 } });
  await ask("hello");
  const { turnId } = await ask("word ".repeat(2_000));
  const result = await clawdbot.assistant.context(local, { turnId });
  ok(result.kind === "context");
  deepStrictEqual(result.context.messages.length, 1);
  ok(result.context.promptTokens > result.context.contextTokens);
  deepStrictEqual(result.context.leftOut.map(({ reason }) => reason), ["room", "room"]);
  ok(result.beginnings.get(result.context.messages[0]!.id)!.endsWith("…"));
});

Deno.test("what a model was given is told to nobody else", async () => {
  const { ask, clawdbot } = await startScene(() => ({ pieces: ["yes"] }));
  const { turnId, sessionId } = await ask("mine");
  const stranger = { kind: "identity", id: "somebody", owner: false, accounts: [] } as const;
  for (const  of of[{ turnId }, { sessionId }, { turnId: "nothing" }, { sessionId: "nothing" }]) {
    strictEqual((await clawdbot.assistant.context(stranger, of)).kind, "refused");
  }
  strictEqual((await clawdbot.assistant.context(local, { turnId: "nothing" })).kind, "refused");
});

seeded("the parts of a prompt make up its whole", (random) => {
  const tokens = () => Math.floor(random() * 500);
  const messages = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, index) => ({
    id: `${index}`,
    author: index % 2 === 0 ? "person" as const : "assistant" as const,
    tokens: tokens(),
  }));
  const summary = random() < 0.5 ? { untilId: "s", characters: 1, tokens: tokens() } : undefined;
  const [instructionTokens, templateTokens] = [tokens(), tokens()];
  const sum = messages.reduce((sum, { tokens }) => sum + tokens, instructionTokens + templateTokens);
  const promptTokens = sum + (summary?.tokens ?? 0);
  const { summary: _, ...plain } = context;
  const whole = {
    ...plain,
    ...(summary === undefined ? {} : { summary }),
    messages,
    instructionTokens,
    templateTokens,
    promptTokens,
  };
  strictEqual(partsOf(whole).reduce((sum, part) => sum + part.tokens, 0), promptTokens);
  const engine = Math.max(1, promptTokens - Math.floor(random() * templateTokens));
  strictEqual(partsOf(withMeasured(whole, engine)).reduce((sum, part) => sum + part.tokens, 0), engine);
});
