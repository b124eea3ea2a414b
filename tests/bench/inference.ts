import { readModelFile } from "../../adapters/engines/llama/model_file.ts";
import { buildLlamaServer, llamaPeerFolder } from "../../scripts/build_llama_server.ts";
import { checkout } from "../../scripts/checkout.ts";
import { exists } from "../../scripts/package_files.ts";
import { fetchNodeLlamaCpp } from "../../scripts/fetch_node_llama_cpp.ts";
import { modelsFolder } from "../../scripts/test_tools.ts";
import type { Contestant, Question } from "../peers/contestant.ts";
import { startLlamaServer } from "../peers/llama_server.ts";
import { startNodeLlamaCpp } from "../peers/node_llama_cpp.ts";
import { type Asks, questionsFor } from "../peers/questions.ts";
import { startThisEngine } from "../peers/this_engine.ts";
import { testModel } from "../site.ts";
import { alarmRow } from "./alarm.ts";
import { memoryBandwidth } from "./inference/bandwidth.ts";
import { startBusyLoops } from "./inference/busy_loops.ts";
import { watchCores } from "./inference/cores.ts";
import { contendedRows, decodeRounds, decodeRows, type DecodeTurn, decodeTurn } from "./inference/decode.ts";
import { firstTokenRounds, firstTokenRows } from "./inference/first_token.ts";
import { gapRounds, gapRows } from "./inference/gap.ts";
import { hostShareRows } from "./inference/host_share.ts";
import { llamaBenchSpeed } from "./inference/llama_bench.ts";
import { type Effort, efforts, figuresOf, inTurns, ratioRow, type Round } from "./inference/rounds.ts";
import { memoryOf } from "./memory.ts";
import { quantile, type Row, row } from "./row.ts";

/** What is measured. */
export interface InferenceOptions {
  /** Beside node-llama-cpp and, where it is built, llama.cpp's server. Default false: this engine alone. */
  readonly peers?: boolean;
  /** One round each, which shows no more than that everything runs. Default false. */
  readonly rough?: boolean;
  /** Only what has this name or begins with it: `small`, `main.decode`, `small.decode.8`. Default: everything. */
  readonly part?: string | undefined;
}

/** A model, and what is measured of it. */
interface Subject {
  readonly name: "small" | "main";
  readonly modelPath: string;
  /** Answers at once. */
  readonly counts: readonly number[];
  readonly contendedCounts: readonly number[];
  readonly firstMsMax: number;
  readonly gapMsMax: number;
  /** Of each answer, when few or many are computed at once. */
  readonly tokens: number;
}

const conversationsMax = 16;
/** Rounds are made up for what other programs disturbed only so long, that the whole run fits in 45 minutes. */
const moreMsMax = 25 * 60_000;
/** Of one conversation at most; all of them share twice as many. */
const contextTokens = 4_096;

/**
 * This engine, through its real runner process with its planned rights, and its peers, in turns: speed, processor time, time
 * to first token, the longest gap of running answers while a long prompt arrives, memory. All choose greedily, with as many
 * threads as there are cores.
 */
export async function* inferenceRows(options: InferenceOptions = {}): AsyncGenerator<Row> {
  const { rough = false, part = "", peers = false } = options;
  const effort: Effort = { ...efforts[rough ? "rough" : "whole"], moreUntilMs: performance.now() + moreMsMax };
  const wanted = (name: string) =>
    part === "" || name === part || name.startsWith(`${part}.`) || part.startsWith(`${name}.`);
  const server = peers && await serverIsBuilt();
  if (peers) await fetchNodeLlamaCpp();
  for (const subject of await subjects()) {
    if (!wanted(subject.name)) continue;
    const alarm = `${subject.name}.alarm`;
    if (wanted(alarm)) yield await alarmRow(subject.name, subject.modelPath, effort.least);
    if (part !== alarm) yield* subjectRows(subject, { effort, wanted, peers, server });
  }
  if (wanted("host")) yield* hostShareRows(effort);
}

