import app from "./assets/app.js" with { type: "text" };
import backoff from "./assets/backoff.js" with { type: "text" };
import composer from "./assets/composer.js" with { type: "text" };
import css from "./assets/app.css" with { type: "text" };
import feed from "./assets/feed.js" with { type: "text" };
import follow from "./assets/follow.js" with { type: "text" };
import icon from "./assets/icon.svg" with { type: "text" };
import item from "./assets/item.js" with { type: "text" };
import kept from "./assets/kept.js" with { type: "text" };
import liveTurn from "./assets/live_turn.js" with { type: "text" };
import outgoing from "./assets/outgoing.js" with { type: "text" };
import trusted from "./assets/trusted.js" with { type: "text" };

/** A file of the page. */
export interface Asset {
  readonly body: string;
  /** For `Content-Type`. */
  readonly type: string;
}

const script = (body: string): Asset => ({ body, type: "text/javascript; charset=utf-8" });

/** The files that the page loads, by name. They are part of the program, so the host needs no right to read them. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ["app.css", { body: css, type: "text/css; charset=utf-8" }],
  ["icon.svg", { body: icon, type: "image/svg+xml" }],
  ["app.js", script(app)],
  ["backoff.js", script(backoff)],
  ["composer.js", script(composer)],
  ["feed.js", script(feed)],
  ["follow.js", script(follow)],
  ["item.js", script(item)],
  ["kept.js", script(kept)],
  ["live_turn.js", script(liveTurn)],
  ["outgoing.js", script(outgoing)],
  ["trusted.js", script(trusted)],
]);

/** The scripts, in the order in which a browser needs them. */
export const scriptNames: readonly string[] = [...assets.keys()].filter((name) => name.endsWith(".js"));

/** Stands in every asset's address and changes with any of them: so each may be kept for good. */
export const assetsVersion: string = await versionOf([...assets.values()].map(({ body }) => body).join("\0"));

/** The address of an asset. Scripts import each other by names relative to it. */
export function assetUrl(name: string): string {
  return `/assets/${assetsVersion}/${name}`;
}

async function versionOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash).subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
