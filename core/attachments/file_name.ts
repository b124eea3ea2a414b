/** Longest name that is kept, in bytes of UTF-8: what file systems take. */
const nameBytesMax = 180;
/** Longest ending that is kept when a name is shortened, in bytes of UTF-8. */
const endingBytesMax = 20;
const encoder = new TextEncoder();

/**
 * A file's name as it may stand on a page, in a prompt, in a header and on any disk: the last part of a path, on one line,
 * without signs that steer what shows it (control, direction of reading, none to be seen) or that a system gives a
 * meaning to.
 *
 * @param given What the sender calls it.
 * @param otherwise What it is called when nothing is left.
 */
export function fileName(given: string, otherwise: string): string {
  const last = given.toWellFormed().normalize("NFC").split(/[/\\]/).at(-1)!;
  const clean = last
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ")
    .replace(/[\p{Cf}\p{Co}\p{Cn}\ufffd]/gu, (sign) => sign === "\u200d" ? sign : "") // Joined emoji stay joined.
    .replace(/[<>:"|?*]/g, "_")
    .replace(/\s+/gu, " ")
    .replace(/^[. ]+|[. ]+$/g, "");
  const isDevice = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(clean);
  const name = shortened(isDevice ? `_${clean}` : clean).replace(/[. ]+$/, "");
  return /[^_\s\u200d]/u.test(name) ? name : otherwise;
}

function shortened(name: string): string {
  if (bytesOf(name) <= nameBytesMax) return name;
  const ending = /\.[^. ]+$/u.exec(name)?.[0] ?? "";
  const kept = bytesOf(ending) <= endingBytesMax ? ending : "";
  let start = "";
  for (const { segment: sign } of new Intl.Segmenter().segment(name.slice(0, name.length - kept.length))) {
    if (bytesOf(start) + bytesOf(sign) + bytesOf(kept) > nameBytesMax) break;
    start += sign;
  }
  return start + kept;
}

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
