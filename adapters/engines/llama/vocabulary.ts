import type { Llama, Pointer } from "./binding.ts";

/** The model's words: text to tokens and back. */
export interface Vocabulary {
  /**
   * Tokens of a text, without any that begin or end a text by themselves.
   * @param markup True only for the template's own text: then `<|im_end|>` and its like become the tokens they name.
   */
  tokenize(text: string, markup: boolean): number[];
  /** Tokens of a text with those that the model wants at the beginning and the end of every text. */
  tokenizeWhole(text: string): number[];
  /** How many tokens there are, from 0 on. */
  readonly size: number;
  /** What native code takes as the vocabulary. */
  readonly pointer: Deno.PointerValue;
  /** The bytes that a token stands for, maybe only part of a character; a control token has none. Nobody changes them. */
  pieceOf(token: number): Uint8Array;
  /** Whether the token ends an answer. */
  isEnd(token: number): boolean;
  /** Whether the token is for the template alone, and neither text nor an end: grammars would take its name for text. */
  isSilent(token: number): boolean;
  /** Makes the tokens of the template's markup that are in this text count as text by their names, from now on. */
  voice(markup: string): void;
  /** The texts of the tokens that begin and end a text; empty where the model has none. */
  readonly beginText: string;
  readonly endText: string;
  /** The token that every prompt of this model begins with, if it wants one. */
  readonly begin: number | undefined;
}

/** `LLAMA_TOKEN_ATTR_UNKNOWN` and `_CONTROL` of `llama.h`. */
const silentAttributes = 1 | 8;

/** What is known of a token: to ask llama.cpp about each at the start would take longer than to ask once. */
const [unknown, endsAnswer, endsNothing] = [0, 1, 2];

/** The vocabulary of a loaded model. */
export function createVocabulary({ symbols, readText }: Llama, model: Pointer): Vocabulary {
  const vocabulary = symbols.llama_model_get_vocab(model);
  const encoder = new TextEncoder();
  let tokens = new Int32Array(new ArrayBuffer(4 * 4_096));
  let piece = new Uint8Array(new ArrayBuffer(512));
  const bos = symbols.llama_vocab_bos(vocabulary);
  const eos = symbols.llama_vocab_eos(vocabulary);
  const size = symbols.llama_vocab_n_tokens(vocabulary);
  const pieces: (Uint8Array | undefined)[] = Array.from({ length: size });
  const silent = new Uint8Array(size);
  const ends = new Uint8Array(size);
  const isEnd = (token: number) => {
    const known = ends[token] ?? unknown;
    if (known !== unknown) return known === endsAnswer;
    const ended = symbols.llama_vocab_is_eog(vocabulary, token);
    ends[token] = ended ? endsAnswer : endsNothing;
    return ended;
  };
  for (let token = 0; token < size; token++) {
    if ((symbols.llama_vocab_get_attr(vocabulary, token) & silentAttributes) !== 0 && !isEnd(token)) silent[token] = 1;
  }
  const voiced = new Set<number>();
  const textOf = (token: number) => token < 0 ? "" : readText(symbols.llama_vocab_get_text(vocabulary, token));
  const tokenize = (text: string, whole: boolean, markup: boolean) => {
    const encoded = encoder.encode(text);
    const bytes = new Uint8Array(new ArrayBuffer(encoded.length + 1));
    bytes.set(encoded);
    const run = () => symbols.llama_tokenize(vocabulary, bytes, encoded.length, tokens, tokens.length, whole, markup);
    let count = run();
    if (count < 0) {
      tokens = new Int32Array(new ArrayBuffer(4 * -count));
      count = run();
    }
    return [...tokens.subarray(0, count)];
  };
  return {
    size,
    pointer: vocabulary,
    tokenize: (text, markup) => tokenize(text, false, markup),
    tokenizeWhole: (text) => tokenize(text, true, false),
    pieceOf(token) {
      const known = pieces[token];
      if (known !== undefined) return known;
      const run = () => symbols.llama_token_to_piece(vocabulary, token, piece, piece.length, 0, voiced.has(token));
      let length = run();
      if (length < 0) {
        piece = new Uint8Array(new ArrayBuffer(-length));
        length = run();
      }
      return pieces[token] = piece.slice(0, length);
    },
    isEnd,
    isSilent: (token) => silent[token] === 1,
    voice(markup) {
      for (const token of tokenize(markup, false, true)) {
        if (silent[token] !== 1) continue;
        silent[token] = 0;
        voiced.add(token);
        pieces[token] = undefined;
      }
    },
    beginText: textOf(bos),
    endText: textOf(eos),
    begin: bos >= 0 && symbols.llama_vocab_get_add_bos(vocabulary) ? bos : undefined,
  };
}
