import {
  blocksMax,
  blocksStart,
  hostBytesMax,
  inputBlock,
  type KernelExports,
  kernelModule,
  nullBlock,
  rowBytes,
} from "./kernel_module.ts";
import { Stop } from "./stop.ts";

/** What stays of a call in the kernel until the next one begins. */
export interface Kernel {
  /** The functions of `extism:host/env`, by their names. */
  readonly functions: Readonly<Record<string, CallableFunction>>;
  /** Forgets everything of the call before, and takes this one's input. @throws {Stop} When it is too long. */
  begin(input: Uint8Array): void;
  /** A new block with these bytes. @throws {Stop} When there is no room. */
  store(bytes: Uint8Array): bigint;
  /** A copy of a block's bytes. @throws {Stop} When there is no such block. */
  read(handle: bigint): Uint8Array<ArrayBuffer>;
  /** What the plugin set as its output: no longer than `bytesMax`. @throws {Stop} When it is. */
  output(bytesMax: number): Uint8Array<ArrayBuffer>;
  /** What it set as its error. */
  error(): string | undefined;
  /** Whether it touched what it has no block for. */
  misused(): boolean;
}

/** What the kernel asks of those around it. */
export interface KernelDeps {
  /** Takes a line of the plugin's log. @throws {Stop} When there are too many. */
  readonly log: (level: string, bytes: Uint8Array) => void;
}

const lower = 0xffff_ffffn;
const levels = ["trace", "debug", "info", "warn", "error"];
const infoLevel = 2;

/**
 * All that plugins find in `extism:host/env`, instead of the SDK's own: its kernel allocates without a bound, and finds
 * `constructor` in the configuration. One kernel serves every instance of a process, one call at a time.
 *
 * Handles are small numbers in both halves of an i64, where the SDK's have the index in the upper 16 bits: no PDK looks
 * into them.
 */
