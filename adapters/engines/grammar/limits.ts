/** How deep, and how large, a schema may be. Deeper ones would exhaust the stack of whoever reads them. */
export const schemaDepthMax = 64;
const schemaPartsMax = 20_000;
const schemaCharactersMax = 262_144;

/** What is wrong with the size of parsed JSON; undefined when it is within bounds. Doesn't recurse. */
export function sizeProblem(value: unknown): string | undefined {
  let level: unknown[] = [value];
  let parts = 0;
  let characters = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > schemaDepthMax) return `it is more than ${schemaDepthMax} levels deep`;
    const next: unknown[] = [];
    for (const one of level) {
      if (++parts > schemaPartsMax) return `it has more than ${schemaPartsMax} parts`;
      if (typeof one === "string") characters += one.length;
      if (typeof one === "object" && one !== null) {
        for (const [key, inner] of Object.entries(one)) {
          characters += Array.isArray(one) ? 0 : key.length;
          next.push(inner);
        }
      }
      if (characters > schemaCharactersMax) return `it has more than ${schemaCharactersMax} characters`;
    }
    level = next;
  }
  return undefined;
}
