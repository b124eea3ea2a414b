import { checkout } from "./checkout.ts";
import type { PackageArguments } from "./package_arguments.ts";
import { buildExecutable, buildProgram, type Executable } from "./package_build.ts";
import { esbuild } from "./package_bundle.ts";
import { writeWhole } from "./package_files.ts";
import { goToolchain, goVersion } from "./package_go.ts";
import type { Note } from "./package_note.ts";
import type { Part } from "./package_part.ts";
import { cycloneDx, type ListedExecutable } from "./package_sbom.ts";
import { readReleaseKey, readSigningKey, signatureOf, signedText } from "./package_signature.ts";

/** 22 would save 2 % of the file, and needs twice the memory to unpack. */
const level = 19;

/** The bill of materials, beside the executables. */
export const sbomName = "clawdbot.cdx.json";

/** Their digests, as `sha256sum --check` reads them. */
export const sumsName = "SHA256SUMS";

/**
 * Builds executables with their digests, bill of materials and, when a key is given, signatures.
 *
 * @param built Called for each executable when it is there.
 * @throws {Error} One line, when something can't be fetched, read or compiled.
 */
export async function packageRelease(
  asked: PackageArguments & { readonly kind: "release" },
  note: Note,
  built: (executable: Executable) => void,
): Promise<void> {
  // Before anything that takes long: a key that can't be read would be found last.
  const signingKey = asked.signingKeyPath === undefined ? undefined : await readSigningKey(asked.signingKeyPath);
  const releaseKey = asked.releaseKeyPath === undefined ? new Uint8Array() : await readReleaseKey(asked.releaseKeyPath);
  const folder = asked.folder.startsWith("/") ? asked.folder : `${checkout}${asked.folder}`;
  await Deno.mkdir(folder, { recursive: true });
  const libraries = asked.libraries === undefined ? {} : { libraries: asked.libraries };
  const options = { go: await goToolchain(note), ...libraries, level, forTests: false, releaseKey, note };
  const program = await buildProgram(note);

  const listed: ListedExecutable[] = await inParallel(asked.targets, async (target) => {
    const name = `clawdbot-${target}`;
    const executable = await buildExecutable(target, `${folder}/${name}`, program, options);
    const properties = sizes(executable);
    built(executable);
    const { sha256, parts } = executable;
    if (signingKey !== undefined) {
      const signature = signatureOf(signedText({ version: program.version, target, sha256 }), signingKey);
      await Deno.writeTextFile(`${folder}/${name}.sig`, signature);
    }
    return { name, sha256, properties, parts };
  });

  const text = new TextEncoder();
  const bom = cycloneDx({ version: program.version, executables: listed, tools: tools() });
  await writeWhole(`${folder}/${sbomName}`, text.encode(bom));
  await writeWhole(
    `${folder}/${sumsName}`,
    text.encode(listed.map(({ sha256, name }) => `${sha256}  ${name}\n`).join("")),
  );
}

/** How large an executable and its parts are, in bytes: `tests/bench/size.ts` reads it from the bill of materials. */
function sizes({ bytes, payload, files }: Executable): Record<string, string> {
  const { deno, app, llama } = payload.bytesOf;
  const unpacked = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const figures = { whole: bytes, deno, app, llama, launcher: bytes - payload.bytes.length, unpacked };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [`clawdbot:bytes:${name}`, `${value}`]));
}

/** What builds the executables. */
function tools(): Part[] {
  const tool = (name: string, version: string): Part => ({ ref: `tool/${name}`, kind: "application", name, version });
  return [tool("Deno", Deno.version.deno), tool("esbuild", esbuild.version), tool("Go", goVersion.slice("go".length))];
}

/** As many at a time as there are processors. The results are in the order of the items. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  await Promise.all(Array.from({ length: Math.min(items.length, navigator.hardwareConcurrency) }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await work(next[1]);
  }));
  return results;
}
