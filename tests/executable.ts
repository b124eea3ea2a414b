import { checkout } from "../roles/program_here.ts";

/** The executables that `scripts/test` built for tests. */
export interface Executables {
  /** As it is released. */
  readonly released: string;
  /** The same with the switches that only tests have: `--main FILE.js` and `CLAWDBOT_TEST_OPEN`. */
  readonly forTests: string;
}

/** Where all tests unpack: once, and not into each one's own home. */
export const runtimeParent = `${checkout}/.tools/runtime`;

/**
 * The executables.
 * @throws {Error} When they weren't built: then neither `scripts/test` ran this, nor did a person name them.
 */
export function executables(): Executables {
  const released = Deno.env.get("CLAWDBOT_TEST_EXECUTABLE");
  const forTests = Deno.env.get("CLAWDBOT_TEST_EXECUTABLE_FOR_TESTS");
  if (!released || !forTests) throw new Error("The executables aren't built; run this by `./scripts/test FILE`");
  return { released, forTests };
}

/** Whether sites and commands are the executable's (`./scripts/test --executable`); else they run from source. */
export function isByExecutable(): boolean {
  return Deno.env.get("CLAWDBOT_TEST_BY") === "executable";
}

const bundles = new Map<string, Promise<string>>();

/**
 * Bundles a TypeScript module that runs in the place of the program, with the worker that it may start beside it, as the
 * executable has them.
 *
 * @returns The path of the bundle, which stays: its folder is named by the digest.
 */
export async function bundled(main: string): Promise<string> {
  const text = await Deno.readTextFile(main);
  const key = `${main}\n${text}`;
  const bundle = bundles.get(key) ?? makeBundle(main);
  bundles.set(key, bundle);
  return await bundle;
}

async function makeBundle(main: string): Promise<string> {
  await Deno.mkdir(`${checkout}/.tools/bundles`, { recursive: true });
  const made = await Deno.makeTempDir({ dir: `${checkout}/.tools/bundles`, prefix: ".made-" });
  await bundle(main, `${made}/main.js`);
  await bundle(`${checkout}/adapters/engines/llama/worker.ts`, `${made}/worker.js`);
  const texts = await Promise.all(["main.js", "worker.js"].map((name) => Deno.readTextFile(`${made}/${name}`)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(texts.join()));
  const folder = `${checkout}/.tools/bundles/${new Uint8Array(digest).toHex().slice(0, 16)}`;
  try {
    await Deno.rename(made, folder);
  } catch {
    await Deno.remove(made, { recursive: true }); // the same is there, and may be in use
  }
  return `${folder}/main.js`;
}

async function bundle(from: string, to: string): Promise<void> {
  const args = ["bundle", "--quiet", `--config=${checkout}/deno.json`, "--output", to, from];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (code !== 0) throw new Error(`Cannot bundle ${from}: ${new TextDecoder().decode(stderr).trim()}`);
}
