import * as v from "valibot";
import type { WheelMember } from "../../core/catalogue.ts";
import { PullError } from "./pull_error.ts";
import type { Requests } from "./requests.ts";

/** A wheel that an index offers. */
export interface IndexedWheel {
  readonly url: URL;
  /** Absent where an index gives no digest; the model's own digest is checked in any case. */
  readonly sha256?: string;
  readonly bytes?: number;
}

const pageBytesMax = 32 * 1024 * 1024;
const accept = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
const Page = v.object({
  files: v.array(v.object({
    filename: v.string(),
    url: v.string(),
    hashes: v.optional(v.record(v.string(), v.string()), {}),
    size: v.optional(v.number()),
  })),
});

/**
 * Looks a wheel up in simple indexes, the first that has it wins. JSON is asked for, HTML understood, since many
 * mirrors have only that. The per-release JSON API isn't used: mirrors don't serve it.
 * Source: https://packaging.python.org/en/latest/specifications/simple-repository-api/
 *
 * @throws {PullError} When no index has it; what the first index said decides the kind.
 */
export async function findWheel(
  { project, version, platform = "any" }: Pick<WheelMember, "project" | "version" | "platform">,
  indexUrls: readonly string[],
  requests: Requests,
  signal: AbortSignal,
): Promise<IndexedWheel> {
  let first: PullError | undefined;
  for (const indexUrl of indexUrls) {
    try {
      const wheel = await findInIndex(indexUrl);
      if (wheel !== undefined) return wheel;
      first ??= new PullError({ kind: "missing", host: new URL(indexUrl).host, what: `${project} ${version}` });
    } catch (error) {
      if (!(error instanceof PullError)) throw error;
      first ??= error;
    }
  }
  throw first ?? new PullError({ kind: "no-index" });

  async function findInIndex(indexUrl: string): Promise<IndexedWheel | undefined> {
    const page = new URL(`${indexUrl.replace(/\/+$/, "")}/${normalName(project)}/`);
    const response = await getWithRetries(page);
    const body = await response.text().catch((error) => {
      if (signal.aborted) throw signal.reason;
      throw new PullError({ kind: "unreachable", host: page.host, reason: "the connection broke" }, { cause: error });
    });
    if (body.length > pageBytesMax) {
      throw new PullError({ kind: "missing", host: page.host, what: "a sane index page" });
    }
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    const base = new URL(response.url || page);
    return (isJson ? parseJson(body) : parseHtml(body))
      .filter(({ filename }) => isWheelOf(filename, { project, version, platform }))
      .map(({ url, sha256, bytes }) => ({
        url: withCredentials(new URL(url, base), page),
        ...(sha256 === undefined ? {} : { sha256 }),
        ...(bytes === undefined ? {} : { bytes }),
      }))[0];
  }

  async function getWithRetries(page: URL): Promise<Response> {
    for (let attempt = 1;; attempt++) {
      const within = AbortSignal.any([signal, AbortSignal.timeout(requests.idleMsMax)]);
      let failure: PullError;
      try {
        const response = await requests.get(page, { accept }, within);
        if (response.ok) return response;
        await response.body?.cancel();
        const { status } = response;
        if (status === 404 || status === 410) {
          throw new PullError({ kind: "missing", host: page.host, what: `${project} ${version}` });
        }
        failure = new PullError({ kind: "refused", host: page.host, status });
        if (status < 500 && status !== 429) throw failure;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
        if (!isTimeout && !(error instanceof PullError && error.failure.kind === "unreachable")) throw error;
        failure = isTimeout
          ? new PullError({ kind: "unreachable", host: page.host, reason: "no answer in time" })
          : error as PullError;
      }
      if (attempt === 3) throw failure;
      await requests.sleep(1_000 * 2 ** (attempt - 1), signal);
      signal.throwIfAborted();
    }
  }
}

interface Link {
  readonly filename: string;
  readonly url: string;
  readonly sha256?: string;
  readonly bytes?: number;
}

/** A page as PEP 691 has it. What isn't one offers nothing. */
function parseJson(body: string): Link[] {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return [];
  }
  const page = v.safeParse(Page, json);
  if (!page.success) return [];
  return page.output.files.map(({ filename, url, hashes: { sha256 }, size }) => ({
    filename,
    url,
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(size === undefined ? {} : { bytes: size }),
  }));
}

/** A page as PEP 503 has it: anchors whose text is the file's name and whose address ends in `#sha256=…`. */
function parseHtml(body: string): Link[] {
  return [...body.matchAll(/<a\s[^>]*?href\s*=\s*["']([^"']+)["'][^>]*>([^<]+)<\/a>/gi)].map(([, href, name]) => {
    const [url = "", fragment = ""] = href!.replaceAll("&amp;", "&").split("#", 2);
    const sha256 = /^sha256=([0-9a-f]{64})$/.exec(fragment)?.[1];
    return { filename: name!.trim(), url, ...(sha256 === undefined ? {} : { sha256 }) };
  });
}

/** Whether a file's name is that of this version's wheel for this platform. Source: PEP 427. */
function isWheelOf(
  filename: string,
  { project, version, platform }: Required<Pick<WheelMember, "project" | "version" | "platform">>,
): boolean {
  const [name = "", fileVersion, ...tags] = filename.replace(/\.whl$/, "").split("-");
  return filename.endsWith(".whl") && normalName(name) === normalName(project) && fileVersion === version &&
    tags.at(-1) === platform;
}

/** Source: PEP 503, "Normalized Names". */
function normalName(name: string): string {
  return name.replace(/[-_.]+/g, "-").toLowerCase();
}

/** An index that asks for a password asks for it on its own files too. */
function withCredentials(url: URL, index: URL): URL {
  if (url.host !== index.host || url.username !== "") return url;
  const own = new URL(url);
  own.username = index.username;
  own.password = index.password;
  return own;
}
