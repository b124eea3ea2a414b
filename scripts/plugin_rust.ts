import { checkout } from "./checkout.ts";
import { exists } from "./package_files.ts";
import type { Note } from "./package_note.ts";
import { runTool } from "./package_run.ts";

/** Debian's packages: a compiler whose source is there as well. apt checks each against the signed index. */
const packages = ["rustc-web", "libstd-rust-web-1.96", "libstd-rust-web-dev", "rust-web-src", "libllvm22"] as const;

/** How cargo is run. */
export interface RustToolchain {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where it puts what it builds: the standard library is built once. */
  readonly targetFolder: string;
}

/**
 * Rust for WebAssembly where rustup's library for it can't be fetched: Debian's rustc with its own source, unpacked below
 * `.tools/` and not installed, and the cargo and linker that rustup has. Its 844 MB and the minute that it builds its
 * standard library are why no ordinary run needs it. Who reaches https://rustup.rs runs `rustup target add`.
 *
 * @throws {Error} One line, where there is no cargo by rustup, or no Debian with these packages.
 */
export async function rustToolchain(note: Note): Promise<RustToolchain> {
  const sysroot = await runTool("rustc", ["+stable", "--print", "sysroot"]).catch(() => {
    throw new Error("Cannot build Rust: there is no rustup; install it from https://rustup.rs");
  });
  const folder = `${checkout}.tools/plugin_tools/rustc-web-1.96`;
  if (!await exists(folder)) {
    const parent = folder.slice(0, folder.lastIndexOf("/"));
    await Deno.mkdir(parent, { recursive: true });
    const unfinished = await Deno.makeTempDir({ dir: parent, prefix: ".unfinished-" });
    try {
      note("Fetching rustc-web 1.96");
      await Deno.mkdir(`${unfinished}/deb`);
      await runTool("apt-get", ["download", ...packages], { cwd: `${unfinished}/deb` });
      for await (const { name } of Deno.readDir(`${unfinished}/deb`)) {
        await runTool("dpkg", ["-x", `${unfinished}/deb/${name}`, unfinished]);
      }
      await Deno.remove(`${unfinished}/deb`, { recursive: true });
      await Deno.rename(unfinished, folder);
    } catch (error) {
      await Deno.remove(unfinished, { recursive: true });
      throw error;
    }
  }
  const [library] = (await Array.fromAsync(Deno.readDir(`${folder}/usr/src`))).map(({ name }) => name);
  const arch = Deno.build.arch;
  const targetFolder = `${checkout}.tools/plugin_tools/rust-target`;
  return {
    command: "cargo",
    args: [
      "+stable",
      "build",
      "-Z",
      "build-std=std,panic_abort",
      "--release",
      "--target",
      "wasm32-unknown-unknown",
      "--locked",
      "-Z",
      "trim-paths",
    ],
    environment: {
      LD_LIBRARY_PATH: `${folder}/usr/lib/${arch}-linux-gnu`,
      RUSTC: `${folder}/usr/bin/rustc`,
      RUSTC_BOOTSTRAP: "1",
      __CARGO_TESTS_ONLY_SRC_ROOT: `${folder}/usr/src/${library}/library`,
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER:
        `${sysroot.trim()}/lib/rustlib/${arch}-unknown-linux-gnu/bin/rust-lld`,
      RUSTFLAGS: "-C linker-flavor=wasm-ld",
      // Else the folder that it is built in would be in the module.
      CARGO_PROFILE_RELEASE_TRIM_PATHS: "all",
      CARGO_TARGET_DIR: targetFolder,
    },
    targetFolder,
  };
}
