import { cText, openLlama } from "./binding.ts";
import { layout } from "./layout.ts";
import { layoutDifferences } from "./layout_check.ts";
import { threadsDefault } from "./open_model.ts";

/** What is made of what. Paths are absolute. */
export interface QuantiseOrder {
  readonly librariesFolder: string;
  readonly sourcePath: string;
  readonly targetPath: string;
  /** A number of `llama_ftype`. */
  readonly fileType: number;
  /** Whether weights that were made smaller already are taken all the same. */
  readonly allowRequantize: boolean;
}

/** Rows in memory at once, as they were, in full and as they become together. */
const slabBytesMax = 256 * 1024 * 1024;

/**
 * Has llama.cpp write the file, tensor after tensor. It says why it doesn't only to a log that JavaScript can't be given,
 * so what can be judged beforehand is for the caller to judge.
 *
 * @returns False when llama.cpp refused, or couldn't write: what is there then is no model.
 * @throws {Error} When the libraries can't be used.
 */
export async function quantise(order: QuantiseOrder): Promise<boolean> {
  const llama = openLlama(order.librariesFolder);
  const differences = layoutDifferences(llama);
  if (differences.length > 0) throw new Error(`cannot use llama.cpp ${llama.version}: ${differences.join("; ")}`);
  const { llama_model_quantize_params: at } = layout;
  const params = new Uint8Array(new ArrayBuffer(at.$size));
  params.set(llama.symbols.llama_model_quantize_default_params());
  const view = new DataView(params.buffer);
  view.setInt32(at.nthread, threadsDefault(navigator.hardwareConcurrency), true);
  view.setInt32(at.ftype, order.fileType, true);
  view.setUint8(at.allow_requantize, order.allowRequantize ? 1 : 0);
  view.setBigUint64(at.max_buf_size, BigInt(slabBytesMax), true);
  const [source, target] = [cText(order.sourcePath), cText(order.targetPath)];
  return await llama.symbols.llama_model_quantize(source, target, params) === 0;
}
