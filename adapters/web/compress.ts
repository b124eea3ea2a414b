import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { MiddlewareHandler } from "hono";

/** How a body travels; `undefined`: as it is. */
export type Encoding = "br" | "gzip" | undefined;

/** The best encoding that the other side takes, of those offered. */
export function encodingFor(acceptEncoding: string | undefined, offered: readonly ("br" | "gzip")[]): Encoding {
  const accepted = (acceptEncoding ?? "").split(",").map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part)).map((part) => part.split(";")[0]!.trim());
  return offered.find((encoding) => accepted.includes(encoding));
}

/** Compresses as well as it can: for what is compressed once and sent often. */
export async function compressWell(bytes: Uint8Array, encoding: "br" | "gzip"): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = encoding === "br"
    ? await promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } })
    : await promisify(gzip)(bytes, { level: 9 });
  return new Uint8Array(compressed);
}

/**
 * Compresses pages on their way out. Their secrets can't be guessed by the length: no other site can have a page
 * requested with a visitor's cookies, because those are `SameSite=Strict`.
 */
export function compressPages(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { headers, body } = c.res;
    if (body === null || headers.has("content-encoding") || !headers.get("content-type")?.startsWith("text/html")) {
      return;
    }
    headers.append("vary", "accept-encoding");
    if (encodingFor(c.req.header("accept-encoding"), ["gzip"]) === undefined) return;
    headers.set("content-encoding", "gzip");
    headers.delete("content-length");
    c.res = new Response(body.pipeThrough(new CompressionStream("gzip")), { status: c.res.status, headers });
  };
}
