import { diskError, PullError } from "./pull_error.ts";
import { networkFailure, type Requests } from "./requests.ts";

/** One file to fetch into `path`, which may hold the first bytes of it already. */
export interface Download {
  readonly url: URL;
  readonly path: string;
  /** Sent to the address's own host only: a redirect elsewhere doesn't get an `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The file's length, where it is known beforehand. */
  readonly bytes?: number;
  /** Called with the length of `path` whenever it changed. */
  readonly onLength: (bytes: number, totalBytes: number | undefined) => void;
}

/** Tries in a row that brought nothing before the server counts as unreachable: some 15 s with the pauses between. */
const fruitlessMax = 5;

/**
 * Fetches a file by as many requests as it takes, each going on where the last one ended. A server without ranges
 * starts over. Bytes that came stay in `path`, however this ends.
 *
 * @throws {PullError} Or the signal's reason.
 */
export async function download(
  { url, path, headers: own = {}, bytes, onLength }: Download,
  requests: Requests,
  signal: AbortSignal,
): Promise<void> {
  using file = await open(path);
  let length = (await file.stat()).size;
  if (bytes !== undefined && length > bytes) await truncate();
  if (length === bytes) return;
  let pauseMs = 0;
  for (let fruitless = 0;;) {
    signal.throwIfAborted();
    const before = length;
    const ended = await attempt();
    if (ended === "whole") return;
    if (ended === "again") continue;
    fruitless = length > before ? 0 : fruitless + 1;
    if (fruitless === fruitlessMax) throw ended;
    await requests.sleep(Math.max(pauseMs, 1_000 * 2 ** Math.max(0, fruitless - 1)), signal);
  }

  /** One request. `again`: the server can't go on from here, so the file begins anew. An error: worth another try. */
  async function attempt(): Promise<"whole" | "again" | PullError> {
    using idle = watchSilence(requests.idleMsMax, signal);
    try {
      const headers: Record<string, string> = { ...own, ...(length > 0 ? { range: `bytes=${length}-` } : {}) };
      const response = await requests.get(url, headers, idle.signal);
      const answer = await classify(response);
      if (answer === "whole" || answer === "again" || answer instanceof PullError) return answer;
      const { totalBytes } = answer;
      onLength(length, totalBytes);
      for await (const chunk of response.body ?? []) {
        idle.heard();
        await append(chunk);
        onLength(length, totalBytes);
      }
      if (totalBytes === undefined || length === totalBytes) return "whole";
      return new PullError({ kind: "unreachable", host: url.host, reason: "the connection broke" });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof PullError) {
        if (error.failure.kind !== "unreachable") throw error;
        return error;
      }
      return new PullError(networkFailure(error, url), { cause: error });
    }
  }

  /** What a status means for the bytes that are here. */
  async function classify(
    response: Response,
  ): Promise<"whole" | "again" | PullError | { readonly totalBytes: number | undefined }> {
    const { status, headers } = response;
    if (status === 200) {
      await truncate();
      const totalBytes = headers.get("content-length");
      return { totalBytes: totalBytes === null ? undefined : Number(totalBytes) };
    }
    const [, from, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get("content-range") ?? "") ?? [];
    if (status === 206 && Number(from) === length) {
      return { totalBytes: total === undefined || total === "*" ? undefined : Number(total) };
    }
    await response.body?.cancel();
    if (status === 416 && Number(total) === length) return "whole";
    if (status === 206 || status === 416) {
      await truncate();
      return "again";
    }
    if (status === 404 || status === 410) {
      throw new PullError({ kind: "missing", host: url.host, what: url.pathname.split("/").at(-1) ?? "" });
    }
    const refused = new PullError({ kind: "refused", host: url.host, status });
    if (status < 500 && status !== 408 && status !== 429) throw refused;
    pauseMs = Math.min(60_000, 1_000 * (Number(headers.get("retry-after")) || 0));
    return refused;
  }

  async function append(chunk: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < chunk.length;) at += await file.write(chunk.subarray(at));
    } catch (error) {
      throw diskError(error, path);
    }
    length += chunk.length;
  }

  async function truncate(): Promise<void> {
    if (length === 0) return;
    await file.truncate(0);
    await file.seek(0, Deno.SeekMode.Start);
    length = 0;
  }
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    const file = await Deno.open(path, { create: true, read: true, write: true });
    await file.seek(0, Deno.SeekMode.End);
    return file;
  } catch (error) {
    throw diskError(error, path);
  }
}

/** A signal that aborts with `signal`, or when nothing was heard for `idleMsMax`. */
function watchSilence(
  idleMsMax: number,
  signal: AbortSignal,
): { readonly signal: AbortSignal; heard(): void } & Disposable {
  const silence = new AbortController();
  const end = (): void => silence.abort(new DOMException("The server stayed silent: timed out", "TimeoutError"));
  let timer = setTimeout(end, idleMsMax);
  return {
    signal: AbortSignal.any([signal, silence.signal]),
    heard() {
      clearTimeout(timer);
      timer = setTimeout(end, idleMsMax);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
