/** What is sent again, and what never: counted by real servers of this machine, as bytes on their connections. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { StandingClock } from "../../../tests/scripted_server.ts";
import { createDeadline } from "./deadline.ts";
import { openRequests, type Requests } from "./requests.ts";

const never = new AbortController().signal;
const question = { messages: [{ role: "user", content: "x".repeat(3_000_000) }], end: "END" };
const answered = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";

/** What a server does with a connection, before it closes it. */
type Act = (connection: Deno.Conn, read: () => Promise<string>) => Promise<unknown>;

/** A server that counts its connections and the requests that came whole, by what it does with them. */
function serve(act: Act, port = 0) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const seen = { connections: 0, whole: 0 };
  const closed: Promise<void>[] = [];
  const answer = async (connection: Deno.Conn) => {
    using _connection = connection;
    await act(connection, async () => {
      const decoder = new TextDecoder();
      const buffer = new Uint8Array(65_536);
      let text = "";
      while (!/^GET [^]*\r\n\r\n$|END"\}$/.test(text)) {
        const count = await connection.read(buffer);
        if (count === null) return text;
        text += decoder.decode(buffer.subarray(0, count), { stream: true });
      }
      seen.whole++;
      return text;
    }).catch(() => {});
  };
  const serving = (async () => {
    for await (const connection of listener) {
      seen.connections++;
      closed.push(answer(connection));
    }
  })();
  return {
    seen,
    host: `127.0.0.1:${listener.addr.port}`,
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving.catch(() => {});
      await Promise.all(closed);
    },
  };
}

/** A way to what answers there, on a clock whose pauses are over at once. */
function open(baseUrl: string, clock = new StandingClock()): Requests {
  return openRequests({
    baseUrl,
    key: undefined,
    caCerts: [],
    patience: { reachMs: 10_000, firstMs: 180_000, silenceMs: 60_000 },
    clock,
    random: { bytes: (count) => new Uint8Array(count), unit: () => 0.5 },
  });
}

const pausesOfAll = [375, 750, 1_500];
const ask = (requests: Requests, url: string, body?: unknown) =>
  requests.json({ url, schema: v.unknown(), signal: never, withinMs: 10_000, ...(body === undefined ? {} : { body }) });

const leaves: [how: string, act: Act][] = [
  ["closes after the whole body", (_, read) => read()],
  ["closes in the middle of the body", (connection) => connection.read(new Uint8Array(1_000))],
  ["closes in the head of its answer", async (connection, read) => {
    await read();
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-le"));
  }],
  ["answers in another protocol", async (connection, read) => {
    await read();
    await connection.write(new TextEncoder().encode("+OK ready\r\n"));
  }],
];
for (const [how, act] of leaves) {
  Deno.test(`a question goes once to a server that ${how}`, async () => {
    for (const kind of ["stream", "json"] as const) {
      await using server = serve(act);
      const clock = new StandingClock();
      using requests = open(`http://${server.host}/v1`, clock);
      const url = `http://${server.host}/v1/chat/completions`;
      using deadline = createDeadline(clock, never);
      const result = kind === "json"
        ? await ask(requests, url, question)
        : await requests.stream({ url, body: question, signal: never, deadline });
      ok(result.kind === "failed" && result.failure.kind === "unavailable", JSON.stringify(result));
      match(result.failure.reason, /can't be reached: the connection broke$/);
      strictEqual(server.seen.connections, 1, `${server.seen.connections} connections for ${kind}`);
      deepStrictEqual(clock.pauses, []);
    }
  });
}

Deno.test("a question goes once to a server that closes a kept connection when it comes", async () => {
  let questions = 0;
  await using server = serve(async (connection, read) => {
    await read();
    questions++;
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    if (await read() !== "") questions++;
  });
  const clock = new StandingClock();
  using requests = open(`http://${server.host}/v1`, clock);
  const url = `http://${server.host}/v1/embeddings`;
  strictEqual((await ask(requests, url, question)).kind, "answered");
  strictEqual((await ask(requests, url, question)).kind, "failed");
  deepStrictEqual([questions, server.seen.connections, clock.pauses], [2, 1, []]);
});

Deno.test("what costs a server nothing is asked again when it closes after the whole of it", async () => {
  let tries = 0;
  await using server = serve(async (connection, read) => {
    await read();
    if (++tries > 3) await connection.write(new TextEncoder().encode(answered));
  });
  const clock = new StandingClock();
  using requests = open(`http://${server.host}/v1`, clock);
  strictEqual((await ask(requests, `http://${server.host}/v1/models`)).kind, "answered");
  // Each second time it is the runtime that asks again by itself.
  deepStrictEqual([tries, clock.pauses], [4, pausesOfAll.slice(0, 1)]);
});

Deno.test("a question is asked again while nobody listens, and goes once to whoever then does", async () => {
  const place = serve(async () => {});
  await place[Symbol.asyncDispose]();
  let server: ReturnType<typeof serve> | undefined;
  const clock = new (class extends StandingClock {
    override sleep(ms: number, signal: AbortSignal): Promise<void> {
      if (ms === pausesOfAll[2]) {
        server = serve(async (connection, read) => {
          await read();
          await connection.write(new TextEncoder().encode(answered));
        }, place.port);
      }
      return super.sleep(ms, signal);
    }
  })();
  using requests = open(`http://${place.host}/v1`, clock);
  const result = await ask(requests, `http://${place.host}/v1/embeddings`, question);
  deepStrictEqual(result, { kind: "answered", value: {} });
  deepStrictEqual([server?.seen, clock.pauses], [{ connections: 1, whole: 1 }, pausesOfAll]);
  await server?.[Symbol.asyncDispose]();
});

Deno.test("a question is asked again of a server that leaves before the connection is encrypted", async () => {
  await using server = serve((connection) => connection.read(new Uint8Array(1_000)));
  const clock = new StandingClock();
  using requests = open(`https://${server.host}/v1`, clock);
  const result = await ask(requests, `https://${server.host}/v1/embeddings`, question);
  ok(result.kind === "failed" && result.failure.kind === "unavailable", JSON.stringify(result));
  deepStrictEqual([server.seen, clock.pauses], [{ connections: 4, whole: 0 }, pausesOfAll]);
});
