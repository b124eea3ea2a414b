/**
 * A language model that loads in milliseconds: one layer of llama's architecture with weights by chance and a
 * vocabulary of bytes. What it says means nothing, but everything native is the same as with a real one.
 */
import { seededRandom } from "./seeded.ts";

/** Metadata's types by the names that llama.cpp has for them; an array has the type of its elements. */
export type MetadataValue =
  | { readonly type: "u8" | "i8" | "u16" | "i16" | "u32" | "i32" | "f32" | "bool"; readonly value: number }
  | { readonly type: "u64" | "i64"; readonly value: bigint }
  | { readonly type: "f64"; readonly value: number }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "texts"; readonly values: readonly string[] }
  | { readonly type: "f32s" | "i32s" | "u32s"; readonly values: readonly number[] };

/** A tensor of 32-bit floats, unless `type` says otherwise; `offset` where it isn't behind the one before. */
export interface TinyTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
  readonly type?: number;
  readonly offset?: number;
}

/** A file before it is bytes, so that a test can change what it likes. */
export interface TinyModel {
  readonly metadata: readonly (readonly [key: string, value: MetadataValue])[];
  readonly tensors: readonly TinyTensor[];
}

/** Where a number stands in the encoded header, and what it is. */
export interface HeaderField {
  readonly at: number;
  readonly bytes: 1 | 2 | 4 | 8;
  readonly what: string;
}

const width = 32;
const inner = 64;
const heads = 2;

/** Writes messages one below the other. */
const chatTemplate = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant: ";

