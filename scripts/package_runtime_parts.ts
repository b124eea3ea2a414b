import { versions } from "node:process";
import {
  llamaCommit,
  llamaPackageVersion,
  llamaPlatforms,
  llamaRelease,
  llamaSource,
} from "../adapters/engines/llama/release.ts";
import { llamaBuildVersions } from "./llama_build_tools.ts";
import type { PayloadFile } from "./package_bundle.ts";
import { denoRelease, sha256Hex } from "./package_deno.ts";
import { mitLicence } from "./package_mit.ts";
import { npmTarballUrl } from "./package_npm.ts";
import type { Part } from "./package_part.ts";
import type { LibrarySource } from "./package_targets.ts";
import { packageTargets, type TargetName } from "./package_targets.ts";

/**
 * The runtime as it lies in a payload. What is in it is named as far as it says so itself: it is one program of many
 * hundred Rust crates, whose list its makers don't publish.
 */
export async function denoPart(target: TargetName, files: readonly PayloadFile[]): Promise<Part> {
  const platform = packageTargets[target].deno;
  const { version, integrity } = await denoRelease(platform);
  const name = `@deno/${platform}`;
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const inside = (name: string, version: string, purl: string, licence: string): Part => (
    { ref: `deno/${platform}/${name}`, kind: "library", name, version, purl, licence }
  );
  const { v8, typescript } = Deno.version;
  const sqlite = versions.sqlite!;
  return {
    ref: purl,
    kind: "platform",
    name: "Deno",
    version,
    purl,
    licence: "MIT",
    licenceText: mitLicence("2018-2026 the Deno authors"),
    sha256: sha256Hex(files.find(({ path }) => path === "deno")!.bytes),
    fetched: { url: npmTarballUrl(name, version), integrity },
    source: `https://github.com/denoland/deno/tree/v${version}`,
    parts: [
      inside("V8", v8, `pkg:github/v8/v8@${v8.replace(/-rusty$/, "")}`, "BSD-3-Clause"),
      inside("TypeScript", typescript, `pkg:npm/typescript@${typescript}`, "Apache-2.0"),
      inside("SQLite", sqlite, `pkg:generic/sqlite@${sqlite}`, "blessing"),
    ],
    partsComplete: false,
  };
}

/** llama.cpp's libraries as they lie in a payload, each file with its digest. */
export function llamaPart(target: TargetName, files: readonly PayloadFile[], libraries: LibrarySource): Part {
  return libraries === "npm" ? fetchedLlama(target, files) : builtLlama(target, files);
}

function fetchedLlama(target: TargetName, files: readonly PayloadFile[]): Part {
  const platform = packageTargets[target].llama;
  const { licenceText, ...part } = anyLlama(target, files);
  return {
    ...part,
    // What lies beside the libraries is of those who built them.
    licenceText: mitLicence("2023-2026 The ggml authors") + licenceText,
    fetched: {
      url: npmTarballUrl(`@node-llama-cpp/${platform}`, llamaPackageVersion),
      integrity: llamaPlatforms[platform],
    },
  };
}

function builtLlama(target: TargetName, files: readonly PayloadFile[]): Part {
  const part = anyLlama(target, files);
  const { ziglang } = llamaBuildVersions;
  return {
    ...part,
    licence: "MIT AND Apache-2.0 WITH LLVM-exception",
    fetched: { url: npmTarballUrl(llamaSource.package, llamaPackageVersion), integrity: llamaSource.integrity },
    properties: { ...part.properties, "clawdbot:compiler": `pkg:pypi/ziglang@${ziglang}` },
    parts: [...part.parts, {
      ref: `${part.ref}/libc++`,
      kind: "library",
      name: "libc++",
      version: `of Zig ${ziglang}`,
      licence: "Apache-2.0 WITH LLVM-exception",
      source: `https://ziglang.org/download/${ziglang}/`,
    }],
  };
}

/** What is the same wherever the libraries come from; its licences are those beside the files. */
function anyLlama(target: TargetName, files: readonly PayloadFile[]) {
  const licencePath = "llama/LICENSE";
  return {
    ref: `llama.cpp/${target}`,
    kind: "library",
    name: "llama.cpp",
    version: llamaRelease,
    purl: `pkg:github/ggml-org/llama.cpp@${llamaRelease}`,
    licence: "MIT",
    licenceText: new TextDecoder().decode(files.find(({ path }) => path === licencePath)?.bytes),
    source: `https://github.com/ggml-org/llama.cpp/tree/${llamaRelease}`,
    properties: { "clawdbot:git-commit": llamaCommit },
    parts: files.filter(({ path }) => path.startsWith("llama/") && path !== licencePath).map(({ path, bytes }) => ({
      ref: `llama.cpp/${target}/${path}`,
      kind: "file",
      name: path,
      version: llamaRelease,
      sha256: sha256Hex(bytes),
    })),
    partsComplete: true,
  } as const satisfies Part;
}
