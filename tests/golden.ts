import { fail, ok, strictEqual } from "node:assert/strict";

/** Stands on a line of its own between input and expected output. */
export const goldenLine = "----------";

/** One golden file, taken apart. */
export interface Golden {
  readonly input: string;
  readonly output: string;
}

/**
 * Registers a test for every `.txt` file of a folder: input above a line of dashes, expected output below it. A new
 * case is a new file, and `UPDATE_GOLDEN=1` writes what is below the line.
 *
 * @param folder Where the files are.
 * @param run The output for an input. Without a line break at the end, one is added.
 */
export function golden(folder: URL, run: (input: string) => string | Promise<string>): void {
  const path = folder.href.endsWith("/") ? folder : new URL(`${folder.href}/`);
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).filter((name) => name.endsWith(".txt")).sort();
  ok(names.length > 0, `No golden files in ${path.pathname}`);
  for (const name of names) {
    const file = new URL(name, path);
    Deno.test(`golden ${path.pathname.split("/").at(-2)}/${name.slice(0, -4)}`, async () => {
      const { input, output } = splitGolden(await Deno.readTextFile(file));
      const actual = (await run(input)).replace(/\n?$/, "\n");
      if (Deno.env.get("UPDATE_GOLDEN") === "1") await Deno.writeTextFile(file, joinGolden({ input, output: actual }));
      else {strictEqual(
          actual,
          output,
          `${name} is out of date; if the new output is right: UPDATE_GOLDEN=1 ./scripts/test unit`,
        );}
    });
  }
}

/** Takes a golden file apart. A file without the line is an input whose output isn't known yet. */
export function splitGolden(text: string): Golden {
  const parts = text.split(`${goldenLine}\n`);
  if (parts.length > 2) fail(`A golden file with ${parts.length - 1} lines of dashes`);
  return { input: parts[0]!, output: parts[1] ?? "" };
}

/** The inverse of {@link splitGolden}. */
export function joinGolden({ input, output }: Golden): string {
  return `${input.replace(/([^\n])$/, "$1\n")}${goldenLine}\n${output}`;
}
