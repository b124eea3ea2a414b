/** Requests as bad luck would have them, on the real engine: what is left of them afterwards. */
import { ok, strictEqual } from "node:assert/strict";
import { priorities } from "../../core/priority.ts";
import type { ChatMessage, Engine, EngineEvent, GenerateRequest } from "../../core/ports/engine.ts";
import { seededRandom } from "../seeded.ts";
import { collect, never, patiently } from "./engine.ts";
import { createModelRunners, createTestEngine } from "./model_runner_stand.ts";
import { writeWordedModel } from "./worded_model.ts";

const isLong = Deno.env.get("CLAWDBOT_TEST_LONG") === "1";
const requests = isLong ? 1_000 : 60;
const together = 12;
const options = { sequencesMax: 4, contextTokens: 512 } as const;
const greedy = { temperature: 0 } as const;
/** To a model of which a step costs next to nothing; after the first quarter of them the runtime's heap hardly grows. */
const requestsTiny = 4_000;
/**
 * What the runner may have more at the end than after that quarter: what leaves 7 kB a request has more. Measured: 10 to
 * 11 MB in nine runs. It grows by steps up to about the 25,000th request and hardly after it, as a runtime's heap does.
 */
const grownBytesMax = 20e6;
/**
 * Between logarithms of probabilities, in the middle and at most: prompts are computed in chunks of the size that was
 * fast, which sum in another order.
 */
const tolerance = { middle: 0.15, worst: 1.5 } as const;

/** What the model has no doubt about: the next best token has at most a tenth of the probability. */
const sure: readonly [shown: readonly [question: string, answer: string][], asked: string][] = [
  [
    [["Repeat: red, green", "red, green"], ["Repeat: one, two, three", "one, two, three"], ["Repeat: cat", "cat"]],
    "Repeat: apple, pear, plum, cherry",
  ],
  [
    [
      ["Capital of France?", "The capital of France is Paris."],
      ["Capital of Spain?", "The capital of Spain is Madrid."],
    ],
    "Capital of Germany?",
  ],
  [[["Count to three.", "1, 2, 3"], ["Count to five.", "1, 2, 3, 4, 5"]], "Count to ten."],
];

// Goal: requests that overlap, are aborted at any moment or are too long leave no sequence, and change no answer. Method:
// prompts that fill the whole cache would find it full if a cell were still held; an answer alone is compared with a
// fresh process's.
Deno.test("engine llama: aborted, overlapping and over-long requests leave no sequence, and change no answer", async () => {
  await using runners = createModelRunners();
  const engine = createTestEngine(runners, options);
  await askAll(engine, { requests, abortMsMax: 400, read: collect });

  await fillCache(engine);
  strictEqual(runners.pids.length, 1, "a runner died of it");

  await using freshRunners = createModelRunners();
  const fresh = createTestEngine(freshRunners, options);
  const differences: number[] = [];
  for (const [shown, asked] of sure) {
    const messages: ChatMessage[] = [
      ...shown.flatMap(([question, answer]): ChatMessage[] => [
        { role: "user", content: question },
        { role: "assistant", content: answer },
      ]),
      { role: "user", content: asked },
    ];
    const request = { messages, tokensMax: 12, sampling: greedy, alternativesMax: 0 };
    const used = await collect(engine.generate(request, never));
    const like = await collect(fresh.generate(request, never));
    strictEqual(used.text, like.text);
    differences.push(...used.tokens.map(({ logprob }, index) => Math.abs(logprob - like.tokens[index]!.logprob)));
  }
  differences.sort((a, b) => a - b);
  const [middle, worst] = [differences[differences.length >> 1]!, differences.at(-1)!];
  ok(middle <= tolerance.middle && worst <= tolerance.worst, `the logarithms differ by ${middle} and ${worst}`);
  await engine.close();
  await fresh.close();
});

