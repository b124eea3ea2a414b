import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { libraryDigests } from "../../adapters/engines/llama/library_digests.ts";
import { checkout } from "../../scripts/checkout.ts";
import { cycloneDxProblem } from "../../scripts/cyclonedx_schema.ts";
import { elfNeeds } from "../../scripts/elf_needs.ts";
import { machO } from "../../scripts/mach_o.ts";
import { codeSignature } from "../../scripts/mach_o_signature.ts";
import { denoRelease, sha256Hex } from "../../scripts/package_deno.ts";
import { minimumSystem } from "../../scripts/package_minimum.ts";
import { runTool } from "../../scripts/package_run.ts";
import { signedText } from "../../scripts/package_signature.ts";
import { packageTargets, targetHere, type TargetName, targetNames } from "../../scripts/package_targets.ts";
import { quickExecutable } from "../../scripts/quick_executable.ts";
import { packedFiles } from "../packed_files.ts";

Deno.test("an executable is of its system's format, and holds exactly what is pinned", async () => {
  await checkFile(await Deno.readFile(await quickExecutable()), targetHere());
});

Deno.test("quickExecutable() builds once for all that ask at the same time", async () => {
  const paths = await Promise.all([quickExecutable(), quickExecutable(), quickExecutable()]);
  const first = await Deno.stat(paths[0]!);
  deepStrictEqual(paths, [paths[0], paths[0], paths[0]]);
  strictEqual((await Deno.stat(await quickExecutable())).mtime?.getTime(), first.mtime?.getTime());
});

/** What can be told of a built file without running it. */
async function checkFile(file: Uint8Array, target: TargetName): Promise<void> {
  const { os, deno, llama } = packageTargets[target];
  const machine = target.endsWith("x64") ? "x64" : "arm64";
  if (os === "linux") {
    const { libraries, interpreter, machine: found } = elfNeeds(file);
    // It runs on any Linux far enough to say what is missing.
    deepStrictEqual({ found, libraries, interpreter }, { found: machine, libraries: [], interpreter: undefined });
  } else {
    const { machine: found, minimum } = machO(file);
    deepStrictEqual({ found, minimum }, { found: machine, minimum: { platform: 1, version: "12.0" } });
    const signature = codeSignature(file);
    if (machine === "arm64") {
      ok(signature !== undefined);
      const { flags, codeBytes, pages, wrongPages } = signature;
      deepStrictEqual({ flags, wrongPages }, { flags: 0x2_0002, wrongPages: [] });
      ok(pages > 5_000 && file.length - codeBytes < 1_000_000, "the signature covers the payload");
    }
  }

  const files = packedFiles(file);
  const digests = new Map(files.map(({ name, bytes }) => [name, sha256Hex(bytes)]));
  strictEqual(digests.get("deno"), (await denoRelease(deno)).sha256);
  for (const { name, bytes } of files.filter(({ name }) => /\.(?:so|dylib)$/.test(name))) {
    if (os === "linux") strictEqual(elfNeeds(bytes).machine, machine, name);
    else strictEqual(machO(bytes).machine, machine, name);
  }
  const libraries = Object.entries(libraryDigests[llama]).map(([name, digest]) => [`llama/${name}`, digest]);
  deepStrictEqual(libraries.map(([name]) => [name, digests.get(name!)]), libraries);
  deepStrictEqual(
    files.filter(({ name, mode }) => mode !== (name === "deno" ? "0000555" : "0000444")).map(({ name }) => name),
    [],
  );
  ok(digests.has("app/main.js") && digests.has("app/worker.js"));
  match(
    new TextDecoder().decode(files.find(({ name }) => name === "LICENSES.txt")!.bytes),
    /Deno[^]*llama\.cpp[^]*hono/,
  );

  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const minimum = minimumSystem(target, files.map(({ name, bytes }) => ({ path: name, bytes })));
  ok(text.includes(minimum), `it knows that it needs ${minimum}`);
  ok(files.every(({ name, bytes }) => text.includes(`${digests.get(name)} ${bytes.length} ${name}\n`)));
}

