import type { MiddlewareHandler } from "hono";

/**
 * Nothing is loaded but this host's own style, script, icons, manifest and service worker, nothing is framed, forms go nowhere else, and script
 * can put HTML into the page only through the one policy in `assets/trusted.js`.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types clawdbot",
].join("; ");

const always: Readonly<Record<string, string>> = {
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Puts the protective headers on every response, also on errors. What isn't an asset is never kept by a cache. */
export function securityHeaders({ secure }: { readonly secure: boolean }): MiddlewareHandler {
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(always)) {
      // A file that people sent has a stricter policy of its own.
      if (name !== "content-security-policy" || !c.res.headers.has(name)) c.res.headers.set(name, value);
    }
    if (secure) c.res.headers.set("strict-transport-security", "max-age=31536000");
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
  };
}
