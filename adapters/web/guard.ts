import type { Context, MiddlewareHandler } from "hono";
import type { Clock } from "../../core/ports/clock.ts";
import { sameToken } from "./csrf.ts";
import type { Entrance } from "./deps.ts";
import { isMultipart } from "./multipart.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

/** How long a request may take, in milliseconds. Live events have no end, and uploads a bound of their own. */
export const requestMsMax = 15_000;

/**
 * Refuses a host name that isn't ours: a site whose name was pointed at this machine (DNS rebinding) is the same
 * origin to the browser, so only its name gives it away.
 */
export function checkHost(entrance: Entrance): MiddlewareHandler {
  return async (c, next) => {
    if (entrance.kind === "browser" && !entrance.hostNames(hostNameOf(c))) {
      throw new Problem(421, (say) => say.host);
    }
    await next();
  };
}

/** Refuses a path with a control character in it or with a broken escape: no address of ours has one. */
export function checkPath(): MiddlewareHandler {
  return async (c, next) => {
    if (/%(?![0-9a-f]{2})|%[01][0-9a-f]|%7f/i.test(new URL(c.req.url).pathname)) {
      throw new Problem(404, (say) => say.notFound);
    }
    await next();
  };
}

/**
 * Refuses a change that another site made the browser send. Browsers name the page's origin on every such request;
 * the host was checked before, so the two must agree.
 */
export function checkOrigin(entrance: Entrance): MiddlewareHandler {
  return async (c, next) => {
    if (entrance.kind === "browser" && isChange(c)) {
      const origin = `${entrance.secure ? "https" : "http"}://${authorityOf(c)}`;
      if (c.req.header("origin")?.toLowerCase() !== origin.toLowerCase()) {
        throw new Problem(403, (say) => say.origin);
      }
    }
    await next();
  };
}

/**
 * Checks the token of a change: from a script's header, or from a form's field.
 * @throws {Problem} 403 when it isn't the visitor's.
 */
export function checkCsrf(c: Context<WebEnv>, given: string | undefined, entrance: Entrance): void {
  if (entrance.kind === "local") return;
  const { csrf } = c.get("visitor");
  if (csrf === undefined || given === undefined || !sameToken(csrf, given)) {
    throw new Problem(403, (say) => say.stale);
  }
}

/** Answers 503 when a request takes too long. What it was doing may still be done: callers send it again. */
export function limitTime(clock: Clock): MiddlewareHandler {
  return async (c, next) => {
    if (bringsFile(c)) return await next();
    const done = new AbortController();
    const late = clock.sleep(requestMsMax, done.signal).then(() => {
      if (!done.signal.aborted) throw new Problem(503, (say) => say.slow, { "retry-after": "1" });
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      done.abort();
      late.catch(() => {});
    }
  };
}

/** A file takes as long as its way here does; `core/attachments.ts` bounds it. */
function bringsFile(c: Context): boolean {
  if (c.req.method !== "POST") return false;
  return c.req.path === "/api/attachments" || (c.req.path === "/messages" && isMultipart(c.req.header("content-type")));
}

function isChange(c: Context): boolean {
  return c.req.method !== "GET" && c.req.method !== "HEAD";
}

/** The name in `Host` without its port; an IPv6 address keeps its brackets. */
function hostNameOf(c: Context): string {
  return authorityOf(c).toLowerCase().replace(/:\d*$/, "");
}

/** The host and port that the browser meant. HTTP/2 has no `Host`: its `:authority` stands in the request's URL. */
function authorityOf(c: Context): string {
  return c.req.header("host") ?? new URL(c.req.url).host;
}