// Goal: whoever has the commit can build the file that came, and see that it is the same.
// Method: the sources as they are now in two folders with names of different lengths, each with a home of its own and
// nothing cached but the runtime, built one after the other.
if (Deno.env.get("CLAWDBOT_TEST_LONG") === "1") {
  Deno.test("two builds in two folders with two homes are the same, signed, and listed", async () => {
    const folder = await Deno.makeTempDir({ prefix: "clawdbot-package-" });
    try {
      const keys = generateKeyPairSync("ed25519", {
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
      });
      await Deno.writeTextFile(`${folder}/key`, keys.privateKey);
      await Deno.writeTextFile(`${folder}/key.pub`, keys.publicKey);
      const one = await build(`${folder}/one`, folder);
      const other = await build(`${folder}/another/folder`, folder);
      const sums = await Deno.readTextFile(`${one}/SHA256SUMS`);
      strictEqual(await Deno.readTextFile(`${other}/SHA256SUMS`), sums);
      const bom = await Deno.readTextFile(`${one}/clawdbot.cdx.json`);
      strictEqual(await Deno.readTextFile(`${other}/clawdbot.cdx.json`), bom);
      strictEqual(await cycloneDxProblem(JSON.parse(bom)), undefined);
      for (const purl of ["pkg:npm/hono@", "pkg:npm/debug@", "pkg:golang/golang.org/x/sys@", "pkg:github/v8/v8@"]) {
        ok(bom.includes(purl), `${purl} is listed`);
      }

      const { version } = JSON.parse(await Deno.readTextFile(`${checkout}deno.json`));
      for (const target of targetNames) {
        const file = await Deno.readFile(`${one}/clawdbot-${target}`);
        const sha256 = sha256Hex(file);
        ok(sums.includes(`${sha256}  clawdbot-${target}\n`));
        ok(bom.includes(sha256));
        const said = signedText({ version, target, sha256 });
        const signature = await Deno.readTextFile(`${one}/clawdbot-${target}.sig`);
        ok(signature.startsWith(said));
        const signed = Uint8Array.fromBase64(signature.slice(said.length).trim());
        ok(verify(null, new TextEncoder().encode(said), createPublicKey(keys.publicKey), signed));
        ok(Buffer.from(file).includes(keys.publicKey.trim()));
        await checkFile(file, target);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** Builds all executables out of a copy of the sources, and says where they are. */
async function build(folder: string, keys: string): Promise<string> {
  const listed = await runTool("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: checkout,
  });
  for (const path of listed.split("\0").filter((path) => path !== "")) {
    await Deno.mkdir(`${folder}/${path}`.slice(0, `${folder}/${path}`.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(checkout + path, `${folder}/${path}`).catch((error: unknown) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // removed, and not yet from the index
    });
  }
  const runtime = `.tools/deno/${Deno.version.deno}`;
  await Deno.mkdir(`${folder}/${runtime}`, { recursive: true });
  await Deno.copyFile(Deno.execPath(), `${folder}/${runtime}/deno`);
  const home = `${folder}/home`;
  await Deno.mkdir(home);
  // The rest of the environment may say how a registry is reached.
  const env = {
    HOME: home,
    DENO_DIR: `${home}/deno`,
    XDG_CACHE_HOME: `${home}/.cache`,
    GOPATH: `${home}/go`,
    GOCACHE: `${home}/go-build`,
  };
  const args = ["task", "package", "--release-key", `${keys}/key.pub`, "--sign-with", `${keys}/key`];
  await runTool(`${folder}/scripts/deno`, args, { cwd: folder, env });
  // Go leaves its modules so that nobody may write or remove them.
  await runTool("chmod", ["-R", "u+w", home]);
  return `${folder}/dist`;
}
