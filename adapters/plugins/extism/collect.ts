/** Frees what instances leave behind, when nobody waits for it. */
export interface Collector {
  /** An instance isn't used any more. @param bytes Of its memory. */
  dropped(bytes: number): void;
  /** Nothing has to be done just now. */
  rest(): void;
}

/**
 * What instances may leave before it is collected: the engine hardly counts their memories, which it reserves one by one,
 * and so lets hundreds of them lie. By itself it would stop in the middle of a call; after an answer nobody waits. Most of a memory is never touched, and takes no room.
 */
const instancesMax = 64;
const bytesMax = 32 * 1024 * 1024;

/** Makes a collector. @param collect Collects at once. */
export function createCollector(collect: () => void): Collector {
  let instances = 0;
  let bytes = 0;
  return {
    dropped(of) {
      instances += 1;
      bytes += of;
    },
    rest() {
      if (instances < instancesMax && bytes < bytesMax) return;
      instances = bytes = 0;
      collect();
    },
  };
}