export function createKernel({ log }: KernelDeps): Kernel {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(kernelModule()));
  const { memory, misused, ...accesses } = instance.exports as unknown as KernelExports;
  let table = new DataView(memory.buffer);
  let bytes = new Uint8Array(memory.buffer);
  /** Rows that were ever used, and those of them that are free again. */
  let rows = inputBlock + 1;
  let freeRows: number[] = [];
  let end = blocksStart;
  /** Where what was ever used in this call ends: behind it all bytes are 0. */
  let usedEnd = blocksStart;
  let output: { readonly handle: bigint; readonly length: number } | undefined;
  let error: bigint | undefined;

  const startOf = (row: number) => table.getUint32(row * rowBytes, true);
  const lengthOf = (row: number) => table.getUint32(row * rowBytes + 4, true);

  function setRow(row: number, start: number, length: number): void {
    table.setUint32(row * rowBytes, start, true);
    table.setUint32(row * rowBytes + 4, length, true);
  }

  /** The block that a handle is in, whatever its offset; the null block when there is none. */
  function rowOf(handle: bigint): number {
    const row = Number(BigInt.asUintN(64, handle) >> 32n);
    return row < rows ? row : nullBlock;
  }

  function room(length: number): number {
    if (!(length >= 0 && length <= hostBytesMax)) throw new Stop("host-memory", `no block of ${length} bytes`);
    if (end + length > blocksStart + hostBytesMax) close();
    if (end + length > blocksStart + hostBytesMax) {
      throw new Stop("host-memory", `blocks of more than ${hostBytesMax} bytes together`);
    }
    const missing = end + length - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(missing / 65_536));
      table = new DataView(memory.buffer);
      bytes = new Uint8Array(memory.buffer);
    }
    return end;
  }

  /** Moves the blocks that live together: handles name rows, so that none of them changes. */
  function close(): void {
    const living = Array.from({ length: rows - inputBlock }, (_, index) => index + inputBlock)
      .filter((row) => lengthOf(row) > 0).sort((a, b) => startOf(a) - startOf(b));
    end = blocksStart;
    for (const row of living) {
      const start = startOf(row);
      bytes.copyWithin(end, start, start + lengthOf(row));
      setRow(row, end, lengthOf(row));
      end += lengthOf(row);
    }
  }

  function allocate(length: number, isZeroed: boolean): bigint {
    if (freeRows.length === 0 && rows === blocksMax) throw new Stop("host-memory", `more than ${blocksMax} blocks`);
    const start = room(length);
    const row = freeRows.pop() ?? rows++;
    setRow(row, start, length);
    end += length;
    if (isZeroed) bytes.fill(0, start, Math.min(end, usedEnd));
    usedEnd = Math.max(usedEnd, end);
    return BigInt(row) << 32n;
  }

  function store(content: Uint8Array): bigint {
    const handle = allocate(content.length, false);
    bytes.set(content, startOf(rowOf(handle)));
    return handle;
  }

  function read(handle: bigint): Uint8Array<ArrayBuffer> {
    const row = rowOf(handle);
    if (row === nullBlock) throw new Stop("handle", "a handle of no block");
    const start = startOf(row);
    return bytes.slice(start, start + lengthOf(row)) as Uint8Array<ArrayBuffer>;
  }

  const functions: Record<string, CallableFunction> = {
    ...accesses,
    alloc: (length: bigint) => allocate(Number(BigInt.asUintN(64, length)), true),
    free(handle: bigint) {
      const row = rowOf(handle);
      if (row <= inputBlock || startOf(row) === 0) return; // No block, or free already.
      if (startOf(row) + lengthOf(row) === end) end = startOf(row);
      setRow(row, 0, 0);
      freeRows.push(row);
    },
    length: (handle: bigint) => BigInt(lengthOf(rowOf(handle))),
    length_unsafe: (handle: bigint) => BigInt(lengthOf(rowOf(handle))),
    input_offset: () => BigInt(inputBlock) << 32n,
    input_length: () => BigInt(lengthOf(inputBlock)),
    output_set(handle: bigint, length: bigint) {
      const offset = Number(handle & lower);
      const available = lengthOf(rowOf(handle)) - offset;
      if (length < 0n || length > BigInt(available)) throw new Stop("handle", "an output longer than its block");
      output = { handle, length: Number(length) };
    },
    error_set: (handle: bigint) => error = handle === 0n ? undefined : handle,
    error_get: () => error ?? 0n,
    // Nothing is configured by this way, and nothing is kept: settings come in the input, and `kv` keeps.
    config_get: () => 0n,
    var_get: () => 0n,
    var_set() {
      throw new Stop("not-granted", "variables are off: the capability kv keeps values");
    },
    get_log_level: () => infoLevel,
  };
  for (const level of levels) functions[`log_${level}`] = (handle: bigint) => log(level, read(handle));

  return {
    functions,
    store,
    read,
    begin(input) {
      for (let row = nullBlock; row < rows; row++) setRow(row, 0, 0);
      rows = inputBlock + 1;
      freeRows = [];
      bytes.fill(0, blocksStart, usedEnd);
      end = usedEnd = blocksStart;
      output = error = undefined;
      misused.value = 0;
      setRow(inputBlock, room(input.length), input.length);
      bytes.set(input, end);
      end += input.length;
      usedEnd = end;
    },
    output(bytesMax) {
      if (output === undefined) return new Uint8Array(0);
      if (output.length > bytesMax) {
        throw new Stop("output", `an output of ${output.length} bytes: at most ${bytesMax} are allowed`);
      }
      const row = rowOf(output.handle);
      const offset = Number(output.handle & lower);
      // Since it was set, its block may have been freed, and there may be a shorter one under its handle.
      const length = Math.min(output.length, Math.max(0, lengthOf(row) - offset));
      const start = startOf(row) + offset;
      return bytes.slice(start, start + length) as Uint8Array<ArrayBuffer>;
    },
    error: () => error === undefined ? undefined : new TextDecoder().decode(read(error).subarray(0, 2_000)),
    misused: () => misused.value !== 0,
  };
}
