import type { Llama, Pointer } from "./binding.ts";
import { layout } from "./layout.ts";

/**
 * Samplers that do what others do, out of the others' state, but are told of no token and free nothing. In a chain they
 * may choose as often as is wanted: what was chosen counts only once the other is told.
 */
export interface QuietSamplers {
  /** Of a sampler that lives longer than it. To be freed like any other. */
  of(sampler: Pointer): Pointer;
}

const { llama_sampler: sampler, llama_sampler_i: functions } = layout;

/** Made by llama.cpp's own way to samplers of other makers: a table of functions, here the sampler's with two left out. */
export function createQuietSamplers({ symbols }: Pick<Llama, "symbols">): QuietSamplers {
  /** By the address of the sampler's own, one a kind of sampler. C holds their addresses: explicit ArrayBuffers. */
  const tables = new Map<bigint, Uint8Array<ArrayBuffer>>();
  const fields = new DataView(new ArrayBuffer(sampler.$size));

  function tableAt(address: bigint): Uint8Array<ArrayBuffer> {
    const known = tables.get(address);
    if (known !== undefined) return known;
    const table = new Uint8Array(new ArrayBuffer(functions.$size));
    symbols.copy_from_address(table, address, BigInt(functions.$size));
    const view = new DataView(table.buffer);
    view.setBigUint64(functions.accept, 0n, true);
    view.setBigUint64(functions.free, 0n, true);
    tables.set(address, table);
    return table;
  }

  return {
    of(other) {
      symbols.copy_from(fields, other, BigInt(sampler.$size));
      const table = tableAt(fields.getBigUint64(sampler.iface, true));
      return symbols.llama_sampler_init(table, fields.getBigUint64(sampler.ctx, true)) as Pointer;
    },
  };
}
