/** The official client for Node: chat completions, responses, embeddings, models, errors. */
import { createRequire } from "node:module";
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";

const { default: OpenAI } = createRequire(`${process.env.CLIENT_FOLDER}/x.js`)("openai");
const { BASE_URL: baseURL, API_KEY: apiKey, MODEL: model, EMBEDDING_MODEL: embeddingModel } = process.env;
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const chat = client.chat.completions;

const capital = [{ role: "user", content: "What is the capital of France? Answer in one word." }];
const count = [{ role: "user", content: "Count from one to twenty in words." }];
const asked = [{ role: "user", content: "What is the weather in Paris?" }];
const parameters = {
  type: "object",
  properties: { city: { type: "string", maxLength: 20 } },
  required: ["city"],
  additionalProperties: false,
};
const weather = { type: "function", function: { name: "get_weather", description: "Tells the weather", parameters } };
const citySchema = {
  type: "object",
  properties: { city: { type: "string", maxLength: 20 }, inhabitants: { type: "integer", minimum: 0 } },
  required: ["city", "inhabitants"],
  additionalProperties: false,
};

async function check(name, body) {
  try {
    await body();
    console.log(JSON.stringify({ check: name, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ check: name, ok: false, why: String(error?.stack ?? error) }));
  }
}

await check("chat", async () => {
  const answer = await chat.create({ model, messages: capital, temperature: 0, max_tokens: 20 });
  match(answer.choices[0].message.content, /Paris/);
  ok(answer.usage.total_tokens > 0);
});
await check("stream", async () => {
  const request = { model, messages: count, temperature: 0, max_tokens: 30 };
  const whole = (await chat.create(request)).choices[0].message.content;
  let text = "";
  for await (const chunk of await chat.create({ ...request, stream: true })) {
    text += chunk.choices[0].delta.content ?? "";
  }
  equal(text, whole);
});
await check("usage in the stream", async () => {
  const options = { stream: true, stream_options: { include_usage: true } };
  let last;
  for await (const chunk of await chat.create({ model, messages: count, max_tokens: 5, ...options })) last = chunk;
  deepEqual([last.choices, last.usage.completion_tokens], [[], 5]);
});
await check("stop", async () => {
  const answer = await chat.create({ model, messages: capital, temperature: 0, max_tokens: 20, stop: "Paris" });
  ok(!answer.choices[0].message.content.includes("Paris"));
  equal(answer.choices[0].finish_reason, "stop");
});
await check("abort", async () => {
  const stream = await chat.create({ model, messages: count, max_tokens: 500, stream: true });
  for await (const _ of stream) break; // the client closes the connection
  ok(stream.controller.signal.aborted);
});
await check("json_schema", async () => {
  const response_format = { type: "json_schema", json_schema: { name: "city", strict: true, schema: citySchema } };
  const answer = await chat.create({ model, messages: capital, temperature: 0, max_tokens: 80, response_format });
  deepEqual(Object.keys(JSON.parse(answer.choices[0].message.content)).sort(), ["city", "inhabitants"]);
});
await check("tools", async () => {
  const request = { model, temperature: 0, max_tokens: 60, tools: [weather] };
  const answer = await chat.create({ ...request, messages: asked, tool_choice: "required" });
  const { message, finish_reason } = answer.choices[0];
  equal(finish_reason, "tool_calls");
  const [call] = message.tool_calls;
  ok("city" in JSON.parse(call.function.arguments));
  const messages = [...asked, message, { role: "tool", tool_call_id: call.id, content: "Sunny" }];
  ok((await chat.create({ ...request, messages, tool_choice: "none" })).choices[0].message.content);
});
await check("tools run by the client", async () => {
  const seen = [];
  const tool = {
    type: "function",
    function: { ...weather.function, parse: JSON.parse, function: ({ city }) => `${seen.push(city)}: sunny` },
  };
  const tool_choice = { type: "function", function: { name: "get_weather" } };
  const runner = chat.runTools(
    { model, messages: asked, tools: [tool], tool_choice, temperature: 0, max_tokens: 60 },
    { maxChatCompletions: 2 },
  );
  await runner.done();
  equal(seen.length, 1);
});
await check("embeddings", async () => {
  const input = ["The pump is broken", "The pump doesn't work", "I like cheese"];
  const { data } = await client.embeddings.create({ model: embeddingModel, input });
  const [a, b, c] = data.map(({ embedding }) => embedding);
  const dot = (left, right) => left.reduce((sum, value, index) => sum + value * right[index], 0);
  ok(dot(a, b) > dot(a, c));
});
await check("models", async () => {
  const ids = [];
  for await (const { id } of client.models.list()) ids.push(id);
  ok(ids.includes(model));
  equal((await client.models.retrieve(model)).id, model);
});
await check("error: bad key", () =>
  rejects(
    () => new OpenAI({ baseURL, apiKey: "cb_wrong", maxRetries: 0 }).models.list(),
    (error) => error instanceof OpenAI.AuthenticationError && error.code === "invalid_api_key",
  ));
await check("error: unknown model", () =>
  rejects(
    () => chat.create({ model: "gpt-4o", messages: capital }),
    (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found" && error.param === "model",
  ));
await check("error: too long", () =>
  rejects(
    () => chat.create({ model, messages: [{ role: "user", content: "word ".repeat(20_000) }] }),
    (error) => error instanceof OpenAI.BadRequestError && error.code === "context_length_exceeded",
  ));
await check("responses", async () => {
  const input = "What is the capital of France? Answer in one word.";
  const answer = await client.responses.create({ model, input, temperature: 0, max_output_tokens: 20 });
  match(answer.output_text, /Paris/);
});
await check("responses in a stream", async () => {
  const stream = client.responses.stream({ model, input: "Count to twenty.", temperature: 0, max_output_tokens: 20 });
  let text = "";
  for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
  equal((await stream.finalResponse()).output_text, text);
});
await check("responses with tools", async () => {
  const tools = [{ type: "function", ...weather.function, strict: true }];
  const request = { model, tools, tool_choice: "required", temperature: 0, max_output_tokens: 60 };
  const { output } = await client.responses.create({ ...request, input: asked });
  ok("city" in JSON.parse(output.find(({ type }) => type === "function_call").arguments));
});
