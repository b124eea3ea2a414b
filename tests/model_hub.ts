/** A stand-in for a hub of models and for the host that its files really lie on, each on a loopback port of its own. */
import { createHash } from "node:crypto";

/** What the stand-in does instead of serving well. */
export interface HubMischief {
  /** The digest that it states is another one. */
  readonly lies?: boolean;
  /** Cuts the connection after so many bytes of a file, for the first `cuts` answers. */
  readonly cutAfterBytes?: number;
  readonly cuts?: number;
  /** Answers 200 with the whole file to a request for a range. */
  readonly ignoresRanges?: boolean;
  /** This status for the first `statusTimes` requests of the API. */
  readonly status?: number;
  readonly statusTimes?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends a page where JSON belongs. */
  readonly page?: boolean;
  /** Answers nothing at all. */
  readonly silent?: boolean;
  /** Files in so many pages. */
  readonly pages?: number;
}

/** One repository. */
export interface HubRepository {
  readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  readonly tags?: readonly string[];
  readonly gated?: boolean;
  /** Who isn't let in is told that it doesn't exist. */
  readonly private?: boolean;
}

/** A request that it saw. */
export interface HubRequest {
  readonly host: "hub" | "store";
  readonly path: string;
  readonly range?: string;
  readonly authorization?: string;
}

/** The commit that every repository is at. */
export const commit = "0123456789abcdef0123456789abcdef01234567";
/** The token that opens what is closed. */
export const token = "hf_token_of_the_tests";

/** Runs until it is disposed. */
export interface ModelHub extends AsyncDisposable {
  /** For `HF_ENDPOINT`. */
  readonly url: string;
  readonly requests: HubRequest[];
  mischief: HubMischief;
}

/** @param repositories By `OWNER/REPO`. */
export function openModelHub(repositories: Readonly<Record<string, HubRepository>>): ModelHub {
  const requests: HubRequest[] = [];
  const hub = { mischief: {} as HubMischief };
  let [asked, sent] = [0, 0];
  const silence = Promise.withResolvers<void>();
  const quiet = { hostname: "127.0.0.1", port: 0, onListen() {}, onError: () => new Response(null, { status: 500 }) };
  const store = Deno.serve(quiet, (request) => {
    note("store", request);
    const [, repo = "", path = ""] =
      /^\/([^/]+\/[^/]+)\/(.+)$/.exec(decodeURIComponent(new URL(request.url).pathname)) ?? [];
    return file(repositories[repo]!.files[path]!, request.headers.get("range"));
  });
  const server = Deno.serve(quiet, answer);
  const url = `http://127.0.0.1:${server.addr.port}`;

  function note(host: HubRequest["host"], request: Request): void {
    const { pathname, search } = new URL(request.url);
    const range = request.headers.get("range");
    const authorization = request.headers.get("authorization");
    requests.push({
      host,
      path: pathname + search,
      ...(range === null ? {} : { range }),
      ...(authorization === null ? {} : { authorization }),
    });
  }

  async function answer(request: Request): Promise<Response> {
    note("hub", request);
    const { pathname, searchParams } = new URL(request.url);
    const { mischief } = hub;
    if (mischief.silent) await silence.promise;
    if (mischief.page) return new Response("<html>", { headers: { "content-type": "text/html" } });
    if (mischief.status !== undefined && asked++ < (mischief.statusTimes ?? Infinity)) {
      return new Response("no", { status: mischief.status, headers: { ...mischief.headers } });
    }
    const authorization = request.headers.get("authorization");
    if (authorization !== null && authorization !== `Bearer ${token}`) return new Response("no", { status: 401 });
    const [, api, name = "", rest = ""] = /^\/(api\/models\/)?([^/]+\/[^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
    const repository = repositories[name];
    if (repository === undefined || (repository.private && authorization === null)) {
      // As the real one: it doesn't tell strangers what doesn't exist.
      return new Response("no", {
        status: authorization === null ? 401 : 404,
        headers: { "x-error-code": "RepoNotFound" },
      });
    }
    if (api === undefined) return await resolve(name, repository, rest, authorization);
    if (rest === "") {
      return Response.json({
        id: name,
        sha: commit,
        gated: repository.gated ? "auto" : false,
        tags: repository.tags ?? [],
      });
    }
    if (rest !== `tree/${commit}`) return new Response("no", { status: 404 });
    return tree(repository, Number(searchParams.get("page") ?? 0), `${url}${pathname}?recursive=true`);
  }

  function tree({ files }: HubRepository, page: number, address: string): Response {
    const { pages = 1, lies } = hub.mischief;
    const all = Object.entries(files).map(([path, bytes]) => ({
      type: "file",
      path,
      size: bytes.length,
      oid: "0".repeat(40),
      ...(path.endsWith(".gguf") ? { lfs: { oid: lies ? "f".repeat(64) : sha256(bytes), size: bytes.length } } : {}),
    }));
    const length = Math.ceil(all.length / pages);
    const some = all.slice(page * length, (page + 1) * length);
    const isLast = (page + 1) * length >= all.length;
    const headers: Record<string, string> = isLast ? {} : { link: `<${address}&page=${page + 1}>; rel="next"` };
    return Response.json([{ type: "directory", path: "sub" }, ...some], { headers });
  }

  async function resolve(name: string, repository: HubRepository, rest: string, authorization: string | null) {
    const [, path = ""] = new RegExp(`^resolve/${commit}/(.+)$`).exec(decodeURIComponent(rest)) ?? [];
    if (repository.gated && authorization !== `Bearer ${token}`) return new Response("no", { status: 401 });
    if (repository.files[path] === undefined) return new Response("no", { status: 404 });
    return Response.redirect(`http://127.0.0.1:${store.addr.port}/${name}/${path}`, 302);
  }

  function file(bytes: Uint8Array<ArrayBuffer>, range: string | null): Response {
    const { cutAfterBytes, cuts = Infinity, ignoresRanges } = hub.mischief;
    const from = ignoresRanges || range === null ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    const rest = bytes.subarray(from);
    const isCut = cutAfterBytes !== undefined && sent++ < cuts;
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(isCut ? rest.subarray(0, cutAfterBytes) : rest);
        if (!isCut) return controller.close();
        await new Promise((resolve) => setTimeout(resolve, 20)); // so that what was sent arrives
        controller.error(new Error("cut"));
      },
    });
    const headers = {
      "content-length": `${rest.length}`,
      "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    };
    return new Response(body, { status: from === 0 && (range === null || ignoresRanges) ? 200 : 206, headers });
  }

  return {
    url,
    requests,
    get mischief() {
      return hub.mischief;
    },
    set mischief(mischief) {
      hub.mischief = mischief;
      asked = sent = 0;
    },
    async [Symbol.asyncDispose]() {
      silence.resolve();
      await Promise.all([server.shutdown(), store.shutdown()]);
    },
  };
}

/** SHA-256 in hex. */
function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
