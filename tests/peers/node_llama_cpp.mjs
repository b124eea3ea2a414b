/**
 * node-llama-cpp behind lines of JSON, run by Node: `node node_llama_cpp.mjs FOLDER MODEL THREADS`. Its own low-level
 * interface is used, which is the fastest that it has. Times are milliseconds since 1970, taken where a token is there.
 *
 *   { op: "room", conversations, contextTokens }                 → { kind: "ready" }
 *   { op: "answer", id, prompt, tokensMax }                      → { kind: "first", id }, then "ended" with all of it
 *   { op: "stop", id }                                           → ends that answer
 *   { op: "probabilities", id, prompt, tokens }                  → { kind: "probabilities", id, top }: the likeliest tokens
 *                                                                  with their probability, in the place of each of
 *                                                                  `tokens`, and after them
 */
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [folder, modelPath, threads] = process.argv.slice(2);
const { getLlama } = await import(pathToFileURL(`${folder}/node_modules/node-llama-cpp/dist/index.js`).href);
const llama = await getLlama({
  gpu: false,
  build: "never",
  skipDownload: true,
  logLevel: "error",
  maxThreads: Number(threads),
});
const model = await llama.loadModel({ modelPath });

let context;
/** Sequences that nobody uses, the one that was used last at the end. */
let free = [];
const stopped = new Set();

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const nowMs = () => performance.timeOrigin + performance.now();
const topCount = 20;

/** Whatever a sequence has in common with the prompt is used on, as its own chat session does it. */
async function take(prompt) {
  const tokens = [...model.tokenize(prompt, true)];
  if (model.tokens.shouldPrependBosToken && tokens[0] !== model.tokens.bos) tokens.unshift(model.tokens.bos);
  const common = (sequence) => sequence.compareContextTokens(tokens).firstDifferentIndex;
  const sequence = free.reduce((best, other) => common(other) > common(best) ? other : best);
  free = free.filter((other) => other !== sequence);
  await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
  return { tokens, sequence, reused: sequence.nextTokenIndex };
}

async function room({ conversations, contextTokens }) {
  await context?.dispose();
  context = await model.createContext({
    sequences: conversations,
    contextSize: contextTokens,
    threads: Number(threads),
  });
  free = Array.from({ length: conversations }, () => context.getSequence());
  say({ kind: "ready" });
}

async function answer({ id, prompt, tokensMax }) {
  const startMs = nowMs();
  const { tokens, sequence, reused } = await take(prompt);
  const timesMs = [];
  const chosen = [];
  const rest = tokens.slice(reused);
  for await (const token of sequence.evaluate(rest, { temperature: 0 })) {
    timesMs.push(nowMs());
    chosen.push(token);
    if (chosen.length === 1) say({ kind: "first", id });
    if (chosen.length >= tokensMax || stopped.has(id)) break;
  }
  stopped.delete(id);
  free.push(sequence);
  say({ kind: "ended", id, startMs, timesMs, tokens: chosen, promptTokens: tokens.length, promptReused: reused });
}

async function probabilities({ id, prompt, tokens: forced }) {
  const { tokens, sequence, reused } = await take(prompt);
  // Over the whole vocabulary, as the model gave them.
  const generateNext = { probabilities: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } };
  const top = [];
  const onTokenResult = (_, { next }) => top.push([...next.probabilities].slice(0, topCount));
  // As they would be decoded: one token a step.
  const steps = [tokens.slice(reused), ...forced.map((token) => [token])];
  for (const step of steps) {
    const input = step.map((token, index) => index === step.length - 1 ? [token, { generateNext }] : token);
    await sequence.controlledEvaluate(input, { onTokenResult });
  }
  free.push(sequence);
  say({ kind: "probabilities", id, top });
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  const fail = (error) => say({ kind: "failed", id: message.id ?? null, reason: `${error.message}`.split("\n")[0] });
  if (message.op === "room") await room(message).catch(fail);
  else if (message.op === "stop") stopped.add(message.id);
  else if (message.op === "probabilities") probabilities(message).catch(fail);
  else answer(message).catch(fail);
}
