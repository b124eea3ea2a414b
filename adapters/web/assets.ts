import css from "./assets/app.css" with { type: "text" };
import icon from "./assets/icon.svg" with { type: "text" };
import script from "./assets/app.js" with { type: "text" };

/** A file of the page. `etag` is the beginning of its SHA-256 in hex. */
export interface Asset {
  readonly body: string;
  readonly type: string;
  readonly etag: string;
}

/** The files that the page loads, by name. They are part of the program, so the host needs no right to read them. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ["app.css", await asset(css, "text/css; charset=utf-8")],
  ["app.js", await asset(script, "text/javascript; charset=utf-8")],
  ["icon.svg", await asset(icon, "image/svg+xml")],
]);

/** The address of an asset, which changes with its content: so it may be kept for good. */
export function assetUrl(name: string): string {
  return `/assets/${name}?v=${assets.get(name)?.etag}`;
}

async function asset(body: string, type: string): Promise<Asset> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body));
  const etag = Array.from(new Uint8Array(hash).subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { body, type, etag };
}