async function subjects(): Promise<Subject[]> {
  const small: Subject = {
    name: "small",
    modelPath: testModel(),
    counts: [1, 2, 4, 8, 16],
    contendedCounts: [1, 8],
    firstMsMax: 107,
    gapMsMax: 300,
    tokens: 64,
  };
  const name = "qwen2.5-coder-1.5b";
  const pulled = `${checkout}${modelsFolder}/${name}.gguf`;
  const modelPath = Deno.env.get("CLAWDBOT_BENCH_MAIN_MODEL") ?? (await exists(pulled) ? pulled : undefined);
  if (modelPath === undefined) {
    const pull = `./scripts/clawdbot model pull ${name} --to ${modelsFolder}`;
    console.error(`The main model isn't here, so its rows are left out; run \`${pull}\``);
    return [small];
  }
  return [small, {
    name: "main",
    modelPath,
    counts: [1, 8],
    contendedCounts: [1],
    firstMsMax: 450,
    gapMsMax: 900,
    tokens: 32,
  }];
}

/** Builds it where that takes nothing but time, except in CI. */
async function serverIsBuilt(): Promise<boolean> {
  try {
    const isCi = !["", "0", "false", undefined].includes(Deno.env.get("CI"));
    if (isCi && !await exists(llamaPeerFolder)) throw new Error("it isn't built in CI");
    await buildLlamaServer(console.error);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    console.error(`llama-server isn't built, so its rows are left out: ${why}`);
    return false;
  }
}

/** Everybody who is measured, with the same model. */
interface Stand {
  readonly subject: Subject;
  readonly effort: Effort;
  /** Whether a part is asked for. */
  readonly wanted: (part: string) => boolean;
  /** This engine first. */
  readonly contestants: readonly Contestant[];
  readonly asks: Asks;
  readonly stories: readonly Question[];
  readonly threads: number;
  readonly weightsBytes: number;
  /** What the details end with. */
  readonly machine: string;
}

async function* subjectRows(
  subject: Subject,
  { peers, server, ...how }: Pick<Stand, "effort" | "wanted"> & { readonly peers: boolean; readonly server: boolean },
): AsyncGenerator<Row> {
  const { modelPath } = subject;
  const file = readModelFile(modelPath);
  if (file.kind === "failed") throw new Error(file.failure.reason);
  const threads = navigator.hardwareConcurrency;
  await using started = new AsyncDisposableStack();
  const contestants: Contestant[] = [
    started.use(await startThisEngine(modelPath, { conversations: conversationsMax, contextTokens })),
  ];
  const shared = { threads, conversations: conversationsMax, contextTokens: 2 * contextTokens };
  if (server) contestants.push(started.use(await startLlamaServer(modelPath, shared)));
  if (peers) contestants.push(started.use(await startNodeLlamaCpp(modelPath, threads)));
  const asks = questionsFor(modelPath);
  const stand: Stand = {
    ...how,
    subject,
    contestants,
    asks,
    stories: topics.map((topic, index) => asks(system, story(topic, index))),
    threads,
    weightsBytes: file.file.weightsBytes,
    machine: `${file.file.name}, ${threads} cores`,
  };
  await checkPrompts(stand);
  yield* decodePart(stand);
  yield* firstTokenPart(stand);
  yield* gapPart(stand);
  yield* memoryPart(stand);
  yield* contendedPart(stand);
}

async function makeRoom({ contestants }: Stand, conversations: number, tokensEach: number): Promise<void> {
  await Promise.all(contestants.map((contestant) => contestant.room(conversations, tokensEach)));
}

/** @throws {Error} When not everybody reads the same prompt. */
async function checkPrompts(stand: Stand): Promise<void> {
  await makeRoom(stand, 1, 512);
  const lengths: number[] = [];
  for (const contestant of stand.contestants) {
    lengths.push((await contestant.answer(stand.stories[0]!, { tokensMax: 4 })).promptTokens);
  }
  if (new Set(lengths).size > 1) throw new Error(`The prompts differ: ${lengths.join(", ")} tokens`);
}

