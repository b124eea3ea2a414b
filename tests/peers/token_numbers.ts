import { cText, openLlama } from "../../adapters/engines/llama/binding.ts";
import { layout } from "../../adapters/engines/llama/layout.ts";
import { createVocabulary } from "../../adapters/engines/llama/vocabulary.ts";
import { testLibraries } from "../contract/model_runner_stand.ts";

/** The number of the token that has these bytes, in a model's vocabulary; of several the lowest. */
export function tokenNumbers(modelPath: string): (bytes: readonly number[]) => number | undefined {
  const llama = openLlama(testLibraries);
  const params = llama.symbols.llama_model_default_params();
  params[layout.llama_model_params.vocab_only] = 1;
  const model = llama.symbols.llama_model_load_from_file(cText(modelPath), params);
  if (model === null) throw new Error(`Cannot read the vocabulary of ${modelPath}`);
  const { size, pieceOf } = createVocabulary(llama, model);
  const numbers = new Map<string, number>();
  for (let token = size - 1; token >= 0; token--) numbers.set(pieceOf(token).join(), token);
  llama.symbols.llama_model_free(model);
  return (bytes) => numbers.get(bytes.join());
}
