import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type {
  ChatMessage,
  ChosenToken,
  Engine,
  EngineEvent,
  GenerateRequest,
  JsonSchema,
  Tool,
  ToolCall,
} from "../../core/ports/engine.ts";
import type { Grammar } from "../../core/ports/grammar.ts";

/** An engine and what the suite may expect of it. */
export interface EngineUnderTest extends AsyncDisposable {
  readonly engine: Engine;
  /** A request whose answer has some words, no less than eight, and ends by itself or at `tokensMax`. */
  readonly story: (tokensMax: number) => GenerateRequest;
  /** A request whose answer has this word in it and ends by itself. */
  readonly question: { readonly request: GenerateRequest; readonly word: string };
  /** Tokens that one conversation holds. */
  readonly contextTokens: number;
  /** Whether answers are held to a format; if not, why. */
  readonly formats: Supported;
  /** Whether answers are held to a grammar; if not, why. */
  readonly grammars: Supported;
  /** Whether tools are called as asked; if not, why. */
  readonly tools: Supported;
  /** Whether tokens come with their probabilities; if not, why. */
  readonly probabilities: Supported;
}

/** Whether an engine does what not every engine can; if not, why. */
export type Supported = { readonly kind: "yes" } | { readonly kind: "no"; readonly reason: string };

/** Nothing here takes a minute; only a test that hangs does. */
const patienceMs = 60_000;

