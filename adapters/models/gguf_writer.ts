/**
 * A GGUF file, version 3, as a sequence of chunks: nothing but one chunk is held at a time.
 * Source of the format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */

/** A value of the metadata. Texts of an array are UTF-8 already, and made when they are written: a vocabulary has many. */
export type GgufValue =
  | { readonly kind: "u32" | "f32"; readonly value: number }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "texts"; readonly count: number; readonly values: () => Iterable<Uint8Array> }
  | { readonly kind: "f32s"; readonly values: Float32Array }
  | { readonly kind: "i32s"; readonly values: Int32Array };

/** A tensor. `data` gives its bytes in order; called once, when their turn has come. */
export interface GgufTensor {
  readonly name: string;
  /** The fastest-changing first. */
  readonly dimensions: readonly number[];
  readonly type: "f32" | "q4_0";
  readonly data: () => Iterable<Uint8Array>;
}

/** Chunks of the header have about so many bytes. */
const chunkBytes = 262_144;
const alignment = 32;

/** `ggml_type` and the metadata's types by their numbers; `blockBytes` for `blockElements` elements. */
const tensorTypes = {
  f32: { number: 0, blockElements: 1, blockBytes: 4 },
  q4_0: { number: 2, blockElements: 32, blockBytes: 18 },
} as const;
const scalarTypes = { u32: 4, f32: 6, bool: 7, text: 8 } as const;
const arrayType = 9;
const elementTypes = { texts: 8, f32s: 6, i32s: 5 } as const;

/** Bytes that a tensor takes, without what fills it up to the alignment. */
export function tensorBytes({ dimensions, type }: Pick<GgufTensor, "dimensions" | "type">): number {
  const { blockElements, blockBytes } = tensorTypes[type];
  return dimensions.reduce((product, size) => product * size, 1) / blockElements * blockBytes;
}

/**
 * The file's bytes in order.
 * @throws {RangeError} When a tensor's data has another length than its dimensions say.
 */
export function* encodeGguf(
  metadata: readonly (readonly [key: string, value: GgufValue])[],
  tensors: readonly GgufTensor[],
): Generator<Uint8Array> {
  const header = new Bytes();
  header.u32(0x46554747);
  header.u32(3);
  header.u64(tensors.length);
  header.u64(metadata.length);
  for (const [key, value] of metadata) {
    header.text(encoder.encode(key));
    yield* putValue(header, value);
  }
  let offset = 0;
  for (const tensor of tensors) {
    header.text(encoder.encode(tensor.name));
    header.u32(tensor.dimensions.length);
    for (const size of tensor.dimensions) header.u64(size);
    header.u32(tensorTypes[tensor.type].number);
    header.u64(offset);
    offset += aligned(tensorBytes(tensor));
  }
  header.fill(aligned(header.total) - header.total);
  yield header.take();
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor);
    let have = 0;
    for (const chunk of tensor.data()) {
      have += chunk.length;
      yield chunk;
    }
    if (have !== bytes) throw new RangeError(`The tensor ${tensor.name} has ${have} bytes instead of ${bytes}`);
    if (aligned(bytes) > bytes) yield new Uint8Array(aligned(bytes) - bytes);
  }
}

function* putValue(to: Bytes, value: GgufValue): Generator<Uint8Array> {
  switch (value.kind) {
    case "u32":
    case "f32":
      to.u32(scalarTypes[value.kind]);
      return value.kind === "u32" ? to.u32(value.value) : to.f32(value.value);
    case "bool":
      to.u32(scalarTypes.bool);
      return to.u8(value.value ? 1 : 0);
    case "text":
      to.u32(scalarTypes.text);
      return to.text(encoder.encode(value.value));
    case "texts":
    case "f32s":
    case "i32s": {
      to.u32(arrayType);
      to.u32(elementTypes[value.kind]);
      to.u64(value.kind === "texts" ? value.count : value.values.length);
      for (const element of value.kind === "texts" ? value.values() : value.values) {
        if (element instanceof Uint8Array) to.text(element);
        else if (value.kind === "f32s") to.f32(element);
        else to.u32(element);
        if (to.length >= chunkBytes) yield to.take();
      }
    }
  }
}

const encoder = new TextEncoder();

function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Collects little-endian values until somebody takes them. */
class Bytes {
  #view = new DataView(new ArrayBuffer(2 * chunkBytes));
  /** Bytes that wait to be taken, and all that ever came. */
  length = 0;
  total = 0;

  u8(value: number): void {
    this.#view.setUint8(this.#next(1), value);
  }
  /** Signed ones come out right too. */
  u32(value: number): void {
    this.#view.setUint32(this.#next(4), value, true);
  }
  u64(value: number): void {
    this.#view.setBigUint64(this.#next(8), BigInt(value), true);
  }
  f32(value: number): void {
    this.#view.setFloat32(this.#next(4), value, true);
  }
  text(bytes: Uint8Array): void {
    this.u64(bytes.length);
    const at = this.#next(bytes.length); // before the view: making room may replace it
    new Uint8Array(this.#view.buffer).set(bytes, at);
  }
  fill(count: number): void {
    this.#next(count);
  }
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#view.buffer).slice(0, this.length);
    this.#view = new DataView(new ArrayBuffer(2 * chunkBytes));
    this.length = 0;
    return taken;
  }

  /** Room for so many bytes; where it begins. */
  #next(bytes: number): number {
    const at = this.length;
    if (at + bytes > this.#view.byteLength) {
      const larger = new Uint8Array(2 * (at + bytes));
      larger.set(new Uint8Array(this.#view.buffer, 0, at));
      this.#view = new DataView(larger.buffer);
    }
    this.length += bytes;
    this.total += bytes;
    return at;
  }
}
