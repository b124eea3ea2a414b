import { llamaCommit } from "../adapters/engines/llama/release.ts";

/** The platforms that libraries are built for: the compiler's target, and what CMake calls the system. */
export const llamaBuildTargets = {
  "linux-x64": { target: "x86_64-linux-gnu.2.28", system: "Linux", processor: "x86_64" },
  "linux-arm64": { target: "aarch64-linux-gnu.2.28", system: "Linux", processor: "aarch64" },
  "mac-x64": { target: "x86_64-macos.12.0-none", system: "Darwin", processor: "x86_64" },
  "mac-arm64": { target: "aarch64-macos.12.0-none", system: "Darwin", processor: "arm64" },
} as const;

/** One of them. */
export type LlamaBuildPlatform = keyof typeof llamaBuildTargets;

/**
 * CMake's variables that decide what the libraries are.
 *
 * @param source Where the source is: paths from there are what assertions name, so that the folder leaves no trace.
 */
export function llamaBuildSettings(platform: LlamaBuildPlatform, source: string): Readonly<Record<string, string>> {
  const { target, system, processor } = llamaBuildTargets[platform];
  const flags = `-target ${target} -ffile-prefix-map=${source}=llama.cpp -w`;
  return {
    LLAMA_SOURCE: source,
    LLAMA_BUILD_NUMBER: "1",
    LLAMA_BUILD_COMMIT: llamaCommit.slice(0, 7),
    LLAMA_ALL_WARNINGS: "OFF",
    CMAKE_BUILD_TYPE: "Release",
    CMAKE_SYSTEM_NAME: system,
    CMAKE_SYSTEM_PROCESSOR: processor,
    CMAKE_C_FLAGS: flags,
    CMAKE_CXX_FLAGS: flags,
    CMAKE_SHARED_LINKER_FLAGS: "-s",
    CMAKE_MODULE_LINKER_FLAGS: "-s",
    // What the compiler can do is found out without linking anything for the target.
    CMAKE_TRY_COMPILE_TARGET_TYPE: "STATIC_LIBRARY",
    CMAKE_TRY_COMPILE_CONFIGURATION: "Release",
    BUILD_SHARED_LIBS: "ON",
    GGML_BACKEND_DL: "ON",
    GGML_CPU_ALL_VARIANTS: "ON",
    GGML_NATIVE: "OFF",
    GGML_CCACHE: "OFF",
    GGML_OPENMP: "OFF", // as the shipped ones: the engine brings its own threads
    ...(system === "Darwin" ? darwinSettings : {}),
  };
}

/** Zig has the headers and stubs of macOS's C library but no framework, and no linker that makes a bundle. */
const darwinSettings = {
  CMAKE_OSX_SYSROOT: "",
  CMAKE_INSTALL_NAME_TOOL: "true", // wanted by CMake, never run
  CMAKE_SHARED_MODULE_CREATE_C_FLAGS: "-dynamiclib",
  CMAKE_SHARED_MODULE_CREATE_CXX_FLAGS: "-dynamiclib",
  GGML_METAL: "OFF",
  GGML_ACCELERATE: "OFF",
  GGML_BLAS: "OFF",
};
