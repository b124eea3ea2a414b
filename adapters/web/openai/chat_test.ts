import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { GenerateRequest } from "../../../core/ports/engine.ts";
import { chatModel, eventsOf, openApiStand, post } from "../../../tests/api_stand.ts";

const question = { model: chatModel, messages: [{ role: "user", content: "How are you?" }] };
const path = "/v1/chat/completions";

Deno.test("a chat completion is answered whole, with what it cost", async () => {
  const stand = await openApiStand();
  const { secret } = await stand.token();
  const response = await stand.tcp(path, { ...post(question), secret });
  strictEqual(response.status, 200);
  strictEqual(response.headers.get("cache-control"), "no-store");
  strictEqual(response.headers.get("access-control-allow-origin"), null);
  const { id, ...body } = await response.json();
  match(id, /^chatcmpl-[0-9a-f-]{36}$/);
  strictEqual(id, `chatcmpl-${response.headers.get("x-request-id")}`);
  deepStrictEqual(body, {
    object: "chat.completion",
    created: Date.UTC(2026, 0, 1) / 1_000,
    model: chatModel,
    choices: [{
      index: 0,
      message: { role: "assistant", content: "The answer.", refusal: null },
      logprobs: null,
      finish_reason: "stop",
    }],
    usage: {
      prompt_tokens: 3,
      completion_tokens: 3,
      total_tokens: 6,
      prompt_tokens_details: { cached_tokens: 0 },
    },
  });
});

