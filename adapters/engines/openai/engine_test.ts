import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { EngineEvent, EngineFailure, GenerateRequest } from "../../../core/ports/engine.ts";
import { Secret } from "../../../schema/secret.ts";
import { collect, never, patiently } from "../../../tests/contract/engine.ts";
import { createOpenAiEngine, type OpenAiEngineOptions } from "./engine.ts";
import { chunks, events, type Reply, ScriptedServer, StandingClock } from "../../../tests/scripted_server.ts";

const key = "sk-very-secret";
const question: GenerateRequest = { messages: [{ role: "user", content: "question" }], tokensMax: 16 };

/** An engine and the server it asks. */
async function withServer(
  replies: Readonly<Record<string, Reply | readonly Reply[]>>,
  body: (
    under: { engine: ReturnType<typeof createOpenAiEngine>; server: ScriptedServer; clock: StandingClock },
  ) => Promise<void>,
  options: Partial<OpenAiEngineOptions> = {},
): Promise<void> {
  await using server = new ScriptedServer({ "GET /v1/models": { json: { data: [{ id: "m" }] } }, ...replies });
  const clock = new StandingClock();
  const engine = createOpenAiEngine({
    url: server.url,
    key: new Secret(key),
    sequencesMax: 8,
    clock,
    random: { bytes: (count) => new Uint8Array(count), unit: () => 0.5 },
    ...options,
  });
  try {
    await body({ engine, server, clock });
  } finally {
    await engine.close();
  }
}

const chat = "POST /v1/chat/completions";
const failureOf = (last: EngineEvent): EngineFailure => {
  ok(last.kind === "failed", JSON.stringify(last));
  ok(!JSON.stringify(last).includes(key), "the key was told");
  ok(!last.failure.reason.includes("\n"));
  return last.failure;
};

// What the server says of its model.

const contexts: [
  name: string,
  model: object,
  props: Reply | undefined,
  configured: number | undefined,
  tokens: number,
][] = [
  ["takes what llama-server says", { meta: { n_ctx: 2_048, n_ctx_train: 8_192 } }, undefined, undefined, 2_048],
  ["takes what vLLM says", { max_model_len: 32_768 }, undefined, undefined, 32_768],
  ["takes what gateways say", { context_length: 8_000 }, undefined, undefined, 8_000],
  [
    "asks an older llama-server",
    { meta: { n_ctx_train: 8_192 } },
    {
      json: { default_generation_settings: { n_ctx: 1_024 }, total_slots: 1 },
    },
    undefined,
    1_024,
  ],
  ["is careful where nobody says", {}, undefined, undefined, 4_096],
  ["takes what is configured", {}, undefined, 16_384, 16_384],
  ["takes no more than there is", { max_model_len: 2_048 }, undefined, 16_384, 2_048],
];
for (const [name, model, props, configured, tokens] of contexts) {
  Deno.test(`openai engine: load() ${name} about the context`, () =>
    withServer(
      { "GET /v1/models": { json: { data: [{ id: "m", ...model }] } }, ...(props ? { "GET /props": props } : {}) },
      async ({ engine }) => {
        const loaded = await engine.load(never);
        ok(loaded.kind === "ready", JSON.stringify(loaded));
        deepStrictEqual(loaded.info, { name: "m", contextTokens: tokens, sequencesMax: 8 });
      },
      configured === undefined ? {} : { contextTokens: configured },
    ));
}

const models = (...ids: string[]): Reply => ({ json: { data: ids.map((id) => ({ id })) } });
const chosen: [name: string, list: Reply, wish: Partial<OpenAiEngineOptions>, name: string | RegExp][] = [
  ["takes the only one", models("a"), {}, "a"],
  ["takes the one that is named", models("a", "b"), { model: "b" }, "b"],
  ["knows Ollama's tags", models("qwen3:latest", "b"), { model: "qwen3" }, "qwen3"],
  ["leaves the one that embeds", models("a", "e5"), { embeddingModel: "e5" }, "a"],
  ["takes the one that is named where there is no list", { status: 404 }, { model: "x" }, "x"],
  [
    "wants a name where there are several",
    models("a", "b"),
    {},
    /several models \("a", "b"\); name one in model\.server\.model/,
  ],
  ["says which there are", models("a", "b"), { model: "c" }, /no model "c"; it has "a", "b"/],
  ["says that there is none", models(), {}, /no model to answer with/],
  ["wants a name where there is no list", { status: 404 }, {}, /model\.server/],
];
for (const [name, list, wish, expected] of chosen) {
  Deno.test(`openai engine: load() ${name}`, () =>
    withServer({ "GET /v1/models": list }, async ({ engine }) => {
      const loaded = await engine.load(never);
      if (typeof expected === "string") {
        ok(loaded.kind === "ready", JSON.stringify(loaded));
        strictEqual(loaded.info.name, expected);
      } else {
        ok(loaded.kind === "failed" && loaded.failure.kind === "refused", JSON.stringify(loaded));
        match(loaded.failure.reason, expected);
        strictEqual(loaded.failure.mend, "clawdbot config check");
        deepStrictEqual(engine.state(), loaded);
      }
    }, wish));
}

