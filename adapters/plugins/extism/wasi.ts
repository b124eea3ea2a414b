import type { CallLog } from "./call_log.ts";
import { Stop } from "./stop.ts";

/** Error numbers. Source: WASI 0.1, `errno`: https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md */
const badDescriptor = 8, invalid = 28, notSupported = 52;
const randomBytesMax = 1024 * 1024;
/** What `crypto.getRandomValues` gives at once. */
const randomPartBytes = 65_536;
const vectorsMax = 1_024;

/**
 * What a language's runtime needs to start, and nothing else: no files, no arguments, no environment, no waiting. A clock
 * in milliseconds, chance, and writing to the call's log.
 *
 * @param memory That of the instance that runs.
 */
export function createWasi(
  { log, memory }: { readonly log: CallLog; readonly memory: () => ArrayBuffer },
): Record<string, CallableFunction> {
  const view = () => new DataView(memory());
  const succeeds = () => 0;
  const noDescriptor = () => badDescriptor;

  function nothing(countAt: number, bytesAt: number): number {
    const data = view();
    data.setUint32(countAt >>> 0, 0, true);
    data.setUint32(bytesAt >>> 0, 0, true);
    return 0;
  }

  return {
    args_get: succeeds,
    args_sizes_get: nothing,
    environ_get: succeeds,
    environ_sizes_get: nothing,
    sched_yield: succeeds,
    fd_close: noDescriptor,
    fd_read: noDescriptor,
    fd_seek: noDescriptor,
    fd_fdstat_get: noDescriptor,
    fd_fdstat_set_flags: noDescriptor,
    fd_prestat_get: noDescriptor,
    fd_prestat_dir_name: noDescriptor,
    fd_filestat_get: noDescriptor,
    poll_oneoff: () => notSupported,
    clock_res_get(_clock: number, at: number) {
      view().setBigUint64(at >>> 0, 1_000_000n, true);
      return 0;
    },
    clock_time_get(_clock: number, _precision: bigint, at: number) {
      view().setBigUint64(at >>> 0, BigInt(Date.now()) * 1_000_000n, true);
      return 0;
    },
    random_get(at: number, length: number) {
      const end = (at >>> 0) + (length >>> 0);
      if (length >>> 0 > randomBytesMax || end > memory().byteLength) return invalid;
      for (let start = at >>> 0; start < end; start += randomPartBytes) {
        crypto.getRandomValues(new Uint8Array(memory(), start, Math.min(randomPartBytes, end - start)));
      }
      return 0;
    },
    fd_write(descriptor: number, vectorsAt: number, count: number, writtenAt: number) {
      if (descriptor !== 1 && descriptor !== 2) return badDescriptor;
      if (count >>> 0 > vectorsMax) return invalid;
      const data = view();
      let written = 0;
      for (let index = 0; index < count; index++) {
        const at = (vectorsAt >>> 0) + 8 * index;
        const bytes = new Uint8Array(data.buffer, data.getUint32(at, true), data.getUint32(at + 4, true));
        log.write(bytes);
        written += bytes.length;
      }
      data.setUint32(writtenAt >>> 0, written, true);
      return 0;
    },
    proc_exit(code: number) {
      throw new Stop("exit", `it ended itself with ${code}`);
    },
  };
}
