/**
 * The candidate that `word` was probably meant to be: the one with the fewest edits (insert, remove, change, swap of
 * neighbours), if they are at most a third of its length and at most three. The first of equals.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let editsMin = Infinity;
  for (const candidate of candidates) {
    const edits = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const bound = Math.min(3, Math.ceil(Math.max(word.length, candidate.length) / 3));
    if (edits <= bound && edits < editsMin) [best, editsMin] = [candidate, edits];
  }
  return best;
}

/** Optimal string alignment distance, over three rows of the table. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let edits = Math.min(change, above[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, before[column - 2]! + 1);
      current.push(edits);
    }
    [before, above] = [above, current];
  }
  return above[b.length]!;
}