const badLists: [name: string, reply: Reply, kind: EngineFailure["kind"], reason: RegExp][] = [
  [
    "a key that isn't taken, without telling it",
    {
      status: 401,
      json: { error: { message: `Incorrect API key provided: ${key}` } },
    },
    "refused",
    /^127\.0\.0\.1:\d+ doesn't accept the key in model\.server\.key \(HTTP 401\)$/,
  ],
  ["a key that may not", { status: 403 }, "refused", /model\.server\.key/],
  [
    "a redirect, which isn't followed",
    { status: 302, headers: { location: "/elsewhere" } },
    "refused",
    /redirects elsewhere/,
  ],
  ["a page", { text: "<html>", headers: { "content-type": "text/html" } }, "refused", /check model\.server\.url/],
  ["another protocol", { json: { models: [] } }, "refused", /check model\.server\.url/],
  ["wrong types", { json: { data: [{ id: 7 }] } }, "refused", /check model\.server\.url/],
  ["more than anybody needs", { text: `"${"x".repeat(66 * 1024 * 1024)}"` }, "refused", /check model\.server\.url/],
  [
    "a server that fails",
    { status: 500, json: { error: { message: `no\n\u001b[31m ${key}` } } },
    "crashed",
    /failed \(HTTP 500: no \[31m \*\*\*\)$/,
  ],
];
for (const [name, reply, kind, reason] of badLists) {
  Deno.test(`openai engine: load() says what is wrong with ${name}`, () =>
    withServer({ "GET /v1/models": reply, "GET /elsewhere": models("a") }, async ({ engine, server }) => {
      const loaded = await engine.load(never);
      const failure = failureOf(loaded as EngineEvent);
      strictEqual(failure.kind, kind, JSON.stringify(failure));
      match(failure.reason, reason);
      ok(!server.asked.includes("GET /elsewhere"));
    }));
}

Deno.test("openai engine: a server that wants a key and got none is told so", () =>
  withServer({ "GET /v1/models": { status: 401 } }, async ({ engine }) => {
    match(
      failureOf(await engine.load(never) as EngineEvent).reason,
      /wants a key \(HTTP 401\); name it in model\.server\.key/,
    );
  }, { key: undefined! }));

Deno.test("openai engine: what wasn't heard of for 30 s is asked anew, and a server that is gone is noticed", () =>
  withServer({ [chat]: chunks({ content: "hi" }) }, async ({ engine, server, clock }) => {
    await collect(engine.generate(question, never));
    await collect(engine.generate(question, never));
    strictEqual(server.asked.filter((path) => path === "GET /v1/models").length, 1);
    clock.pass(31_000);
    await collect(engine.generate(question, never));
    strictEqual(server.asked.filter((path) => path === "GET /v1/models").length, 2);
    await server[Symbol.asyncDispose]();
    clock.pass(31_000);
    const { last } = await collect(engine.generate(question, never));
    strictEqual(failureOf(last).kind, "unavailable");
    match(failureOf(last).reason, /can't be reached: connection refused/);
    strictEqual(engine.state().kind, "failed");
  }));

// What the server is asked.

Deno.test("openai engine: a request carries all that was asked, and the key in its header only", () =>
  withServer({ [chat]: chunks({ content: "x" }) }, async ({ engine, server }) => {
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    await collect(engine.generate({
      messages: [
        { role: "user", content: "weather?" },
        { role: "assistant", content: "", toolCalls: [{ id: "1", name: "weather", arguments: '{"city":"Ulm"}' }] },
        { role: "tool", content: "rain", toolCallId: "1" },
      ],
      tokensMax: 9,
      sampling: { temperature: 0, topP: 0.9, topK: 40, minP: 0.05, frequencyPenalty: 0.5, presencePenalty: 1, seed: 7 },
      stop: ["a", "b", "c", "d", "e"],
      tools: [{ name: "weather", description: "Tells it.", parameters }, { name: "now", parameters: true }],
      toolChoice: { name: "weather" },
      alternativesMax: 3,
    }, never));
    const { headers, body } = server.requests.at(-1)!;
    strictEqual(headers.get("authorization"), `Bearer ${key}`);
    deepStrictEqual(body, {
      model: "m",
      messages: [
        { role: "user", content: "weather?" },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "1", type: "function", function: { name: "weather", arguments: '{"city":"Ulm"}' } }],
        },
        { role: "tool", content: "rain", tool_call_id: "1" },
      ],
      max_tokens: 9,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0,
      top_p: 0.9,
      top_k: 40,
      min_p: 0.05,
      frequency_penalty: 0.5,
      presence_penalty: 1,
      seed: 7,
      stop: ["a", "b", "c", "d"],
      tools: [
        { type: "function", function: { name: "weather", description: "Tells it.", parameters } },
        { type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } },
      ],
      tool_choice: { type: "function", function: { name: "weather" } },
      logprobs: true,
      top_logprobs: 3,
    });
    const schema = { type: "object" };
    await collect(engine.generate({ ...question, format: { kind: "schema", schema } }, never));
    deepStrictEqual(server.requests.at(-1)!.body, {
      model: "m",
      messages: [{ role: "user", content: "question" }],
      max_tokens: 16,
      stream: true,
      stream_options: { include_usage: true },
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } },
    });
  }));

