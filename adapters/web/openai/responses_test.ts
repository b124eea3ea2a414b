import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { GenerateRequest } from "../../../core/ports/engine.ts";
import { chatModel, openApiStand, post } from "../../../tests/api_stand.ts";

const path = "/v1/responses";
const question = { model: chatModel, input: "How are you?" };
const calls = [{ id: "call_1", name: "weather", arguments: '{"city":"Rome"}' }];
const weather = { type: "function", name: "weather", parameters: { type: "object" } };

/** The events of a streamed response: each has its type as its name, and its number. */
// deno-lint-ignore no-explicit-any -- what is in them is what the tests look at
async function eventsOf(response: Response): Promise<Record<string, any>[]> {
  strictEqual(response.status, 200, await response.clone().text());
  return (await response.text()).split("\n\n").filter((event) => event !== "").map((event, index) => {
    const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(event)!;
    const parsed = JSON.parse(data!);
    deepStrictEqual([parsed.type, parsed.sequence_number], [name, index]);
    return parsed;
  });
}

Deno.test("a response is answered whole, with what was asked and what it cost", async () => {
  const stand = await openApiStand();
  const body = { ...question, instructions: "Be brief.", metadata: { a: "b" }, store: true };
  const { id, output: [{ id: item, ...message }], ...rest } = await (await stand.local(path, post(body))).json();
  match(id, /^resp_[0-9a-f-]{36}$/);
  match(item, /^msg_[0-9a-f-]{36}$/);
  deepStrictEqual(message, {
    type: "message",
    status: "completed",
    role: "assistant",
    content: [{ type: "output_text", text: "The answer.", annotations: [], logprobs: [] }],
  });
  deepStrictEqual(rest, {
    object: "response",
    created_at: Date.UTC(2026, 0, 1) / 1_000,
    status: "completed",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: "Be brief.",
    max_output_tokens: null,
    model: chatModel,
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: null,
    text: { format: { type: "text" } },
    tool_choice: "auto",
    tools: [],
    top_p: null,
    truncation: "disabled",
    metadata: { a: "b" },
    usage: {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 8,
    },
  });
});

Deno.test("a streamed response comes in the field's events, and adds up to the whole", async () => {
  const stand = await openApiStand({ answer: () => ({ pieces: ["The", " answer."], calls }) });
  const events = await eventsOf(await stand.local(path, post({ ...question, tools: [weather], stream: true })));
  deepStrictEqual(events.map(({ type }) => type.replace("response.", "")), [
    "created",
    "in_progress",
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
    "completed",
  ]);
  const { output } = events.at(-1)!.response;
  deepStrictEqual(events.filter(({ type }) => type.endsWith("item.done")).map(({ item }) => item), output);
  deepStrictEqual(events.filter(({ type }) => type.endsWith("item.done")).map((event) => event.output_index), [0, 1]);
  strictEqual(output[0].content[0].text, "The answer.");
  deepStrictEqual([output[1].call_id, output[1].name, output[1].arguments], ["call_1", "weather", '{"city":"Rome"}']);
  strictEqual(events[4]!.item_id, output[0].id);
});

Deno.test("a response of calls only has no message", async () => {
  const stand = await openApiStand({ answer: () => ({ pieces: [], calls }) });
  const body = { ...question, tools: [weather] };
  const { output } = await (await stand.local(path, post(body))).json();
  deepStrictEqual(output.map(({ type }: { type: string }) => type), ["function_call"]);
  const events = await eventsOf(await stand.local(path, post({ ...body, stream: true })));
  deepStrictEqual(events.at(-1)!.response.output.map(({ type }: { type: string }) => type), ["function_call"]);
  strictEqual(events.find(({ type }) => type === "response.output_item.done")!.output_index, 0);
});

Deno.test("a response that was cut says so", async () => {
  const stand = await openApiStand();
  const body = { ...question, max_output_tokens: 2 };
  const whole = await (await stand.local(path, post(body))).json();
  deepStrictEqual([whole.status, whole.incomplete_details], ["incomplete", { reason: "max_output_tokens" }]);
  strictEqual(whole.output[0].status, "incomplete");
  const events = await eventsOf(await stand.local(path, post({ ...body, stream: true })));
  strictEqual(events.at(-1)!.type, "response.incomplete");
});

