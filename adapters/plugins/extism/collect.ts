/** Frees what calls leave behind, when nobody waits for it. */
export interface Collector {
  /** An instance isn't used any more. @param bytes Of its memory. */
  dropped(bytes: number): void;
  /** Nothing has to be done just now. @param bytes What was taken and given since the last time. */
  rest(bytes: number): void;
}

/**
 * What calls may leave before it is collected. The engine hardly counts the memories of instances, which it reserves one by
 * one, nor the bytes of messages: it would let them lie by the hundreds, and then stop in the middle of a call. After an
 * answer nobody waits. Most of a memory is never touched, and takes no room.
 */
const instancesMax = 128;
const memoryBytesMax = 48 * 1024 * 1024;
const messageBytesMax = 4 * 1024 * 1024;

/** Makes a collector. @param collect Collects at once. */
export function createCollector(collect: () => void): Collector {
  let instances = 0;
  let memoryBytes = 0;
  let messageBytes = 0;
  return {
    dropped(bytes) {
      instances += 1;
      memoryBytes += bytes;
    },
    rest(bytes) {
      messageBytes += bytes;
      if (instances < instancesMax && memoryBytes < memoryBytesMax && messageBytes < messageBytesMax) return;
      instances = memoryBytes = messageBytes = 0;
      collect();
    },
  };
}
