import { nearest } from "../core/nearest.ts";

/** The parts that the tests are run in, in this order. */
export const testParts = ["unit", "contract", "simulator", "e2e", "hostile"] as const;

/** One of {@link testParts}. */
export type TestPart = typeof testParts[number];

/** What to run. */
export interface TestArguments {
  readonly kind: "parsed";
  readonly parts: readonly TestPart[];
  /** Single files or folders, run after the parts. */
  readonly files: readonly string[];
  /** With what is too slow for every day. */
  readonly long: boolean;
  /** With the whole soak, which is half an hour alone. */
  readonly soak: boolean;
  /** Sites and commands are the executable's, instead of running from source. */
  readonly executable: boolean;
  /** Only tests whose name contains this text, or matches it as `/regex/`. */
  readonly filter?: string;
}

/** Reads the command line. Without parts and files, all parts are meant. */
export function parseTestArguments(
  args: readonly string[],
): TestArguments | { readonly kind: "refused"; readonly reason: string } {
  const parts: TestPart[] = [];
  const files: string[] = [];
  let long = false;
  let soak = false;
  let executable = false;
  let filter: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index]!;
    if (arg === "--long") long = true;
    else if (arg === "--soak") soak = true;
    else if (arg === "--executable") executable = true;
    else if (arg === "--filter") {
      filter = args[++index];
      if (filter === undefined) return refused("--filter needs a text");
    } else if (isPart(arg)) parts.push(arg);
    else if (arg.includes("/") || arg.endsWith(".ts")) files.push(arg);
    else {
      const meant = nearest(arg, [...testParts, "--long", "--soak", "--executable", "--filter"]);
      return refused(`"${arg}" isn't understood${meant === undefined ? "" : `; did you mean "${meant}"?`}`);
    }
  }
  return {
    kind: "parsed",
    parts: parts.length === 0 && files.length === 0 ? testParts : testParts.filter((part) => parts.includes(part)),
    files,
    long,
    soak,
    executable,
    ...(filter === undefined ? {} : { filter }),
  };
}

/** The test files of a part. Unit tests stand beside what they test; those of the test tools are unit tests too. */
export function partFiles(part: TestPart): string[] {
  if (part !== "unit") return filesBelow(`tests/${part}`);
  return [
    ...["core", "adapters", "schema", "roles", "scripts", "tests/tools"].flatMap(filesBelow),
    ...testFilesIn("tests"),
  ].sort();
}

function filesBelow(folder: string): string[] {
  const folders = entriesOf(folder).filter(({ isDirectory }) => isDirectory);
  return [...testFilesIn(folder), ...folders.flatMap(({ name }) => filesBelow(`${folder}/${name}`))].sort();
}

function testFilesIn(folder: string): string[] {
  return entriesOf(folder).filter(({ name }) => name.endsWith("_test.ts")).map(({ name }) => `${folder}/${name}`);
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function isPart(text: string): text is TestPart {
  return (testParts as readonly string[]).includes(text);
}

function refused(reason: string): { readonly kind: "refused"; readonly reason: string } {
  return { kind: "refused", reason };
}
