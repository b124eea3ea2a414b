import { bundledPlugins } from "../core/plugins/bundled.ts";
import { pluginLanguages } from "../core/plugins/languages.ts";
import { checkout } from "./checkout.ts";
import { zigFolder } from "./llama_build_tools.ts";
import type { PayloadFile } from "./package_bundle.ts";
import { filesBelow } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { licenceText, npmTarballUrl } from "./package_npm.ts";
import type { Part } from "./package_part.ts";
import { buildPlugins } from "./plugin_build.ts";
import { assemblyscriptPackage } from "./plugin_toolchains.ts";

/**
 * The files of `plugins/`: the modules that come with the program, what new plugins begin with, and the SDKs.
 *
 * @throws {Error} One line, when a module can't be built or isn't what its digest says.
 */
export async function pluginFiles(note: Note): Promise<PayloadFile[]> {
  const modules = await Promise.all(
    (await buildPlugins({ names: bundledPlugins, note })).map(async ({ name, path }) => ({
      path: `plugins/${name}.wasm`,
      bytes: await Deno.readFile(path),
    })),
  );
  const folders = ["templates", ...pluginLanguages.map((language) => `sdk/${language}`)];
  const sources = await Promise.all(folders.map(async (folder) => {
    const paths = await filesBelow(`${checkout}plugins-wasm/${folder}`);
    return await Promise.all(paths.map(async (path) => ({
      path: `plugins/${folder}/${path}`,
      bytes: await Deno.readFile(`${checkout}plugins-wasm/${folder}/${path}`),
    })));
  }));
  return [...modules, ...sources.flat()];
}

/** Other people's code that is compiled into the modules. Go's own library is among the launcher's parts. */
export async function pluginParts(note: Note): Promise<Part[]> {
  const [name, version, integrity] = assemblyscriptPackage;
  const zig = await zigFolder(note);
  const zigVersion = zig.match(/(\d+\.\d+\.\d+)/)![1]!;
  return [
    {
      ref: `pkg:npm/${name}@${version}`,
      kind: "library",
      name: "AssemblyScript standard library",
      version,
      purl: `pkg:npm/${name}@${version}`,
      licence: "Apache-2.0",
      licenceText: await licenceText(`${checkout}.tools/plugin_tools/${name}-${version}/node_modules/${name}`),
      fetched: { url: npmTarballUrl(name, version), integrity },
    },
    {
      ref: `pkg:pypi/ziglang@${zigVersion}`,
      kind: "library",
      name: "Zig standard library",
      version: zigVersion,
      purl: `pkg:pypi/ziglang@${zigVersion}`,
      licence: "MIT",
      licenceText: await licenceText(zig),
    },
  ];
}
