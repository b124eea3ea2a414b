import { ObjectError, type Objects } from "../../core/ports/objects.ts";
import { checkObjectName } from "./names.ts";

/** Objects in memory: the test double. What outlives a crash is `backing`. */
export interface MemoryObjects extends Objects {
  readonly backing: Map<string, Uint8Array>;
}

/** Makes an object store in memory over what an earlier one left. `bytesMax`: how much room there is. */
export function createMemoryObjects(
  { backing = new Map(), bytesMax = Infinity }: {
    readonly backing?: Map<string, Uint8Array>;
    readonly bytesMax?: number;
  } = {},
): MemoryObjects {
  let growing = 0;
  const used = () => backing.values().reduce((sum, { length }) => sum + length, growing);

  async function* read(name: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    checkObjectName(name);
    signal.throwIfAborted();
    const content = backing.get(name);
    if (content === undefined) throw new ObjectError("missing", "There is no such object");
    for (let at = 0; at < content.length; at += 60_000) {
      signal.throwIfAborted();
      yield content.slice(at, at + 60_000);
    }
  }

  async function* list(): AsyncGenerator<string> {
    yield* [...backing.keys()];
  }

  return {
    backing,
    open: read,
    list,
    async create() {
      const pieces: Uint8Array[] = [];
      const discard = async () => {
        for (const { length } of pieces.splice(0)) growing -= length;
      };
      return {
        discard,
        async write(piece) {
          if (used() + piece.length > bytesMax) throw new ObjectError("full", "No room is left");
          growing += piece.length;
          pieces.push(piece.slice());
        },
        async commit(name) {
          checkObjectName(name);
          const content = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
          let at = 0;
          for (const piece of pieces) {
            content.set(piece, at);
            at += piece.length;
          }
          await discard();
          backing.set(name, content);
        },
      };
    },
    async remove(name) {
      checkObjectName(name);
      backing.delete(name);
    },
  };
}