async function* decodePart(stand: Stand): AsyncGenerator<Row> {
  const { subject: { name, counts, tokens }, contestants, effort, wanted, stories, machine } = stand;
  for (const count of counts.filter((count) => wanted(`${name}.decode.${count}`))) {
    await makeRoom(stand, count, 512);
    for (const contestant of contestants) await decodeTurn(contestant, stories, { count, tokens: 8 }); // warm
    const rounds = await decodeRounds(contestants, effort, stories, { count, tokens });
    yield* decodeRows(name, count, rounds, machine);
    if (count === 1) yield* bandwidthRows(stand, rounds);
  }
  const hasServer = contestants.some(({ name }) => name === "llama-server");
  if (hasServer && wanted(`${name}.decode.bench`)) yield* llamaBenchRows(stand);
}

async function* firstTokenPart(stand: Stand): AsyncGenerator<Row> {
  const { subject: { name, firstMsMax }, contestants, effort, wanted, asks, machine } = stand;
  if (!wanted(`${name}.first`)) return;
  await makeRoom(stand, 1, 512);
  for (const contestant of contestants) await contestant.answer(asks(system, "Hello."), { tokensMax: 4 });
  const more = { ...effort, least: 2 * effort.least, most: 2 * effort.most }; // they need little time
  yield* firstTokenRows({
    name: `ttft.${name}`,
    ratio: `ttft.ratio.${name}`,
    rounds: await firstTokenRounds(contestants, more, (round) => asks(system, differing(round))),
    goalMs: firstMsMax,
    what: "after a shared beginning",
    machine,
  });
  // The first word is another each time: nothing but what the template begins with was seen before.
  const cold = (round: number) => asks(`${names[round % names.length]}: ${system}`, differing(round));
  yield* firstTokenRows({
    name: `ttft.${name}.cold`,
    ratio: `ttft.ratio.${name}.cold`,
    rounds: await firstTokenRounds(contestants, more, cold),
    what: "with nothing shared",
    machine,
  });
}

async function* gapPart(stand: Stand): AsyncGenerator<Row> {
  const { subject: { name, gapMsMax }, contestants, effort, wanted, asks, stories, machine } = stand;
  const tokensMax = 1_200;
  const long = (repeats: number) => (round: number) =>
    asks(system, `Round ${round}. ${fact.repeat(repeats)} What does the fox do?`);
  if (wanted(`${name}.gap.worst`)) {
    const load = { running: stories.slice(0, 3), tokensMax, long: long(72) };
    yield* gapRows({
      name: `gap.worst.${name}`,
      rounds: await gapRounds(contestants.slice(0, 1), effort, load),
      goalMs: gapMsMax,
      machine: `3 answers, 1,000 tokens arrive; ${machine}`,
    });
  }
  if (wanted(`${name}.gap.mixed`)) {
    await makeRoom(stand, 5, 2_560);
    const load = { running: stories.slice(0, 4), tokensMax, long: long(148) };
    yield* gapRows({
      name: `gap.mixed.${name}`,
      rounds: await gapRounds(contestants, effort, load),
      machine: `4 answers, 2,000 tokens arrive; ${machine}`,
    });
  }
}

function* memoryPart({ subject: { name }, contestants, wanted, machine }: Stand): Generator<Row> {
  if (!wanted(`${name}.memory`)) return;
  const taken = contestants.map(({ name, pid }) => ({ name, ...memoryOf(pid) }));
  const each = taken.map(({ name, pss, rss }) => `${name} ${Math.round(pss)}, RSS ${Math.round(rss)}`).join("; ");
  yield row({
    name: `memory.${name}`,
    value: taken[0]!.pss,
    unit: "MB",
    detail: `PSS of the process that computes, after the rest: ${each}; the file is mapped by all of them; ${machine}`,
  });
}

