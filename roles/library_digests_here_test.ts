import { deepStrictEqual, ok } from "node:assert/strict";
import { libraryDigestsHere, manifestDigests } from "./library_digests_here.ts";

const [one, other] = ["1".repeat(64), "2".repeat(64)];
const manifest = `${one} 10 app/main.js
${one} 20 llama-12/libllama.dylib
${other} 30 llama/LICENSE
${other} 40 llama/libggml-cpu-x64.so
${one} 50 llama/libllama.dylib
`;

Deno.test("manifestDigests() are those of one folder's libraries", () => {
  deepStrictEqual(manifestDigests(manifest, "llama"), { "libggml-cpu-x64.so": other, "libllama.dylib": one });
  deepStrictEqual(manifestDigests(manifest, "llama-12"), { "libllama.dylib": one });
  deepStrictEqual(manifestDigests("", "llama"), {});
});

Deno.test("libraryDigestsHere() are the manifest's in the executable, and npm's from source", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/MANIFEST`, manifest);
    deepStrictEqual(libraryDigestsHere(`${folder}/llama-12`, true), { "libllama.dylib": one });
    const fetched = Object.keys(libraryDigestsHere(`${folder}/llama-12`, false) ?? {});
    ok(fetched.some((name) => /^libllama\..*v\d/.test(name)), fetched.join());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
