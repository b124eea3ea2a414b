/** A container as `adapters/models/e5_gguf.ts` reads it, with a model of toy size. */

/** What the container says of itself. A test changes one thing and sees whether it is noticed. */
export interface TinyE5 {
  readonly version: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly positions: number;
  readonly pieces: readonly string[];
}

/** One layer, 32 wide, six pieces for a vocabulary of eight. */
export const tinyE5: TinyE5 = {
  version: 1,
  width: 32,
  layers: 1,
  heads: 2,
  feedForward: 64,
  vocabulary: 8,
  positions: 16,
  pieces: ["<s>", "<pad>", "</s>", "<unk>", "▁a", "<mask>"],
};

/** Its bytes. Each tensor's bytes differ from those of every other. */
export function makeE5(model: TinyE5): Uint8Array<ArrayBuffer> {
  const { width, layers, heads, feedForward, vocabulary, positions } = model;
  const pieces = model.pieces.map((piece) => new TextEncoder().encode(piece));
  const parts: number[] = [...new TextEncoder().encode("E5S1")];
  const put = (bytes: number, value: number | bigint) => {
    for (let byte = 0, rest = BigInt(value); byte < bytes; byte++, rest >>= 8n) parts.push(Number(rest & 255n));
  };
  const putF32 = (value: number) => parts.push(...new Uint8Array(new Float32Array([value]).buffer));
  for (const value of [model.version, width, layers, heads, feedForward, vocabulary, positions, 2]) put(4, value);
  putF32(1e-12);
  put(4, 32);
  put(4, pieces.length);
  for (const special of [0, 2, 1, 3]) put(4, special);
  put(8, pieces.reduce((sum, { length }) => sum + length, 0));
  for (let at = 0, index = 0; index <= pieces.length; at += pieces[index]?.length ?? 0, index++) put(4, at);
  pieces.forEach((_, index) => putF32(index < 4 ? 0 : -index));
  for (const piece of pieces) parts.push(...piece);
  put(4, 1); // one character that is replaced by another
  put(4, 9);
  put(4, 0xFF21);
  put(1, 1);
  put(4, 0x41);

  const tensors: [name: string, type: 0 | 1, elements: number][] = [
    ["emb.word", 1, vocabulary * width],
    ["emb.pos", 0, positions * width],
    ["emb.type", 0, 2 * width],
    ["emb.ln.w", 0, width],
    ["emb.ln.b", 0, width],
  ];
  for (let layer = 0; layer < layers; layer++) {
    for (const name of ["q", "k", "v", "ao"]) {
      tensors.push([`l${layer}.${name}.w`, 1, width * width], [`l${layer}.${name}.b`, 0, width]);
    }
    tensors.push([`l${layer}.fi.w`, 1, width * feedForward], [`l${layer}.fi.b`, 0, feedForward]);
    tensors.push([`l${layer}.fo.w`, 1, width * feedForward], [`l${layer}.fo.b`, 0, width]);
    for (const name of ["aln", "oln"]) {
      tensors.push([`l${layer}.${name}.w`, 0, width], [`l${layer}.${name}.b`, 0, width]);
    }
  }
  put(4, tensors.length);
  const bytesOf = (type: 0 | 1, elements: number) => type === 0 ? 4 * elements : elements / 32 * 18;
  let at = parts.length + tensors.reduce((sum, [name]) => sum + 2 + name.length + 1 + 4 + 8 + 8, 0);
  for (const [name, type, elements] of tensors) {
    put(2, name.length);
    parts.push(...new TextEncoder().encode(name));
    put(1, type);
    put(4, elements);
    put(8, at);
    put(8, bytesOf(type, elements));
    at += bytesOf(type, elements);
  }
  for (const [index, [, type, elements]] of tensors.entries()) {
    for (let byte = bytesOf(type, elements); byte > 0; byte--) parts.push(index + 1);
  }
  return Uint8Array.from(parts);
}
