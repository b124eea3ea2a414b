import { cText, openLlama } from "../../adapters/engines/llama/binding.ts";
import { layout } from "../../adapters/engines/llama/layout.ts";
import { createVocabulary } from "../../adapters/engines/llama/vocabulary.ts";
import { testLibraries } from "../contract/model_runner_stand.ts";

/** From what a token stands for to its number, in a model's vocabulary. */
export interface TokenNumbers {
  /** Of several tokens with these bytes, the lowest. */
  numberOf(token: { readonly bytes: readonly number[] }): number | undefined;
  /** Whether no other token has the same bytes; those that end an answer have none. */
  isUnique(number: number): boolean;
}

/** Of a model's file. */
export function tokenNumbers(modelPath: string): TokenNumbers {
  const llama = openLlama(testLibraries);
  const params = llama.symbols.llama_model_default_params();
  params[layout.llama_model_params.vocab_only] = 1;
  const model = llama.symbols.llama_model_load_from_file(cText(modelPath), params);
  if (model === null) throw new Error(`Cannot read the vocabulary of ${modelPath}`);
  const { size, pieceOf } = createVocabulary(llama, model);
  const numbers = new Map<string, number[]>();
  for (let token = 0; token < size; token++) {
    const bytes = pieceOf(token).join();
    const same = numbers.get(bytes);
    if (same === undefined) numbers.set(bytes, [token]);
    else same.push(token);
  }
  llama.symbols.llama_model_free(model);
  const shared = new Set([...numbers.values()].filter(({ length }) => length > 1).flat());
  return { numberOf: ({ bytes }) => numbers.get(bytes.join())?.[0], isUnique: (number) => !shared.has(number) };
}