/** The bytes' tokens and a few more, of which the model needs the first three. */
const pieces: readonly string[] = [
  "<unk>",
  "<s>",
  "</s>",
  ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`),
  "▁",
  ..."abcdefghijklmnopqrstuvwxyz",
];

/** `llama_token_type` of llama.h. */
const pieceTypes = pieces.map((_, token) => token === 0 ? 2 : token < 3 ? 3 : token < 259 ? 6 : 1);

/** The model as it loads. @param contextTokens What it says that it was trained with. */
export function tinyModel({ contextTokens = 4_096 }: { readonly contextTokens?: number } = {}): TinyModel {
  const u32 = (value: number): MetadataValue => ({ type: "u32", value });
  const layer = (name: string, ...dimensions: number[]): TinyTensor => ({ name: `blk.0.${name}.weight`, dimensions });
  return {
    metadata: [
      ["general.architecture", { type: "text", value: "llama" }],
      ["general.name", { type: "text", value: "Tiny" }],
      ["llama.context_length", u32(contextTokens)],
      ["llama.embedding_length", u32(width)],
      ["llama.block_count", u32(1)],
      ["llama.feed_forward_length", u32(inner)],
      ["llama.attention.head_count", u32(heads)],
      ["llama.attention.head_count_kv", u32(heads)],
      ["llama.attention.layer_norm_rms_epsilon", { type: "f32", value: 1e-5 }],
      ["llama.rope.dimension_count", u32(width / heads)],
      ["llama.rope.freq_base", { type: "f32", value: 10_000 }],
      ["llama.vocab_size", u32(pieces.length)],
      ["tokenizer.ggml.model", { type: "text", value: "llama" }],
      ["tokenizer.ggml.tokens", { type: "texts", values: pieces }],
      ["tokenizer.ggml.scores", { type: "f32s", values: pieces.map((_, token) => -token) }],
      ["tokenizer.ggml.token_type", { type: "i32s", values: pieceTypes }],
      ["tokenizer.ggml.bos_token_id", u32(1)],
      ["tokenizer.ggml.eos_token_id", u32(2)],
      ["tokenizer.ggml.unknown_token_id", u32(0)],
      ["tokenizer.ggml.add_bos_token", { type: "bool", value: 1 }],
      ["tokenizer.chat_template", { type: "text", value: chatTemplate }],
    ],
    tensors: [
      { name: "token_embd.weight", dimensions: [width, pieces.length] },
      layer("attn_norm", width),
      layer("attn_q", width, width),
      layer("attn_k", width, width),
      layer("attn_v", width, width),
      layer("attn_output", width, width),
      layer("ffn_norm", width),
      layer("ffn_gate", width, inner),
      layer("ffn_up", width, inner),
      layer("ffn_down", inner, width),
      { name: "output_norm.weight", dimensions: [width] },
    ],
  };
}

/** By their numbers in the format. */
const scalars = { u8: 0, i8: 1, u16: 2, i16: 3, u32: 4, i32: 5, f32: 6, bool: 7, u64: 10, i64: 11, f64: 12 } as const;
const scalarBytes = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, bool: 1, u64: 8, i64: 8, f64: 8 } as const;
const elements = { f32s: "f32", i32s: "i32", u32s: "u32" } as const;
const textType = 8;
const arrayType = 9;
const alignment = 32;

/** The file's bytes, and where its header's numbers are. */
export function encodeTiny(
  { metadata, tensors }: TinyModel,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly headerBytes: number; readonly fields: readonly HeaderField[] } {
  const view = new DataView(new ArrayBuffer(1 << 20));
  const fields: HeaderField[] = [];
  let at = 0;
  const put = (type: keyof typeof scalars, value: number | bigint, what?: string) => {
    const bytes = scalarBytes[type];
    if (what !== undefined) fields.push({ at, bytes, what });
    if (type === "f32") view.setFloat32(at, Number(value), true);
    else if (type === "f64") view.setFloat64(at, Number(value), true);
    else {
      const bits = BigInt.asUintN(64, BigInt(value));
      for (let index = 0; index < bytes; index++) view.setUint8(at + index, Number(bits >> BigInt(8 * index) & 255n));
    }
    at += bytes;
  };
  const text = (value: string, what?: string) => {
    const encoded = new TextEncoder().encode(value);
    put("u64", encoded.length, what === undefined ? undefined : `length of ${what}`);
    new Uint8Array(view.buffer).set(encoded, at);
    at += encoded.length;
  };
  put("u32", 0x46554747, "magic");
  put("u32", 3, "version");
  put("u64", tensors.length, "count of tensors");
  put("u64", metadata.length, "count of metadata");
  for (const [key, value] of metadata) {
    text(key, `key ${key}`);
    if (value.type === "text") {
      put("u32", textType, `type of ${key}`);
      text(value.value, key);
    } else if ("values" in value) {
      put("u32", arrayType, `type of ${key}`);
      const element = value.type === "texts" ? undefined : elements[value.type];
      put("u32", element === undefined ? textType : scalars[element], `element type of ${key}`);
      put("u64", value.values.length, `count of ${key}`);
      for (const [index, one] of value.values.entries()) {
        const what = index % 64 === 0 ? `${key}[${index}]` : undefined;
        if (typeof one === "string") text(one, what);
        else put(element ?? "u32", one, what);
      }
    } else {
      put("u32", scalars[value.type], `type of ${key}`);
      put(value.type, value.value, key);
    }
  }
  let offset = 0;
  for (const tensor of tensors) {
    text(tensor.name, `name ${tensor.name}`);
    put("u32", tensor.dimensions.length, `dimensions of ${tensor.name}`);
    for (const [index, size] of tensor.dimensions.entries()) put("u64", size, `size ${index} of ${tensor.name}`);
    put("u32", tensor.type ?? 0, `type of ${tensor.name}`);
    put("u64", tensor.offset ?? offset, `place of ${tensor.name}`);
    offset += aligned(4 * tensor.dimensions.reduce((product, size) => product * size, 1));
  }
  const headerBytes = at;
  const dataAt = aligned(at);
  const bytes = new Uint8Array(dataAt + Math.min(offset, 1 << 20));
  bytes.set(new Uint8Array(view.buffer, 0, at));
  const random = seededRandom({ seed: 1, run: 0 });
  const data = new DataView(bytes.buffer, dataAt);
  for (let index = 0; index + 4 <= data.byteLength; index += 4) data.setFloat32(index, random() - 0.5, true);
  return { bytes, headerBytes, fields };
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
