/** Where a stream of UTF-8 stands between two bytes. 0: no character is open. */
export type Utf8State = number;

/** The lowest and the highest next byte, and the state after it, of each state. State 0 takes first bytes, see below. */
const following = Uint8Array.of(
  ...[0x00, 0x7F, 0],
  ...[0x80, 0xBF, 0], // 1: one byte is missing
  ...[0x80, 0xBF, 1],
  ...[0x80, 0xBF, 2],
  ...[0xA0, 0xBF, 1], // 4: after E0, where less would be a longer form of a shorter one
  ...[0x80, 0x9F, 1], // 5: after ED, where more would be half a character
  ...[0x90, 0xBF, 2], // 6: after F0
  ...[0x80, 0x8F, 2], // 7: after F4, where more is beyond Unicode
);

/** The state after some bytes; -1 when they aren't UTF-8 there. Grammars count code points and don't see this. */
export function utf8After(state: Utf8State, bytes: Uint8Array): Utf8State | -1 {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (state === 0 && byte > 0x7F) {
      if (byte >= 0xC2 && byte <= 0xDF) state = 1;
      else if (byte === 0xE0) state = 4;
      else if (byte === 0xED) state = 5;
      else if (byte >= 0xE1 && byte <= 0xEF) state = 2;
      else if (byte === 0xF0) state = 6;
      else if (byte >= 0xF1 && byte <= 0xF3) state = 3;
      else if (byte === 0xF4) state = 7;
      else return -1;
      continue;
    }
    const at = 3 * state;
    if (byte < following[at]! || byte > following[at + 1]!) return -1;
    state = following[at + 2]!;
  }
  return state;
}
