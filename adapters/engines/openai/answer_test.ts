import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { EngineEvent, GenerateRequest } from "../../../core/ports/engine.ts";
import { seeded } from "../../../tests/seeded.ts";
import { createAnswer } from "./answer.ts";
import { eventData, type StreamBounds, StreamProblem } from "./event_data.ts";
import { failureOfStream } from "./failures.ts";

const roomy: StreamBounds = { eventLengthMax: 100_000, bytesMax: 1_000_000 };

/** All events of a stream that comes in these chunks. */
async function read(
  body: readonly Uint8Array[],
  more: Partial<GenerateRequest> = {},
  bounds: StreamBounds = roomy,
): Promise<EngineEvent[]> {
  const request: GenerateRequest = { messages: [{ role: "user", content: "abcd" }], tokensMax: 16, ...more };
  const answer = createAnswer(request, {
    failureOf: (error) => failureOfStream(error, { host: "h", key: undefined }),
    newId: () => "made",
  });
  const seen: EngineEvent[] = [];
  async function* stream() {
    yield* body;
  }
  try {
    for await (const data of eventData(stream(), bounds)) {
      const { events, state } = answer.take(data);
      seen.push(...events);
      if (state === "over") return seen;
    }
  } catch (error) {
    if (!(error instanceof StreamProblem)) throw error;
    return [...seen, { kind: "failed", failure: { kind: "crashed", reason: error.message } }];
  }
  return [...seen, ...answer.end()];
}

const bytes = (text: string) => new TextEncoder().encode(text);
const event = (choice: object, rest: object = {}) => `data: ${JSON.stringify({ choices: [choice], ...rest })}\n\n`;
const text = (content: string) => event({ delta: { content } });
const calls = (...tool_calls: object[]) => event({ delta: { tool_calls } });
const finish = (finish_reason: string) => event({ delta: {}, finish_reason });
const costs =
  `data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}\n\n`;
const done = "data: [DONE]\n\n";

const tools = [{ name: "now", parameters: true }, { name: "weather", parameters: true }] as const;
const usage = { promptTokens: 5, promptReused: 4, answerTokens: 2 };
const said = (...texts: string[]) => texts.map((text) => ({ kind: "text", text }) as const);
const call = (id: string, name: string, args: string) =>
  ({ kind: "tool_call", call: { id, name, arguments: args } }) as const;
const end = (reason: "stop" | "length", costs = usage) => ({ kind: "end", reason, usage: costs }) as const;
const estimated = (answerTokens: number) => ({ promptTokens: 2, promptReused: 0, answerTokens });
const crashed = (reason: string) => ({ kind: "failed", failure: { kind: "crashed", reason } }) as const;