/** What every engine holds, whatever computes the answers. `create` gives a fresh engine, not loaded. */
export function testEngine(name: string, create: () => Promise<EngineUnderTest>): void {
  const test = (what: string, body: (under: EngineUnderTest) => Promise<void>) =>
    Deno.test(`engine ${name}: ${what}`, async () => {
      await using under = await create();
      await body(under);
    });

  test("is idle, is ready after load, and idle again after close", async ({ engine, contextTokens }) => {
    deepStrictEqual(engine.state(), { kind: "idle" });
    const loaded = await patiently(engine.load(never));
    ok(loaded.kind === "ready", JSON.stringify(loaded));
    strictEqual(loaded.info.contextTokens, contextTokens);
    deepStrictEqual(engine.state(), { kind: "ready", info: loaded.info });
    await engine.close();
    deepStrictEqual(engine.state(), { kind: "idle" });
  });

  test("is unloaded when nobody needs it, and loads again for whoever does", async ({ engine, question, story }) => {
    deepStrictEqual(await engine.unload(), { kind: "unloaded" });
    const answering = engine.generate(story(24), never)[Symbol.asyncIterator]();
    await patiently(answering.next());
    deepStrictEqual(await engine.unload(), { kind: "busy" });
    strictEqual(engine.state().kind, "ready");
    await answering.return?.();
    deepStrictEqual(await engine.unload(), { kind: "unloaded" });
    deepStrictEqual(engine.state(), { kind: "idle" });
    const { last } = await collect(engine.generate(question.request, never));
    strictEqual(last.kind, "end");
  });

  test("answers, and ends with what it cost", async ({ engine, question }) => {
    const { text, last } = await collect(engine.generate(question.request, never));
    ok(text.includes(question.word), text);
    ok(last.kind === "end" && last.reason === "stop", JSON.stringify(last));
    ok(last.usage.promptTokens > 0 && last.usage.answerTokens > 0);
  });

  test("ends at the tokens that were allowed", async ({ engine, story }) => {
    const { last } = await collect(engine.generate(story(3), never));
    ok(last.kind === "end" && last.reason === "length", JSON.stringify(last));
    strictEqual(last.usage.answerTokens, 3);
  });

  test("ends before a stop text, and says nothing of it", async ({ engine, question: { request, word } }) => {
    const { text, last } = await collect(engine.generate({ ...request, stop: ["never said", word] }, never));
    ok(last.kind === "end" && last.reason === "stop", JSON.stringify(last));
    ok(!text.includes(word), text);
  });

  test("gives the same text for the same greedy request", async ({ engine, story }) => {
    const request = { ...story(24), sampling: { temperature: 0 } };
    const first = await collect(engine.generate(request, never));
    const second = await collect(engine.generate(request, never));
    ok(first.text.length > 0);
    strictEqual(second.text, first.text);
  });

  test("answers eight at once", async ({ engine, story }) => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => collect(engine.generate(story(16), never))));
    for (const { text, last } of answers) {
      ok(text.length > 0);
      strictEqual(last.kind, "end");
    }
  });

  test("stops within 100 ms of the signal, says so, and answers the next", async ({ engine, story, question }) => {
    await patiently(engine.load(never));
    const stopping = new AbortController();
    let abortedMs = 0;
    const { text, last, endedMs } = await collect(engine.generate(story(400), stopping.signal), () => {
      if (abortedMs > 0) return;
      abortedMs = performance.now();
      stopping.abort();
    });
    ok(text.length > 0);
    ok(last.kind === "end" && last.reason === "cancelled", JSON.stringify(last));
    ok(endedMs - abortedMs < 100, `took ${endedMs - abortedMs} ms`);
    const next = await collect(engine.generate(question.request, never));
    ok(next.text.includes(question.word), next.text);
  });

  test("computes nothing for a signal that is aborted already", async ({ engine, story }) => {
    const { text, last } = await collect(engine.generate(story(16), AbortSignal.abort()));
    strictEqual(text, "");
    ok(last.kind === "end" && last.reason === "cancelled");
    deepStrictEqual(engine.state(), { kind: "idle" });
  });

  test("says that a prompt is too long, with numbers, and answers the next", async (under) => {
    const { engine, contextTokens, question } = under;
    const content = "word ".repeat(contextTokens);
    const { last } = await collect(engine.generate({ messages: [{ role: "user", content }], tokensMax: 16 }, never));
    ok(last.kind === "failed" && last.failure.kind === "overflow", JSON.stringify(last));
    match(last.failure.reason, new RegExp(`\\b${contextTokens}\\b`));
    ok(!last.failure.reason.includes("\n"));
    const { text } = await collect(engine.generate(question.request, never));
    ok(text.includes(question.word), text);
  });

  test("counts tokens", async ({ engine }) => {
    const result = await patiently(engine.countTokens(["", "one", "one two three"], never));
    ok(result.kind === "counted", JSON.stringify(result));
    const [none, one, three] = result.counts;
    strictEqual(none, 0);
    ok(one !== undefined && three !== undefined && one >= 1 && three > one);
  });

  /** A test of what some engines can't: for those, that there is a reason. */
  const testIf = (
    what: string,
    supported: (under: EngineUnderTest) => Supported,
    body: (under: EngineUnderTest) => Promise<void>,
  ) =>
    test(what, async (under) => {
      const answer = supported(under);
      if (answer.kind === "yes") return await body(under);
      ok(answer.reason.length > 10);
    });

  testIf("holds an answer to any JSON object", ({ formats }) => formats, async ({ engine, story }) => {
    const { text, last } = await collect(engine.generate({ ...story(200), format: { kind: "json" } }, never));
    ok(last.kind === "end", JSON.stringify(last));
    if (last.reason === "stop") ok(isObject(JSON.parse(text)), text);
    else ok(text.startsWith("{"), text);
  });

  testIf("holds eight answers to their schemas", ({ formats }) => formats, async ({ engine, story }) => {
    const values = ["red", "green", "blue"];
    const schemas: JsonSchema[] = [
      { type: "boolean" },
      { enum: values },
      { type: "integer", minimum: 10, maximum: 20 },
      { type: "object", properties: { colour: { enum: values } }, required: ["colour"], additionalProperties: false },
    ];
    const answers = await Promise.all(
      [...schemas, ...schemas].map((schema) =>
        collect(
          engine.generate({ ...story(64), sampling: { temperature: 1 }, format: { kind: "schema", schema } }, never),
        )
      ),
    );
    answers.forEach(({ text, last }, index) => {
      ok(last.kind === "end" && last.reason === "stop", JSON.stringify(last));
      const value = JSON.parse(text);
      [
        () => strictEqual(typeof value, "boolean"),
        () => ok(values.includes(value), text),
        () => ok(Number.isInteger(value) && value >= 10 && value <= 20, text),
        () => ok(Object.keys(value).join() === "colour" && values.includes(value.colour), text),
      ][index % schemas.length]!();
    });
  });

  testIf("says where a schema can't be held, and answers the next", ({ formats }) => formats, async (under) => {
    const { engine, question } = under;
    const schema = { type: "object", properties: { a: { not: {} } } };
    const { text, last } = await collect(
      engine.generate({ ...question.request, format: { kind: "schema", schema } }, never),
    );
    strictEqual(text, "");
    ok(last.kind === "failed" && last.failure.kind === "invalid", JSON.stringify(last));
    match(last.failure.reason, /#\/properties\/a\/not/);
    ok(!last.failure.reason.includes("\n"));
    const next = await collect(engine.generate(question.request, never));
    ok(next.text.includes(question.word), next.text);
  });

  testIf("holds an answer to a grammar", ({ grammars }) => grammars, async ({ engine, story }) => {
    const word = (text: string): Grammar => ({ kind: "text", text });
    const names = ["pump 7", "pump 70", '水泵"七"', "back\\slash"];
    const line: Grammar = {
      kind: "sequence",
      parts: [
        { kind: "choice", options: names.map(word) },
        word(" | "),
        { kind: "repeat", of: { kind: "choice", options: [word("on,"), word("off,")] }, min: 1, max: 2 },
        word(" "),
        { kind: "line", min: 1, max: 5, without: "|" },
        word(";"),
      ],
    };
    const pattern = /^(?:pump 7|pump 70|水泵"七"|back\\slash) \| (?:on,|off,){1,2} [^|\n]{1,5};$/u;
    for (const seed of [1, 2, 3]) {
      const sampling = { temperature: 2, seed };
      const format = { kind: "grammar", grammar: line } as const;
      const { text, last } = await collect(engine.generate({ ...story(64), sampling, format }, never));
      ok(last.kind === "end" && last.reason === "stop", JSON.stringify(last));
      match(text, pattern);
    }
  });

  testIf("says that a grammar can't be held, and answers the next", ({ grammars }) => grammars, async (under) => {
    const { engine, question } = under;
    const grammar: Grammar = { kind: "choice", options: [] };
    const { text, last } = await collect(
      engine.generate({ ...question.request, format: { kind: "grammar", grammar } }, never),
    );
    strictEqual(text, "");
    ok(last.kind === "failed" && last.failure.kind === "invalid", JSON.stringify(last));
    const next = await collect(engine.generate(question.request, never));
    ok(next.text.includes(question.word), next.text);
  });

  testIf(
    "calls a tool where one must be called, with arguments that its schema accepts",
    ({ tools }) => tools,
    async (under) => {
      const { engine, story } = under;
      const [required, named] = await Promise.all(
        (["required", { name: "set_lamp" }] as const).map((toolChoice) =>
          collect(engine.generate({ ...story(400), tools: lampTools, toolChoice, sampling: { temperature: 1 } }, never))
        ),
      );
      for (const { text, calls, last } of [required!, named!]) {
        ok(last.kind === "end", JSON.stringify(last));
        if (last.reason !== "stop") continue;
        strictEqual(text, "");
        ok(calls.length > 0);
        strictEqual(new Set(calls.map(({ id }) => id)).size, calls.length);
        for (const { id, name, arguments: written } of calls) {
          match(id, /^call_\w{8,}$/);
          const value = JSON.parse(written);
          if (name === "list_lamps") strictEqual(written, "{}");
          else ok(["red", "blue"].includes(value.colour) && Object.keys(value).length === 1, written);
        }
      }
      strictEqual(named?.calls[0]?.name, "set_lamp");
      strictEqual(named?.calls.length, 1);
    },
  );

  testIf("calls when it likes, from what came before, and takes results", ({ tools }) => tools, async ({ engine }) => {
    const round = (colour: string, index: number): ChatMessage[] => [
      { role: "user", content: `Make the lamp ${colour}.` },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: `call_${index}`, name: "set_lamp", arguments: JSON.stringify({ colour }) }],
      },
      { role: "tool", content: "done", toolCallId: `call_${index}` },
      { role: "assistant", content: `The lamp is ${colour}.` },
    ];
    const messages = [..."red blue red blue".split(" ").flatMap(round), {
      role: "user" as const,
      content: "Make the lamp red.",
    }];
    const request = { messages, tokensMax: 64, tools: lampTools, sampling: { temperature: 0 } };
    const { text, calls, last } = await collect(engine.generate(request, never));
    ok(last.kind === "end" && last.reason === "stop", JSON.stringify(last));
    strictEqual(text, "");
    deepStrictEqual(calls.map(({ name, arguments: written }) => [name, written]), [["set_lamp", '{"colour":"red"}']]);
  });

  testIf("calls nothing where it mustn't, and refuses what contradicts itself", ({ tools }) => tools, async (under) => {
    const { engine, question: { request, word } } = under;
    const none = await collect(engine.generate({ ...request, tools: lampTools, toolChoice: "none" }, never));
    ok(none.text.includes(word), none.text);
    strictEqual(none.calls.length, 0);
    const wrong: Partial<GenerateRequest>[] = [
      { tools: lampTools, format: { kind: "json" } },
      { tools: lampTools, toolChoice: { name: "fly" } },
      { toolChoice: "required" },
      { tools: [{ name: "no spaces", parameters: {} }] },
      { tools: [{ name: "fly", parameters: { not: {} } }] },
    ];
    for (const one of wrong) {
      const { text, last } = await collect(engine.generate({ ...request, ...one }, never));
      strictEqual(text, "");
      ok(last.kind === "failed" && last.failure.kind === "invalid", JSON.stringify([one, last]));
      ok(!last.failure.reason.includes("\n"));
    }
  });

  testIf(
    "gives the probabilities of tokens when asked, and only then",
    (under) => under.probabilities,
    async (under) => {
      const { engine, question: { request } } = under;
      const [asked, bare, unasked] = await Promise.all(
        [3, 0, undefined].map((alternativesMax) =>
          collect(engine.generate({ ...request, sampling: { temperature: 0 }, alternativesMax }, never))
        ),
      );
      const { text, tokens, last } = asked!;
      strictEqual(tokens.map((token) => token.text).join(""), text);
      ok(last.kind === "end" && tokens.length === last.usage.answerTokens - 1, "all but the one that ends it");
      for (const { text, bytes, logprob, top } of tokens) {
        strictEqual(new TextDecoder().decode(Uint8Array.from(bytes)), text);
        strictEqual(top.length, 3);
        // Greedy: the chosen one is the best.
        strictEqual(top[0]?.text, text);
        ok(logprob <= 0 && top[0].logprob === logprob && top[0].logprob >= top[1]!.logprob);
        ok(top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0) <= 1.001);
      }
      ok(bare!.tokens.length > 0 && bare!.tokens.every(({ top }) => top.length === 0));
      strictEqual(unasked!.tokens.length, 0);
    },
  );

  test("can be left in the middle of an answer", async ({ engine, story, question }) => {
    for await (const event of engine.generate(story(64), never)) {
      if (event.kind === "text") break;
    }
    const { text } = await collect(engine.generate(question.request, never));
    ok(text.includes(question.word), text);
  });
}

