import * as v from "valibot";
import { chooseHubFile, type HubFile, type HubReference } from "../../core/hub.ts";
import type { HubFailure, HubResult } from "../../core/ports/models.ts";
import { authorizationFor, type HubSettings } from "./hub_settings.ts";
import type { PullDeps } from "./pull.ts";
import { PullError } from "./pull_error.ts";
import { networkFailure, openRequests, type Requests } from "./requests.ts";

const pageBytesMax = 16 * 1024 * 1024;
const pagesMax = 50;
const attemptsMax = 3;

/** `GET /api/models/REPO`. */
const repository = v.object({
  /** Its name now: repositories are renamed. */
  id: v.string(),
  sha: v.pipe(v.string(), v.regex(/^[0-9a-f]{40}$/)),
  gated: v.optional(v.union([v.boolean(), v.string()]), false),
  tags: v.optional(v.array(v.string()), []),
});

/** `GET /api/models/REPO/tree/COMMIT?recursive=true`, one page of it. */
const tree = v.array(v.object({
  type: v.string(),
  path: v.string(),
  size: v.optional(v.number(), 0),
  lfs: v.optional(v.object({ oid: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)), size: v.number() })),
}));

/**
 * Asks a hub what a repository has, and chooses the file. All that follows is pinned: the commit as it is now, and the
 * digest that the hub states for the file.
 * Source: https://huggingface.co/docs/hub/api
 */
export async function findOnHub(
  { repo, what }: HubReference,
  memoryBytes: number,
  deps: PullDeps,
  signal: AbortSignal,
): Promise<HubResult> {
  const hub = deps.hub();
  try {
    using requests = openRequests(deps.pip(), deps.sleep);
    const asking: Asking = { hub, repo, requests, signal };
    const { host } = endpointOf(hub);
    const { id, sha, gated, tags } = parse(
      repository,
      (await ask(`${hub.endpoint}/api/models/${repo}`, asking)).json,
      host,
    );
    if (gated !== false && hub.token === undefined) {
      return { kind: "failed", failure: { kind: "gated", url: `${hub.endpoint}/${id}`, hasToken: false } };
    }
    const choice = chooseHubFile(await filesOf(id, sha, asking), { what, memoryBytes });
    if (choice.kind === "none") return { kind: "none", choice };
    const { path, bytes, sha256 } = choice.file;
    if (sha256 === undefined) return { kind: "failed", failure: { kind: "no-digest", host, file: path } };
    const licence = tags.find((tag) => tag.startsWith("license:"))?.slice("license:".length);
    const url = `${hub.endpoint}/${id}/resolve/${sha}/${path.split("/").map(encodeURIComponent).join("/")}`;
    return {
      kind: "found",
      choice,
      target: { fileBytes: bytes, sha256, sources: [{ kind: "hub", url, repo: id }] },
      record: {
        source: `hf:${id}:${path}`,
        commit: sha,
        sha256,
        bytes,
        ...(licence === undefined ? {} : { licence }),
      },
    };
  } catch (error) {
    if (signal.aborted) return { kind: "cancelled" };
    if (!(error instanceof PullError)) throw error;
    return { kind: "failed", failure: error.failure };
  }
}

interface Asking {
  readonly hub: HubSettings;
  readonly repo: string;
  readonly requests: Requests;
  readonly signal: AbortSignal;
}

/** @throws {PullError} When `HF_ENDPOINT` isn't an address. */
function endpointOf({ endpoint }: HubSettings): URL {
  if (/^https?:\/\//.test(endpoint) && URL.canParse(endpoint)) return new URL(endpoint);
  throw new PullError({ kind: "not-a-hub", host: endpoint.slice(0, 100) });
}

/** All files of a commit. The hub gives them in pages, and says in a header where the next one is. */
async function filesOf(id: string, sha: string, asking: Asking): Promise<HubFile[]> {
  const { hub } = asking;
  const files: HubFile[] = [];
  let next: string | undefined = `${hub.endpoint}/api/models/${id}/tree/${sha}?recursive=true`;
  for (let page = 0; next !== undefined && page < pagesMax; page++) {
    const { json, link } = await ask(next, asking);
    for (const { type, path, size, lfs } of parse(tree, json, new URL(hub.endpoint).host)) {
      if (type === "file") {
        files.push({ path, bytes: lfs?.size ?? size, ...(lfs === undefined ? {} : { sha256: lfs.oid }) });
      }
    }
    const [, following] = /<([^>]+)>;\s*rel="next"/.exec(link) ?? [];
    next = following !== undefined && new URL(following, next).origin === new URL(hub.endpoint).origin
      ? new URL(following, next).href
      : undefined;
  }
  return files;
}

/** One bounded answer, asked for again while the hub is busy or can't be reached. */
async function ask(address: string, asking: Asking): Promise<{ readonly json: unknown; readonly link: string }> {
  const { hub, requests, signal } = asking;
  const url = new URL(address);
  for (let attempt = 1;; attempt++) {
    let failure: PullError;
    let pauseMs = 1_000 * 2 ** (attempt - 1);
    try {
      const within = AbortSignal.any([signal, AbortSignal.timeout(requests.idleMsMax)]);
      const response = await requests.get(url, authorizationFor(hub, url), within);
      if (response.ok) {
        return { json: parseJson(await readBounded(response, url.host)), link: response.headers.get("link") ?? "" };
      }
      await response.body?.cancel();
      const { status, headers } = response;
      failure = new PullError(failureOf(status, headers, url.host, asking));
      if (status < 500 && status !== 429) throw failure;
      pauseMs = Math.max(pauseMs, Math.min(30_000, 1_000 * (Number(headers.get("retry-after")) || 0)));
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      const isTimeout = error instanceof DOMException && error.name === "TimeoutError";
      if (isTimeout) failure = new PullError({ kind: "unreachable", host: url.host, reason: "no answer in time" });
      else if (!(error instanceof PullError)) failure = new PullError(networkFailure(error, url), { cause: error });
      else if (error.failure.kind === "unreachable") failure = error;
      else throw error;
    }
    if (attempt === attemptsMax) throw failure;
    await requests.sleep(pauseMs, signal);
    signal.throwIfAborted();
  }
}

/** The hub says in a header what a status alone doesn't: it answers 401 for what doesn't exist, so as to hide it. */
function failureOf(status: number, headers: Headers, host: string, { hub, repo }: Asking): HubFailure {
  const hasToken = hub.token !== undefined;
  const code = headers.get("x-error-code");
  if (code === "GatedRepo") return { kind: "gated", url: `${hub.endpoint}/${repo}`, hasToken };
  if (status === 401 && hasToken && code !== "RepoNotFound") return { kind: "bad-token", host };
  if (status === 401 || status === 403 || status === 404) return { kind: "no-repo", host, repo, hasToken };
  return { kind: "hub-refused", host, status };
}

async function readBounded({ body }: Response, host: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > pageBytesMax) throw new PullError({ kind: "not-a-hub", host });
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function parse<T>(schema: v.GenericSchema<unknown, T>, json: unknown, host: string): T {
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) throw new PullError({ kind: "not-a-hub", host });
  return parsed.output;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
