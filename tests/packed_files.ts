import { zstdDecompressSync } from "node:zlib";
import { parseTar } from "nanotar";

/** A file that an executable unpacks. */
export interface PackedFile {
  readonly name: string;
  readonly mode: string;
  readonly bytes: Uint8Array;
}

const magic = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd]);

/**
 * The files in an executable's payload, read out of its bytes by their format alone: a tar in frames of zstd, one for
 * each part, and empty ones that the compressor may put in between.
 */
export function packedFiles(executable: Uint8Array): PackedFile[] {
  const buffer = Buffer.from(executable.buffer, executable.byteOffset, executable.byteLength);
  for (let at = buffer.indexOf(magic); at >= 0; at = buffer.indexOf(magic, at + 1)) {
    const frames: Uint8Array[] = [];
    for (let from = at, end = frameEnd(executable, from); end !== undefined; end = frameEnd(executable, from)) {
      frames.push(zstdDecompressSync(executable.subarray(from, end)));
      from = end;
    }
    if (frames.length < 3) continue;
    return parseTar(new Uint8Array(Buffer.concat(frames))).filter(({ type }) => type === "file")
      .map(({ name, attrs, data }) => ({ name, mode: attrs!.mode!, bytes: data ?? new Uint8Array() }));
  }
  throw new Error("There is no payload in the executable");
}

/** Where a frame ends, by RFC 8878, 3.1.1; undefined when none begins here. */
function frameEnd(bytes: Uint8Array, from: number): number | undefined {
  if (magic.some((byte, index) => bytes[from + index] !== byte)) return undefined;
  const descriptor = bytes[from + 4]!;
  const [sizeFlag, single, checksum, dictionary] = [
    descriptor >> 6,
    descriptor >> 5 & 1,
    descriptor >> 2 & 1,
    descriptor & 3,
  ];
  if ((descriptor & 0b1000) !== 0 || dictionary !== 0) return undefined;
  let at = from + 5 + (single === 1 ? 0 : 1) + (sizeFlag === 0 ? single : 2 ** sizeFlag);
  for (let last = 0; last === 0;) {
    if (at + 3 > bytes.length) return undefined;
    const header = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16;
    const [kind, size] = [header >> 1 & 3, header >>> 3];
    if (kind === 3) return undefined;
    last = header & 1;
    at += 3 + (kind === 1 ? 1 : size);
  }
  return at + checksum * 4;
}
