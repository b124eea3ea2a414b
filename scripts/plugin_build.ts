import { languageBuilds, type PluginLanguage } from "../core/plugins/languages.ts";
import { pack } from "../core/plugins/pack.ts";
import { checkout } from "./checkout.ts";
import { sha256Hex } from "./package_deno.ts";
import { exists, writeWhole } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { type PluginSource, pluginSources } from "./plugin_sources.ts";
import { type BuildIn, toolchain } from "./plugin_toolchains.ts";

/** What each module is built of and what comes of it, as it stands in `plugins-wasm/digests.json`. */
export type PluginDigests = Readonly<Record<string, { readonly source: string; readonly result: string }>>;

/** Where the digests are, from the checkout. */
export const digestsFile = "plugins-wasm/digests.json";

/** A module that was built. */
export interface BuiltPlugin {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** See `scripts/build_plugins.ts`. */
export interface BuildPluginsOptions {
  /** Absent: all, those in Rust only if {@link long}. */
  readonly names?: readonly string[];
  readonly long?: boolean;
  readonly again?: boolean;
  readonly update?: boolean;
  readonly note: Note;
}

/** @throws {Error} One line: an unknown name, a compiler's error, or a module that isn't what its digest says. */
export async function buildPlugins(options: BuildPluginsOptions): Promise<BuiltPlugin[]> {
  const { names, long = false, again = false, update = false, note } = options;
  const sources = await pluginSources();
  const unknown = names?.find((name) => !sources.some((source) => source.name === name));
  if (unknown !== undefined) {
    throw new Error(`Cannot build ${unknown}: there are ${sources.map(({ name }) => name).join(", ")}`);
  }
  const wanted = sources.filter(({ name, language }) => names?.includes(name) ?? (long || language !== "rust"));
  const digests: Record<string, { source: string; result: string }> = { ...await pluginDigests() };
  const toolchains = new Map<PluginLanguage, Promise<BuildIn>>();
  const built: BuiltPlugin[] = [];
  for (const source of wanted) {
    const { name, language, digest } = source;
    const path = `${checkout}.tools/plugins/${name}.wasm`;
    const stamp = `${checkout}.tools/plugins/.${name}.source`;
    const isFresh = !again && await exists(path) && await Deno.readTextFile(stamp).catch(() => "") === digest;
    if (!isFresh) {
      note(`Building ${name}`);
      const found = toolchains.get(language) ?? toolchain(language, note);
      toolchains.set(language, found);
      await writeWhole(path, await buildPlugin(source, await found));
      await writeWhole(stamp, new TextEncoder().encode(digest));
    }
    const bytes = await Deno.readFile(path);
    const sha256 = sha256Hex(bytes);
    const known = digests[name];
    if (!update && (known?.source !== digest || known.result !== sha256)) {
      throw new Error(
        `Cannot use ${name}.wasm: ${digestsFile} has ${
          known?.result ?? "nothing"
        } of source ${known?.source}, this is ` +
          `${sha256} of ${digest}; if that is meant, run \`deno task plugins ${name} --update\``,
      );
    }
    digests[name] = { source: digest, result: sha256 };
    built.push({ name, path, bytes: bytes.length, sha256 });
  }
  if (update) {
    const known = Object.entries(digests).filter(([name]) => sources.some((source) => source.name === name));
    await writeWhole(
      `${checkout}${digestsFile}`,
      new TextEncoder().encode(`${JSON.stringify(Object.fromEntries(known.toSorted()), null, 2)}\n`),
    );
  }
  return built;
}

/** Builds one module in a folder of its own, and gives its bytes. */
export async function buildPlugin(source: PluginSource, build: BuildIn): Promise<Uint8Array<ArrayBuffer>> {
  const folder = await Deno.makeTempDir({ prefix: "plugin-" });
  try {
    for (const { path, bytes } of source.files) {
      await Deno.mkdir(`${folder}/${path}`.slice(0, `${folder}/${path}`.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(`${folder}/${path}`, bytes);
    }
    await build(folder);
    const module = await Deno.readFile(`${folder}/${languageBuilds[source.language].output}`);
    return withManifest(module, source);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The module with its manifest in it, where it has one. @throws {Error} One line, when the manifest isn't right. */
function withManifest(module: Uint8Array<ArrayBuffer>, { name, files }: PluginSource): Uint8Array<ArrayBuffer> {
  const manifest = files.find(({ path }) => path === "manifest.json");
  if (manifest === undefined) return module;
  const packed = pack(module, JSON.parse(new TextDecoder().decode(manifest.bytes)));
  if (packed.kind === "refused") throw new Error(`Cannot pack ${name}: ${packed.reason}`);
  return packed.bytes;
}

/** What is committed. */
export async function pluginDigests(): Promise<PluginDigests> {
  return JSON.parse(await Deno.readTextFile(`${checkout}${digestsFile}`).catch(() => "{}"));
}

/** Modules whose source isn't the one that their digest in {@link digestsFile} is of; not Rust's, which few can build. */
export async function staleDigests(): Promise<string[]> {
  const digests = await pluginDigests();
  return (await pluginSources()).filter(({ name, language, digest }) =>
    language !== "rust" && digests[name]?.source !== digest
  ).map(({ name }) => `${digestsFile} isn't of the source of ${name}; run \`deno task plugins ${name} --update\``);
}
