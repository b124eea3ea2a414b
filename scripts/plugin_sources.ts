import { createHash } from "node:crypto";
import { languageBuilds, languageOf, type PluginLanguage } from "../core/plugins/languages.ts";
import { checkout } from "./checkout.ts";
import { filesBelow } from "./package_files.ts";

/** One module that is built here. */
export interface PluginSource {
  /** Its file is `.tools/plugins/NAME.wasm`. */
  readonly name: string;
  readonly language: PluginLanguage;
  /** What it is for: the folder that it is in, or `bundled`. */
  readonly group: string;
  /** Everything that it is built of, by path in its folder: its own files and the SDK's. */
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** Over those and what builds them. */
  readonly digest: string;
}

/** What builds each language, as far as other bytes come of another one. */
export const builtBy: Readonly<Record<PluginLanguage, string>> = {
  rust: "Debian's rustc-web 1.96.0",
  go: "go1.26.8",
  assemblyscript: "assemblyscript 0.28.20",
  c: "ziglang 0.17.1",
  zig: "ziglang 0.17.1",
};

/** Folders below `plugins-wasm/` whose folders are a module each, and what their names begin with; the bundled ones are directly below. */
const groups: Readonly<Record<string, string>> = {
  bench: "",
  conformance: "conformance-",
  pdk: "pdk-",
  templates: "template-",
};

/** Every module, by name. @throws {Error} When a folder's language can't be told. */
export async function pluginSources(): Promise<PluginSource[]> {
  const root = `${checkout}plugins-wasm`;
  const bundled = (await foldersIn(root)).filter((name) => name !== "sdk" && groups[name] === undefined);
  const grouped = await Promise.all(
    Object.entries(groups).map(async ([group, prefix]) =>
      (await foldersIn(`${root}/${group}`)).map((name) => ({
        name: `${prefix}${name}`,
        folder: `${root}/${group}/${name}`,
        group,
      }))
    ),
  );
  const all = [...bundled.map((name) => ({ name, folder: `${root}/${name}`, group: "bundled" })), ...grouped.flat()];
  return await Promise.all(all.toSorted((a, b) => a.name < b.name ? -1 : 1).map(sourceOf));
}

async function sourceOf(
  { name, folder, group }: Readonly<Record<"name" | "folder" | "group", string>>,
): Promise<PluginSource> {
  const own = await read(folder, "");
  const language = languageOf(own.map(({ path }) => path));
  if (language === undefined) throw new Error(`Cannot tell the language of ${folder}`);
  const sdk = await read(`${checkout}plugins-wasm/sdk/${language}`, `${languageBuilds[language].sdkFolder}/`);
  const files = [...own, ...sdk].toSorted((a, b) => a.path < b.path ? -1 : 1);
  const digest = createHash("sha256").update(`${builtBy[language]}\n`);
  for (const { path, bytes } of files) digest.update(`${createHash("sha256").update(bytes).digest("hex")} ${path}\n`);
  return { name, language, group, files, digest: digest.digest("hex") };
}

async function read(folder: string, prefix: string): Promise<PluginSource["files"]> {
  const paths = await filesBelow(folder);
  return Promise.all(
    paths.map(async (path) => ({ path: `${prefix}${path}`, bytes: await Deno.readFile(`${folder}/${path}`) })),
  );
}

async function foldersIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}