// When it is asked again.

const busy = (status: number, retryAfter?: string): Reply => ({
  status,
  headers: retryAfter === undefined ? {} : { "retry-after": retryAfter },
});
const retries: [name: string, replies: Reply[], tries: number, pauses: number[], last: string][] = [
  ["is asked again while it is busy", [busy(503), busy(429), chunks({ content: "x" })], 3, [375, 750], "end"],
  ["is left alone for as long as it wants", [busy(429, "7"), chunks({ content: "x" })], 2, [7_000], "end"],
  ["isn't waited for when it wants long", [busy(429, "60")], 1, [], "unavailable"],
  ["is given up after four tries", [busy(503)], 4, [375, 750, 1_500], "unavailable"],
  ["isn't asked again when it failed", [busy(500)], 1, [], "crashed"],
  [
    "isn't asked again what it can't",
    [{ status: 400, json: { error: { message: "no such field" } } }],
    1,
    [],
    "invalid",
  ],
  ["isn't asked again when a gateway lost it", [busy(502)], 1, [], "unavailable"],
  ["isn't asked again when it took the question and left", [{ broken: "" }], 1, [], "unavailable"],
  ["isn't asked again when it began to answer and left", [{ broken: "HTTP/1.1 200 O" }], 1, [], "unavailable"],
  [
    "isn't asked again once text came",
    [{
      broken: "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" +
        'data: {"choices":[{"delta":{"content":"x"}}]}\n\n',
    }],
    1,
    [],
    "crashed",
  ],
];
for (const [name, replies, tries, pauses, expected] of retries) {
  Deno.test(`openai engine: a server ${name}`, () =>
    withServer({ [chat]: replies }, async ({ engine, server, clock }) => {
      const { last } = await collect(engine.generate(question, never));
      strictEqual(last.kind === "failed" ? failureOf(last).kind : last.kind, expected, JSON.stringify(last));
      strictEqual(server.asked.filter((path) => path === chat).length, tries);
      deepStrictEqual(clock.pauses, pauses);
    }));
}

// What is too long, too slow, or left.

for (
  const error of [
    { message: "This model's maximum context length is 2048 tokens. However, you requested 4000 tokens", code: 400 },
    { message: "the request exceeds the available context size", type: "exceed_context_size_error", code: 400 },
    { message: "Too much", code: "context_length_exceeded" },
  ]
) {
  Deno.test(`openai engine: "${error.message}" is an overflow, with the number that people know`, () =>
    withServer({ [chat]: { status: 400, json: { error } } }, async ({ engine }) => {
      const { last } = await collect(engine.generate(question, never));
      strictEqual(failureOf(last).kind, "overflow");
      match(failureOf(last).reason, /4096 tokens/);
    }));
}

