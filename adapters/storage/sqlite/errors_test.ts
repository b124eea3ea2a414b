import { strictEqual } from "node:assert/strict";
import { InvariantError } from "../../../core/errors.ts";
import { StoreError } from "../../../core/ports/store.ts";
import { isFinal, translate } from "./errors.ts";

const sqliteError = (errcode: number) => Object.assign(new Error("what SQLite said"), { errcode });

const cases: [name: string, errcode: number, kind: "bug" | "full" | "failed", final: boolean][] = [
  ["a constraint (unique)", 2067, "bug", false],
  ["a constraint (foreign key)", 787, "bug", false],
  ["wrong SQL", 1, "bug", false],
  ["a blob that is too big", 18, "bug", false],
  ["a full disk", 13, "full", false],
  ["a write that failed", 778, "failed", false],
  ["a read that failed", 266, "failed", false],
  ["an fsync that failed", 1034, "failed", true],
  ["an fsync of the folder that failed", 1290, "failed", true],
  ["a damaged page", 11, "failed", true],
  ["a damaged index", 779, "failed", true],
  ["a damaged header", 26, "failed", true],
];

for (const [name, errcode, kind, final] of cases) {
  Deno.test(`translate() takes ${name} for ${kind}${final ? ", for good" : ""}`, () => {
    const error = sqliteError(errcode);
    const translated = translate(error);
    if (kind === "bug") strictEqual(translated instanceof InvariantError, true);
    else strictEqual(translated instanceof StoreError && translated.kind, kind);
    strictEqual((translated as Error).cause, error);
    strictEqual(isFinal(error), final);
  });
}

Deno.test("translate() lets what isn't SQLite's pass", () => {
  const error = new TypeError("a bug");
  strictEqual(translate(error), error);
  strictEqual(isFinal(error), false);
  strictEqual(isFinal(undefined), false);
});
