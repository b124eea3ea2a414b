import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { mergePolicy } from "../../../core/access.ts";
import type { EngineFailure } from "../../../core/ports/engine.ts";
import { v1BodyBytesMax } from "../../../schema/openai/fields.ts";
import { chatModel, embeddingModel, eventsOf, openApiStand, post } from "../../../tests/api_stand.ts";
import { depthOf } from "./json_body.ts";

const question = { model: chatModel, messages: [{ role: "user", content: "Hi" }] };
const path = "/v1/chat/completions";

interface Wanted {
  readonly status: number;
  readonly code: string | null;
  readonly param?: string;
  readonly type?: string;
}

async function check(
  response: Response,
  { status, code, param, type = "invalid_request_error" }: Wanted,
): Promise<string> {
  const { error: { message, ...rest } } = await response.json();
  deepStrictEqual({ status: response.status, ...rest }, { status, type, param: param ?? null, code }, message);
  ok(message.length > 10 && !message.includes("\n"), message);
  return message;
}

/** Bodies that are refused: with the code and the field that is named. */
const refused: [name: string, body: Record<string, unknown>, code: string, param: string][] = [
  ["no model", { model: undefined }, "missing_required_parameter", "model"],
  ["a model that isn't text", { model: 7 }, "invalid_type", "model"],
  ["no messages", { messages: undefined }, "missing_required_parameter", "messages"],
  ["an empty list of messages", { messages: [] }, "invalid_type", "messages"],
  ["messages that are none", { messages: "Hi" }, "invalid_type", "messages"],
  ["an unknown role", { messages: [{ role: "king", content: "Hi" }] }, "invalid_type", "messages[0].role"],
  ["no content", { messages: [{ role: "user" }] }, "missing_required_parameter", "messages[0].content"],
  [
    "a picture",
    { messages: [{ role: "user", content: [{ type: "text", text: "?" }, { type: "image_url", image_url: {} }] }] },
    "unsupported_value",
    "messages[0].content[1].type",
  ],
  [
    "a broken surrogate",
    { messages: [{ role: "user", content: "\ud800" }] },
    "invalid_type",
    "messages[0].content",
  ],
  ["an unknown field", { temprature: 1 }, "unknown_parameter", "temprature"],
  ["a temperature that is too high", { temperature: 2.1 }, "invalid_type", "temperature"],
  ["half a token", { max_tokens: 1.5 }, "invalid_type", "max_tokens"],
  ["no tokens", { max_tokens: 0 }, "invalid_type", "max_tokens"],
  ["too many choices", { n: 9 }, "invalid_type", "n"],
  ["too many stop texts", { stop: [..."abcdefghi"] }, "invalid_type", "stop"],
  ["a penalty", { presence_penalty: 2.5 }, "invalid_type", "presence_penalty"],
  ["a bias", { logit_bias: { "50256": -100 } }, "unsupported_value", "logit_bias"],
  ["sound", { modalities: ["text", "audio"] }, "unsupported_value", "modalities"],
  ["functions of old", { functions: [{ name: "f" }] }, "unsupported_value", "functions"],
  ["a search of the web", { web_search_options: {} }, "unsupported_value", "web_search_options"],
  ["a tool that isn't a function", { tools: [{ type: "custom" }] }, "unsupported_value", "tools[0].type"],
  [
    "a tool with a bad name",
    { tools: [{ type: "function", function: { name: "a b" } }] },
    "invalid_type",
    "tools[0].function.name",
  ],
  [
    "two tools of one name",
    { tools: [1, 2].map(() => ({ type: "function", function: { name: "f" } })) },
    "invalid_value",
    "tools",
  ],
  [
    "a choice of no tool",
    { tool_choice: { type: "function", function: { name: "f" } } },
    "invalid_value",
    "tool_choice",
  ],
  ["a call that is required of nothing", { tool_choice: "required" }, "invalid_value", "tool_choice"],
  ["an unknown format", { response_format: { type: "xml" } }, "invalid_type", "response_format.type"],
  [
    "tools with a format",
    { tools: [{ type: "function", function: { name: "f" } }], response_format: { type: "json_object" } },
    "unsupported_value",
    "response_format",
  ],
  ["alternatives without probabilities", { top_logprobs: 3 }, "invalid_value", "top_logprobs"],
  ["two bounds that differ", { max_tokens: 3, max_completion_tokens: 4 }, "invalid_value", "max_tokens"],
];
for (const [name, body, code, param] of refused) {
  Deno.test(`a chat request with ${name} is refused, naming ${param}`, async () => {
    const stand = await openApiStand();
    await check(await stand.local(path, post({ ...question, ...body })), { status: 400, code, param });
    deepStrictEqual(stand.asked, []);
  });
}

