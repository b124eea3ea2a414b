import { createHash } from "node:crypto";
import { llamaPackageVersion } from "./release.ts";
import { readAt } from "./model_file.ts";

/** Pieces of the weights that are looked at, spread over the file. */
const piecesCount = 256;
const pieceBytes = 4_096;
/** The header is in here, or most of it. */
const beginningBytes = 1024 * 1024;

/**
 * Tells the states of one model file and library from those of any other: a hash of the library's release, the file's
 * length, its beginning, and pieces of its weights. All of the file would take a second for each gigabyte; two models that
 * differ in none of the pieces weren't trained apart.
 */
export function stateBinding(path: string, libraryVersion: string): string {
  using file = Deno.openSync(path);
  const { size } = Deno.statSync(path);
  const hash = createHash("sha256");
  hash.update(JSON.stringify(["state", 1, llamaPackageVersion, libraryVersion, size]));
  hash.update(readAt(file, 0, beginningBytes));
  for (let piece = 0; piece < piecesCount; piece++) {
    hash.update(readAt(file, Math.floor(Math.max(0, size - pieceBytes) * piece / (piecesCount - 1)), pieceBytes));
  }
  return hash.digest("hex");
}
