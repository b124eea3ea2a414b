/**
 * Loads each model file whose path stands on a line of stdin as the runner does, has it answer a few tokens, and says
 * in a line of JSON what came of it. What a file does to native code ends this process, and no other.
 */
import { createControl } from "../../adapters/engines/llama/control.ts";
import { loadModel } from "../../adapters/engines/llama/loaded_model.ts";
import { readModelFile } from "../../adapters/engines/llama/model_file.ts";
import { linesOf } from "../lines_of.ts";
import { question } from "../mutated_model.ts";

/** What became of a file: refused before native code saw it, refused by that, or used. */
export interface Loaded {
  readonly kind: "refused" | "refused_natively" | "used";
  readonly reason: string;
}

const [librariesFolder = ""] = Deno.args;
for await (const path of linesOf(Deno.stdin.readable)) console.log(JSON.stringify(load(path)));

function load(modelPath: string): Loaded {
  const read = readModelFile(modelPath);
  if (read.kind === "failed") return { kind: "refused", reason: read.failure.reason };
  const result = loadModel({
    librariesFolder,
    modelPath,
    contextTokens: 512,
    sequencesMax: 2,
    threads: 1,
    memoryLimitBytes: 1e9,
    control: createControl(),
  });
  if (result.kind === "failed") {
    const kind = result.needBytes === undefined ? "refused_natively" : "refused";
    return { kind, reason: result.failure.reason };
  }
  const { model } = result;
  if (model.kind === "embedding") {
    model.batching.add({ id: 1, texts: [model.tokenize("hello", "query")] });
    while (model.batching.busy) model.batching.step();
    return { kind: "used", reason: "embedded" };
  }
  let prompt;
  try {
    prompt = model.prompt([{ role: "user", content: question }], []);
  } catch {
    return { kind: "used", reason: "its template accepts no conversation" };
  }
  if (prompt.tokens.length + 8 > 512 || prompt.tokens.length === 0) return { kind: "used", reason: "no prompt fits" };
  model.batching.add({ id: 1, priority: "conversation", prompt, tokensMax: 8, sampling: { seed: 1 }, stop: [] });
  let last = "nothing";
  while (model.batching.busy) for (const event of model.batching.step()) last = event.kind;
  return { kind: "used", reason: last };
}
