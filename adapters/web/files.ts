import { Hono } from "hono";
import { assets, assetsVersion, serviceWorkerScript } from "./assets.ts";
import { encodingFor } from "./compress.ts";
import { offlinePage } from "./html/offline.ts";
import { manifestOf } from "./manifest.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

/** What pages are made of, and what a browser keeps of them. Anybody may have it: nothing of anybody is in it. */
export function fileRoutes(): Hono<WebEnv> {
  return new Hono<WebEnv>()
    .get("/assets/:version/:name", async (c) => {
      const { version, name } = c.req.param();
      const asset = assets.get(name);
      if (asset === undefined) throw new Problem(404, (say) => say.notFound);
      const encoding = encodingFor(c.req.header("accept-encoding"), asset.encodings);
      const isCurrent = version === assetsVersion;
      c.header("cache-control", isCurrent ? "public, max-age=31536000, immutable" : "no-cache");
      c.header("vary", "accept-encoding");
      if (encoding !== undefined) c.header("content-encoding", encoding);
      return c.body(await asset.bytes(encoding), 200, { "content-type": asset.type });
    })
    .get("/manifest.webmanifest", (c) => {
      const { locale } = c.get("visitor");
      return c.body(JSON.stringify(manifestOf(locale)), 200, { "content-type": "application/manifest+json" });
    })
    .get("/service-worker.js", (c) => {
      c.header("cache-control", "no-cache");
      return c.body(serviceWorkerScript, 200, { "content-type": "text/javascript; charset=utf-8" });
    })
    .get("/offline", async (c) => {
      const { locale, theme } = c.get("visitor");
      return await c.html(offlinePage({ locale, theme }));
    });
}
