import type { Crypto } from "./ports/crypto.ts";
import { ObjectError } from "./ports/objects.ts";

/** Plain bytes of each chunk but the last, which has what is left: 1 to this many, or none where all is empty. */
export const chunkBytes = 64 * 1024;
const tagBytes = 16;
const nonceBytes = 12;

/**
 * Content as it lies in an object: chunks of {@link chunkBytes}, each sealed with AES-256-GCM under a key that no other
 * content has. A chunk's nonce is its index; its associated data are format, index and whether it is the last. So a chunk
 * opens only in its own place of its own object, and one that was cut off, doubled, moved or taken from another object
 * is found when it is read. Source: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
 * Misuse-Resistance" (2015), section 7 (STREAM).
 */
export interface Sealer {
  /** The next piece of the content; gives the sealed bytes that are ready. */
  push(piece: Uint8Array): Uint8Array[];
  /** The rest, once all was pushed. */
  end(): Uint8Array;
}

/** Begins to seal one content. The key, 32 bytes, must never have sealed another. */
export function createSealer(crypto: Pick<Crypto, "seal">, key: Uint8Array): Sealer {
  const chunk = new Uint8Array(chunkBytes);
  let filled = 0;
  let index = 0;
  const seal = (isLast: boolean) => {
    const sealed = crypto.seal(key, nonceOf(index), chunk.subarray(0, filled), associated(index, isLast));
    filled = 0;
    index++;
    return sealed;
  };
  return {
    push(piece) {
      const ready: Uint8Array[] = [];
      for (let at = 0; at < piece.length;) {
        if (filled === chunkBytes) ready.push(seal(false)); // Only now is it known not to be the last.
        const taken = piece.subarray(at, at + chunkBytes - filled);
        chunk.set(taken, filled);
        filled += taken.length;
        at += taken.length;
      }
      return ready;
    },
    end: () => seal(true),
  };
}

/**
 * The content again, chunk by chunk, each only after it was found to be what was sealed in this place. Rejects with
 * {@link ObjectError} `damaged` at the first that isn't, or when the end isn't there; who has taken chunks before that
 * must not take them for the whole.
 */
export async function* openSealed(
  crypto: Pick<Crypto, "open">,
  key: Uint8Array,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const sealed = new Uint8Array(chunkBytes + tagBytes);
  let filled = 0;
  let index = 0;
  const open = (isLast: boolean) => {
    const plain = crypto.open(key, nonceOf(index), sealed.subarray(0, filled), associated(index, isLast));
    if (plain === undefined) throw new ObjectError("damaged", "A stored file isn't what was put there");
    filled = 0;
    index++;
    return plain;
  };
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      if (filled === sealed.length) yield open(false);
      const taken = piece.subarray(at, at + sealed.length - filled);
      sealed.set(taken, filled);
      filled += taken.length;
      at += taken.length;
    }
  }
  yield open(true);
}

function nonceOf(index: number): Uint8Array {
  const nonce = new Uint8Array(nonceBytes);
  new DataView(nonce.buffer).setUint32(nonceBytes - 4, index);
  return nonce;
}

/** Format 1, index, last or not. */
function associated(index: number, isLast: boolean): Uint8Array {
  const bytes = new Uint8Array(6);
  bytes[0] = 1;
  new DataView(bytes.buffer).setUint32(1, index);
  bytes[5] = isLast ? 1 : 0;
  return bytes;
}