const passed: [name: string, body: Record<string, unknown>, request: Partial<GenerateRequest>][] = [
  ["instructions and a text", { instructions: "Be brief.", input: "Hi" }, {
    messages: [{ role: "system", content: "Be brief." }, { role: "user", content: "Hi" }],
  }],
  ["items", {
    input: [
      { role: "developer", content: "Be brief." },
      { type: "message", role: "user", content: [{ type: "input_text", text: "Weather?" }] },
      { type: "function_call", call_id: "a", name: "weather", arguments: "{}", id: "fc_1", status: "completed" },
      { type: "function_call", call_id: "b", name: "weather", arguments: "{}" },
      { type: "function_call_output", call_id: "a", output: "Sunny" },
      { role: "assistant", content: [{ type: "output_text", text: "Sunny.", annotations: [] }] },
    ],
  }, {
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Weather?" },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "a", name: "weather", arguments: "{}" }, { id: "b", name: "weather", arguments: "{}" }],
      },
      { role: "tool", content: "Sunny", toolCallId: "a" },
      { role: "assistant", content: "Sunny." },
    ],
  }],
  ["sampling", { temperature: 0.5, top_p: 0.9 }, { sampling: { temperature: 0.5, topP: 0.9 } }],
  ["a chosen tool", { tools: [weather], tool_choice: { type: "function", name: "weather" } }, {
    tools: [{ name: "weather", parameters: { type: "object" } }],
    toolChoice: { name: "weather" },
  }],
  ["a schema", { text: { format: { type: "json_schema", name: "n", schema: { type: "integer" }, strict: true } } }, {
    format: { kind: "schema", schema: { type: "integer" } },
  }],
  ["probabilities", { include: ["message.output_text.logprobs"], top_logprobs: 2 }, { alternativesMax: 2 }],
];
for (const [name, body, wanted] of passed) {
  Deno.test(`a request for a response hands the engine ${name}`, async () => {
    const stand = await openApiStand();
    const response = await stand.local(path, post({ ...question, max_output_tokens: 9, ...body }));
    strictEqual(response.status, 200, await response.clone().text());
    const messages = [{ role: "user", content: "How are you?" }];
    deepStrictEqual(stand.asked, [{ messages, tokensMax: 9, ...wanted }]);
  });
}

const refused: [name: string, body: Record<string, unknown>, code: string, param: string][] = [
  ["an earlier response", { previous_response_id: "resp_1" }, "unsupported_value", "previous_response_id"],
  ["a conversation", { conversation: "conv_1" }, "unsupported_value", "conversation"],
  ["work in the background", { background: true }, "unsupported_value", "background"],
  ["a search of the web", { tools: [{ type: "web_search" }] }, "unsupported_value", "tools[0].type"],
  ["truncation", { truncation: "auto" }, "unsupported_value", "truncation"],
  ["sources", { include: ["file_search_call.results"] }, "unsupported_value", "include[0]"],
  [
    "a picture",
    { input: [{ role: "user", content: [{ type: "input_image" }] }] },
    "unsupported_value",
    "input[0].content[0].type",
  ],
  ["no items", { input: [] }, "invalid_type", "input"],
  ["an unknown field", { inputs: 1 }, "unknown_parameter", "inputs"],
  ["alternatives without probabilities", { top_logprobs: 2 }, "invalid_value", "top_logprobs"],
];
for (const [name, body, code, param] of refused) {
  Deno.test(`a request for a response with ${name} is refused, naming ${param}`, async () => {
    const stand = await openApiStand();
    const response = await stand.local(path, post({ ...question, ...body }));
    const { error } = await response.json();
    deepStrictEqual([response.status, error.code, error.param], [400, code, param], error.message);
    deepStrictEqual(stand.asked, []);
  });
}

Deno.test("a streamed response that breaks ends with an error event", async () => {
  const failure = { kind: "crashed", reason: "it ended" } as const;
  const stand = await openApiStand({ answer: () => ({ pieces: ["Half"], failure }) });
  const text = await (await stand.local(path, post({ ...question, stream: true }))).text();
  const [, data] = /event: error\ndata: (.*)\n\n$/.exec(text)!;
  const { type, code, error } = JSON.parse(data!);
  deepStrictEqual([type, code, error.code], ["error", "model_stopped", "model_stopped"]);
});

Deno.test("a response is durable by its key, whose endpoint is another", async () => {
  let count = 0;
  const stand = await openApiStand({ answer: () => ({ pieces: [`answer ${++count}`] }) });
  const ask = async () => await (await stand.local(path, post(question, { "idempotency-key": "a" }))).json();
  const first = await ask();
  deepStrictEqual(await ask(), first);
  ok(count === 1);
});
