import { deepStrictEqual } from "node:assert/strict";
import { undocumentedExports } from "./check_docs.ts";

Deno.test("undocumentedExports() names each export without a comment, and where it is", async () => {
  const checkout = `${await Deno.realPath(await Deno.makeTempDir())}/`;
  try {
    await Deno.writeTextFile(
      `${checkout}a.ts`,
      `/** The file. */
/** Documented. */
export const documented: number = 1;
export const bare: number = 1;
// Not a doc comment.
export function plain(): void {}
/** Overloaded. */
export function twice(a: string): string;
export function twice(a: number): number;
export function twice(a: unknown): unknown {
  return a;
}
export interface Shape {
  readonly inner: number;
}
/** @throws Always. */
export class Thrower {}
const hidden: number = 1;
export { hidden as shown };
export * from "./b.ts";
export default hidden;
`,
    );
    await Deno.writeTextFile(`${checkout}b.ts`, "export type Id = string;\n");
    deepStrictEqual(await undocumentedExports(["a.ts"], checkout), [
      "a.ts:13: `Shape` has no doc comment",
      "a.ts:18: `default` has no doc comment",
      "a.ts:18: `shown` has no doc comment",
      "a.ts:4: `bare` has no doc comment",
      "a.ts:6: `plain` has no doc comment",
    ]);
    deepStrictEqual(
      await undocumentedExports(["a.ts", "b.ts"], checkout).then((all) => all.at(-1)),
      [
        "b.ts:1: `Id` has no doc comment",
      ][0],
    );
  } finally {
    await Deno.remove(checkout, { recursive: true });
  }
});
