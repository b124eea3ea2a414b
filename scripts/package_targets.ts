import type { LlamaPlatform } from "../adapters/engines/llama/release.ts";

/** npm's packages, or llama.cpp's source where it runs on older systems. */
export type LibrarySource = "npm" | "source";

/** A system that an executable is built for, as each of the parts names it. */
export interface PackageTarget {
  readonly os: "linux" | "darwin";
  /** `GOARCH`. */
  readonly goArch: "amd64" | "arm64";
  /** The platform in `scripts/deno_release.txt`. */
  readonly deno: string;
  readonly llama: LlamaPlatform;
  /** Where the model libraries come from unless it is said: `docs/llama_libraries.md`. */
  readonly libraries: LibrarySource;
}

/** What `deno task package` builds: `dist/clawdbot-NAME`. */
export const packageTargets = {
  "linux-x64": { os: "linux", goArch: "amd64", deno: "linux-x64-glibc", llama: "linux-x64", libraries: "source" },
  "linux-arm64": { os: "linux", goArch: "arm64", deno: "linux-arm64-glibc", llama: "linux-arm64", libraries: "source" },
  "darwin-x64": { os: "darwin", goArch: "amd64", deno: "darwin-x64", llama: "mac-x64", libraries: "npm" },
  "darwin-arm64": { os: "darwin", goArch: "arm64", deno: "darwin-arm64", llama: "mac-arm64-metal", libraries: "npm" },
} as const satisfies Readonly<Record<string, PackageTarget>>;

/** A target's name. */
export type TargetName = keyof typeof packageTargets;

/** All of them, in the order that they are built in. */
export const targetNames: readonly TargetName[] = Object.keys(packageTargets) as TargetName[];

/** This machine's own target. @throws {Error} One line, on a machine that no executable is built for. */
export function targetHere(): TargetName {
  const name = `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
  const found = targetNames.find((target) => target === name);
  if (found === undefined) {
    throw new Error(`Cannot package for ${Deno.build.target}: there are ${targetNames.join(", ")}`);
  }
  return found;
}
