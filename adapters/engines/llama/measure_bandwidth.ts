import type { MeasuredBandwidth } from "../../../core/ports/measure.ts";
import type { Llama } from "./binding.ts";

/** Larger than any cache, and a quarter of what is free at most. */
const bytesMax = 512 * 1024 * 1024;
const rounds = 9;

/**
 * How fast this machine's memory can be read: the C library compares blocks that are alike, in as many threads as a model
 * is computed by. The best of some rounds, since other programs can only make it less. Measured beside it, a loop in C of
 * plain loads read no faster.
 */
export async function measureBandwidth(
  { symbols }: Llama,
  threads: number,
  availableBytes: number,
  nowMs: () => number,
): Promise<MeasuredBandwidth> {
  const blockBytes = Math.floor(Math.min(bytesMax, availableBytes / 4) / threads / 2);
  const memory = new Uint8Array(new ArrayBuffer(blockBytes * threads * 2));
  memory.fill(1); // pages that nobody wrote to are all one and the same
  const block = (at: number) => memory.subarray(at * blockBytes, (at + 1) * blockBytes);
  const pairs = Array.from({ length: threads }, (_, at) => [block(2 * at), block(2 * at + 1)] as const);
  let bestMs = Infinity;
  for (let round = 0; round < rounds; round++) {
    const startMs = nowMs();
    await Promise.all(pairs.map(([one, other]) => symbols.compare_memory(one, other, BigInt(blockBytes))));
    bestMs = Math.min(bestMs, nowMs() - startMs);
  }
  return { kind: "bandwidth", bytesPerSecond: memory.length / bestMs * 1_000, threads };
}
