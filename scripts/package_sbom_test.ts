import { deepStrictEqual, match, notStrictEqual, strictEqual } from "node:assert/strict";
import { cycloneDxProblem } from "./cyclonedx_schema.ts";
import type { Part } from "./package_part.ts";
import type { LibrarySource } from "./package_targets.ts";
import { denoPart, llamaPart } from "./package_runtime_parts.ts";
import { cycloneDx } from "./package_sbom.ts";

const files = ["deno", "llama/LICENSE", "llama/libllama.so"].map((path) => ({ path, bytes: new Uint8Array(3) }));
const zod: Part = {
  ref: "pkg:npm/zod@1.0.0",
  kind: "library",
  name: "zod",
  version: "1.0.0",
  purl: "pkg:npm/zod@1.0.0",
  licence: "MIT OR Apache-2.0",
};

async function bom(changed: Partial<Part> = {}, libraries: LibrarySource = "npm"): Promise<string> {
  const llama = llamaPart("linux-x64", files, libraries);
  const parts = [await denoPart("linux-x64", files), llama, { ...zod, ...changed }];
  const executable = {
    name: "clawdbot-linux-x64",
    sha256: "ab".repeat(32),
    properties: { "clawdbot:bytes:whole": "7" },
  };
  const tools: Part[] = [{ ref: "tool/Go", kind: "application", name: "Go", version: "1.0" }];
  return cycloneDx({ version: "1.2.3", executables: [{ ...executable, parts }], tools });
}

Deno.test("cycloneDx() satisfies the published schema", async () => {
  strictEqual(await cycloneDxProblem(JSON.parse(await bom())), undefined);
});

Deno.test("cycloneDx() names the compiler and the C++ library of what is built from source", async () => {
  const document = JSON.parse(await bom({}, "source"));
  strictEqual(await cycloneDxProblem(document), undefined);
  const llama = document.components.find((it: Record<string, unknown>) => it["bom-ref"] === "llama.cpp/linux-x64");
  deepStrictEqual(llama.components.map((it: { name: string }) => it.name), ["llama/libllama.so", "libc++"]);
  match(JSON.stringify(llama.properties), /pkg:pypi\/ziglang@/);
});

Deno.test("cycloneDxProblem() finds what the schema forbids", async () => {
  match((await cycloneDxProblem(JSON.parse(await bom({ licence: "Mit" }))))!, /licen/i);
  match((await cycloneDxProblem({ ...JSON.parse(await bom()), specVersion: 1.6 }))!, /specVersion/);
});

Deno.test("cycloneDx() says what is in which executable, and of what not all is known", async () => {
  const { components, dependencies, compositions } = JSON.parse(await bom());
  deepStrictEqual(dependencies[1], {
    ref: "clawdbot-linux-x64",
    dependsOn: ["llama.cpp/linux-x64", "pkg:npm/%40deno/linux-x64-glibc@2.9.5", "pkg:npm/zod@1.0.0"],
  });
  deepStrictEqual(compositions.map(({ aggregate, assemblies }: Record<string, unknown>) => [aggregate, assemblies]), [
    ["complete", undefined],
    ["complete", ["llama.cpp/linux-x64"]],
    ["incomplete", ["pkg:npm/%40deno/linux-x64-glibc@2.9.5"]],
  ]);
  const llama = components.find((it: Record<string, unknown>) => it["bom-ref"] === "llama.cpp/linux-x64");
  // printf '\0\0\0' | sha256sum
  deepStrictEqual(llama.components.map((it: { name: string; hashes: unknown }) => [it.name, it.hashes]), [[
    "llama/libllama.so",
    [{ alg: "SHA-256", content: "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c" }],
  ]]);
});

Deno.test("cycloneDx() gives the same text for the same parts, and another serial number for others", async () => {
  strictEqual(await bom(), await bom());
  const serial = async (changed?: Partial<Part>) => JSON.parse(await bom(changed)).serialNumber;
  notStrictEqual(await serial(), await serial({ version: "1.0.1" }));
});
