import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { decodeFrames, encodeFrame, type Frame } from "../../core/frames.ts";
import { createSocketRunners } from "./socket.ts";

const json = (value: unknown): Frame => ({ kind: "json", value });
const never = new AbortController().signal;

/** A launcher's socket whose connections `serve` answers. */
async function withLauncher(
  serve: (connection: Deno.Conn) => Promise<void>,
  body: (runners: ReturnType<typeof createSocketRunners>) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/model-runner.sock`;
  const listener = Deno.listen({ transport: "unix", path });
  const served: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) served.push(serve(connection));
  })();
  try {
    await body(
      createSocketRunners({
        "model-runner": path,
        "embedding-runner": "/tmp/no-such-folder/e.sock",
        "model-puller": "/tmp/no-such-folder/p.sock",
        "plugin-runner": "/tmp/no-such-folder/plugin-runner.sock",
        "connector": "/tmp/no-such-folder/connector.sock",
      }),
    );
  } finally {
    listener.close();
    await Promise.all([accepting, ...served]);
    await Deno.remove(folder, { recursive: true });
  }
}

async function send(connection: Deno.Conn, frame: Frame): Promise<void> {
  const bytes = encodeFrame(frame);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

Deno.test("connect() hands the rest of the connection over after the greeting", async () => {
  await withLauncher(async (connection) => {
    await send(connection, json({ kind: "started" }));
    for await (const frame of decodeFrames(connection.readable)) {
      await send(connection, frame);
      await send(connection, { kind: "bytes", bytes: new Uint8Array(200_000) });
    }
  }, async (runners) => {
    const result = await runners.connect("model-runner", never);
    if (result.kind !== "connected") throw new Error(result.reason);
    const { connection } = result;
    const frames = connection.frames[Symbol.asyncIterator]();
    await connection.send(json("one"));
    deepStrictEqual((await frames.next()).value, json("one"));
    strictEqual((await frames.next()).value.bytes.length, 200_000);
    connection.close();
    connection.close();
    strictEqual((await frames.next()).done, true);
    await rejects(connection.send(json("two")));
  });
});

Deno.test("connect() keeps frames whole that are sent at once", async () => {
  await withLauncher(async (connection) => {
    await send(connection, json({ kind: "started" }));
    for await (const frame of decodeFrames(connection.readable)) await send(connection, frame);
  }, async (runners) => {
    const result = await runners.connect("model-runner", never);
    if (result.kind !== "connected") throw new Error(result.reason);
    const { connection } = result;
    const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(30_000));
    const sent = Promise.all(texts.map((text) => connection.send(json(text))));
    const frames = connection.frames[Symbol.asyncIterator]();
    for (const text of texts) deepStrictEqual((await frames.next()).value, json(text));
    await sent;
    connection.close();
  });
});

Deno.test("frames end when the process does, in the middle of what it says or not", async () => {
  await withLauncher(async (connection) => {
    await send(connection, json({ kind: "started" }));
    connection.close();
  }, async (runners) => {
    const result = await runners.connect("model-runner", never);
    if (result.kind !== "connected") throw new Error(result.reason);
    for await (const _ of result.connection.frames) throw new Error("nothing was said");
    result.connection.close();
  });
});

const unavailable: [name: string, serve: (connection: Deno.Conn) => Promise<void>, reason: string][] = [
  [
    "the launcher's own reason",
    async (connection) => {
      await send(connection, json({ kind: "unavailable", reason: "at most 1 at a time" }));
      connection.close();
    },
    "at most 1 at a time",
  ],
  [
    "a connection that ends without a greeting",
    (connection) => Promise.resolve(connection.close()),
    "the launcher closed the connection",
  ],
];
for (const [name, serve, reason] of unavailable) {
  Deno.test(`connect() tells ${name}`, async () => {
    await withLauncher(serve, async (runners) => {
      deepStrictEqual(await runners.connect("model-runner", never), { kind: "unavailable", reason });
    });
  });
}

Deno.test("connect() tells that there is no launcher", async () => {
  const runners = createSocketRunners({
    "model-runner": "/tmp/no-such-folder/model-runner.sock",
    "embedding-runner": "/tmp/no-such-folder/embedding-runner.sock",
    "model-puller": "/tmp/no-such-folder/p.sock",
    "plugin-runner": "/tmp/no-such-folder/plugin-runner.sock",
    "connector": "/tmp/no-such-folder/connector.sock",
  });
  deepStrictEqual(await runners.connect("model-runner", never), {
    kind: "unavailable",
    reason: "the launcher of model-runner processes doesn't answer",
  });
});

Deno.test("connect() stops waiting for a greeting when it is aborted", async () => {
  await withLauncher(async (connection) => {
    for await (const _ of connection.readable);
  }, async (runners) => {
    const abort = new AbortController();
    const connecting = runners.connect("model-runner", abort.signal);
    setTimeout(() => abort.abort(), 20);
    deepStrictEqual(await connecting, { kind: "unavailable", reason: "cancelled" });
  });
});

Deno.test("connect() throws on a first frame that is no greeting: launcher and host aren't of one version", async () => {
  await withLauncher(async (connection) => {
    await send(connection, json({ hello: 1 }));
    connection.close();
  }, async (runners) => {
    await rejects(runners.connect("model-runner", never), { message: "The launcher's first frame isn't a greeting" });
  });
});
