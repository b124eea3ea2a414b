/** llama.cpp itself, in this process, over a tiny model. */
import { ok, strictEqual } from "node:assert/strict";
import { type Batch, createBatch } from "../../adapters/engines/llama/batch.ts";
import { cText, type Llama, openLlama } from "../../adapters/engines/llama/binding.ts";
import { type Context, createContext } from "../../adapters/engines/llama/context.ts";
import { createControl } from "../../adapters/engines/llama/control.ts";
import { createThreadPolicy } from "../../adapters/engines/llama/threads.ts";
import { type TinyKind, tinyVocabulary, writeTinyModel } from "../tiny_models.ts";
import { testLibraries } from "./model_runner_stand.ts";

/** Rows of a step at most. */
export const rowsMax = 32;

/** A context of a tiny model, and what is computed in it. */
export interface TinyStand {
  readonly context: Context;
  readonly batch: Batch;
  /** Computes tokens behind what a sequence has, and gives the logits of the last. */
  compute(sequence: number, tokens: readonly number[]): Float32Array;
  /** The logits of a row of the last step. */
  logitsOf(row: number): Float32Array;
  lengthOf(sequence: number): number;
}

/** Sizes of a context. */
export interface TinySize {
  readonly cells: number;
  readonly sequences: number;
}

let llama: Llama | undefined;

/** Gives `body` a fresh context, and as many more of the same model as it asks for. */
export async function withTinyModel(
  kind: TinyKind,
  { cells, sequences }: TinySize,
  body: (stand: TinyStand, another: () => TinyStand) => void,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = writeTinyModel(folder, kind);
    const opened = llama ??= openLlama(testLibraries);
    const { symbols } = opened;
    const model = symbols.llama_model_load_from_file(cText(path), symbols.llama_model_default_params());
    ok(model !== null, `llama.cpp doesn't take the model ${kind}`);
    const contexts: Context[] = [];
    const another = () => {
      const control = createControl();
      const context = createContext(
        opened,
        model,
        { cells, sequences, rows: rowsMax, outputs: sequences },
        { control, threadsMax: 1, policy: createThreadPolicy(1, control.cores) },
      );
      ok(context !== undefined);
      contexts.push(context);
      return createStand(opened, context, createBatch(opened, rowsMax, sequences));
    };
    body(another(), another);
    for (const { pointer } of contexts) symbols.llama_free(pointer);
    symbols.llama_model_free(model);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function createStand({ symbols }: Llama, context: Context, batch: Batch): TinyStand {
  const memory = symbols.llama_get_memory(context.pointer);
  const lengthOf = (sequence: number) => symbols.llama_memory_seq_pos_max(memory, sequence) + 1;
  function logitsOf(row: number): Float32Array {
    const logits = new Float32Array(new ArrayBuffer(4 * tinyVocabulary));
    const found = symbols.llama_get_logits_ith(context.pointer, row);
    ok(found !== null);
    symbols.copy_from(logits, found, BigInt(logits.byteLength));
    return logits;
  }
  return {
    context,
    batch,
    lengthOf,
    logitsOf,
    compute(sequence, tokens) {
      let row = -1;
      for (let at = 0; at < tokens.length; at += rowsMax) {
        const from = lengthOf(sequence);
        batch.clear();
        for (const [index, token] of tokens.slice(at, at + rowsMax).entries()) {
          row = batch.put(token, from + index, sequence, at + index === tokens.length - 1);
        }
        strictEqual(context.decode(batch).kind, "done");
      }
      return logitsOf(row);
    },
  };
}
