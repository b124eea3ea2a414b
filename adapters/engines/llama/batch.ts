import { InvariantError } from "../../../core/errors.ts";
import type { Llama } from "./binding.ts";
import { layout } from "./layout.ts";

/** The rows of one decode step: which token at which position of which sequence, and where logits are wanted. */
export interface Batch {
  /** The `llama_batch` itself; its arrays stay where they are. */
  readonly struct: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  clear(): void;
  /** Adds a row and gives its index. */
  put(token: number, position: number, sequence: number, wantsLogits: boolean): number;
}

/**
 * A batch of at most `rowsMax` rows, of which `outputsMax` may ask for logits: one more would end the whole process
 * by an assertion, so both bounds are kept here. Nothing is allocated for a row or a step.
 */
export function createBatch(llama: Llama, rowsMax: number, outputsMax: number): Batch {
  // One explicit ArrayBuffer, which V8 never moves; kept by the views below, as C holds its address.
  const align = (bytes: number) => Math.ceil(bytes / 8) * 8;
  const arena = new ArrayBuffer(align(rowsMax * 4) * 4 + rowsMax * 8 + align(rowsMax));
  let at = 0;
  const take = (bytes: number) => {
    const from = at;
    at += align(bytes);
    return from;
  };
  const tokens = new Int32Array(arena, take(rowsMax * 4), rowsMax);
  const positions = new Int32Array(arena, take(rowsMax * 4), rowsMax);
  const sequenceCounts = new Int32Array(arena, take(rowsMax * 4), rowsMax).fill(1);
  const sequences = new Int32Array(arena, take(rowsMax * 4), rowsMax);
  const sequencePointers = new BigUint64Array(arena, take(rowsMax * 8), rowsMax);
  const outputs = new Int8Array(arena, take(rowsMax), rowsMax);
  const base = llama.addressOf(new Uint8Array(arena));
  const addressOf = (view: ArrayBufferView) => base + BigInt(view.byteOffset);
  for (let row = 0; row < rowsMax; row++) sequencePointers[row] = addressOf(sequences) + BigInt(row * 4);

  const struct = new Uint8Array(new ArrayBuffer(layout.llama_batch.$size));
  const view = new DataView(struct.buffer);
  const fields = layout.llama_batch;
  view.setBigUint64(fields.token, addressOf(tokens), true);
  view.setBigUint64(fields.pos, addressOf(positions), true);
  view.setBigUint64(fields.n_seq_id, addressOf(sequenceCounts), true);
  view.setBigUint64(fields.seq_id, addressOf(sequencePointers), true);
  view.setBigUint64(fields.logits, addressOf(outputs), true);

  let rows = 0;
  let outputsCount = 0;
  return {
    struct,
    get rows() {
      return rows;
    },
    clear() {
      rows = outputsCount = 0;
      view.setInt32(fields.n_tokens, 0, true);
    },
    put(token, position, sequence, wantsLogits) {
      if (rows === rowsMax) throw new InvariantError(`A batch has at most ${rowsMax} rows`);
      if (wantsLogits && ++outputsCount > outputsMax) {
        throw new InvariantError(`A batch asks for at most ${outputsMax} rows of logits`);
      }
      tokens[rows] = token;
      positions[rows] = position;
      sequences[rows] = sequence;
      outputs[rows] = wantsLogits ? 1 : 0;
      view.setInt32(fields.n_tokens, rows + 1, true);
      return rows++;
    },
  };
}
