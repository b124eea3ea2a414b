import type { PullFailure } from "../../core/ports/models.ts";
import type { PipSettings } from "./pip_settings.ts";
import { PullError } from "./pull_error.ts";

/** How servers are spoken to. Waiting is passed in, so that tests don't wait. */
export interface Requests extends Disposable {
  /**
   * A response whose head came in time, whatever its status. Credentials in `url` become a header, which a redirect
   * to another host doesn't get. Rejects with a {@link PullError}, or with the signal's reason.
   */
  get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>;
  /** How long a server may stay silent, in milliseconds. */
  readonly idleMsMax: number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Opens the way to the network with pip's certificates. */
export function openRequests(
  { certPath, idleMsMax }: Pick<PipSettings, "certPath" | "idleMsMax">,
  sleep: Requests["sleep"],
): Requests {
  const caCerts = certPath === undefined ? [] : [readCertificates(certPath)];
  const client = Deno.createHttpClient({ caCerts });
  return {
    idleMsMax,
    sleep,
    async get(url, headers, signal) {
      const { bare, authorization } = splitCredentials(url);
      // Packed transfer would make lengths and ranges those of something else.
      const all = { "accept-encoding": "identity", ...headers, ...authorization };
      try {
        return await fetch(bare, { client, headers: all, signal });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw new PullError(networkFailure(error, bare), { cause: error });
      }
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** What the network said, in words without credentials. */
export function networkFailure(error: unknown, url: URL): PullFailure {
  const parts: string[] = [];
  for (let cause = error; cause instanceof Error && parts.length < 4; cause = cause.cause) parts.push(cause.message);
  const text = parts.join(": ");
  if (/certificate|UnknownIssuer/i.test(text)) return { kind: "untrusted", host: url.host };
  const reason = /timed? ?out|timeout/i.test(text)
    ? "no answer in time"
    : /dns error|failed to lookup/i.test(text)
    ? "the name can't be resolved"
    : /refused/i.test(text)
    ? "connection refused"
    : "the connection broke";
  return { kind: "unreachable", host: url.host, reason };
}

function splitCredentials(url: URL): { readonly bare: URL; readonly authorization: Record<string, string> } {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  if (url.username === "") return { bare, authorization: {} };
  const bytes = new TextEncoder().encode(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
  return { bare, authorization: { authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` } };
}

function readCertificates(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    throw new PullError({ kind: "disk", path, reason: "pip's certificate file can't be read" }, { cause: error });
  }
}
