/**
 * Computes answers step by step as the runner's worker does, with a model of which a step costs next to nothing, and
 * says in JSON what of the heap that took. Needs `--v8-flags=--expose-gc,--min-semi-space-size=64`: a young
 * generation so large that nothing is collected while it is measured.
 */
import { createControl } from "../../adapters/engines/llama/control.ts";
import { loadModel } from "../../adapters/engines/llama/loaded_model.ts";

/** What the step loop took of the heap, in bytes. */
export interface StepMemory {
  readonly tokens: number;
  /** Allocated for a token, whether it was collected later or not: messages and texts, and what else there is. */
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

/** Tokens of eight answers at once, and what the steps that did nothing but go on with them allocated. */
function answerAll(): { readonly tokens: number; readonly bytes: number } {
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
  let bytes = 0;
  while (batching.busy) {
    const before = Deno.memoryUsage().heapUsed;
    const events = batching.step();
    const after = Deno.memoryUsage().heapUsed;
    // Of steps in which answers begin or end, that is what is measured; a collection shows as a fall.
    if (after < before || events.some(({ kind }) => kind !== "text")) continue;
    bytes += after - before;
    tokens += answers;
  }
  return { tokens, bytes };
}

for (let round = 0; round < 4; round++) answerAll(); // every text of the vocabulary is made once
gc();
const before = Deno.memoryUsage().heapUsed;
let tokens = 0;
let bytes = 0;
while (tokens < Number(tokensWanted)) {
  const round = answerAll();
  tokens += round.tokens;
  bytes += round.bytes;
}
gc();
const result: StepMemory = { tokens, perToken: bytes / tokens, kept: Deno.memoryUsage().heapUsed - before };
console.log(JSON.stringify(result));
