import { parseTarGzip } from "nanotar";
import {
  assemblyscriptArguments,
  cFlags,
  goArguments,
  languageBuilds,
  type PluginLanguage,
  zigArguments,
} from "../core/plugins/languages.ts";
import { checkout } from "./checkout.ts";
import { zigFolder } from "./llama_build_tools.ts";
import { fetchNpmTarball } from "./npm_tarball.ts";
import { exists } from "./package_files.ts";
import { goToolchain } from "./package_go.ts";
import type { Note } from "./package_note.ts";
import { runTool } from "./package_run.ts";
import { rustToolchain } from "./plugin_rust.ts";

/** Builds what stands in a folder; the module is then where {@link languageBuilds} says. */
export type BuildIn = (folder: string) => Promise<void>;

/**
 * How each language is built here: with what its own toolchain is given, by compilers that come from registries, so that
 * the same bytes come of it everywhere.
 *
 * @throws {Error} One line, when a toolchain can't be fetched.
 */
export async function toolchain(language: PluginLanguage, note: Note): Promise<BuildIn> {
  switch (language) {
    case "c":
    case "zig": {
      const zig = `${await zigFolder(note)}/zig`;
      const args = language === "zig" ? zigArguments : ["cc", "-target", "wasm32-freestanding", ...cFlags];
      return async (folder) => void await runTool(zig, args, { cwd: folder });
    }
    case "go": {
      const { command, environment } = await goToolchain(note);
      const env = { ...environment, ...languageBuilds.go.environment };
      return async (folder) => void await runTool(command, goArguments, { cwd: folder, env });
    }
    case "assemblyscript": {
      const compiler = await assemblyscript(note);
      return async (folder) =>
        void await runTool(
          Deno.execPath(),
          ["run", "-A", "--quiet", "--no-config", "--node-modules-dir=manual", compiler, ...assemblyscriptArguments],
          { cwd: folder },
        );
    }
    case "rust": {
      const { command, args, environment, targetFolder } = await rustToolchain(note);
      return async (folder) => {
        await runTool(command, args, { cwd: folder, env: environment });
        const { output } = languageBuilds.rust;
        await Deno.mkdir(`${folder}/${output}`.slice(0, `${folder}/${output}`.lastIndexOf("/")), { recursive: true });
        await Deno.copyFile(output.replace(/^target/, targetFolder), `${folder}/${output}`);
      };
    }
  }
}

/** The compiler's packages, each with its digest in the registry. */
const packages = [
  [
    "assemblyscript",
    "0.28.20",
    "sha512-5PM7GZpvcLypHcLmi30aP8mqm5HjU+LL3BdV1xDyA3USGtL2w+iMiUnhtH+vW8+2kOuHlAyPu7M+QgyEw5he1g==",
  ],
  [
    "binaryen",
    "131.0.0-nightly.20260721",
    "sha512-AAQIkhfbYXh4FBObwBrlO+5L+6Rp6OOMOjh6AdT0M+GLNLyrwKWgtW+EzmizNgx9CWDfTJPfDtKoZi62QESbtg==",
  ],
  [
    "long",
    "5.3.2",
    "sha512-mNAgZ1GmyNhD7AuqnTG3/VQ26o760+ZYBPKjPvugO8+nLbYfX6TVpJPseBvopbdY+qpZ/lKUnmEc1LeZYS3QAA==",
  ],
] as const;

/** The compiler's own package, whose library is compiled into modules: its name, version and digest. */
export const assemblyscriptPackage: readonly [string, string, string] = packages[0];

/** The compiler's program, below `.tools/`. */
async function assemblyscript(note: Note): Promise<string> {
  const parent = `${checkout}.tools/plugin_tools`;
  const folder = `${parent}/assemblyscript-${packages[0][1]}`;
  const program = `${folder}/node_modules/assemblyscript/bin/asc.js`;
  if (await exists(folder)) return program;
  await Deno.mkdir(parent, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: parent, prefix: ".unfinished-" });
  try {
    for (const [name, version, integrity] of packages) {
      const what = `Fetching ${name} ${version}`;
      note(what);
      const tarball = await fetchNpmTarball(name, version, integrity, (have, total) => note(what, have, total));
      for (const { name: path, data } of await parseTarGzip(tarball)) {
        const to = `${unfinished}/node_modules/${name}/${path.replace(/^[^/]+\//, "")}`;
        if (data === undefined || path.endsWith("/")) continue;
        await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
        await Deno.writeFile(to, data);
      }
    }
    // The compiler is found from there, whatever the folder that is built in has.
    await Deno.writeTextFile(`${unfinished}/package.json`, '{"private": true, "type": "module"}\n');
    await Deno.rename(unfinished, folder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    if (!(await exists(folder))) throw error; // else another run was faster
  }
  return program;
}