const cases: [name: string, body: string, more: Partial<GenerateRequest>, events: EngineEvent[]][] = [
  ["gives text as it comes, and its costs", text("a") + text("b") + finish("stop") + costs + done, {}, [
    ...said("a", "b"),
    end("stop"),
  ]],
  ["takes the end together with text", event({ delta: { content: "a" }, finish_reason: "length" }) + costs + done, {}, [
    ...said("a"),
    end("length"),
  ]],
  [
    "leaves out what it doesn't know",
    `: ping\nevent: x\nid: 1\n${text("a")}retry: 9\n\n${finish("stop")}${costs}${done}`,
    {},
    [
      ...said("a"),
      end("stop"),
    ],
  ],
  [
    "reads lines that end in two characters, and data of several lines",
    'data:{"choices":\r\ndata: [{"delta":{"content":"a"}}]}\r\n\r\n' + finish("stop") + costs + done,
    {},
    [
      ...said("a"),
      end("stop"),
    ],
  ],
  ["estimates costs that aren't told", text("a") + finish("stop") + done, {}, [
    ...said("a"),
    end("stop", estimated(1)),
  ]],
  ["needs no mark at the end", text("a") + finish("stop"), {}, [...said("a"), end("stop", estimated(1))]],
  [
    "leaves out thoughts and empty pieces",
    event({ delta: { role: "assistant", content: null } }) + event({ delta: { reasoning_content: "hm" } }) + text("") +
    text("a") + finish("stop") + costs + done,
    {},
    [...said("a"), end("stop")],
  ],
  ["joins a character that was cut in two", text("\ud83d") + text("\ude42!") + finish("stop") + costs + done, {}, [
    ...said("🙂!"),
    end("stop"),
  ]],
  ["replaces half a character", text("a\ude42b") + finish("stop") + costs + done, {}, [
    ...said("a\ufffdb"),
    end("stop"),
  ]],
  ["ends before a text that the server let through", text("one E") + text("ND two"), { stop: ["END"] }, [
    ...said("one "),
    end("stop", estimated(2)),
  ]],
  ["gives back what only began like one", text("one E") + finish("stop") + costs + done, { stop: ["END"] }, [
    ...said("one ", "E"),
    end("stop"),
  ]],
  [
    "joins the pieces of calls, in their order",
    calls({ index: 1, id: "b", function: { name: "now", arguments: "" } }) +
    calls({ index: 0, id: "a", type: "function", function: { name: "weather", arguments: '{"ci' } }) +
    calls({ index: 0, function: { arguments: 'ty":"Ulm"}' } }) + finish("tool_calls") + costs + done,
    { tools },
    [
      call("a", "weather", '{"city":"Ulm"}'),
      call("b", "now", "{}"),
      end("stop"),
    ],
  ],
  [
    "gives a call an id that the server forgot",
    calls({ function: { name: "now", arguments: "{}" } }) + finish("stop") + costs + done,
    { tools },
    [
      call("made", "now", "{}"),
      end("stop"),
    ],
  ],
  [
    "leaves out a call that was cut off",
    calls({ index: 0, id: "a", function: { name: "now", arguments: '{"x' } }) + finish("length") + costs + done,
    { tools },
    [
      end("length"),
    ],
  ],
  [
    "gives the tokens with their probabilities",
    event({
      delta: { content: "é" },
      logprobs: {
        content: [
          { token: "\ufffd", bytes: [195], logprob: -1, top_logprobs: [{ token: "a", bytes: null, logprob: -2 }] },
          { token: "\ufffd", bytes: [169], logprob: -0.5 },
        ],
      },
    }) + finish("stop") + costs + done,
    { alternativesMax: 1 },
    [
      {
        kind: "text",
        text: "é",
        tokens: [
          { text: "\ufffd", bytes: [195], logprob: -1, top: [{ text: "a", bytes: [97], logprob: -2 }] },
          { text: "\ufffd", bytes: [169], logprob: -0.5, top: [] },
        ],
      },
      end("stop"),
    ],
  ],
  ["cuts a server that goes on past what it was allowed", text("a").repeat(100), { tokensMax: 2 }, [
    ...said(...Array(17).fill("a")),
    end("length", estimated(17)),
  ]],
  ["fails when the connection ends in mid-answer", text("a"), {}, [
    ...said("a"),
    crashed("the connection broke in mid-answer"),
  ]],
  ["fails when nothing came at all", "", {}, [crashed("the connection broke in mid-answer")]],
  ["fails when it is done without an end", text("a") + done, {}, [
    ...said("a"),
    crashed("the server ended the answer without saying why"),
  ]],
  ["fails for what isn't JSON", text("a") + "data: {\n\n", {}, [
    ...said("a"),
    crashed("the server sent what isn't part of an answer"),
  ]],
  ["fails for wrong types", 'data: {"choices":[{"delta":{"content":7}}]}\n\n', {}, [
    crashed("the server sent what isn't part of an answer"),
  ]],
  ["says what the server says in mid-answer", text("a") + 'data: {"error":{"message":"GPU\\nlost"}}\n\n', {}, [
    ...said("a"),
    crashed("h broke the answer off: GPU lost"),
  ]],
  [
    "fails for a tool that wasn't offered",
    calls({ id: "a", function: { name: "rm", arguments: "{}" } }) + finish("stop") + done,
    { tools },
    [
      crashed("the server's model called a tool in a way that can't be read"),
    ],
  ],
  [
    "fails for arguments that aren't an object",
    calls({ id: "a", function: { name: "now", arguments: "[1]" } }) + finish("stop") + done,
    { tools },
    [
      crashed("the server's model called a tool in a way that can't be read"),
    ],
  ],
  ["fails when a tool had to be called and wasn't", text("a") + finish("stop") + costs + done, {
    tools,
    toolChoice: "required",
  }, [
    ...said("a"),
    {
      kind: "failed",
      failure: {
        kind: "invalid",
        reason: "the server's model had to call a tool and didn't: the server may not know tools",
      },
    },
  ]],
  ["says that a filter ended it", finish("content_filter") + done, {}, [
    { kind: "failed", failure: { kind: "invalid", reason: "the server's content filter ended the answer" } },
  ]],
];
for (const [name, body, more, expected] of cases) {
  Deno.test(`createAnswer() ${name}`, async () => deepStrictEqual(await read([bytes(body)], more), expected));
}

