/** A server that answers as a test says, at a socket of its own, and a clock that stands still. */
import type { Clock } from "../core/ports/clock.ts";

/** One answer. `broken`: these bytes as they are, and the connection closes. `hangs`: these bytes, then nothing. */
export type Reply =
  | {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly json?: unknown;
    readonly text?: string;
  }
  | { readonly broken: string }
  | { readonly hangs: string };

/** The head of a streamed answer with this body, as bytes on the connection. */
export function events(body: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${body}`;
}

/** A whole streamed answer of these deltas. */
export function chunks(...deltas: readonly object[]): Reply {
  const body = deltas.map((delta) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`).join("") +
    `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })}\n\n` +
    `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: deltas.length } })}\n\n` +
    "data: [DONE]\n\n";
  return { text: body, headers: { "content-type": "text/event-stream" } };
}

/** Answers by `METHOD /path`; of a list the next one each time, and the last one from then on. Else 404. */
export class ScriptedServer implements AsyncDisposable {
  readonly url: string;
  readonly requests: { readonly headers: Headers; readonly body: unknown }[] = [];
  /** `METHOD /path` of each request. */
  readonly asked: string[] = [];
  readonly #replies: Map<string, Reply[]>;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.Conn>();
  readonly #hanging = Promise.withResolvers<void>();
  readonly #left = Promise.withResolvers<void>();
  readonly #serving: Promise<void>;

  constructor(replies: Readonly<Record<string, Reply | readonly Reply[]>>) {
    this.#replies = new Map(Object.entries(replies).map(([path, some]) => [path, [some].flat() as Reply[]]));
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.url = `http://127.0.0.1:${this.#listener.addr.port}`;
    this.#serving = this.#serve();
  }

  /** Resolves when a reply that hangs has sent what it has. */
  get hanging(): Promise<void> {
    return this.#hanging.promise;
  }

  /** Resolves when a caller closed the connection of a reply that hangs. */
  get left(): Promise<void> {
    return this.#left.promise;
  }

  async #serve(): Promise<void> {
    for await (const connection of this.#listener) {
      this.#connections.add(connection);
      this.#answer(connection).catch(() => {}).finally(() => this.#close(connection));
    }
  }

  async #answer(connection: Deno.Conn): Promise<void> {
    const request = await readRequest(connection);
    const path = `${request.method} ${request.path}`;
    this.asked.push(path);
    this.requests.push(request);
    const replies = this.#replies.get(path) ?? [{ status: 404 }];
    const reply = replies.length > 1 ? replies.shift()! : replies[0]!;
    if ("hangs" in reply) {
      await writeText(connection, reply.hangs);
      this.#hanging.resolve();
      const nothing = new Uint8Array(1);
      while (await connection.read(nothing).catch(() => null) !== null);
      this.#left.resolve();
      return;
    }
    if ("broken" in reply) return await writeText(connection, reply.broken);
    const { status = 200, headers = {}, json, text = json === undefined ? "" : JSON.stringify(json) } = reply;
    const all = { "content-type": "application/json", connection: "close", ...headers };
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    await writeText(
      connection,
      `HTTP/1.1 ${status} Some\r\n${head}content-length: ${new TextEncoder().encode(text).length}\r\n\r\n${text}`,
    );
  }

  #close(connection: Deno.Conn): void {
    if (!this.#connections.delete(connection)) return;
    connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#listener.close();
    } catch { /* it was closed before */ }
    await this.#serving.catch(() => {});
    for (const connection of this.#connections) this.#close(connection);
  }
}

async function readRequest(
  connection: Deno.Conn,
): Promise<{ readonly method: string; readonly path: string; readonly headers: Headers; readonly body: unknown }> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    const [first = "", ...lines] = text.slice(0, Math.max(0, end)).split("\r\n");
    const headers = new Headers(lines.map((line): [string, string] => {
      const at = line.indexOf(":");
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }));
    const length = Number(headers.get("content-length") ?? 0);
    const body = text.slice(end + 4);
    if (end >= 0 && new TextEncoder().encode(body).length >= length) {
      const [method = "", path = ""] = first.split(" ");
      return { method, path, headers, body: body === "" ? undefined : JSON.parse(body) };
    }
    const count = await connection.read(buffer);
    if (count === null) throw new Error("The connection ended");
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

async function writeText(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Deadlines wait until they are made to expire; pauses between tries are noted and over at once. */
export class StandingClock implements Clock {
  readonly pauses: number[] = [];
  readonly #deadlines = new Set<{ readonly ms: number; readonly expire: () => void }>();
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  /** Lets time go by without anything expiring. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    if (!deadlinesMs.includes(ms)) {
      this.pauses.push(ms);
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const deadline = { ms, expire: resolve };
      this.#deadlines.add(deadline);
      signal.addEventListener("abort", () => {
        this.#deadlines.delete(deadline);
        resolve();
      }, { once: true });
    });
  }

  /** Waits until something has a deadline of this length, and makes it expire. */
  async expire(ms: number): Promise<void> {
    for (;;) {
      const due = [...this.#deadlines].find((deadline) => deadline.ms === ms);
      if (due !== undefined) return due.expire();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

/** The engine's own: to reach, to begin, between tokens, for costs and for the words of a refusal. */
const deadlinesMs: readonly number[] = [10_000, 180_000, 60_000, 5_000];
