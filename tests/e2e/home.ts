import type { CommandOptions } from "../command_line.ts";

/** An empty home for one test. */
export interface Home {
  readonly folder: string;
  readonly options: CommandOptions;
  /** Every file below, from the home on. */
  files(): string[];
  read(path: string): string;
  mode(path: string): string;
}

/** Runs in an empty home. */
export async function inHome(body: (home: Home) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-init-" });
  const below = (path: string): string[] =>
    [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
      isDirectory ? below(`${path}/${name}`) : [`${path}/${name}`]
    );
  try {
    await body({
      folder,
      options: { home: folder, cwd: folder },
      files: () => below(folder).map((path) => path.slice(folder.length + 1)).sort(),
      read: (path) => Deno.readTextFileSync(`${folder}/${path}`),
      mode: (path) => ((Deno.statSync(`${folder}/${path}`).mode ?? 0) & 0o777).toString(8),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
