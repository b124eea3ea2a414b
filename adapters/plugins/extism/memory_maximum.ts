/** The bytes of one page of a memory. Source: WebAssembly core specification, 4.2.8. */
const pageBytes = 64 * 1024;
const memorySection = 5;

/**
 * A prepared module whose memory grows no further than it may. Every prepared module has a maximum, which this makes
 * smaller, never larger.
 *
 * @returns The module as it was, where its maximum is no larger; undefined where it begins with more.
 */
export function withMemoryMaximum(
  module: Uint8Array<ArrayBuffer>,
  bytesMax: number,
): Uint8Array<ArrayBuffer> | undefined {
  const pagesMax = Math.floor(bytesMax / pageBytes);
  for (let at = 8; at < module.length;) {
    const id = module[at];
    const [length, start] = number(module, at + 1);
    if (id === memorySection) {
      if (module[start] === 0) return module;
      // One memory, and a flag: it has a maximum.
      if (module[start] !== 1 || module[start + 1] !== 1) throw new Error("A module that wasn't prepared");
      const [minimum, maximumAt] = number(module, start + 2);
      const [maximum] = number(module, maximumAt);
      if (minimum > pagesMax) return undefined;
      if (maximum <= pagesMax) return module;
      const content = [1, 1, ...leb(minimum), ...leb(pagesMax)];
      const section = [memorySection, ...leb(content.length), ...content];
      const changed = new Uint8Array(at + section.length + module.length - (start + length));
      changed.set(module.subarray(0, at));
      changed.set(section, at);
      changed.set(module.subarray(start + length), at + section.length);
      return changed;
    }
    at = start + length;
  }
  return module;
}

/** An unsigned LEB128 number, and where it ends. */
function number(bytes: Uint8Array, at: number): readonly [value: number, end: number] {
  let value = 0;
  for (let scale = 1;; scale *= 128) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
  }
}

function leb(value: number): number[] {
  return value < 128 ? [value] : [value % 128 + 128, ...leb(Math.floor(value / 128))];
}
