import * as v from "valibot";
import { apiError, type FeedEvent, feedEvent } from "../../schema/api.ts";
import { serverSentData } from "./server_sent_data.ts";

/**
 * Why the host gave nothing. `refused`: it said no, and why. `down`: nobody listens, or the connection broke: it may
 * be restarting, and what was asked may or may not have happened.
 */
export type HostFailure =
  | { readonly kind: "refused"; readonly reason: string; readonly status: number }
  | { readonly kind: "down" };

/** An answer of the host. */
export type HostAnswer<Value> = { readonly kind: "ok"; readonly value: Value } | HostFailure;

/** The running host's API. */
export interface HostClient {
  /** Calls `/api…`; `path` begins with `/`. Rejects only with the signal's reason. */
  call<Schema extends v.GenericSchema>(
    method: "GET" | "POST",
    path: string,
    options: { readonly schema: Schema; readonly body?: unknown; readonly signal?: AbortSignal },
  ): Promise<HostAnswer<v.InferOutput<Schema>>>;
  /**
   * Sends content as the body of a POST, streamed. The host bounds its size and time. Rejects only with the signal's
   * reason; content that can't be read counts as a connection that broke.
   */
  upload<Schema extends v.GenericSchema>(
    path: string,
    content: ReadableStream<Uint8Array>,
    options: { readonly schema: Schema; readonly signal: AbortSignal },
  ): Promise<HostAnswer<v.InferOutput<Schema>>>;
  /** Live events of a session. Their iteration ends when the host goes away or `signal` aborts. */
  events(sessionId: string, signal: AbortSignal): Promise<HostAnswer<AsyncIterable<FeedEvent>>>;
  /** What a path of the API sends as server-sent events, as {@link events} does. */
  stream<Schema extends v.GenericSchema>(
    path: string,
    options: { readonly schema: Schema; readonly signal: AbortSignal },
  ): Promise<HostAnswer<AsyncIterable<v.InferOutput<Schema>>>>;
  /** Whether the launcher lives: then a host that is down comes back by itself. */
  isSupervised(): boolean;
}

/** An answer that takes longer is as good as none; the host answers within milliseconds. */
const answerMsMax = 30_000;

/** An address, which the runtime needn't look up: where the socket leads stands in its path alone. */
const origin = "http://127.0.0.1";

/** @param isSupervised See {@link HostClient}. */
export function createHostClient(socketPath: string, isSupervised: () => boolean): HostClient {
  const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socketPath } });

  async function request(method: string, path: string, init: { body?: unknown; signal: AbortSignal }) {
    return await fetch(`${origin}${path}`, {
      client,
      method,
      signal: init.signal,
      ...(init.body === undefined
        ? {}
        : { body: JSON.stringify(init.body), headers: { "content-type": "application/json" } }),
    });
  }

  async function stream<Schema extends v.GenericSchema>(
    path: string,
    { schema, signal }: { readonly schema: Schema; readonly signal: AbortSignal },
  ): Promise<HostAnswer<AsyncIterable<v.InferOutput<Schema>>>> {
    try {
      const response = await request("GET", path, { signal });
      if (response.ok) return { kind: "ok", value: eventsOf(response, schema) };
      return refusal(response.status, JSON.parse(await response.text()));
    } catch (error) {
      signal.throwIfAborted();
      if (isBug(error)) throw error;
      return { kind: "down" };
    }
  }

  return {
    async call(method, path, { schema, body, signal }) {
      const within = AbortSignal.timeout(answerMsMax);
      try {
        const all = signal === undefined ? within : AbortSignal.any([signal, within]);
        const response = await request(method, path, { body, signal: all });
        const json: unknown = JSON.parse(await response.text());
        if (response.ok) return { kind: "ok", value: v.parse(schema, json) };
        return refusal(response.status, json);
      } catch (error) {
        signal?.throwIfAborted();
        if (isBug(error)) throw error;
        return { kind: "down" };
      }
    },
    async upload(path, body, { schema, signal }) {
      try {
        const response = await fetch(`${origin}${path}`, { client, method: "POST", body, signal });
        const json: unknown = JSON.parse(await response.text());
        if (response.ok) return { kind: "ok", value: v.parse(schema, json) };
        return refusal(response.status, json);
      } catch (error) {
        signal.throwIfAborted();
        if (isBug(error)) throw error;
        return { kind: "down" };
      }
    },
    events: (sessionId, signal) =>
      stream(`/api/sessions/${encodeURIComponent(sessionId)}/events`, { schema: feedEvent, signal }),
    stream,
    isSupervised,
  };
}

/** A host that is stopping, or isn't ready yet, is as good as down: it comes back. */
function refusal(status: number, json: unknown): HostFailure {
  if (status === 503) return { kind: "down" };
  const parsed = v.safeParse(apiError, json);
  return { kind: "refused", status, reason: parsed.success ? parsed.output.error.message : `HTTP ${status}` };
}

async function* eventsOf<Schema extends v.GenericSchema>(
  response: Response,
  schema: Schema,
): AsyncGenerator<v.InferOutput<Schema>> {
  try {
    for await (const data of serverSentData(response.body ?? [])) {
      const event = v.safeParse(schema, JSON.parse(data));
      if (event.success) yield event.output;
    }
  } catch (error) {
    if (isBug(error)) throw error; // else the host went away, or the signal aborted: the iteration ends
  }
}

/** What isn't the network's doing: a missing right. An answer that isn't of the API comes from a dying host. */
function isBug(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || error instanceof v.ValiError;
}
