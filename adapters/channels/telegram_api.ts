import { Api } from "grammy/web";
import type { Clock } from "../../core/ports/clock.ts";
import { type Failure, failureOf } from "./telegram_failure.ts";

/** What a call came to. */
export type Called<R> = { readonly kind: "done"; readonly value: R } | Failure;

/** The platform of one bot. */
export interface TelegramApi {
  /** Calls it, and gives up after `msMax`. Rejects only for a bug. */
  call<R>(make: (api: Api, signal: CallSignal) => Promise<R>, signal: AbortSignal, msMax?: number): Promise<Called<R>>;
  /** A file's content, by the path that `getFile` gives. Rejects when it breaks off, or takes too long. */
  download(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The library's types name a signal of their own; the value is the same. */
type CallSignal = Parameters<Api["getMe"]>[0];

/** How long a call may take that doesn't say otherwise. */
const callMsMax = 30_000;
const downloadMsMax = 120_000;

/** Makes what calls the platform. It connects when it is called. */
export function createApi(
  { token, apiRoot, clock, tokenRefused }: {
    readonly token: string;
    readonly apiRoot: string;
    readonly clock: Clock;
    /** Told, with the reason, when the platform doesn't take the token. */
    readonly tokenRefused: (reason: string) => void;
  },
): TelegramApi {
  const api = new Api(token, { apiRoot, fetch: fetchOnce });
  return {
    async call(make, signal, msMax = callMsMax) {
      using within = deadline(clock, signal, msMax);
      try {
        return { kind: "done", value: await make(api, within.signal as CallSignal) };
      } catch (error) {
        const failure = failureOf(error);
        if (failure.isToken) tokenRefused(failure.reason);
        return failure;
      }
    },
    async *download(path, signal) {
      // What fetch says of a failure quotes the address, and so the token.
      const broken = () => new Error("Telegram didn't give the file");
      using within = deadline(clock, signal, downloadMsMax);
      const wanted = { signal: within.signal, redirect: "error" } as const;
      const response = await fetch(`${apiRoot}/file/bot${token}/${path}`, wanted).catch(() => {
        throw broken();
      });
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        throw broken();
      }
      try {
        yield* response.body;
      } catch {
        throw broken();
      }
    },
  };
}

/**
 * Sends once. Of a body that it could send again, the runtime's fetch does, unasked, when a connection that was open
 * already breaks before an answer: the platform had taken it in, and shows it twice (seen with Deno 2.9.5). Of a stream
 * it can't.
 */
const fetchOnce: typeof fetch = (input, init = {}) => {
  const { body } = init;
  const once = typeof body === "string" ? ReadableStream.from([new TextEncoder().encode(body)]) : body;
  return fetch(input, { ...init, ...(once === undefined ? {} : { body: once }), redirect: "error" });
};

/** A signal that aborts with another one, or after a time. */
function deadline(clock: Clock, signal: AbortSignal, ms: number): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, done.signal).then(() => done.signal.aborted || late.abort());
  return { signal: AbortSignal.any([signal, late.signal]), [Symbol.dispose]: () => done.abort() };
}
