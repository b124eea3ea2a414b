/**
 * Whether version `a` is before (`-1`), the same as (`0`) or after (`1`) `b`; both as `schema/plugin.ts` has them.
 * Source: https://semver.org, item 11.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (const [index, number] of left!.entries()) {
    const difference = number - right![index]!;
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}
