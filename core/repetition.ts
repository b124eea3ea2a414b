/** A loop is no text any more: so many times the same, and at least so many characters of it. */
const timesMin = 6;
const charactersMin = 240;
/** The longest unit that is looked for, in UTF-16 code units: about a paragraph. */
const unitLengthMax = 400;

/**
 * Where a text that has run into a loop stops saying anything new: after the second time of what it repeats at its end.
 * `undefined` when it doesn't end in a loop. Small models do that, above all when the likeliest token is always taken,
 * and would go on until the answer's last token. Linear in what is looked at, which is at most 2,400 code units.
 *
 * @example repetitionIn("Beware of " + "rust, ".repeat(50)) // 21, the length of "Beware of rust, rust,"
 */
export function repetitionIn(text: string): number | undefined {
  const tail = text.slice(-timesMin * unitLengthMax);
  const backwards = Array.from({ length: tail.length }, (_, index) => tail.charCodeAt(tail.length - 1 - index));
  // The failure function of Knuth, Morris and Pratt: borders[n] is the longest true border of the last n + 1 units.
  const borders = new Int32Array(backwards.length);
  let best: { readonly length: number; readonly unit: number } | undefined;
  for (let at = 1, border = 0; at < backwards.length; at++) {
    while (border > 0 && backwards[at] !== backwards[border]) border = borders[border - 1]!;
    if (backwards[at] === backwards[border]) border++;
    borders[at] = border;
    const length = at + 1;
    const unit = length - border;
    if (unit <= unitLengthMax && length >= Math.max(timesMin * unit, charactersMin)) best = { length, unit };
  }
  if (best === undefined) return undefined;
  return text.length - best.length + 2 * best.unit;
}