const started = 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n';
const slow: [name: string, replies: Record<string, Reply>, expiresMs: number, text: string][] = [
  ["doesn't say what it has", { "GET /v1/models": { hangs: "" } }, 10_000, ""],
  ["never begins to answer", { [chat]: { hangs: "" } }, 180_000, ""],
  ["sends only comments", { [chat]: { hangs: events(": ping\n\n".repeat(3)) } }, 180_000, ""],
  ["falls silent in mid-answer", { [chat]: { hangs: events(started) } }, 60_000, "x"],
  [
    "sends an event byte by byte and never ends it",
    { [chat]: { hangs: events(`${started}data: {"choi`) } },
    60_000,
    "x",
  ],
];
for (const [name, replies, expiresMs, text] of slow) {
  Deno.test(`openai engine: a server that ${name} is given up`, () =>
    withServer(replies, async ({ engine, clock, server }) => {
      const answer = collect(engine.generate(question, never));
      await server.hanging;
      await clock.expire(expiresMs);
      const { last, text: said } = await answer;
      strictEqual(said, text);
      strictEqual(failureOf(last).kind, "hung");
      match(failureOf(last).reason, /doesn't answer in time/);
    }));
}

Deno.test("openai engine: a stop while nothing came yet ends it at once, at the server too", () =>
  withServer({ [chat]: { hangs: "" } }, async ({ engine, server }) => {
    const stopping = new AbortController();
    const answer = collect(engine.generate(question, stopping.signal));
    await server.hanging;
    const stoppedMs = performance.now();
    stopping.abort();
    const { last, endedMs } = await answer;
    ok(last.kind === "end" && last.reason === "cancelled");
    ok(endedMs - stoppedMs < 100, `took ${endedMs - stoppedMs} ms`);
    await patiently(server.left);
  }));

Deno.test("openai engine: an answer that is left in the middle is stopped at the server", () =>
  withServer({ [chat]: { hangs: events(started) } }, async ({ engine, server }) => {
    for await (const event of engine.generate(question, never)) if (event.kind === "text") break;
    await patiently(server.left);
  }));

Deno.test("openai engine: close() ends what is under way, and nothing works afterwards", () =>
  withServer({ [chat]: { hangs: events(started) } }, async ({ engine, server }) => {
    const answer = collect(engine.generate(question, never));
    await server.hanging;
    await engine.close();
    const { last } = await answer;
    ok(last.kind === "end" && last.reason === "cancelled", JSON.stringify(last));
    deepStrictEqual(engine.state(), { kind: "idle" });
    const { last: after } = await collect(engine.generate(question, never));
    strictEqual(failureOf(after).kind, "unavailable");
  }));

Deno.test("openai engine: more than 256 requests at once are turned away", () =>
  withServer({ [chat]: { hangs: events(started) } }, async ({ engine }) => {
    await engine.load(never);
    const stopping = new AbortController();
    const answers = Array.from({ length: 256 }, () => collect(engine.generate(question, stopping.signal)));
    const { last } = await collect(engine.generate(question, never));
    match(failureOf(last).reason, /256 requests/);
    stopping.abort();
    for (const { last } of await Promise.all(answers)) strictEqual(last.kind, "end");
  }));

// Tokens and vectors.

const counters: [name: string, reply: Reply, counts: number[], asked: number][] = [
  ["llama-server", { json: { tokens: [1, 2, 3] } }, [0, 3, 3], 2],
  ["vLLM", { json: { count: 5, max_model_len: 9, tokens: [1, 2, 3, 4, 5] } }, [0, 5, 5], 2],
  ["nobody: they are estimated, and it isn't asked again", { status: 404 }, [0, 2, 5], 1],
];
for (const [name, reply, counts, asked] of counters) {
  Deno.test(`openai engine: tokens are counted by ${name}`, () =>
    withServer({ "POST /tokenize": reply }, async ({ engine, server }) => {
      const first = await engine.countTokens(["", "one"], never);
      const second = await engine.countTokens(["one two three"], never);
      ok(first.kind === "counted" && second.kind === "counted", JSON.stringify([first, second]));
      deepStrictEqual([...first.counts, ...second.counts], counts);
      strictEqual(server.asked.filter((path) => path === "POST /tokenize").length, asked);
    }));
}

const vectors: Reply = {
  json: { data: [{ index: 1, embedding: [0, 2] }, { index: 0, embedding: [3, 4] }], usage: { prompt_tokens: 6 } },
};
Deno.test("openai engine: vectors come in the order of the texts, of unit length, and E5 is told what a text is for", () =>
  withServer({ "POST /v1/embeddings": vectors }, async ({ engine, server }) => {
    const result = await engine.embed({ texts: ["a", "b"], purpose: "query" }, never);
    ok(result.kind === "embedded", JSON.stringify(result));
    deepStrictEqual(result.vectors.map((vector) => [...vector]), [[3 / 5, 4 / 5].map(Math.fround), [0, 1]]);
    strictEqual(result.promptTokens, 6);
    deepStrictEqual(server.requests.at(-1)!.body, {
      model: "multilingual-e5-small",
      input: ["query: a", "query: b"],
      encoding_format: "float",
    });
  }, { embeddingModel: "multilingual-e5-small" }));

const badVectors: [name: string, reply: Reply, kind: EngineFailure["kind"]][] = [
  ["one vector is missing", { json: { data: [{ index: 0, embedding: [1] }] } }, "crashed"],
  ["one stands twice", { json: { data: [{ index: 0, embedding: [1] }, { index: 0, embedding: [1] }] } }, "crashed"],
  [
    "they differ in length",
    { json: { data: [{ index: 0, embedding: [1] }, { index: 1, embedding: [1, 2] }] } },
    "crashed",
  ],
  [
    "they aren't numbers",
    { json: { data: [{ index: 0, embedding: ["1"] }, { index: 1, embedding: [1] }] } },
    "refused",
  ],
  ["it doesn't embed", { status: 501, json: { error: { message: "not supported" } } }, "invalid"],
  ["it has no such path", { status: 404 }, "invalid"],
];
for (const [name, reply, kind] of badVectors) {
  Deno.test(`openai engine: embed() fails as ${kind} when ${name}`, () =>
    withServer({ "POST /v1/embeddings": reply }, async ({ engine }) => {
      const result = await engine.embed({ texts: ["a", "b"] }, never);
      strictEqual(result.kind === "failed" && failureOf(result).kind, kind, JSON.stringify(result));
    }));
}

// Grammars.

const lamp: GenerateRequest = {
  ...question,
  format: {
    kind: "grammar",
    grammar: { kind: "choice", options: [{ kind: "text", text: "lamp | on" }, { kind: "text", text: "lamp | off" }] },
  },
};
const line: GenerateRequest = {
  ...question,
  format: { kind: "grammar", grammar: { kind: "line", min: 1, max: 40, without: "|" } },
};
const bodyOf = ({ requests }: ScriptedServer) => requests.at(-1)!.body as Record<string, unknown>;

Deno.test("openai engine: a server of llama.cpp takes a grammar as it is", () =>
  withServer(
    {
      "GET /v1/models": { json: { data: [{ id: "m", owned_by: "llamacpp" }] } },
      [chat]: chunks({ content: "lamp | " }, { content: "on" }),
    },
    async ({ engine, server }) => {
      const { text } = await collect(engine.generate(lamp, never));
      strictEqual(text, "lamp | on");
      strictEqual(bodyOf(server).grammar, 'root ::= "lamp | on" | "lamp | off"\n');
      strictEqual(bodyOf(server).response_format, undefined);
    },
  ));

for (
  const [what, request, schema] of [
    ["few texts, a list of them", lamp, { type: "string", enum: ["lamp | on", "lamp | off"] }],
    ["endless texts, a pattern", line, {
      type: "string",
      pattern: "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ufffd|]{1,40}$",
    }],
  ] as const
) {
  Deno.test(`openai engine: another server gets, for a grammar of ${what}`, () =>
    withServer({ [chat]: chunks({ content: '{"text":' }, { content: '"lamp ' }, { content: '| on"}' }) }, async (
      { engine, server },
    ) => {
      const { text, last } = await collect(engine.generate(request, never));
      const format = bodyOf(server).response_format as { json_schema: { schema: { properties: { text: unknown } } } };
      deepStrictEqual(format.json_schema.schema.properties.text, schema);
      strictEqual(bodyOf(server).grammar, undefined);
      if (request === lamp) strictEqual(text, "lamp | on");
      else match(failureOf(last).reason, /doesn't hold its answers/);
    }));
}

Deno.test("openai engine: a server that holds to nothing isn't believed", () =>
  withServer({ [chat]: chunks({ content: '{"text":"rm -rf /"}' }) }, async ({ engine }) => {
    const { text, last } = await collect(engine.generate(lamp, never));
    strictEqual(text, "");
    strictEqual(failureOf(last).kind, "invalid");
  }));