const lampTools: readonly Tool[] = [
  {
    name: "set_lamp",
    description: "Makes the lamp red or blue.",
    parameters: { type: "object", properties: { colour: { enum: ["red", "blue"] } }, required: ["colour"] },
  },
  { name: "list_lamps", parameters: { type: "object", properties: {}, additionalProperties: false } },
];

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A signal that never aborts. */
export const never: AbortSignal = new AbortController().signal;

/** The whole of a generation. Checks what holds for every one: whole characters, and one last event. */
export async function collect(
  events: AsyncIterable<EngineEvent>,
  onText: (text: string, answerTokens: number) => void = () => {},
): Promise<{
  text: string;
  calls: readonly ToolCall[];
  tokens: readonly ChosenToken[];
  last: Extract<EngineEvent, { kind: "end" | "failed" }>;
  endedMs: number;
}> {
  let text = "";
  const calls: ToolCall[] = [];
  const tokens: ChosenToken[] = [];
  let last: Extract<EngineEvent, { kind: "end" | "failed" }> | undefined;
  await patiently((async () => {
    for await (const event of events) {
      ok(last === undefined, "something came after the last event");
      if (event.kind === "tool_call") calls.push(event.call);
      else if (event.kind === "text") {
        ok(event.text.length > 0 && event.text.isWellFormed() && !event.text.includes("\uFFFD"), event.text);
        text += event.text;
        tokens.push(...event.tokens ?? []);
        onText(event.text, event.answerTokens ?? 0);
      } else last = event;
    }
  })());
  ok(last !== undefined, "a generation ended without saying why");
  return { text, calls, tokens, last, endedMs: performance.now() };
}

/** The promise's value; rejects when it takes so long that something hangs. */
export async function patiently<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Nothing came of it in ${patienceMs} ms`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
