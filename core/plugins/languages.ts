/** The languages that plugins are written in here, and how each is built by its own ordinary toolchain. Pure. */

/** Their names. */
export const pluginLanguages = ["rust", "go", "assemblyscript", "c", "zig"] as const;

/** One of them. */
export type PluginLanguage = typeof pluginLanguages[number];

/** How a folder with a plugin is built. Commands run in the folder. */
export interface LanguageBuild {
  /** The file that tells the language. */
  readonly marker: string;
  /** Where the SDK stands in the folder. */
  readonly sdkFolder: string;
  /** Ways to build it: the first whose programs are there is taken. */
  readonly builds: readonly {
    /** Each program that is needed, and what brings it. */
    readonly programs: Readonly<Record<string, string>>;
    readonly commands: readonly (readonly string[])[];
  }[];
  readonly environment: Readonly<Record<string, string>>;
  /** The module, from the folder. */
  readonly output: string;
}

/** What C's compiler is given, whichever it is. */
export const cFlags: readonly string[] = [
  "-O2",
  "-nostdlib",
  "-ffreestanding",
  "-fno-builtin",
  "-Wall",
  "-Wl,--no-entry",
  "-Wl,--strip-all",
  "plugin.c",
  "-o",
  "plugin.wasm",
];

/** What Zig is given after `zig`. */
export const zigArguments: readonly string[] = [
  "build-exe",
  "plugin.zig",
  "-target",
  "wasm32-freestanding",
  "-fno-entry",
  "-rdynamic",
  "-O",
  "ReleaseSmall",
  "-femit-bin=plugin.wasm",
];

/** What AssemblyScript's compiler is given. `abort` is the SDK's: the compiler's own would be an import that nobody has. */
export const assemblyscriptArguments: readonly string[] = [
  "assembly/index.ts",
  "--outFile",
  "plugin.wasm",
  "-O3s",
  "--runtime",
  "stub",
  "--use",
  "abort=assembly/clawdbot/host/abort",
];

/** What Go is given after `go`. */
export const goArguments: readonly string[] = [
  "build",
  "-buildmode=c-shared",
  "-trimpath",
  "-ldflags=-s -w",
  "-o",
  "plugin.wasm",
  ".",
];

const zigProgram = "Zig 0.17 from https://ziglang.org, or the PyPI package ziglang";

/** By language. */
export const languageBuilds: Readonly<Record<PluginLanguage, LanguageBuild>> = {
  rust: {
    marker: "Cargo.toml",
    sdkFolder: "src/clawdbot",
    builds: [{
      programs: { cargo: "Rust from https://rustup.rs, then `rustup target add wasm32-unknown-unknown`" },
      commands: [["cargo", "build", "--release", "--target", "wasm32-unknown-unknown"]],
    }],
    environment: {},
    output: "target/wasm32-unknown-unknown/release/plugin.wasm",
  },
  go: {
    marker: "go.mod",
    sdkFolder: "clawdbot",
    builds: [{ programs: { go: "Go 1.24 or newer from https://go.dev/dl" }, commands: [["go", ...goArguments]] }],
    environment: { GOOS: "wasip1", GOARCH: "wasm" },
    output: "plugin.wasm",
  },
  assemblyscript: {
    marker: "package.json",
    sdkFolder: "assembly/clawdbot",
    builds: [{
      programs: { npm: "Node.js from https://nodejs.org, or Debian's packages nodejs and npm" },
      commands: [["npm", "install", "--no-audit", "--no-fund"], ["npx", "--no", "asc", ...assemblyscriptArguments]],
    }],
    environment: {},
    output: "plugin.wasm",
  },
  c: {
    marker: "plugin.c",
    sdkFolder: "clawdbot",
    builds: [
      {
        programs: { "clang": "Debian's packages clang and lld", "wasm-ld": "Debian's package lld" },
        commands: [["clang", "--target=wasm32", ...cFlags]],
      },
      { programs: { zig: zigProgram }, commands: [["zig", "cc", "-target", "wasm32-freestanding", ...cFlags]] },
    ],
    environment: {},
    output: "plugin.wasm",
  },
  zig: {
    marker: "plugin.zig",
    sdkFolder: "clawdbot",
    builds: [{ programs: { zig: zigProgram }, commands: [["zig", ...zigArguments]] }],
    environment: {},
    output: "plugin.wasm",
  },
};

/** The language of a folder with these files. */
export function languageOf(files: readonly string[]): PluginLanguage | undefined {
  return pluginLanguages.find((name) => files.includes(languageBuilds[name].marker));
}
