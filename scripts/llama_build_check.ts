import { libraryDigests } from "../adapters/engines/llama/library_digests.ts";
import { compareVersions, elfNeeds, newestNeeded } from "./elf_needs.ts";
import { type LlamaBuildPlatform, llamaBuildTargets } from "./llama_build_settings.ts";
import { machO } from "./mach_o.ts";

/** A library as it was built. */
export interface BuiltLibrary {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The oldest systems that the libraries have to run on. */
export const oldestSystems = { glibc: "2.28", macos: "12.0" } as const;

/** What the C library of the oldest system brings. */
const systemLibraries = /^(?:lib(?:c|m|dl|pthread|rt)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+)$/;

/**
 * What is wrong with a set of built libraries, one sentence each: a variant missing that the npm packages have, another
 * processor, a newer system than {@link oldestSystems}, a dependency that not every system has, no signature.
 */
export function libraryProblems(platform: LlamaBuildPlatform, libraries: readonly BuiltLibrary[]): string[] {
  const names = libraries.map(({ name }) => name);
  const shipped = Object.keys(libraryDigests[platform === "mac-arm64" ? "mac-arm64-metal" : platform]);
  const variants = shipped.filter((name) => name.startsWith("libggml-cpu"));
  const suffix = llamaBuildTargets[platform].system === "Linux" ? "so" : "dylib";
  const wanted = [...["libllama", "libggml", "libggml-base"].map((stem) => `${stem}.${suffix}`), ...variants];
  return [
    ...wanted.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
    ...libraries.flatMap((library) =>
      (suffix === "so" ? elfProblems(platform, library.bytes, names) : machOProblems(platform, library.bytes))
        .map((problem) => `${library.name} ${problem}`)
    ),
  ];
}

function elfProblems(platform: LlamaBuildPlatform, bytes: Uint8Array, beside: readonly string[]): string[] {
  const needs = elfNeeds(bytes);
  const glibc = newestNeeded([needs], "GLIBC");
  return [
    ...(platform === `linux-${needs.machine}` ? [] : [`is for ${needs.machine}`]),
    ...(glibc === undefined || compareVersions(glibc, oldestSystems.glibc) <= 0 ? [] : [`needs glibc ${glibc}`]),
    ...needs.libraries
      .filter((name) => !systemLibraries.test(name) && !beside.includes(name)).map((name) => `needs ${name}`),
  ];
}

function machOProblems(platform: LlamaBuildPlatform, bytes: Uint8Array): string[] {
  const { machine, minimum, signature } = machO(bytes);
  const isOldEnough = minimum?.platform === 1 && compareVersions(minimum.version, oldestSystems.macos) <= 0;
  return [
    ...(platform === `mac-${machine}` ? [] : [`is for ${machine}`]),
    ...(isOldEnough ? [] : [`needs macOS ${minimum?.version ?? "of an unknown version"}`]),
    // Apple's own processors run nothing that isn't signed, if only by itself.
    ...(machine !== "arm64" || signature !== undefined ? [] : ["isn't signed"]),
  ];
}
