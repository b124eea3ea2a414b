import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { Frame } from "../../../core/frames.ts";
import type { EngineEvent, GenerateRequest } from "../../../core/ports/engine.ts";
import type { Runners } from "../../../core/ports/runner.ts";
import { VirtualClock } from "../../../tests/simulator/virtual_clock.ts";
import { createLlamaEngine, type LlamaEngineOptions } from "./client.ts";
import { type HostMessage, parseHostMessage } from "./protocol.ts";

const never = new AbortController().signal;
const info = { name: "fake", contextTokens: 100, sequencesMax: 2 };
const usage = { promptTokens: 3, promptReused: 0, answerTokens: 1 };
const request: GenerateRequest = { messages: [{ role: "user", content: "hi" }], tokensMax: 8 };

/** What a scripted runner may do with a message: answer, say something else, or end. */
interface Reply {
  say(value: unknown): void;
  end(): void;
}

/** Runners that are a function, on a virtual clock. */
function createStand(
  script: (message: HostMessage, reply: Reply, connection: number) => void,
  options: Partial<LlamaEngineOptions> = {},
) {
  const clock = new VirtualClock(0);
  const connectedMs: number[] = [];
  let open = 0;
  const runners: Runners = {
    async connect() {
      connectedMs.push(clock.nowMs());
      const number = connectedMs.length;
      open++;
      const frames: Frame[] = [];
      let wake = () => {};
      let isOver = false;
      const end = () => {
        if (!isOver) open--;
        isOver = true;
        wake();
      };
      return {
        kind: "connected",
        connection: {
          frames: (async function* () {
            for (;;) {
              const frame = frames.shift();
              if (frame !== undefined) yield frame;
              else if (isOver) return;
              else await new Promise<void>((resolve) => wake = resolve);
            }
          })(),
          async send(frame) {
            if (isOver) throw new Error("closed");
            ok(frame.kind === "json");
            const say = (value: unknown) => {
              frames.push({ kind: "json", value });
              wake();
            };
            script(parseHostMessage(frame.value), { say, end }, number);
          },
          close: end,
        },
      };
    },
  };
  const engine = createLlamaEngine({
    runners,
    clock,
    random: { bytes: (count) => new Uint8Array(count), unit: () => 1 },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    sequencesMax: 2,
    keepAliveMs: 10_000,
    hangMs: 30_000,
    ...options,
  });
  return { engine, clock, connectedMs, open: () => open };
}

const works = (message: HostMessage, { say }: Reply) => {
  if (message.kind === "load") say({ kind: "ready", info });
  if (message.kind !== "generate") return;
  say({ kind: "text", id: message.id, text: "yes", answerTokens: 1 });
  say({ kind: "end", id: message.id, reason: "stop", usage });
};

