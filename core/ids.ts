import type { Clock } from "./ports/clock.ts";
import type { Random } from "./ports/random.ts";

/** Makes ids: known before the row exists, and sorting by age. */
export type Ids = () => string;

const countMax = 0xfff;

/**
 * A source of UUIDv7: 48 bits of Unix milliseconds, a 12-bit count within the millisecond, 62 bits of chance.
 * Ids of one source always ascend, also when the clock is set back. Source: RFC 9562, sections 5.7 and 6.2, method 1.
 */
export function createIds({ clock, random }: { clock: Pick<Clock, "nowMs">; random: Pick<Random, "bytes"> }): Ids {
  let lastMs = 0;
  let count = 0;
  return () => {
    const nowMs = clock.nowMs();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      count = 0;
    } else if (count < countMax) {
      count++;
    } else {
      lastMs++;
      count = 0;
    }
    const bytes = random.bytes(16);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setUint16(0, Math.floor(lastMs / 2 ** 32));
    view.setUint32(2, lastMs % 2 ** 32);
    view.setUint16(6, 0x7000 | count);
    view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}