const bodies: [name: string, init: RequestInit, wanted: Wanted][] = [
  ["no JSON", post("{"), { status: 400, code: "invalid_json" }],
  ["nothing", post(""), { status: 400, code: "invalid_json" }],
  ["a text", post('"Hi"'), { status: 400, code: "invalid_type" }],
  ["null", post("null"), { status: 400, code: "invalid_type" }],
  ["no UTF-8", { method: "POST", body: new Uint8Array([0x22, 0xff, 0x22]) }, { status: 400, code: "invalid_json" }],
  ["JSON that is too deep", post("[".repeat(100_000)), { status: 400, code: "invalid_json" }],
  ["too much", post(" ".repeat(v1BodyBytesMax + 1)), { status: 413, code: "request_too_large" }],
  ["a length that is too much", post("{}", { "content-length": `${v1BodyBytesMax + 1}` }), {
    status: 413,
    code: "request_too_large",
  }],
  ["a long idempotency key", post(question, { "idempotency-key": "k".repeat(256) }), {
    status: 400,
    code: "invalid_value",
    param: "Idempotency-Key",
  }],
];
for (const [name, init, wanted] of bodies) {
  Deno.test(`a body that holds ${name} gets ${wanted.status} ${wanted.code}`, async () => {
    const stand = await openApiStand();
    await check(await stand.local(path, init), wanted);
  });
}

Deno.test("a body that doesn't arrive is given up after 30 s", async () => {
  const stand = await openApiStand();
  const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) });
  const response = stand.local(path, { method: "POST", body });
  await stand.clock.run(stand.clock.nowMs() + 30_000);
  await check(await response, { status: 408, code: "timeout" });
});

Deno.test("depthOf() counts brackets outside of texts", () => {
  deepStrictEqual(['{"a":[1,{"b":2}]}', '"[[["', '["\\"[[", "]"]', "[[],[]]", "", '"[', "]]["].map(depthOf), [
    3,
    0,
    1,
    2,
    0,
    0,
    0,
  ]);
});

const failures: [failure: EngineFailure, wanted: Wanted][] = [
  [{ kind: "overflow", reason: "it has 9 tokens" }, {
    status: 400,
    code: "context_length_exceeded",
    param: "messages",
  }],
  [{ kind: "invalid", reason: "the schema recurses" }, { status: 400, code: "invalid_value" }],
  [{ kind: "refused", reason: "no file", mend: "clawdbot model pull" }, {
    status: 503,
    code: "model_unavailable",
    type: "server_error",
  }],
  [{ kind: "unavailable", reason: "no place" }, { status: 503, code: "model_unavailable", type: "server_error" }],
  [{ kind: "hung", reason: "no step" }, { status: 500, code: "model_stopped", type: "server_error" }],
  [{ kind: "crashed", reason: "it ended" }, { status: 500, code: "model_stopped", type: "server_error" }],
];
for (const [failure, wanted] of failures) {
  Deno.test(`an engine that fails as ${failure.kind} before its first word gets ${wanted.status} ${wanted.code}`, async () => {
    const stand = await openApiStand({ answer: () => ({ pieces: [], failure }) });
    for (const stream of [false, true]) await check(await stand.local(path, post({ ...question, stream })), wanted);
    const outcomes = (await stand.audit()).map(({ action, outcome }) => [action, outcome]);
    deepStrictEqual(outcomes.slice(0, 2), [["use", "accepted"], ["answer", `engine-${failure.kind}`]]);
  });
}

