import { parseTarGzip } from "nanotar";
import { checkout } from "./checkout.ts";
import { fetchNpmTarball } from "./npm_tarball.ts";
import { exists, filesBelow, writeWhole } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { runTool } from "./package_run.ts";

/**
 * The runtime's cache while it bundles. It lies in the checkout, because esbuild names chunks by their modules' paths
 * from there: a cache elsewhere would give each machine other names, and so other digests.
 */
export const bundleCacheFolder = ".tools/package/deno_dir";

/** What `deno bundle` of the pinned Deno calls, and would fetch unpinned by itself: put where it looks for it first. */
export const esbuild = {
  version: "0.25.5",
  integrity: {
    "linux-x64": "sha512-uhj8N2obKTE6pSZ+aMUbqq+1nXxNjZIIjCjGLfsWvVpy7gKCOL6rsY1MhRh9zLtUtAI7vpgLMK6DxjO8Qm9lJw==",
    "linux-arm64": "sha512-Z9kfb1v6ZlGbWj8EJk9T6czVEjjq2ntSYLY2cw6pAZl4oKtfgQuS4HOq41M/BcoLPzrUbNd+R4BXFyH//nHxVg==",
    "darwin-x64": "sha512-1iT4FVL0dJ76/q1wd7XDsXrSW+oLoquptvh4CLR4kITDtqi2e/xwXwdCVH8hVHU43wgJdsq7Gxuzcs6Iq/7bxQ==",
    "darwin-arm64": "sha512-GtaBgammVvdF7aPIgH2jxMDdivezgFu6iKpmT+48+F8Hhg5J/sfnDieg0aeG/jfSvkYQU2/pceFPDKlqZzwnfQ==",
  },
} as const;

/** A file of the payload: its path there, and its bytes. */
export interface PayloadFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * The program as it is shipped: `app/main.js` with a chunk for each part that is loaded when it is needed, and the
 * model's worker alone in `app/worker.js`. Names and lines are left as they are written: that makes an executable 0.1 MB
 * larger, and what a person sends in after a crash can be read.
 *
 * @throws {Error} One line, when a package can't be fetched or isn't what is pinned.
 */
export async function bundleProgram(note: Note): Promise<PayloadFile[]> {
  note("Bundling the program");
  await installEsbuild(note);
  await installPackages();
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-bundle-" });
  try {
    await bundle("--code-splitting", "--outdir", folder, "main.ts");
    await bundle("--output", `${folder}/worker.js`, "adapters/engines/llama/worker.ts");
    const paths = await filesBelow(folder);
    return await Promise.all(
      paths.map(async (path) => ({ path: `app/${path}`, bytes: await Deno.readFile(`${folder}/${path}`) })),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function bundle(...args: string[]): Promise<void> {
  const version = esbuildFolder();
  await runTool(Deno.execPath(), ["bundle", "--quiet", "--frozen", ...args], { cwd: checkout, ...cleanEnvironment() });
  for await (const { name } of Deno.readDir(`${checkout}${bundleCacheFolder}/dl`)) {
    if (name !== version) throw new Error(`Cannot bundle: this Deno wants ${name}, and ${version} is pinned`);
  }
}

/** Nothing of the person's configuration reaches the bundle; and all it needs is there, so no registry is asked. */
function cleanEnvironment(): Pick<Deno.CommandOptions, "env" | "clearEnv"> {
  const folder = `${checkout}${bundleCacheFolder}`;
  return { clearEnv: true, env: { DENO_DIR: folder, HOME: folder, NO_COLOR: "1", PATH: "/usr/bin:/bin" } };
}

/** The packages of `deno.lock`, with the digests there. A mirror's are put where the registry's own would be. */
async function installPackages(): Promise<void> {
  const folder = `${checkout}${bundleCacheFolder}`;
  const args = ["install", "--quiet", "--frozen", "--entrypoint", "main.ts"];
  await runTool(Deno.execPath(), args, { cwd: checkout, env: { DENO_DIR: folder, NO_COLOR: "1" } });
  const registry = "registry.npmjs.org";
  if (await exists(`${folder}/npm/${registry}`)) return;
  for await (const { name } of Deno.readDir(`${folder}/npm`)) {
    await Deno.rename(`${folder}/npm/${name}`, `${folder}/npm/${registry}`);
  }
}

function esbuildFolder(): string {
  return `esbuild-${esbuild.version}`;
}

async function installEsbuild(note: Note): Promise<void> {
  const platform = `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
  const integrity = (esbuild.integrity as Readonly<Record<string, string>>)[platform];
  if (integrity === undefined) throw new Error(`Cannot bundle: no esbuild is pinned for ${platform}`);
  const path = `${checkout}${bundleCacheFolder}/dl/${esbuildFolder()}/esbuild-${platform}`;
  if (await exists(path)) return;
  const tarball = await fetchNpmTarball(`@esbuild/${platform}`, esbuild.version, integrity, (have, total) => {
    note("Fetching esbuild", have, total);
  });
  const [entry] = await parseTarGzip(tarball, { filter: ({ name }) => name === "package/bin/esbuild" });
  if (entry?.data === undefined) throw new Error(`Cannot use @esbuild/${platform}: there is no bin/esbuild in it`);
  await writeWhole(path, new Uint8Array(entry.data), 0o755);
}
