import * as v from "valibot";
import type { Clock } from "../../../core/ports/clock.ts";
import type { EngineFailure } from "../../../core/ports/engine.ts";
import type { Random } from "../../../core/ports/random.ts";
import type { Secret } from "../../../schema/secret.ts";
import { createDeadline, type Deadline } from "./deadline.ts";
import { failureOfStatus, failureOfTransport, isBeforeSending } from "./failures.ts";

/** How long a server may take, in milliseconds. */
export interface Patience {
  /** For what costs it nothing: what it has, how many tokens a text has. */
  readonly reachMs: number;
  /** From a question to the first token: it may be busy with others, and reads the whole prompt. */
  readonly firstMs: number;
  /** From one token to the next. */
  readonly silenceMs: number;
}

/** A server and how it is spoken to. */
export interface ServerOptions {
  /** Up to and with the part before `/chat/completions`, without a slash at its end. */
  readonly baseUrl: string;
  readonly key: Secret | undefined;
  /** PEM certificates that are trusted besides the usual ones. */
  readonly caCerts: readonly string[];
  readonly patience: Patience;
  readonly clock: Clock;
  readonly random: Random;
}

/** What a server answered, or why it didn't. `status` is that of HTTP, where it came so far. */
export type ServerResult<T> =
  | { readonly kind: "answered"; readonly value: T }
  | { readonly kind: "failed"; readonly failure: EngineFailure; readonly status?: number };

/** What is wanted of a server. Without a body it is a GET, which costs it nothing, however often it is asked. */
export interface ServerRequest {
  readonly url: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/** Speaks HTTP with one server. Nothing here throws for what is expected to go wrong. */
export interface Requests extends Disposable {
  /** One bounded JSON answer within `withinMs`. */
  json<T>(
    request: ServerRequest & { readonly schema: v.GenericSchema<unknown, T>; readonly withinMs: number },
  ): Promise<ServerResult<T>>;
  /** The body of a streamed answer, whose deadline the caller keeps. */
  stream(request: ServerRequest & { readonly deadline: Deadline }): Promise<ServerResult<AsyncIterable<Uint8Array>>>;
}

/** Tries of one request. Repeated is only what no server can have begun, as it may cost money each time. */
const attemptsMax = 4;
const backoffMs = 500;
/** A server that wants to be left alone for longer isn't waited for: the turn is tried again later. */
const retryAfterMsMax = 30_000;
const answerBytesMax = 64 * 1024 * 1024;
const errorBytesMax = 64 * 1024;
const errorWithinMs = 5_000;

/** What says "not now" instead of beginning: the same request may be welcome in a moment. */
const busyStatuses: readonly number[] = [429, 503];
/** What a gateway says that got no answer: whoever it asked may have begun. */
const lostStatus = 502;

/** Opens the way to one server. */
export function openRequests({ baseUrl, key, caCerts, patience, clock, random }: ServerOptions): Requests {
  const client = Deno.createHttpClient({ caCerts: [...caCerts] });
  const where = { host: new URL(baseUrl).host, key };

  /** Sends it until a server takes it, and resolves with the response's head. */
  async function send({ url, body, signal }: ServerRequest, deadline: Deadline): Promise<ServerResult<Response>> {
    for (let attempt = 1;; attempt++) {
      const { result, againMs } = await sendOnce(url, body, deadline);
      if (result.kind === "answered" || againMs === undefined || attempt === attemptsMax) return result;
      const jittered = backoffMs * 2 ** (attempt - 1) * (0.5 + random.unit() / 2);
      await clock.sleep(Math.max(againMs, jittered), AbortSignal.any([signal, deadline.signal]));
      if (signal.aborted || deadline.signal.aborted) return result;
    }
  }

  /** `againMs`: it may be repeated after so long. */
  async function sendOnce(
    url: string,
    body: unknown,
    deadline: Deadline,
  ): Promise<{ readonly result: ServerResult<Response>; readonly againMs?: number }> {
    const isFree = body === undefined;
    let response: Response;
    try {
      response = await fetch(url, {
        client,
        method: isFree ? "GET" : "POST",
        headers: {
          "accept-encoding": "identity",
          ...(isFree ? {} : { "content-type": "application/json" }),
          ...(key === undefined ? {} : { authorization: `Bearer ${key.reveal()}` }),
        },
        // Not as a text: that the runtime sends again by itself when the connection breaks, whatever was done with it.
        ...(isFree ? {} : { body: new Blob([JSON.stringify(body)]) }),
        // Followed, it would carry prompts to an address that nobody configured.
        redirect: "manual",
        signal: deadline.signal,
      });
    } catch (error) {
      const failure = failureOfTransport(error, where, deadline.isLate());
      const isAgain = failure.kind === "unavailable" && (isFree || isBeforeSending(error));
      return { result: { kind: "failed", failure }, ...(isAgain ? { againMs: 0 } : {}) };
    }
    if (response.ok) return { result: { kind: "answered", value: response } };
    const { status } = response;
    const result: ServerResult<Response> = {
      kind: "failed",
      failure: failureOfStatus(status, await errorText(response, deadline.signal), where),
      status,
    };
    const againMs = busyStatuses.includes(status) || (isFree && status === lostStatus)
      ? 1_000 * (Number(response.headers.get("retry-after")) || 0)
      : Infinity;
    return { result, ...(againMs <= retryAfterMsMax ? { againMs } : {}) };
  }

  /** The body of a refusal, as far as it is worth reading. */
  async function errorText(response: Response, signal: AbortSignal): Promise<string> {
    using deadline = createDeadline(clock, signal, errorWithinMs);
    const read = await readBounded(response, errorBytesMax, deadline.signal).catch(() => undefined);
    return read === undefined ? "" : new TextDecoder().decode(read);
  }

  return {
    async json({ schema, withinMs, ...request }) {
      using deadline = createDeadline(clock, request.signal, withinMs);
      const sent = await send(request, deadline);
      if (sent.kind === "failed") return sent;
      let bytes: Uint8Array | undefined;
      try {
        bytes = await readBounded(sent.value, answerBytesMax, deadline.signal);
      } catch (error) {
        return { kind: "failed", failure: failureOfTransport(error, where, deadline.isLate()) };
      }
      const parsed = v.safeParse(schema, bytes === undefined ? undefined : parseJson(bytes));
      if (parsed.success) return { kind: "answered", value: parsed.output };
      const reason = `what ${where.host} answers to ${new URL(request.url).pathname} isn't what an OpenAI-compatible ` +
        "server answers; check model.server.url";
      return { kind: "failed", failure: { kind: "refused", reason, mend: "clawdbot config check" } };
    },
    async stream({ deadline, ...request }) {
      deadline.set(patience.firstMs);
      const sent = await send(request, deadline);
      if (sent.kind === "failed") return sent;
      const { headers, body } = sent.value;
      if (body !== null && /^text\/event-stream\b/i.test(headers.get("content-type") ?? "")) {
        return { kind: "answered", value: body };
      }
      await body?.cancel().catch(() => {});
      const reason = `${where.host} doesn't stream its answers, as an OpenAI-compatible server does`;
      return { kind: "failed", failure: { kind: "refused", reason, mend: "clawdbot config check" } };
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** The whole body; `undefined` when it is longer than allowed. Rejects as the connection does, and on abort. */
async function readBounded(
  { body }: Response,
  bytesMax: number,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const stop = () => reader.cancel(signal.reason).catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) break;
      length += value.length;
      if (length > bytesMax) {
        await stop();
        return undefined;
      }
      chunks.push(value);
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
