import { createBatch } from "../adapters/engines/llama/batch.ts";
import { cText, openLlama, type Pointer } from "../adapters/engines/llama/binding.ts";
import { createCandidates } from "../adapters/engines/llama/candidates.ts";
import { createContext } from "../adapters/engines/llama/context.ts";
import { createControl } from "../adapters/engines/llama/control.ts";
import { createQuietSamplers } from "../adapters/engines/llama/quiet_samplers.ts";
import { createThreadPolicy } from "../adapters/engines/llama/threads.ts";
import { createVocabulary } from "../adapters/engines/llama/vocabulary.ts";
import { testLibraries } from "./contract/model_runner_stand.ts";
import { testModel } from "./site.ts";

/** The real libraries and a real model, whose row of logits whoever measures sets to what they like. */
export function createLogitsStand(modelPath: string = testModel()) {
  const llama = openLlama(testLibraries);
  const { symbols } = llama;
  const model = symbols.llama_model_load_from_file(cText(modelPath), symbols.llama_model_default_params()) as Pointer;
  const vocabulary = createVocabulary(llama, model);
  const control = createControl();
  const context = createContext(llama, model, { cells: 64, sequences: 1, rows: 8, outputs: 1 }, {
    control,
    threadsMax: 1,
    policy: createThreadPolicy(1, control.cores),
  });
  if (context === undefined) throw new Error("Cannot test: llama.cpp makes no context");
  const batch = createBatch(llama, 8, 1);
  const row = batch.put(vocabulary.tokenize("a", false)[0] ?? 0, 0, 0, true);
  if (context.decode(batch).kind !== "done") throw new Error("Cannot test: llama.cpp computes nothing");
  const at = { context: context.pointer, row };
  const place = symbols.llama_get_logits_ith(at.context, row) as Pointer;
  return {
    llama,
    vocabulary,
    at,
    /** Where the model's own lie: what is written here is what samplers see. */
    logits: new Float32Array(Deno.UnsafePointerView.getArrayBuffer(place, vocabulary.size * 4)),
    candidates: createCandidates(llama, vocabulary),
    quiet: createQuietSamplers(llama),
    newGrammar: (gbnf: string) =>
      symbols.llama_sampler_init_grammar(vocabulary.pointer, cText(gbnf), cText("root")) as Pointer,
  };
}