Deno.test("a streamed completion comes in the engine's pieces and ends with [DONE]", async () => {
  const stand = await openApiStand();
  const response = await stand.local(
    path,
    post({ ...question, stream: true, stream_options: { include_usage: true } }),
  );
  strictEqual(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const events = await eventsOf(response);
  strictEqual(events.pop(), "[DONE]");
  const chunks = events.map((event) => JSON.parse(event));
  deepStrictEqual(new Set(chunks.map(({ id, object, model }) => [id, object, model].join())).size, 1);
  const last = chunks.pop();
  deepStrictEqual([last.choices, last.usage.total_tokens], [[], 6]);
  ok(chunks.every(({ usage }) => usage === null), "only the last says what it cost");
  deepStrictEqual(chunks.map(({ choices: [{ delta, finish_reason }] }) => [delta, finish_reason]), [
    [{ role: "assistant", content: "", refusal: null }, null],
    [{ content: "The" }, null],
    [{ content: " answer" }, null],
    [{ content: "." }, null],
    [{}, "stop"],
  ]);
  const plain = (await eventsOf(await stand.local(path, post({ ...question, stream: true })))).slice(0, -1);
  ok(plain.every((event) => !("usage" in JSON.parse(event))), "nobody asked for it");
});

const weather = {
  type: "function",
  function: { name: "weather", description: "Of a city", parameters: { type: "object", properties: { city: {} } } },
};
const tool = { name: "weather", description: "Of a city", parameters: { type: "object", properties: { city: {} } } };

/** What of a request reaches the engine, besides its messages. */
const passed: [name: string, body: Record<string, unknown>, request: Partial<GenerateRequest>][] = [
  ["nothing but a bound", {}, { tokensMax: 1_024 }],
  ["sampling", { temperature: 0.5, top_p: 0.9, top_k: 40, min_p: 0.1, seed: 7, max_tokens: 5 }, {
    tokensMax: 5,
    sampling: { temperature: 0.5, topP: 0.9, topK: 40, minP: 0.1, seed: 7 },
  }],
  ["penalties", { frequency_penalty: 0.5, presence_penalty: -2, max_tokens: 5 }, {
    tokensMax: 5,
    sampling: { frequencyPenalty: 0.5, presencePenalty: -2 },
  }],
  ["a negative seed", { seed: -1, max_completion_tokens: 5 }, { tokensMax: 5, sampling: { seed: 0xFFFFFFFF } }],
  ["one stop text", { stop: "END", max_tokens: 5 }, { tokensMax: 5, stop: ["END"] }],
  ["stop texts", { stop: ["a", "", "b"], max_tokens: 5 }, { tokensMax: 5, stop: ["a", "b"] }],
  ["tools", { tools: [weather], max_tokens: 5 }, { tokensMax: 5, tools: [tool] }],
  ["a tool choice", { tools: [weather], tool_choice: "required", max_tokens: 5 }, {
    tokensMax: 5,
    tools: [tool],
    toolChoice: "required",
  }],
  ["a chosen tool", {
    tools: [weather],
    tool_choice: { type: "function", function: { name: "weather" } },
    max_tokens: 5,
  }, { tokensMax: 5, tools: [tool], toolChoice: { name: "weather" } }],
  ["no tools when none may be called", { tools: [weather], tool_choice: "none", max_tokens: 5 }, { tokensMax: 5 }],
  ["any JSON", { response_format: { type: "json_object" }, max_tokens: 5 }, { tokensMax: 5, format: { kind: "json" } }],
  ["a schema", {
    response_format: { type: "json_schema", json_schema: { name: "n", strict: true, schema: { type: "integer" } } },
    max_tokens: 5,
  }, { tokensMax: 5, format: { kind: "schema", schema: { type: "integer" } } }],
  ["probabilities", { logprobs: true, top_logprobs: 3, max_tokens: 5 }, { tokensMax: 5, alternativesMax: 3 }],
  ["nothing of what clients send by default", {
    n: 1,
    stream: false,
    presence_penalty: null,
    frequency_penalty: null,
    logit_bias: {},
    modalities: ["text"],
    response_format: { type: "text" },
    logprobs: false,
    user: "ann",
    store: false,
    metadata: { a: "b" },
    service_tier: "auto",
    parallel_tool_calls: true,
    functions: [],
    temperature: null,
    stop: null,
    max_tokens: 5,
  }, { tokensMax: 5 }],
];
for (const [name, body, wanted] of passed) {
  Deno.test(`a chat request hands the engine ${name}`, async () => {
    const stand = await openApiStand();
    const response = await stand.local(path, post({ ...question, ...body }));
    strictEqual(response.status, 200, await response.clone().text());
    deepStrictEqual(stand.asked, [{ messages: [{ role: "user", content: "How are you?" }], ...wanted }]);
  });
}

Deno.test("a chat request hands the engine every kind of message", async () => {
  const stand = await openApiStand();
  const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Rome"}' } };
  const messages = [
    { role: "developer", content: [{ type: "text", text: "Be " }, { type: "text", text: "brief." }] },
    { role: "user", content: [{ type: "text", text: "Weather?" }], name: "ann" },
    { role: "assistant", content: null, tool_calls: [call], refusal: null, annotations: [], function_call: null },
    { role: "tool", tool_call_id: "call_1", content: "Sunny" },
    { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
  ];
  strictEqual((await stand.local(path, post({ model: chatModel, messages }))).status, 200);
  deepStrictEqual(stand.asked[0]?.messages, [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Weather?" },
    {
      role: "assistant",
      content: "",
      toolCalls: [{ id: "call_1", name: "weather", arguments: '{"city":"Rome"}' }],
    },
    { role: "tool", content: "Sunny", toolCallId: "call_1" },
    { role: "assistant", content: "No." },
  ]);
});

const calls = [
  { id: "call_1", name: "weather", arguments: '{"city":"Rome"}' },
  { id: "call_2", name: "weather", arguments: '{"city":"Oslo"}' },
];
const wired = calls.map(({ id, ...call }) => ({ id, type: "function", function: call }));

Deno.test("tool calls are passed on, whole and in a stream", async () => {
  const stand = await openApiStand({ answer: () => ({ pieces: [], calls }) });
  const body = { ...question, tools: [weather] };
  const { choices: [choice] } = await (await stand.local(path, post(body))).json();
  deepStrictEqual(choice.message, { role: "assistant", content: null, refusal: null, tool_calls: wired });
  strictEqual(choice.finish_reason, "tool_calls");
  const events = await eventsOf(await stand.local(path, post({ ...body, stream: true })));
  const deltas = events.slice(1, -1).map((event) => JSON.parse(event).choices[0]);
  deepStrictEqual(deltas.map(({ delta, finish_reason }) => [delta, finish_reason]), [
    [{ tool_calls: [{ index: 0, ...wired[0] }] }, null],
    [{ tool_calls: [{ index: 1, ...wired[1] }] }, null],
    [{}, "tool_calls"],
  ]);
});

Deno.test("parallel_tool_calls: false ends the answer at its first call", async () => {
  const stand = await openApiStand({ answer: () => ({ pieces: [], calls }) });
  const response = await stand.local(path, post({ ...question, tools: [weather], parallel_tool_calls: false }));
  const { choices: [{ message, finish_reason }] } = await response.json();
  deepStrictEqual([message.tool_calls, finish_reason], [[wired[0]], "tool_calls"]);
});

Deno.test("several choices are computed side by side, each with a seed of its own", async () => {
  const stand = await openApiStand({ answer: ({ sampling }) => ({ pieces: [`seed ${sampling?.seed}`, " it is"] }) });
  const body = { ...question, n: 3, seed: 0xFFFFFFFF };
  const { choices, usage } = await (await stand.local(path, post(body))).json();
  deepStrictEqual(choices.map(({ message }: { message: { content: string } }) => message.content), [
    "seed 4294967295 it is",
    "seed 0 it is",
    "seed 1 it is",
  ]);
  deepStrictEqual([usage.prompt_tokens, usage.completion_tokens], [3, 12]);
  const events = (await eventsOf(await stand.local(path, post({ ...body, stream: true })))).slice(0, -1);
  const said = ["", "", ""];
  for (const event of events) {
    const { choices: [{ index, delta }] } = JSON.parse(event);
    said[index] += delta.content ?? "";
  }
  deepStrictEqual(said, ["seed 4294967295 it is", "seed 0 it is", "seed 1 it is"]);
});

Deno.test("probabilities are written as the field writes them", async () => {
  const top = [{ text: "Hi", bytes: [72, 105], logprob: -0.1 }, { text: "Yo", bytes: [89, 111], logprob: -2 }];
  const token = { ...top[0]!, top };
  const stand = await openApiStand({
    engine: {
      ...(await openApiStand()).engine,
      async *generate() {
        yield { kind: "text", text: "Hi", tokens: [token] };
        yield { kind: "end", reason: "stop", usage: { promptTokens: 3, promptReused: 2, answerTokens: 1 } };
      },
    },
  });
  const wanted = {
    content: [{
      token: "Hi",
      logprob: -0.1,
      bytes: [72, 105],
      top_logprobs: [
        { token: "Hi", logprob: -0.1, bytes: [72, 105] },
        { token: "Yo", logprob: -2, bytes: [89, 111] },
      ],
    }],
    refusal: null,
  };
  const body = { ...question, logprobs: true, top_logprobs: 2 };
  const { choices: [choice], usage } = await (await stand.local(path, post(body))).json();
  deepStrictEqual(choice.logprobs, wanted);
  deepStrictEqual(usage.prompt_tokens_details, { cached_tokens: 2 });
  const events = await eventsOf(await stand.local(path, post({ ...body, stream: true })));
  deepStrictEqual(JSON.parse(events[1]!).choices[0].logprobs, wanted);
});

Deno.test("an answer has room for what a page's answer has, or for what the context leaves", async () => {
  const stand = await openApiStand({ info: { contextTokens: 2_000 } });
  const ask = async (words: number) => {
    const content = Array.from({ length: words }, () => "word").join(" ");
    return (await stand.local(path, post({ model: chatModel, messages: [{ role: "user", content }] }))).status;
  };
  deepStrictEqual([await ask(10), await ask(1_700), await ask(2_000)], [200, 200, 400]);
  deepStrictEqual(stand.asked.map(({ tokensMax }) => tokensMax), [500, 292, 1]);
});
