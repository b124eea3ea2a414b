/** What the compiler doesn't see in the catalogues of sentences: keys that only one has, and empty sentences. */

/** A catalogue or a part of it. Functions make a sentence of values. */
type Sentences = { readonly [key: string]: unknown };

/**
 * Problems of catalogues that must have the same shape, one line each.
 *
 * @param catalogues By language; the first is what the others are compared with.
 */
export function sentenceProblems(catalogues: Readonly<Record<string, Sentences>>): string[] {
  const [first, ...others] = Object.entries(catalogues).map(([locale, catalogue]) => ({
    locale,
    leaves: new Map(leavesOf(catalogue, "")),
  }));
  if (first === undefined) return [];
  const problems = [first, ...others].flatMap(({ locale, leaves }) =>
    [...leaves].flatMap(([key, value]) => isEmpty(value) ? [`${locale}: ${key} is empty`] : [])
  );
  for (const { locale, leaves } of others) {
    for (const [key, value] of leaves) {
      if (!first.leaves.has(key)) problems.push(`${locale}: ${key} isn't in ${first.locale}`);
      else if (typeof value !== typeof first.leaves.get(key)) {
        problems.push(`${locale}: ${key} is a ${typeof value}, in ${first.locale} a ${typeof first.leaves.get(key)}`);
      }
    }
    for (const key of first.leaves.keys()) if (!leaves.has(key)) problems.push(`${locale}: ${key} is missing`);
  }
  return problems;
}

/** List entries are leaves of their list: languages may need different numbers of examples. */
function leavesOf(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, entry]) => leavesOf(entry, path === "" ? key : `${path}.${key}`));
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isEmpty);
  return value === null || value === undefined || (typeof value === "string" && value.trim() === "");
}