Deno.test("a stream whose engine fails in the middle ends with an error object, and without [DONE]", async () => {
  const failure = { kind: "crashed", reason: "it ended" } as const;
  const stand = await openApiStand({ answer: () => ({ pieces: ["Half"], failure }) });
  const response = await stand.local(path, post({ ...question, stream: true }));
  strictEqual(response.status, 200);
  const events = await eventsOf(response);
  strictEqual(JSON.parse(events.at(-1)!).error.code, "model_stopped");
  strictEqual(JSON.parse(events.at(-2)!).choices[0].delta.content, "Half");
});

Deno.test("a model that isn't there, or can't do it, is said to be so", async () => {
  const stand = await openApiStand();
  const unknown = await stand.local(path, post({ ...question, model: "gpt-4o" }));
  match(await check(unknown, { status: 404, code: "model_not_found", param: "model" }), /"scripted"/);
  const wrong = { status: 400, code: "model_not_supported", param: "model" };
  await check(await stand.local(path, post({ ...question, model: embeddingModel })), wrong);
  await check(await stand.local("/v1/embeddings", post({ model: chatModel, input: "Hi" })), wrong);
  await check(await stand.local("/v1/models/gpt-4o"), { status: 404, code: "model_not_found", param: "model" });
});

Deno.test("models are listed, and told one by one", async () => {
  const stand = await openApiStand();
  const { object, data } = await (await stand.local("/v1/models")).json();
  const created = Date.UTC(2026, 0, 1) / 1_000;
  const chat = { id: chatModel, object: "model", created, owned_by: "clawdbot" };
  deepStrictEqual([object, data], ["list", [chat, { ...chat, id: embeddingModel }]]);
  deepStrictEqual(await (await stand.local(`/v1/models/${chatModel}`)).json(), chat);
});

Deno.test("an address that isn't there gets an error object", async () => {
  const stand = await openApiStand();
  for (const url of ["/v1/completions", "/v1/", "/v1/files"]) {
    await check(await stand.local(url, post({})), { status: 404, code: "unknown_url" });
  }
  await check(await stand.local(path), { status: 404, code: "unknown_url" });
});

Deno.test("over TCP only a bearer token counts: no cookie, no other scheme", async () => {
  const stand = await openApiStand();
  const { secret } = await stand.token();
  const expired = await stand.token({ lifeMs: 1 });
  const revoked = await stand.token();
  await stand.tokens.revoke({ kind: "local" }, revoked.id);
  await stand.clock.run(stand.clock.nowMs() + 1);
  const wanted = { status: 401, code: "invalid_api_key" };
  const ask = (headers: Record<string, string>) => stand.tcp(path, post(question, headers));
  for (const authorization of ["", secret, `Basic ${secret}`, `Bearer ${secret}x`, "Bearer cb_", "Bearer  "]) {
    const response = await ask({ authorization });
    strictEqual(response.headers.get("www-authenticate"), "Bearer");
    const message = await check(response, wanted);
    ok(!message.includes(secret), "the secret isn't repeated");
  }
  await check(await ask({ cookie: `clawdbot_login=${secret}`, origin: "http://127.0.0.1:8080" }), wanted);
  match(await check(await ask({ authorization: `Bearer ${expired.secret}` }), wanted), /expired/);
  match(await check(await ask({ authorization: `Bearer ${revoked.secret}` }), wanted), /revoked/);
  for (const origin of ["https://evil.example", "null"]) {
    strictEqual((await ask({ authorization: `bearer ${secret}`, origin })).status, 200, "origin doesn't matter");
  }
  deepStrictEqual(stand.asked.length, 2);
});