async function* contendedPart(stand: Stand): AsyncGenerator<Row> {
  const { subject: { name, contendedCounts, tokens }, contestants, effort, wanted, stories, machine } = stand;
  for (const count of contendedCounts.filter((count) => wanted(`${name}.contended.${count}`))) {
    await makeRoom(stand, count, 512);
    for (const contestant of contestants) await decodeTurn(contestant, stories, { count, tokens: 8 }); // warm
    const rounds = await inTurns(contestants, effort, async (contestant) => {
      await using busy = await startBusyLoops(2);
      return await decodeTurn(contestant, stories, { count, tokens, beside: busy.pids });
    });
    yield* contendedRows(name, count, rounds, machine);
  }
}

/** What a token would take if the weights were all that is read, at the speed that this machine's memory has just now. */
async function* bandwidthRows(
  { subject: { name }, threads, weightsBytes, machine }: Stand,
  alone: readonly Round<DecodeTurn>[],
): AsyncGenerator<Row> {
  const bandwidth = await memoryBandwidth(threads);
  yield row({
    name: `bandwidth.${name}`,
    value: bandwidth / 1e9,
    unit: "GB/s",
    detail: `${threads} threads read memory, 512 MiB each, median of 7`,
  });
  const limit = bandwidth / weightsBytes;
  const speed = quantile(figuresOf(alone, "this engine", ({ tokensPerSecond }) => tokensPerSecond), 0.5);
  const megabytes = (weightsBytes / 1e6).toFixed(0);
  yield row({
    name: `decode.bandwidth.${name}`,
    value: speed / limit,
    unit: "x",
    goal: { least: 0.85 },
    detail: `${speed.toFixed(1)} of ${
      limit.toFixed(1)
    } tokens/s that reading ${megabytes} MB a token allows; ${machine}`,
  });
}

/** One conversation beside llama.cpp's own bench, which has neither a server nor a prompt. */
async function* llamaBenchRows(
  { subject: { name, modelPath, tokens }, contestants, effort, threads, stories, machine }: Stand,
): AsyncGenerator<Row> {
  const engine = contestants[0]!;
  const bench: Contestant = { ...engine, name: "llama-bench" };
  const rounds = await inTurns([engine, bench], effort, async (contestant) => {
    if (contestant === engine) return await decodeTurn(engine, stories, { count: 1, tokens });
    const look = watchCores([engine.pid, Deno.pid]); // its own time is counted here, once it has ended
    const tokensPerSecond = await llamaBenchSpeed(modelPath, threads, tokens);
    return { tokensPerSecond, cpuMsPerToken: NaN, othersCores: look().othersCores };
  });
  yield ratioRow({
    name: `decode.ratio.bench.${name}.1`,
    rounds,
    peers: ["llama-bench"],
    figure: ({ tokensPerSecond }) => tokensPerSecond,
    detail: `tokens/s; ${machine}`,
  });
}

const system = "You are a helpful assistant. Answer in the language of the question, plainly and briefly. " +
  "Say so when you don't know. Never invent sources, numbers or names.";
const fact = "The quick brown fox jumps over the lazy dog while it rains. ";
const story = (topic: string, index: number) =>
  `Please tell me a long and detailed story about ${topic}, number ${index}.`;
/** From the first word on another each time, so that nobody finds more of it computed than the shared beginning. */
const differing = (round: number) =>
  `${names[round % names.length]} asks for a long and detailed story about ${topics[round % topics.length]}.`;
const topics = [
  ...["a lighthouse", "the sea", "bread", "an old clock", "a mountain", "rain", "a library", "trains"],
  ...["a garden", "the moon", "a bridge", "winter", "an island", "a mill", "the market", "a violin"],
];
const names = [
  ...["Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Ivy", "Juniper", "Larch", "Maple"],
  ...["Nutmeg", "Oak", "Pine", "Quince"],
];
