import { checkout } from "./checkout.ts";
import { fetchWheel, type Wheel } from "./fetch_wheel.ts";
import { exists } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { zipEntries } from "./unzip.ts";

/** What the libraries are built with, by path. */
export interface LlamaBuildTools {
  /** Has the compiler, `zig`, and what it brings. */
  readonly zigFolder: string;
  readonly cmake: string;
  readonly ninja: string;
}

/** The programs in the wheels. */
const programs = {
  zig: "ziglang/zig",
  cmake: "cmake/data/bin/cmake",
  ninja: "ninja-1.13.2.data/scripts/ninja",
} as const;

/** Another compiler gives other libraries: the versions are part of what is built. */
export const llamaBuildVersions = { ziglang: "0.17.1", cmake: "4.4.5", ninja: "1.13.2" } as const;

/** The wheels' last tags and digests, by the machine that builds. */
const wheels: Readonly<Record<string, Readonly<Record<keyof typeof llamaBuildVersions, readonly [string, string]>>>> = {
  "x86_64-unknown-linux-gnu": {
    ziglang: [
      "manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64",
      "ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54",
    ],
    cmake: [
      "manylinux2014_x86_64.manylinux_2_17_x86_64",
      "85625a9b6d5e88ff99c7eb79123d85570844e77ac076366cf75c609cc0b1b579",
    ],
    ninja: [
      "manylinux2014_x86_64.manylinux_2_17_x86_64",
      "65a24341b5ac09fcadcc37082660be40a94174e51a937fabf6e2cae26225fa2c",
    ],
  },
  "aarch64-unknown-linux-gnu": {
    ziglang: [
      "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
      "b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e",
    ],
    cmake: [
      "manylinux2014_aarch64.manylinux_2_17_aarch64",
      "25fc8469e67857124ef10c002331c0ab416eb7b8d9e1d6e4c58e84e730013ece",
    ],
    ninja: [
      "manylinux2014_aarch64.manylinux_2_17_aarch64",
      "d775a5e43e9088f507a6250d57fcf5678eb31268c545feb5064ffeee33735622",
    ],
  },
};

/**
 * The tools, fetched into `.tools/` if they aren't there: nothing but `sh`, `sed` and `git` is the machine's own.
 *
 * @throws {Error} One line, on a machine that none are pinned for, or when one can't be fetched.
 */
export async function llamaBuildTools(note: Note): Promise<LlamaBuildTools> {
  const folder = toolsFolder();
  if (!await exists(folder)) await fetchTools(folder, llamaBuildVersions, note);
  return {
    zigFolder: `${folder}/ziglang`,
    cmake: `${folder}/${programs.cmake}`,
    ninja: `${folder}/${programs.ninja}`,
  };
}

function toolsFolder(): string {
  return `${checkout}.tools/llama/tools-${Object.values(llamaBuildVersions).join("-")}`;
}

/** Fetches these versions into a folder that has its name only when all are in it. */
async function fetchTools(
  folder: string,
  versions: Partial<Record<keyof typeof llamaBuildVersions, string>>,
  note: Note,
): Promise<void> {
  const pinned = wheels[Deno.build.target];
  if (pinned === undefined) throw new Error(`Cannot build llama.cpp on ${Deno.build.target}: no tools are pinned`);
  const parent = folder.slice(0, folder.lastIndexOf("/"));
  await Deno.mkdir(parent, { recursive: true });
  const unfinished = await Deno.makeTempDir({ dir: parent, prefix: ".unfinished-" });
  try {
    for (const [project, version] of Object.entries(versions)) {
      note(`Fetching ${project} ${version}`);
      const [platform, sha256] = pinned[project as keyof typeof llamaBuildVersions];
      await unpack({ project, version, platform, sha256 }, unfinished);
    }
    for (const path of Object.values(programs)) {
      if (await exists(`${unfinished}/${path}`)) await Deno.chmod(`${unfinished}/${path}`, 0o755);
    }
    await Deno.rename(unfinished, folder);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    if (!(await exists(folder))) throw error; // else another run was faster, and its folder is as good
  }
}

async function unpack(wheel: Wheel, folder: string): Promise<void> {
  for (const { name, read } of zipEntries(await fetchWheel(wheel))) {
    if (name.endsWith("/")) continue;
    await Deno.mkdir(`${folder}/${name}`.slice(0, `${folder}/${name}`.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(`${folder}/${name}`, read());
  }
}

/**
 * The folder of Zig alone: that of the tools where they are, else fetched by itself.
 *
 * @throws {Error} As {@link llamaBuildTools}.
 */
export async function zigFolder(note: Note): Promise<string> {
  const whole = toolsFolder();
  if (await exists(whole)) return `${whole}/ziglang`;
  const version = llamaBuildVersions.ziglang;
  const folder = `${checkout}.tools/llama/ziglang-${version}`;
  if (!await exists(folder)) await fetchTools(folder, { ziglang: version }, note);
  return `${folder}/ziglang`;
}
