/**
 * Computes answers step by step and posts their texts as the runner's worker does, with a model of which a step costs next
 * to nothing, and says in JSON what of the heap that took. Needs `--v8-flags=--expose-gc,--min-semi-space-size=64`: a young
 * generation so large that nothing is collected while it is measured.
 */
import { createControl } from "../../adapters/engines/llama/control.ts";
import { loadModel } from "../../adapters/engines/llama/loaded_model.ts";
import { createOutgoing, textEveryMs } from "../../adapters/engines/llama/outgoing.ts";

/** What the step loop took of the heap, in bytes. */
export interface StepMemory {
  readonly tokens: number;
  /** In UTF-8, of all texts that went out. */
  readonly textBytes: number;
  /** Allocated for a token, whether it was collected later or not: its text, its message, and what else there is. */
  readonly perToken: number;
  /** Still there after so many tokens, when everything that can go is gone. */
  readonly kept: number;
}

const [librariesFolder = "", modelPath = "", tokensWanted = ""] = Deno.args;
const { gc } = globalThis as unknown as { gc: () => void };
const answers = 8;
const tokensMax = 100;
const loaded = loadModel({
  librariesFolder,
  modelPath,
  contextTokens: 512,
  sequencesMax: answers,
  threads: 1,
  memoryLimitBytes: undefined,
  control: createControl(),
});
if (loaded.kind === "failed" || loaded.model.kind !== "chat") throw new Error(JSON.stringify(loaded));
const { batching, prompt } = loaded.model;
const asked = prompt([{ role: "user", content: "hello" }], []);
const outgoing = createOutgoing();
const { port1: port, port2: nobody } = new MessageChannel();
nobody.close();
const encoder = new TextEncoder();
let nowMs = 0;

/** Tokens of eight answers at once, and what the steps that did nothing but go on with them allocated. */
function answerAll(): { readonly tokens: number; readonly textBytes: number; readonly bytes: number } {
  for (let id = 0; id < answers; id++) {
    batching.add({
      id,
      priority: "conversation",
      prompt: asked,
      tokensMax,
      sampling: { temperature: 1, seed: id },
      stop: [],
    });
  }
  let tokens = 0;
  let textBytes = 0;
  let bytes = 0;
  while (batching.busy) {
    nowMs += textEveryMs; // as long as a model's step takes that is of any use: no text waits for the next
    const before = Deno.memoryUsage().heapUsed;
    outgoing.add(batching.step());
    const messages = outgoing.due(nowMs);
    if (messages.length > 0) port.postMessage({ messages }, []);
    const after = Deno.memoryUsage().heapUsed;
    // Steps in which answers begin or end aren't what is measured; a collection shows as a fall.
    if (after < before || messages.some(({ kind }) => kind !== "text")) continue;
    bytes += after - before;
    tokens += answers;
    for (const one of messages) if (one.kind === "text") textBytes += encoder.encode(one.text).length;
  }
  return { tokens, textBytes, bytes };
}

for (let round = 0; round < 4; round++) answerAll(); // every text of the vocabulary is made once
gc();
const before = Deno.memoryUsage().heapUsed;
let tokens = 0;
let textBytes = 0;
let bytes = 0;
while (tokens < Number(tokensWanted)) {
  const round = answerAll();
  tokens += round.tokens;
  textBytes += round.textBytes;
  bytes += round.bytes;
}
gc();
const kept = Deno.memoryUsage().heapUsed - before;
const result: StepMemory = { tokens, textBytes, perToken: bytes / tokens, kept };
console.log(JSON.stringify(result));
port.close();
