/**
 * Which release of llama.cpp is used, and where it comes from: the platform packages of node-llama-cpp on the npm
 * registry carry llama.cpp's own shared libraries, built for many processors. Nothing else of node-llama-cpp is used.
 */

/** The version of node-llama-cpp whose packages are fetched. */
export const llamaPackageVersion = "3.21.1";

/** What `llama_version()` of these libraries says. */
export const llamaVersion = "0.4.0-dev";

/** The release of llama.cpp that these are built from (`llama/binariesGithubRelease.json` of the package below). */
export const llamaRelease = "v0.4.0";

/** The only commit of `gitRelease.bundle` in the package below: the release's files without its history. */
export const llamaCommit = "80fb11ac73e66d89eae2c6a91d8a77428fa733ed";

/** The package that carries the source of the libraries as a git bundle; needed only to generate `layout.ts`. */
export const llamaSource = {
  package: "node-llama-cpp",
  integrity: "sha512-E3N0Ev2Va0wzydvXYFwM9Hvyo07PoWjt8T/9GMc43Cvt8YkV/NU/tYUgEMC1grTPv2o9PRjQi0G3Wb5P/awiMg==",
} as const;

/** Each platform's package with the registry's digest of its tarball (`npm view PACKAGE@VERSION dist.integrity`). */
export const llamaPlatforms = {
  "linux-x64": "sha512-Totj6RTDMGo3FoK2yNUaz/oGmZD0olAqTrRluFUWmu0kW2i9TOzHSW0OWCAiGkzRCVX0WsU2CyUQo/W2NYtdPA==",
  "linux-arm64": "sha512-eI3anSEGzJiwF2rpMpZVTdHzw47LztbvfvuRzlu/fPO18ROnBOd+75RPUBlV6qENPpmNtbov85+3VODwEwBurg==",
  "mac-x64": "sha512-Q4nyNmbcNiKygBZQZjX+qLk2w3YzoiFpLWsxNURQN7xjyUi2p2rWxjRa7Otg0FrjGf/ri4aQ+X3Uj5Y0zD06eg==",
  "mac-arm64-metal": "sha512-6MIDAZV7DXD9R1+jEXWJkFuolni3GATGE6mmuyFYc6ZmtOh9djAy15df0T0AXK3sCmVKL+fQcOAWZezxx4MvQQ==",
} as const;

/** One of the platforms that libraries can be fetched for. */
export type LlamaPlatform = keyof typeof llamaPlatforms;

/** The platform's package for an operating system and processor as `Deno.build` names them, if there is one. */
export function llamaPlatform(os: string, arch: string): LlamaPlatform | undefined {
  const processor = arch === "x86_64" ? "x64" : arch === "aarch64" ? "arm64" : undefined;
  if (processor === undefined) return undefined;
  if (os === "linux") return `linux-${processor}`;
  if (os === "darwin") return processor === "x64" ? "mac-x64" : "mac-arm64-metal";
  return undefined;
}

/** The libraries' folder below the checkout: `.tools/llama/VERSION-PLATFORM`. */
export function llamaLibrariesFolder(platform: LlamaPlatform): string {
  return `.tools/llama/${llamaPackageVersion}-${platform}`;
}
