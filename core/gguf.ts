/**
 * What stands in the header of a GGUF file, read before any native code touches it.
 * Source of the format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export interface GgufHeader {
  readonly version: number;
  readonly tensors: readonly GgufTensor[];
  readonly metadata: ReadonlyMap<string, GgufMetadata>;
  /** Parameters of all tensors together. */
  readonly parametersCount: number;
  /** Bytes of all tensors together whose type is known. */
  readonly tensorBytes: number;
  /** Where the data of the last tensor ends: a shorter file is truncated. */
  readonly fileBytesMin: number;
}

/** A value of the metadata. What an array holds (the vocabulary above all) is stepped over. */
export type GgufMetadata = string | number | bigint | boolean | { readonly length: number };

/** One tensor, as the header lists it. */
export interface GgufTensor {
  readonly name: string;
  /** Its sizes, the length of a row first. */
  readonly dimensions: readonly number[];
  /** Its `ggml_type`. */
  readonly type: number;
  readonly elements: number;
  /** 0 where the type isn't known. */
  readonly bytes: number;
}

/** Random access to a file. `read` gives `length` bytes at `at`, fewer only at the file's end. */
export interface GgufSource {
  readonly bytes: number;
  read(at: number, length: number): Uint8Array;
}

/** Why a file can't be used, in words that follow "the file". */
export type GgufProblem =
  | { readonly kind: "not_gguf"; readonly reason: string }
  | { readonly kind: "truncated"; readonly reason: string };

const metadataCountMax = 65_536;
const tensorsCountMax = 65_536;
const arrayLengthMax = 16_777_216;
const textBytesMax = 16 * 1024 * 1024;
const nameBytesMax = 65_535;
/** llama.cpp takes 63. */
const tensorNameBytesMax = 1_024;

/** Elements in a block, and its bytes, of each `ggml_type`. Source: `gguf-py/gguf/constants.py` of llama.cpp v0.4.0. */
const tensorTypes: Readonly<Record<number, readonly [elements: number, bytes: number]>> = {
  0: [1, 4],
  1: [1, 2],
  2: [32, 18],
  3: [32, 20],
  6: [32, 22],
  7: [32, 24],
  8: [32, 34],
  9: [32, 40],
  10: [256, 84],
  11: [256, 110],
  12: [256, 144],
  13: [256, 176],
  14: [256, 210],
  15: [256, 292],
  16: [256, 66],
  17: [256, 74],
  18: [256, 98],
  19: [256, 50],
  20: [32, 18],
  21: [256, 110],
  22: [256, 82],
  23: [256, 136],
  24: [1, 1],
  25: [1, 2],
  26: [1, 4],
  27: [1, 8],
  28: [1, 8],
  29: [256, 56],
  30: [1, 2],
  34: [256, 54],
  35: [256, 66],
  39: [32, 17],
  40: [64, 36],
  41: [128, 18],
  42: [64, 18],
};

/** Bytes of the metadata's scalar types, by their number; 8 is text and 9 an array. */
const scalarBytes: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/** Reads and checks a header. Every count and length in it is hostile until bounded. */
export function readGguf(
  source: GgufSource,
): { readonly kind: "read"; readonly header: GgufHeader } | GgufProblem {
  try {
    return { kind: "read", header: parse(new Cursor(source)) };
  } catch (error) {
    if (error instanceof Malformed) return { kind: "not_gguf", reason: error.message };
    if (error instanceof Cut) return { kind: "truncated", reason: error.message };
    throw error;
  }
}

function parse(cursor: Cursor): GgufHeader {
  if (cursor.bytesTotal < 4 || cursor.u32() !== 0x46554747) throw new Malformed('it doesn\'t begin with "GGUF"');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) {
    throw new Malformed(`it is GGUF version ${version}, and only versions 2 and 3 are known`);
  }
  const tensorsCount = cursor.count("tensors", tensorsCountMax);
  const metadataCount = cursor.count("metadata entries", metadataCountMax);
  const metadata = new Map<string, GgufMetadata>();
  for (let index = 0; index < metadataCount; index++) {
    const key = cursor.text("a key", nameBytesMax);
    if (key === "") throw new Malformed("its metadata has a key without a name");
    metadata.set(key, readValue(cursor, cursor.u32()));
  }
  const tensors: GgufTensor[] = [];
  let parametersCount = 0;
  let tensorBytes = 0;
  let dataBytes = 0;
  for (let index = 0; index < tensorsCount; index++) {
    const name = cursor.text("a tensor's name", tensorNameBytesMax);
    const dimensionsCount = cursor.u32();
    if (dimensionsCount > 4) throw new Malformed(`a tensor has ${dimensionsCount} dimensions`);
    const dimensions = Array.from({ length: dimensionsCount }, () => cursor.u64("a tensor's size"));
    const elements = dimensions.reduce((product, size) => product * size, 1);
    const type = cursor.u32();
    const offset = cursor.u64("a tensor's place");
    if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(offset)) throw new Malformed("a tensor is too large");
    const bytes = tensorBytesOf(type, elements);
    tensors.push({ name, dimensions, type, elements, bytes });
    parametersCount += elements;
    tensorBytes += bytes;
    dataBytes = Math.max(dataBytes, offset + bytes);
  }
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || alignment < 1 || alignment > 65_536) {
    throw new Malformed("its alignment makes no sense");
  }
  const fileBytesMin = dataBytes === 0 ? cursor.at : Math.ceil(cursor.at / alignment) * alignment + dataBytes;
  if (fileBytesMin > cursor.bytesTotal) {
    throw new Cut(`it has ${cursor.bytesTotal} bytes where its header says ${fileBytesMin}`);
  }
  return { version, tensors, metadata, parametersCount, tensorBytes, fileBytesMin };
}

