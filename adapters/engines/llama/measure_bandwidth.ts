import type { MeasuredBandwidth } from "../../../core/ports/measure.ts";
import type { Llama } from "./binding.ts";

/** Larger than any cache, and a quarter of what is free at most. */
const bytesMax = 512 * 1024 * 1024;
const rounds = 9;

/**
 * How fast this machine's memory can be read: the C library looks, in as many threads as a model is computed by, for a
 * byte that isn't there. The best of some rounds, since other programs can only make it less.
 */
export async function measureBandwidth(
  { symbols }: Llama,
  threads: number,
  availableBytes: number,
  nowMs: () => number,
): Promise<MeasuredBandwidth> {
  const sliceBytes = Math.floor(Math.min(bytesMax, availableBytes / 4) / threads);
  const memory = new Uint8Array(new ArrayBuffer(sliceBytes * threads));
  memory.fill(1); // pages that nobody wrote to are all one and the same
  const slices = Array.from({ length: threads }, (_, at) => memory.subarray(at * sliceBytes, (at + 1) * sliceBytes));
  let bestMs = Infinity;
  for (let round = 0; round < rounds; round++) {
    const startMs = nowMs();
    await Promise.all(slices.map((slice) => symbols.find_byte(slice, 2, BigInt(sliceBytes))));
    bestMs = Math.min(bestMs, nowMs() - startMs);
  }
  return { kind: "bandwidth", bytesPerSecond: memory.length / bestMs * 1_000, threads };
}
