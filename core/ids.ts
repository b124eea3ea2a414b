import type { Clock } from "./ports/clock.ts";
import type { Random } from "./ports/random.ts";

/**
 * A new UUIDv7: 48 bits of Unix milliseconds, then chance, so that ids sort by age and are known before the row
 * exists. Source: RFC 9562, section 5.7.
 */
export function uuidV7(clock: Pick<Clock, "nowMs">, random: Pick<Random, "bytes">): string {
  const bytes = random.bytes(16);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const nowMs = clock.nowMs();
  view.setUint16(0, Math.floor(nowMs / 2 ** 32));
  view.setUint32(2, nowMs % 2 ** 32);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
