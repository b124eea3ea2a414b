import { type BundledPlugin, bundledPlugins } from "../core/plugins/bundled.ts";
import { languageBuilds, type PluginLanguage } from "../core/plugins/languages.ts";
import { checkout, isPackaged } from "./program_here.ts";

/** Where their modules are: beside the bundle, or built from source by `deno task plugins`. */
const modulesFolder = isPackaged ? `${checkout}/plugins` : `${checkout}/.tools/plugins`;

/** Where the SDKs and what new plugins begin with are. */
const sourcesFolder = isPackaged ? `${checkout}/plugins` : `${checkout}/plugins-wasm`;

/**
 * The file of a plugin that comes with the program. `missing`: it would, but isn't built in this checkout; `mend` is the
 * command for that.
 */
export async function bundledPlugin(
  name: string,
): Promise<
  | { readonly kind: "found"; readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "unknown"; readonly names: readonly string[] }
  | { readonly kind: "missing"; readonly mend: string }
> {
  if (!bundledPlugins.includes(name as BundledPlugin)) return { kind: "unknown", names: bundledPlugins };
  const path = `${modulesFolder}/${name}.wasm`;
  try {
    return { kind: "found", path, bytes: await Deno.readFile(path) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { kind: "missing", mend: `./scripts/deno task plugins ${name}` };
  }
}

/** A file of a folder, by its path there. */
interface FolderFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a plugin in this language begins with: the example, its calls, and the SDK where it belongs. */
export async function pluginTemplate(language: PluginLanguage): Promise<readonly FolderFile[]> {
  const example = await filesBelow(`${sourcesFolder}/templates/${language}`, "");
  const sdk = await filesBelow(`${sourcesFolder}/sdk/${language}`, `${languageBuilds[language].sdkFolder}/`);
  const calls = { path: "calls.json", bytes: await Deno.readFile(`${sourcesFolder}/templates/calls.json`) };
  return [...example, ...sdk, calls];
}

async function filesBelow(folder: string, prefix: string): Promise<FolderFile[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const found = await Promise.all(
    entries.map(async ({ name, isDirectory }): Promise<FolderFile[]> =>
      isDirectory
        ? await filesBelow(`${folder}/${name}`, `${prefix}${name}/`)
        : [{ path: `${prefix}${name}`, bytes: await Deno.readFile(`${folder}/${name}`) }]
    ),
  );
  return found.flat();
}
