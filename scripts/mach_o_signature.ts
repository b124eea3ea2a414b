import { createHash } from "node:crypto";
import { machO } from "./mach_o.ts";

/** What a Mach-O file's code signature says. */
export interface CodeSignature {
  /** 0x2: ad hoc, by nobody. 0x20000: by the linker. */
  readonly flags: number;
  /** How many bytes from the file's start it covers. */
  readonly codeBytes: number;
  readonly pages: number;
  /** The pages whose content isn't what was signed. */
  readonly wrongPages: readonly number[];
}

/**
 * Reads a file's code signature, and compares each page with its digest there. All numbers in it are big-endian.
 *
 * Source: `kern/cs_blobs.h` of Apple's open source (xnu): CS_SuperBlob, CS_CodeDirectory.
 *
 * @returns undefined when there is none.
 * @throws {Error} When it isn't laid out as one with SHA-256.
 */
export function codeSignature(file: Uint8Array): CodeSignature | undefined {
  const { signature } = machO(file);
  if (signature === undefined) return undefined;
  const view = new DataView(file.buffer, file.byteOffset + signature.offset, signature.size);
  const u32 = (at: number) => view.getUint32(at);
  if (u32(0) !== 0xfade_0cc0) throw new Error("Cannot read the code signature: it doesn't begin as one");
  const blobs = Array.from({ length: u32(8) }, (_, index) => u32(12 + index * 8 + 4));
  const directory = blobs.find((at) => u32(at) === 0xfade_0c02);
  if (directory === undefined) throw new Error("Cannot read the code signature: it has no code directory");
  const [hashesAt, pages, codeBytes] = [u32(directory + 16), u32(directory + 28), u32(directory + 32)];
  const [hashBytes, hashType] = [view.getUint8(directory + 36), view.getUint8(directory + 37)];
  const pageBytes = 2 ** view.getUint8(directory + 39);
  if (hashBytes !== 32 || hashType !== 2) throw new Error("Cannot read the code signature: it isn't made with SHA-256");
  const wrongPages = Array.from({ length: pages }, (_, page) => page).filter((page) => {
    const content = file.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, codeBytes));
    const at = signature.offset + directory + hashesAt + page * hashBytes;
    return createHash("sha256").update(content).digest("hex") !== file.subarray(at, at + hashBytes).toHex();
  });
  return { flags: u32(directory + 12), codeBytes, pages, wrongPages };
}