// Goal: such requests leave no memory, neither native nor of the runtime. Method: thousands of them, so that what each leaves
// stands out of the runtime's own coming and going.
Deno.test(`engine llama: ${requestsTiny} aborted, overlapping and over-long requests leave no memory`, async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using runners = createModelRunners(await writeWordedModel(folder));
    const engine = createTestEngine(runners, options);
    const bytes = async () => await anonymousBytes(runners.pids[0]);
    let warmBytes = 0;
    await askAll(engine, {
      requests: requestsTiny,
      abortMsMax: 40,
      read: lastOf,
      async ended(count) {
        if (count === requestsTiny / 4) warmBytes = await bytes();
      },
    });
    const grownBytes = await bytes() - warmBytes;
    console.log(`from ${megabytes(warmBytes)} by ${megabytes(grownBytes)}`);
    ok(grownBytes < grownBytesMax, `the runner has ${megabytes(grownBytes)} more than after a quarter of the requests`);
    strictEqual(runners.pids.length, 1, "a runner died of it");
    await engine.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Reads an answer to its last event. */
type Read = (
  events: AsyncIterable<EngineEvent>,
  onText: (text: string, answerTokens: number) => void,
) => Promise<{ readonly last: Extract<EngineEvent, { kind: "end" | "failed" }> }>;

/** Asks requests by chance, some at once, each of which ends as it has to. */
async function askAll(
  engine: Engine,
  { requests, abortMsMax, read, ended = async () => {} }: {
    readonly requests: number;
    readonly abortMsMax: number;
    readonly read: Read;
    readonly ended?: (count: number) => Promise<void>;
  },
): Promise<void> {
  const random = seededRandom({ seed: 16, run: 0 });
  const whole = (below: number) => Math.floor(random() * below);
  const kinds = new Map<string, number>();
  let asked = 0;
  let count = 0;
  const work = async () => {
    while (asked++ < requests) {
      const { request, isTooLong, stopAfter } = randomRequest(whole);
      const stopping = new AbortController();
      if (stopAfter === 0) setTimeout(() => stopping.abort(), whole(abortMsMax));
      const { last } = await read(engine.generate(request, stopping.signal), (_, answerTokens) => {
        if (stopAfter > 0 && answerTokens >= stopAfter) stopping.abort();
      });
      const kind = last.kind === "end" ? last.reason : last.failure.kind;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (isTooLong) ok(kind === "overflow" || kind === "cancelled", kind);
      else ok(last.kind === "end", JSON.stringify(last));
      await ended(++count);
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  for (const kind of ["stop", "length", "cancelled", "overflow"]) ok((kinds.get(kind) ?? 0) > 0, `none was ${kind}`);
}

/** Of a model that says anything, half characters included. */
const lastOf: Read = async (events, onText) => {
  let last: EngineEvent | undefined;
  for await (const event of events) {
    if (event.kind === "text") onText(event.text, event.answerTokens ?? 0);
    last = event;
  }
  ok(last?.kind === "end" || last?.kind === "failed", JSON.stringify(last));
  return { last };
};

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

function randomRequest(whole: (below: number) => number): {
  readonly request: GenerateRequest;
  readonly isTooLong: boolean;
  /** Aborted after so many tokens; 0: at some time; -1: never. */
  readonly stopAfter: number;
} {
  const chance = whole(10);
  const isTooLong = chance === 0;
  const words = isTooLong ? 600 : chance < 4 ? 20 + whole(40) : whole(9);
  const content = `${whole(1_000)} Say something about ${"rain and wind ".repeat(words / 3)}now.`;
  const priority = priorities[whole(3)];
  return {
    isTooLong,
    stopAfter: [-1, -1, 0, 1 + whole(5)][whole(4)]!,
    request: {
      messages: [...whole(2) === 0 ? [] : [{ role: "system", content: `Rule ${whole(4)}.` }] as const, {
        role: "user",
        content,
      }],
      tokensMax: 1 + whole(12),
      sampling: whole(2) === 0 ? greedy : { seed: whole(1_000) },
      ...(priority === undefined ? {} : { priority }),
      ...(whole(2) === 0 ? {} : { conversation: `conversation ${whole(5)}` }),
      ...(whole(5) === 0 ? { format: { kind: "json" } } : {}),
      ...(whole(5) === 0 ? { stop: [" the", "."] } : {}),
    },
  };
}

/** Two answers at once that need every cell there is. */
async function fillCache(engine: Engine): Promise<void> {
  const count = async (content: string) => {
    const result = await patiently(engine.countTokens([content], never));
    ok(result.kind === "counted");
    return result.counts[0]!;
  };
  const word = "rain ";
  const each = await count(word.repeat(100)) / 100;
  const fill = async (index: number) => {
    const content = `${index} ${word.repeat(Math.floor((options.contextTokens - 60) / each))}`;
    // The template's own tokens are found by what is refused.
    for (let tokensMax = 100;; tokensMax--) {
      const request = { messages: [{ role: "user", content }], tokensMax, sampling: greedy } as const;
      const { last } = await collect(engine.generate(request, never));
      if (last.kind === "failed" && last.failure.kind === "overflow" && tokensMax > 1) continue;
      ok(last.kind === "end", JSON.stringify(last));
      return;
    }
  };
  await Promise.all([fill(1), fill(2)]);
}

/** What a process holds beside files. */
async function anonymousBytes(pid: number | undefined): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}