async function collect(events: AsyncIterable<EngineEvent>): Promise<EngineEvent[]> {
  const all: EngineEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Runs the clock until the promise is settled. */
async function on<T>(clock: VirtualClock, promise: Promise<T>, withinMs = 600_000): Promise<T> {
  let isSettled = false;
  promise.then(() => isSettled = true, () => isSettled = true);
  const untilMs = clock.nowMs() + withinMs;
  while (!isSettled && clock.nowMs() < untilMs) await clock.run(clock.nowMs() + 50);
  ok(isSettled, "nothing came of it");
  return await promise;
}

Deno.test("the client loads on first need, once for all who wait", async () => {
  const { engine, clock, connectedMs } = createStand(works);
  const all = await on(clock, Promise.all([1, 2, 3].map(() => collect(engine.generate(request, never)))));
  for (const events of all) {
    deepStrictEqual(events, [{ kind: "text", text: "yes", answerTokens: 1 }, { kind: "end", reason: "stop", usage }]);
  }
  deepStrictEqual(engine.state(), { kind: "ready", info });
  strictEqual(connectedMs.length, 1);
});

Deno.test("the client unloads after its keep-alive, not before, and not while somebody waits", async () => {
  const { engine, clock, open } = createStand((message, reply) => {
    if (message.kind === "generate") return; // never answers
    works(message, reply);
  }, { hangMs: 1_000_000 });
  await on(clock, engine.load(never));
  await clock.run(clock.nowMs() + 9_000);
  strictEqual(open(), 1);
  const stopping = new AbortController();
  const answer = collect(engine.generate(request, stopping.signal));
  await clock.run(clock.nowMs() + 60_000);
  strictEqual(open(), 1);
  stopping.abort();
  await on(clock, answer);
  await clock.run(clock.nowMs() + 10_001);
  strictEqual(open(), 0);
  deepStrictEqual(engine.state(), { kind: "idle" });
});

Deno.test("the client takes a runner for hung that completes no step, but not one that reports progress", async () => {
  const silent = createStand((message, reply) => message.kind === "load" && works(message, reply));
  const [event] = await on(silent.clock, collect(silent.engine.generate(request, never)));
  ok(event?.kind === "failed" && event.failure.kind === "hung", JSON.stringify(event));
  match(event.failure.reason, /30 seconds/);
  ok(silent.clock.nowMs() <= 31_000);
  strictEqual(silent.open(), 0);

  let say: Reply["say"] = () => {};
  let id = 0;
  const slow = createStand((message, reply) => {
    if (message.kind === "load") works(message, reply);
    if (message.kind === "generate") [say, id] = [reply.say, message.id];
  });
  const answer = collect(slow.engine.generate(request, never));
  for (let second = 0; second < 200; second += 20) {
    await slow.clock.run(slow.clock.nowMs() + 20_000);
    say({ kind: "progress" });
  }
  say({ kind: "end", id, reason: "stop", usage });
  deepStrictEqual((await on(slow.clock, answer)).at(-1), { kind: "end", reason: "stop", usage });
});

Deno.test("the client waits longer after each failure, and at once again after a success", async () => {
  const { engine, clock, connectedMs } = createStand((message, reply, connection) => {
    if (message.kind === "generate" && connection <= 4) return reply.end();
    works(message, reply);
    if (message.kind === "generate" && connection === 5) reply.end();
  });
  for (let times = 0; times < 4; times++) {
    const [event] = await on(clock, collect(engine.generate(request, never)));
    ok(event?.kind === "failed" && event.failure.kind === "crashed", JSON.stringify(event));
    strictEqual(engine.state().kind, "failed");
  }
  strictEqual((await on(clock, collect(engine.generate(request, never)))).at(-1)?.kind, "end");
  const pauses = connectedMs.slice(1).map((ms, index) => ms - connectedMs[index]!);
  for (const [index, pause] of pauses.entries()) ok(pause >= 250 * 2 ** index, JSON.stringify(pauses));
  const againMs = clock.nowMs();
  await on(clock, collect(engine.generate(request, never)));
  ok(connectedMs.at(-1)! - againMs <= 300);
});

Deno.test("the client takes a runner that breaks the protocol for crashed", async () => {
  const nonsense = [{ kind: "text", id: "1" }, { kind: "what" }, null, {
    kind: "end",
    id: 1,
    reason: "stop",
    usage: {},
  }];
  for (const value of nonsense) {
    const { engine, clock, open } = createStand((message, reply) => {
      if (message.kind === "load") works(message, reply);
      else reply.say(value);
    });
    const [event] = await on(clock, collect(engine.generate(request, never)));
    ok(event?.kind === "failed" && event.failure.kind === "crashed", JSON.stringify(event));
    strictEqual(open(), 0);
  }
});

Deno.test("the client passes a refusal on, names what would fit, and asks again next time", async () => {
  const failure = { kind: "refused", reason: "no room", mend: "clawdbot model list" } as const;
  const { engine, clock, connectedMs, open } = createStand((message, reply, connection) => {
    if (connection === 1) reply.say({ kind: "not_ready", failure, needBytes: 2e9, haveBytes: 1e9 });
    else works(message, reply);
  });
  const told = { ...failure, reason: "no room; smollm2-135m would fit" };
  deepStrictEqual(await on(clock, engine.load(never)), { kind: "failed", failure: told });
  deepStrictEqual(engine.state(), { kind: "failed", failure: told });
  strictEqual(open(), 0);
  strictEqual((await on(clock, collect(engine.generate(request, never)))).length, 2);
  strictEqual(connectedMs.length, 2);
});

Deno.test("the client says that there is no runner", async () => {
  const clock = new VirtualClock(0);
  const engine = createLlamaEngine({
    runners: { connect: async () => ({ kind: "unavailable", reason: "nobody listens" }) },
    clock,
    random: { bytes: (count) => new Uint8Array(count), unit: () => 1 },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    sequencesMax: 2,
    keepAliveMs: 1_000,
  });
  const failure = { kind: "unavailable", reason: "nobody listens" };
  deepStrictEqual(await on(clock, collect(engine.generate(request, never))), [{ kind: "failed", failure }]);
});

Deno.test("the client sends nothing that the runner would refuse to parse", async () => {
  const { engine, clock, connectedMs } = createStand(works);
  const bad: GenerateRequest[] = [
    { ...request, tokensMax: 0 },
    { ...request, messages: [] },
    { ...request, sampling: { temperature: NaN } },
    { ...request, stop: new Array(9).fill("x") },
  ];
  for (const one of bad) {
    const [event] = await on(clock, collect(engine.generate(one, never)));
    ok(event?.kind === "failed" && event.failure.kind === "invalid", JSON.stringify(event));
    ok(!event.failure.reason.includes("\n"));
  }
  const huge = { ...request, messages: [{ role: "user" as const, content: "x".repeat(3_000_000) }] };
  const [event] = await on(clock, collect(engine.generate(huge, never)));
  ok(event?.kind === "failed" && event.failure.kind === "overflow", JSON.stringify(event));
  const counted = await on(clock, engine.countTokens(new Array(10_001).fill("x"), never));
  ok(counted.kind === "failed" && counted.failure.kind === "invalid", JSON.stringify(counted));
  strictEqual(connectedMs.length, 0);
});

Deno.test("the client says that the model is gone to whoever was still looking for a state when it went", async () => {
  const found = Promise.withResolvers<undefined>();
  let end = () => {};
  const { engine, clock } = createStand((message, reply) => {
    if (message.kind === "load") reply.say({ kind: "ready", info });
    end = reply.end;
  }, { states: { find: () => found.promise, async *open() {}, save: async () => {} } });
  const asked = collect(engine.generate({ ...request, conversation: "c" }, never));
  await clock.run(10);
  end();
  await clock.run(20);
  found.resolve(undefined);
  const [event] = await on(clock, asked);
  ok(event?.kind === "failed" && event.failure.kind === "crashed", JSON.stringify(event));
});

Deno.test("the client stops waiting for a model when the signal aborts, and loads on for others", async () => {
  let ready = () => {};
  const { engine, clock } = createStand((message, reply) => {
    if (message.kind === "load") ready = () => reply.say({ kind: "ready", info });
    else works(message, reply);
  });
  const stopping = new AbortController();
  const stopped = collect(engine.generate(request, stopping.signal));
  const other = collect(engine.generate(request, never));
  await clock.run(10);
  stopping.abort();
  const [event] = await on(clock, stopped);
  ok(event?.kind === "end" && event.reason === "cancelled");
  ready();
  strictEqual((await on(clock, other)).at(-1)?.kind, "end");
});

// Goal: an answer that nobody waits for any more is computed no further. Method: what the runner is told of it.
const leaving: [when: string, read: (answer: AsyncIterable<EngineEvent>, stop: () => void) => Promise<void>][] = [
  ["its signal aborts", async (answer, stop) => {
    const kinds: string[] = [];
    for await (const event of answer) {
      kinds.push(event.kind === "end" ? event.reason : event.kind);
      stop();
    }
    deepStrictEqual(kinds, ["text", "cancelled"]);
  }],
  ["its reader stops", async (answer) => {
    for await (const event of answer) return void strictEqual(event.kind, "text");
  }],
  ["its reader fails", async (answer) => {
    const read = async () => {
      for await (const event of answer) throw new Error(event.kind);
    };
    await rejects(read, { message: "text" });
  }],
];
for (const [when, read] of leaving) {
  Deno.test(`the client tells the runner to cancel an answer when ${when}`, async () => {
    const told: HostMessage[] = [];
    const { engine, clock } = createStand((message, { say }) => {
      told.push(message);
      if (message.kind === "load") say({ kind: "ready", info });
      if (message.kind === "generate") say({ kind: "text", id: message.id, text: "yes", answerTokens: 1 });
    });
    const stopping = new AbortController();
    await on(clock, read(engine.generate(request, stopping.signal), () => stopping.abort()));
    deepStrictEqual(told.map(({ kind }) => kind), ["load", "generate", "cancel"]);
    const [, generate, cancel] = told;
    ok(generate?.kind === "generate" && cancel?.kind === "cancel" && cancel.id === generate.id);
  });
}

Deno.test("the client tells the runner to cancel an answer of which nothing came yet", async () => {
  const told: HostMessage["kind"][] = [];
  const { engine, clock } = createStand((message, { say }) => {
    told.push(message.kind);
    if (message.kind === "load") say({ kind: "ready", info });
  });
  const stopping = new AbortController();
  const answer = collect(engine.generate(request, stopping.signal));
  await clock.run(clock.nowMs() + 50);
  stopping.abort();
  const [event] = await on(clock, answer);
  ok(event?.kind === "end" && event.reason === "cancelled", JSON.stringify(event));
  deepStrictEqual(told, ["load", "generate", "cancel"]);
});

Deno.test("the client cancels nothing that has ended by itself", async () => {
  const told: HostMessage["kind"][] = [];
  const { engine, clock } = createStand((message, reply) => {
    told.push(message.kind);
    works(message, reply);
  });
  await on(clock, collect(engine.generate(request, never)));
  deepStrictEqual(told, ["load", "generate"]);
});

const embeds = (say: (value: unknown) => void, id: number, texts: readonly string[]) => {
  // Vectors of two numbers, that of a text being its length and 1; two texts a message.
  for (let at = 0; at < texts.length; at += 2) {
    const floats = Float32Array.from(texts.slice(at, at + 2).flatMap((text) => [text.length, 1]));
    say({ kind: "vectors", id, at, base64: new Uint8Array(floats.buffer).toBase64() });
  }
  say({ kind: "embedded", id, promptTokens: 9 });
};
const embedder = { ...info, dimensions: 2 };

Deno.test("the client puts vectors together as they come", async () => {
  const { engine, clock } = createStand((message, { say }) => {
    if (message.kind === "load") say({ kind: "ready", info: embedder });
    if (message.kind === "embed") embeds(say, message.id, message.texts);
  });
  const result = await on(clock, engine.embed({ texts: ["a", "bb", "ccc"], purpose: "query" }, never));
  const vectors = [[1, 1], [2, 1], [3, 1]].map((vector) => Float32Array.from(vector));
  deepStrictEqual(result, { kind: "embedded", vectors, promptTokens: 9 });
});

const broken: [what: string, say: (say: (value: unknown) => void, id: number) => void][] = [
  ["fewer vectors than texts", (say, id) => embeds(say, id, ["a"])],
  ["more vectors than texts", (say, id) => embeds(say, id, ["a", "b", "c"])],
  ["vectors out of order", (say, id) => say({ kind: "vectors", id, at: 1, base64: "AACAPwAAgD8=" })],
  ["half a vector", (say, id) => say({ kind: "vectors", id, at: 0, base64: "AACAPw==" })],
  ["no base64", (say, id) => say({ kind: "vectors", id, at: 0, base64: "?" })],
];
for (const [what, say] of broken) {
  Deno.test(`the client takes a runner for broken that gives ${what}`, async () => {
    const { engine, clock, open } = createStand((message, reply) => {
      if (message.kind === "load") reply.say({ kind: "ready", info: embedder });
      if (message.kind === "embed") say(reply.say, message.id);
    });
    const result = await on(clock, engine.embed({ texts: ["a", "b"] }, never));
    ok(result.kind === "failed" && result.failure.kind === "crashed", JSON.stringify(result));
    strictEqual(open(), 0);
  });
}

Deno.test("the client tells the runner that nobody waits for vectors any more", async () => {
  const told: HostMessage["kind"][] = [];
  const { engine, clock } = createStand((message, { say }) => {
    told.push(message.kind);
    if (message.kind === "load") say({ kind: "ready", info: embedder });
  });
  const stopping = new AbortController();
  const result = engine.embed({ texts: ["a"] }, stopping.signal);
  await clock.run(clock.nowMs() + 50);
  stopping.abort();
  const { kind, failure } = await on(clock, result) as { kind: string; failure?: { kind: string } };
  deepStrictEqual([kind, failure?.kind], ["failed", "unavailable"]);
  deepStrictEqual(told, ["load", "embed", "cancel"]);
});

Deno.test("the client ends a runner that gives no vectors", async () => {
  const { engine, clock, open } = createStand((message, { say }) => {
    if (message.kind === "load") say({ kind: "ready", info: embedder });
  });
  const result = await on(clock, engine.embed({ texts: ["a"] }, never));
  ok(result.kind === "failed" && result.failure.kind === "hung", JSON.stringify(result));
  strictEqual(open(), 0);
});
