import type { Llama, Pointer } from "./binding.ts";

/** The model's words: text to tokens and back. */
export interface Vocabulary {
  /**
   * Tokens of a text, without any that begin or end a text by themselves.
   * @param markup True only for the template's own text: then `<|im_end|>` and its like become the tokens they name.
   */
  tokenize(text: string, markup: boolean): number[];
  /** The bytes that a token stands for, maybe only part of a character; a control token has none. A fresh copy. */
  pieceOf(token: number): Uint8Array;
  /** Whether the token ends an answer. */
  isEnd(token: number): boolean;
  /** The texts of the tokens that begin and end a text; empty where the model has none. */
  readonly beginText: string;
  readonly endText: string;
  /** The token that every prompt of this model begins with, if it wants one. */
  readonly begin: number | undefined;
}

/** The vocabulary of a loaded model. */
export function createVocabulary({ symbols, readText }: Llama, model: Pointer): Vocabulary {
  const vocabulary = symbols.llama_model_get_vocab(model);
  const encoder = new TextEncoder();
  let tokens = new Int32Array(new ArrayBuffer(4 * 4_096));
  let piece = new Uint8Array(new ArrayBuffer(512));
  const bos = symbols.llama_vocab_bos(vocabulary);
  const eos = symbols.llama_vocab_eos(vocabulary);
  const textOf = (token: number) => token < 0 ? "" : readText(symbols.llama_vocab_get_text(vocabulary, token));
  return {
    tokenize(text, markup) {
      const encoded = encoder.encode(text);
      const bytes = new Uint8Array(new ArrayBuffer(encoded.length + 1));
      bytes.set(encoded);
      const run = () => symbols.llama_tokenize(vocabulary, bytes, encoded.length, tokens, tokens.length, false, markup);
      let count = run();
      if (count < 0) {
        tokens = new Int32Array(new ArrayBuffer(4 * -count));
        count = run();
      }
      return [...tokens.subarray(0, count)];
    },
    pieceOf(token) {
      const run = () => symbols.llama_token_to_piece(vocabulary, token, piece, piece.length, 0, false);
      let length = run();
      if (length < 0) {
        piece = new Uint8Array(new ArrayBuffer(-length));
        length = run();
      }
      return piece.slice(0, length);
    },
    isEnd: (token) => symbols.llama_vocab_is_eog(vocabulary, token),
    beginText: textOf(bos),
    endText: textOf(eos),
    begin: bos >= 0 && symbols.llama_vocab_get_add_bos(vocabulary) ? bos : undefined,
  };
}
