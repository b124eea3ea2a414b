import { createHash } from "node:crypto";
import { systemClock } from "../adapters/clock/system.ts";
import { download } from "../adapters/models/download.ts";
import { pipSettings } from "../adapters/models/pip_settings.ts";
import { openRequests } from "../adapters/models/requests.ts";
import { findWheel } from "../adapters/models/simple_index.ts";

/** One file of a project on a Python package index. */
export interface Wheel {
  readonly project: string;
  readonly version: string;
  /** The last tag in the file's name. */
  readonly platform: string;
  /** In hex. */
  readonly sha256: string;
}

/**
 * Fetches a wheel from where pip would, and checks it against its pinned digest.
 *
 * @throws {Error} When no index has it, or one sends something else than what is pinned.
 */
export async function fetchWheel(wheel: Wheel): Promise<Uint8Array<ArrayBuffer>> {
  const settings = pipSettings({
    env: (name) => Deno.env.get(name),
    readText,
    os: Deno.build.os === "darwin" ? "darwin" : "linux",
  });
  const folder = await Deno.makeTempDir({ prefix: "wheel-" });
  try {
    const path = `${folder}/wheel`;
    const { signal } = new AbortController();
    using requests = openRequests(settings, systemClock.sleep);
    const { url } = await findWheel(wheel, settings.indexUrls, requests, signal);
    await download({ url, path, onLength() {} }, requests, signal);
    const bytes = await Deno.readFile(path);
    const found = createHash("sha256").update(bytes).digest("hex");
    if (found !== wheel.sha256) {
      throw new Error(`Cannot use ${wheel.project} ${wheel.version}: its digest is ${found}, expected ${wheel.sha256}`);
    }
    return bytes;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