Deno.test("createAnswer() fails for calls without end", async () => {
  const endless = calls({ index: 0, id: "a", function: { name: "now", arguments: "x".repeat(60_000) } }).repeat(18);
  const bounds = { eventLengthMax: 100_000, bytesMax: 10_000_000 };
  deepStrictEqual(await read([bytes(endless)], { tools }, bounds), [
    crashed("the server's model called tools without end"),
  ]);
  const many = Array.from({ length: 200 }, (_, index) => calls({ index, id: "a", function: { name: "now" } })).join("");
  deepStrictEqual(await read([bytes(many)], { tools, tokensMax: 400 }), [
    crashed("the server's model called tools without end"),
  ]);
});

const bounded: [name: string, body: Uint8Array, reason: string][] = [
  ["one line without end", bytes(`data: ${"x".repeat(2_000)}`), "one event has more than 1000 characters"],
  ["an event of lines without end", bytes("data: x\n".repeat(500)), "one event has more than 1000 characters"],
  ["comments without end", bytes(": ping\n\n".repeat(2_000)), "its answer has more than 10000 bytes"],
  ["bytes that aren't UTF-8", new Uint8Array([100, 97, 0xff, 0xfe]), "its answer isn't UTF-8"],
];
for (const [name, body, reason] of bounded) {
  Deno.test(`eventData() is bounded against ${name}`, async () =>
    deepStrictEqual(await read([body], {}, { eventLengthMax: 1_000, bytesMax: 10_000 }), [crashed(reason)]));
}

// Goal: where the network cuts a stream changes nothing of what is read. Method: each case in pieces of seeded sizes.
seeded("createAnswer() reads the same however a stream is cut", async (random) => {
  const [, body, more, expected] = cases[Math.floor(random() * cases.length)]!;
  const whole = bytes(body);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < whole.length;) {
    const length = 1 + Math.floor(random() ** 3 * 200);
    pieces.push(whole.subarray(at, at + length));
    at += length;
  }
  deepStrictEqual(await read(pieces, more), expected);
}, { runs: 500 });

// Goal: whatever a server sends, there is exactly one last event, it is the last, and nothing throws.
// Method: seeded damage to real streams: bytes changed, cut out, doubled.
seeded("createAnswer() ends every stream with one last event", async (random) => {
  const [, body, more] = cases[Math.floor(random() * cases.length)]!;
  let damaged = [...bytes(body)];
  for (let count = 1 + Math.floor(random() * 5); count > 0; count--) {
    const at = Math.floor(random() * damaged.length);
    const length = Math.floor(random() * 40);
    const kind = random();
    if (kind < 0.4) damaged[at] = Math.floor(random() * 256);
    else if (kind < 0.7) damaged.splice(at, length);
    else damaged = [...damaged.slice(0, at), ...damaged.slice(at, at + length), ...damaged.slice(at)];
  }
  const seen = await read([Uint8Array.from(damaged)], more);
  const isLast = ({ kind }: EngineEvent) => kind === "end" || kind === "failed";
  strictEqual(seen.filter(isLast).length, 1, JSON.stringify(seen));
  ok(isLast(seen.at(-1)!));
  for (const event of seen) if (event.kind === "text") ok(event.text.length > 0 && event.text.isWellFormed());
}, { runs: 1_000, long: 100_000 });