Deno.test("a name that isn't ours is refused also here", async () => {
  const stand = await openApiStand();
  const { secret } = await stand.token();
  strictEqual((await stand.tcp(path, { ...post(question, { host: "evil.example" }), secret })).status, 421);
});

Deno.test("a token reaches nothing but /v1", async () => {
  const stand = await openApiStand();
  const { secret } = await stand.token({ roles: ["administrator"] });
  for (const url of ["/api/status", "/api/tokens", "/"]) {
    const response = await stand.tcp(url, { secret });
    ok([401, 303].includes(response.status), `${url} gave ${response.status}`);
    await response.body?.cancel();
  }
});

Deno.test("a token may do what its roles may, and a refusal is audited", async () => {
  const policy = mergePolicy({
    roles: { embedder: {}, lister: {} },
    rules: [
      { effect: "allow", roles: ["embedder"], actions: ["use"], resources: ["api:embeddings"] },
      { effect: "allow", roles: ["lister"], actions: ["read"], resources: ["api:models"] },
    ],
  });
  const stand = await openApiStand({ policy });
  const tried = async (role: string) => {
    const { secret } = await stand.token({ roles: [role] });
    return [
      (await stand.tcp(path, { ...post(question), secret })).status,
      (await stand.tcp("/v1/embeddings", { ...post({ model: embeddingModel, input: "Hi" }), secret })).status,
      (await stand.tcp("/v1/models", { secret })).status,
    ];
  };
  deepStrictEqual(await tried("user"), [200, 200, 200]);
  deepStrictEqual(await tried("embedder"), [403, 200, 403]);
  deepStrictEqual(await tried("lister"), [403, 403, 200]);
  const denied = (await stand.audit()).filter(({ outcome }) => outcome === "refused");
  deepStrictEqual(denied.map(({ resource }) => resource), ["api:chat", "api:chat", "api:embeddings"]);
  const { secret } = await stand.token({ roles: ["lister"] });
  const response = await stand.tcp(path, { ...post(question), secret });
  await check(response, { status: 403, code: "insufficient_permissions" });
});

Deno.test("a rate is told in headers, and holds back with 429", async () => {
  const stand = await openApiStand();
  const { secret } = await stand.token({ requestsPerMinute: 2 });
  const headersOf = ({ headers }: Response) =>
    ["limit", "remaining", "reset"].map((name) => headers.get(`x-ratelimit-${name}-requests`));
  deepStrictEqual(headersOf(await stand.tcp("/v1/models", { secret })), ["2", "1", "30000ms"]);
  deepStrictEqual(headersOf(await stand.tcp(path, { ...post("{"), secret })), ["2", "0", "60000ms"]);
  const limited = await stand.tcp(path, { ...post(question), secret });
  deepStrictEqual([...headersOf(limited), limited.headers.get("retry-after")], ["2", "0", "60000ms", "30"]);
  await check(limited, { status: 429, code: "rate_limit_exceeded", type: "requests" });
  await stand.clock.run(stand.clock.nowMs() + 30_000);
  strictEqual((await stand.tcp(path, { ...post(question), secret })).status, 200);
});

Deno.test("what can't be audited isn't done", async () => {
  const stand = await openApiStand();
  stand.fill(true);
  await check(await stand.local(path, post(question)), { status: 507, code: "disk_full", type: "server_error" });
  const embed = await stand.local("/v1/embeddings", post({ model: embeddingModel, input: "Hi" }));
  await check(embed, { status: 507, code: "disk_full", type: "server_error" });
  deepStrictEqual(stand.asked, []);
});

Deno.test("errors are said in the language that is asked for", async () => {
  const stand = await openApiStand();
  const response = await stand.tcp(path, post(question, { "accept-language": "zh-CN" }));
  match((await response.json()).error.message, /密钥/);
});
