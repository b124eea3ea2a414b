import { elfNeeds, newestNeeded } from "./elf_needs.ts";
import { machOVersionMin } from "./mach_o.ts";
import type { PayloadFile } from "./package_bundle.ts";
import { compareVersions } from "./elf_needs.ts";
import { packageTargets, type TargetName } from "./package_targets.ts";

/** The names that the launcher looks up on the machine, each with the family of symbol versions that it stands for. */
const families = { glibc: "GLIBC", "libstdc++": "GLIBCXX", "libgcc_s": "GCC" } as const;

/**
 * What a payload needs of the system at least, out of the files themselves: one line each of `glibc 2.34`,
 * `libstdc++ 3.4.29`, `libgcc_s 4.2.0`, `macos 14.0`. The launcher reads it before it unpacks.
 *
 * @throws {Error} One line, when a file isn't what the target runs.
 */
export function minimumSystem(target: TargetName, files: readonly PayloadFile[]): string {
  const native = files.filter(({ path }) => path === "deno" || /\.(?:so|dylib)$/.test(path));
  if (packageTargets[target].os === "linux") {
    const needs = native.map(({ bytes }) => elfNeeds(bytes));
    return Object.entries(families).flatMap(([name, family]) => {
      const version = newestNeeded(needs, family);
      return version === undefined ? [] : [`${name} ${version}\n`];
    }).join("");
  }
  const versions = native.map(({ bytes }) => machOVersionMin(bytes));
  return `macos ${versions.reduce((newest, it) => compareVersions(it, newest) > 0 ? it : newest)}\n`;
}
