import { bundleCacheFolder, type PayloadFile } from "./package_bundle.ts";
import { checkout } from "./checkout.ts";
import { carried } from "./package_carried.ts";
import { mitLicence } from "./package_mit.ts";
import type { Part } from "./package_part.ts";

/** A package whose code is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
}

/**
 * The packages whose modules are in a bundle: it names each module that it holds by its path in the cache.
 *
 * @returns Sorted by name.
 * @throws {Error} One line, when it holds someone else's code that no package names.
 */
export function bundledPackages(program: readonly PayloadFile[]): BundledPackage[] {
  const found = new Map<string, BundledPackage>();
  const module = /\/npm\/registry\.npmjs\.org\/((?:@[^/\s]+\/)?[^/\s@]+)\/(\d[^/\s]*)\//g;
  for (const { path, bytes } of program) {
    const text = new TextDecoder().decode(bytes);
    if (/^\/\/ \S*\bvendor\//m.test(text)) {
      throw new Error(`Cannot list what is in ${path}: it has code from a vendor folder`);
    }
    for (const [, name, version] of text.matchAll(module)) {
      found.set(`${name}@${version}`, { name: name!, version: version! });
    }
  }
  return [...found.values()].toSorted((a, b) => `${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1);
}

/**
 * Packages that another one was published with inside, in the versions that `deno.lock` has of them: the file itself
 * doesn't say. Found by reading `grammy/out/web.mjs`.
 */
const carriedIn: Readonly<Record<string, readonly string[]>> = { grammy: ["debug", "ms"] };

/** Packages that are published without the text of their licence; their `package.json` names it, and the author. */
const withoutText: Readonly<Record<string, string>> = { "@cfworker/json-schema": mitLicence("Jeremy Danyow") };

/** The bundled packages as parts. @throws {Error} One line, when one says nothing about its licence. */
export async function npmParts(program: readonly PayloadFile[]): Promise<Part[]> {
  const { npm } = JSON.parse(await Deno.readTextFile(`${checkout}deno.lock`)) as { npm: Record<string, LockedPackage> };
  const bundled = bundledPackages(program);
  const inLock = bundled.flatMap(({ name }) => carriedIn[name] ?? []).map((name) => {
    const version = Object.keys(npm).find((key) => key.startsWith(`${name}@`))?.slice(name.length + 1);
    if (version === undefined) throw new Error(`Cannot list ${name}: deno.lock doesn't have it`);
    return { name, version };
  });
  const published = bundled.flatMap(({ name }) => carried[name] ?? []);
  return [...await Promise.all([...bundled, ...inLock].map((found) => npmPart(found, npm))), ...published];
}

async function npmPart(
  { name, version }: BundledPackage,
  npm: Readonly<Record<string, LockedPackage>>,
): Promise<Part> {
  const folder = `${checkout}${bundleCacheFolder}/npm/registry.npmjs.org/${name}/${version}`;
  const { license } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`)) as { license?: unknown };
  if (typeof license !== "string") throw new Error(`Cannot list ${name}@${version}: its package.json names no licence`);
  // A key may go on with the peers that it was resolved with: `NAME@VERSION_PEER@VERSION`.
  const locked = Object.entries(npm).find(([key]) => `${key}_`.startsWith(`${name}@${version}_`))?.[1];
  if (locked === undefined) throw new Error(`Cannot list ${name}@${version}: deno.lock doesn't have it`);
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    ref: purl,
    kind: "library",
    name,
    version,
    purl,
    licence: license,
    licenceText: withoutText[name] ?? await licenceText(folder),
    fetched: { url: npmTarballUrl(name, version), integrity: locked.integrity },
  };
}

interface LockedPackage {
  readonly integrity: string;
}

/** Where the registry has a package, whatever mirror it came from. */
export function npmTarballUrl(name: string, version: string): string {
  return `https://registry.npmjs.org/${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
}

/** The text of a folder's licence, and of the notice beside it. @throws {Error} One line, when there is none. */
export async function licenceText(folder: string): Promise<string> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).filter(({ isFile }) => isFile).map(({ name }) => name);
  const wanted = names.filter((name) => /^(?:licen[sc]e|copying|notice)(?:[.-].*)?$/i.test(name)).sort();
  if (wanted.length === 0) throw new Error(`Cannot find the licence in ${folder}`);
  return (await Promise.all(wanted.map((name) => Deno.readTextFile(`${folder}/${name}`)))).join("\n");
}
