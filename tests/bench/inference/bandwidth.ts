import wabt from "wabt";
import type { BandwidthTask } from "./bandwidth_worker.ts";

const bytesEach = 512 * 1024 * 1024;
const timesRead = 7;

/** Reads a range 128 bytes at a time into eight sums, so that nothing but the memory is waited for. */
function source(): string {
  const sums = Array.from({ length: 8 }, (_, index) => `$sum${index}`);
  const reads = sums.map((sum, index) =>
    `(local.set ${sum} (i64x2.add (local.get ${sum}) (v128.load offset=${16 * index} (local.get $at))))`
  );
  const total = sums.slice(1).reduce((all, sum) => `(i64x2.add ${all} (local.get ${sum}))`, "(local.get $sum0)");
  return `(module
    (memory (export "memory") ${bytesEach / 65_536})
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const ${bytesEach})))
    (func (export "read") (result i64) (local $at i32) ${sums.map((sum) => `(local ${sum} v128)`).join(" ")}
      (loop $next
        ${reads.join("\n")}
        (br_if $next (i32.lt_u
          (local.tee $at (i32.add (local.get $at) (i32.const 128))) (i32.const ${bytesEach}))))
      (i64x2.extract_lane 0 ${total})))`;
}

/**
 * Bytes that so many threads together read from memory in a second: 512 MiB each, the median of seven times. By plain
 * vector loads; the memory is far larger than the caches.
 */
export async function memoryBandwidth(threads: number): Promise<number> {
  const { buffer } = (await wabt()).parseWat("read.wat", source(), { simd: true, bulk_memory: true }).toBinary({});
  const code = new Uint8Array(buffer);
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL("bandwidth_worker.ts", import.meta.url), { type: "module" }),
  );
  try {
    const ask = (worker: Worker, task: BandwidthTask) =>
      new Promise<void>((resolve, reject) => {
        worker.onmessage = () => resolve();
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage(task);
      });
    const all = (task: BandwidthTask) => Promise.all(workers.map((worker) => ask(worker, task)));
    await all({ kind: "prepare", code });
    await all({ kind: "read" }); // compiled for speed after this
    const speeds: number[] = [];
    for (let time = 0; time < timesRead; time++) {
      const fromMs = performance.now();
      await all({ kind: "read" });
      speeds.push(threads * bytesEach / (performance.now() - fromMs) * 1_000);
    }
    return speeds.toSorted((a, b) => a - b)[Math.floor(timesRead / 2)]!;
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
