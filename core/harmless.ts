/**
 * Text that came from a model or from another person, without what could change a terminal or the direction of
 * reading: control characters but line feed and tab become visible, as JSON would escape them. Made twice, it stays.
 * Source: ECMA-48 (C0 and C1), Unicode UAX #9 (explicit directional formatting).
 */
export function harmless(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Text on one line, without signs that steer what shows it: names and titles stand in lists, in a browser's tab and in
 * names of files, where what is around them must stay where it is.
 */
export function oneLine(text: string): string {
  return text.replace(/\p{Bidi_Control}/gu, "").replace(/[\s\p{Cc}]+/gu, " ").trim();
}
