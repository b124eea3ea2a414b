import { type Context, Hono } from "hono";
import type { Principal } from "../../core/access.ts";
import { expositionType } from "../../core/metrics/exposition.ts";
import { refused } from "./asking.ts";
import type { WebDeps } from "./deps.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

/** Kinds of address that requests are counted by. */
const routes: Readonly<Record<string, string>> = {
  api: "api",
  v1: "v1",
  metrics: "metrics",
  healthz: "health",
  readyz: "health",
  channels: "webhook",
  assets: "file",
};

/** `GET /metrics`: for a token, a browser that is logged in, or the Unix socket. Who may is decided by the core. */
export function metricsRoute(deps: WebDeps): Hono<WebEnv> {
  return new Hono<WebEnv>().get("/", async (c) => {
    const result = await deps.siteMetrics.text(await whoAsks(deps, c));
    if (result.kind === "refused") throw refused(result.reason);
    return c.body(result.text, 200, { "content-type": expositionType, "cache-control": "no-store" });
  });
}

/** The kind of address that a path is of; `other` for what isn't there. */
export function routeOf(path: string, status: number): string {
  const first = path.split("/")[1] ?? "";
  const known = Object.hasOwn(routes, first) ? routes[first] : undefined;
  return known ?? (status === 404 ? "other" : "page");
}

/** @throws {Problem} 401 without a login or a good token. */
async function whoAsks({ tokens }: WebDeps, c: Context<WebEnv>): Promise<Principal> {
  const { principal } = c.get("visitor");
  if (principal !== undefined) return principal;
  const secret = /^Bearer +(\S{1,200})$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const use = secret === undefined ? undefined : await tokens.use(secret);
  if (use?.kind === "limited") {
    throw new Problem(429, (say) => say.busy, { "retry-after": `${Math.ceil(use.rate.retryAfterMs / 1_000)}` });
  }
  if (use?.kind !== "granted") throw new Problem(401, (say) => say.metricsToken, { "www-authenticate": "Bearer" });
  return use.principal;
}
