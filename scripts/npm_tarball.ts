import { createHash } from "node:crypto";

/** The npm registry: what npm itself would use, so that a site's mirror works. Without a slash at the end. */
export function npmRegistry(): string {
  const configured = Deno.env.get("npm_config_registry") ?? Deno.env.get("NPM_CONFIG_REGISTRY");
  return (configured || "https://registry.npmjs.org").replace(/\/+$/, "");
}

/**
 * Fetches one package's tarball and checks it against a pinned digest. A broken connection is taken up again where
 * it broke, up to 5 times.
 *
 * @param progress Called with the bytes so far and the whole, 0 where the server doesn't say.
 * @throws {Error} One line: what, why. When the registry doesn't answer, or the digest is another.
 */
export async function fetchNpmTarball(
  name: string,
  version: string,
  integrity: string,
  progress: (haveBytes: number, totalBytes: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const file = name.slice(name.indexOf("/") + 1);
  const url = `${npmRegistry()}/${name}/-/${file}-${version}.tgz`;
  const chunks: Uint8Array[] = [];
  let have = 0;
  for (let attempt = 1;; attempt++) {
    try {
      const response = await fetch(url, have > 0 ? { headers: { range: `bytes=${have}-` } } : {});
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        throw new Error(`HTTP ${response.status}`);
      }
      if (response.status !== 206) chunks.length = have = 0;
      const total = have + Number(response.headers.get("content-length") ?? 0);
      for await (const chunk of response.body) {
        chunks.push(chunk);
        have += chunk.length;
        progress(have, total);
      }
      break;
    } catch (cause) {
      if (attempt === 5) {
        throw new Error(`Cannot fetch ${url}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, 500 * attempt));
    }
  }
  const bytes = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (found !== integrity) throw new Error(`Cannot use ${url}: its digest is ${found}, expected ${integrity}`);
  return bytes;
}