/** What so many elements of a `ggml_type` take; 0 where the type isn't known. */
export function tensorBytesOf(type: number, elements: number): number {
  const block = tensorTypes[type];
  return block === undefined ? 0 : Math.ceil(elements / block[0]) * block[1];
}

function readValue(cursor: Cursor, type: number): GgufMetadata {
  switch (type) {
    case 0:
      return cursor.view(1).getUint8(0);
    case 1:
      return cursor.view(1).getInt8(0);
    case 2:
      return cursor.view(2).getUint16(0, true);
    case 3:
      return cursor.view(2).getInt16(0, true);
    case 4:
      return cursor.u32();
    case 5:
      return cursor.view(4).getInt32(0, true);
    case 6:
      return cursor.view(4).getFloat32(0, true);
    case 7:
      return cursor.view(1).getUint8(0) !== 0;
    case 8:
      return cursor.text("a text", textBytesMax);
    case 9:
      return skipArray(cursor);
    case 10:
      return cursor.view(8).getBigUint64(0, true);
    case 11:
      return cursor.view(8).getBigInt64(0, true);
    case 12:
      return cursor.view(8).getFloat64(0, true);
    default:
      throw new Malformed(`its metadata has a value of unknown type ${type}`);
  }
}

/** What stands in arrays is llama.cpp's business. */
function skipArray(cursor: Cursor): GgufMetadata {
  const type = cursor.u32();
  const length = cursor.count("array elements", arrayLengthMax);
  if (type === 8) {
    for (let index = 0; index < length; index++) cursor.skip(cursor.length("a text", textBytesMax));
  } else {
    const bytes = scalarBytes[type];
    if (bytes === undefined) throw new Malformed(`its metadata has an array of unknown type ${type}`);
    cursor.skip(bytes * length);
  }
  return { length };
}

class Malformed extends Error {}
class Cut extends Error {}

/** Reads forward through a window of the source. */
class Cursor {
  readonly bytesTotal: number;
  readonly #source: GgufSource;
  #window: DataView = new DataView(new ArrayBuffer(0));
  #windowAt = 0;
  at = 0;

  constructor(source: GgufSource) {
    this.#source = source;
    this.bytesTotal = source.bytes;
  }

  /** The next `length` bytes, and past them. */
  view(length: number): DataView {
    if (this.at + length > this.bytesTotal) throw new Cut(`it ends after ${this.bytesTotal} bytes, inside its header`);
    let from = this.at - this.#windowAt;
    if (from < 0 || from + length > this.#window.byteLength) {
      const bytes = this.#source.read(this.at, Math.max(length, 65_536));
      if (bytes.length < length) throw new Cut(`it ends after ${this.at + bytes.length} bytes, inside its header`);
      this.#window = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#windowAt = this.at;
      from = 0;
    }
    this.at += length;
    return new DataView(this.#window.buffer, this.#window.byteOffset + from, length);
  }
  skip(length: number): void {
    this.at += length;
    if (this.at > this.bytesTotal) throw new Cut(`it ends after ${this.bytesTotal} bytes, inside its header`);
  }
  u32(): number {
    return this.view(4).getUint32(0, true);
  }
  u64(what: string): number {
    const value = this.view(8).getBigUint64(0, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Malformed(`${what} is ${value}`);
    return Number(value);
  }
  count(what: string, max: number): number {
    const value = this.view(8).getBigUint64(0, true);
    if (value > BigInt(max)) throw new Malformed(`its header claims ${value} ${what}`);
    return Number(value);
  }
  length(what: string, max: number): number {
    const value = this.view(8).getBigUint64(0, true);
    if (value > BigInt(max)) throw new Malformed(`${what} in its header claims ${value} bytes`);
    return Number(value);
  }
  text(what: string, bytesMax: number): string {
    const length = this.length(what, bytesMax);
    const { buffer, byteOffset } = this.view(length);
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset, length));
  }
}
