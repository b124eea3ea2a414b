import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { decodeFrames, encodeFrame, type Frame } from "../../core/frames.ts";
import type { ConnectorRequest, ReachedDevice } from "../../core/ports/connector.ts";
import type { Connection, Runners } from "../../core/ports/runner.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { createConnector } from "./client.ts";
import type { DeviceDriver } from "./driver.ts";
import { type ConnectorWork, serveConnector } from "./process.ts";

const never = new AbortController().signal;
const log = { info() {}, warn() {}, error() {} };
const request = (more: Partial<ConnectorRequest> = {}): ConnectorRequest => ({
  method: "GET",
  url: "http://127.0.0.1/",
  headers: {},
  answerBytesMax: 1_000_000,
  timeoutMs: 5_000,
  ...more,
});
const device = {
  kind: "modbus",
  name: "plc-7",
  address: "127.0.0.1:502",
  timeoutMs: 1_000,
  unit: 1,
  words: [],
  tags: {},
} satisfies ReachedDevice;

/** Processes as pipes within this one: what a test needs of them is to serve, to be counted and to be killed. */
function fakeRunners(work: ConnectorWork, options: { unavailable?: () => string | undefined } = {}) {
  const processes: { kill(): void; readonly ended: Promise<void> }[] = [];
  const runners: Runners = {
    connect(role) {
      strictEqual(role, "connector");
      const why = options.unavailable?.();
      if (why !== undefined) return Promise.resolve({ kind: "unavailable", reason: why });
      const down = new TransformStream<Uint8Array, Uint8Array>();
      const up = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 100 });
      const [toProcess, toHost] = [down.writable.getWriter(), up.writable.getWriter()];
      const killed = Promise.withResolvers<void>();
      let isOpen = true;
      const close = () => {
        if (!isOpen) return;
        isOpen = false;
        void toProcess.close().catch(() => {});
        void toHost.close().catch(() => {});
        killed.resolve();
      };
      const send = async (frame: Frame, writer: typeof toHost) => {
        if (!isOpen) throw new Error("closed");
        await writer.write(encodeFrame(frame));
      };
      const connection: Connection = {
        frames: decodeFrames(up.readable),
        send: (frame) => send(frame, toProcess),
        close,
      };
      const serving = serveConnector(decodeFrames(down.readable), (frame) => send(frame, toHost), work).catch(close);
      processes.push({ kill: close, ended: Promise.race([killed.promise, serving]) });
      return Promise.resolve({ kind: "connected", connection });
    },
  };
  return { runners, processes };
}

const answered = (text: string) => ({
  kind: "answered" as const,
  status: 200,
  headers: { "x-a": "1" },
  body: new TextEncoder().encode(text),
});
const noDrivers = { drivers: {} };

Deno.test("request() gives what the process answered, with a body both ways", async () => {
  const { runners } = fakeRunners({
    request: ({ body, url }) => Promise.resolve(answered(`${url} ${new TextDecoder().decode(body)}`)),
    ...noDrivers,
  });
  const connector = createConnector({ runners, clock: new VirtualClock(0), log });
  deepStrictEqual(
    await connector.request(request({ body: new TextEncoder().encode("höflich") }), never),
    answered("http://127.0.0.1/ höflich"),
  );
  deepStrictEqual(await connector.request(request(), never), answered("http://127.0.0.1/ "));
  await connector.close();
});

Deno.test("40 requests at once get each their own answer, in whatever order they are done", async () => {
  const waiting: (() => void)[] = [];
  const { runners, processes } = fakeRunners({
    async request({ url }) {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return answered(url);
    },
    ...noDrivers,
  });
  const connector = createConnector({ runners, clock: new VirtualClock(0), log });
  const asked = Array.from(
    { length: 40 },
    (_, index) => connector.request(request({ url: `http://x/${index}` }), never),
  );
  while (waiting.length < 40) await new Promise((resolve) => setTimeout(resolve, 0));
  for (const resolve of waiting.reverse()) resolve();
  deepStrictEqual(await Promise.all(asked), Array.from({ length: 40 }, (_, index) => answered(`http://x/${index}`)));
  strictEqual(processes.length, 1);
  await connector.close();
});

Deno.test("more at once than are allowed are refused, and nothing is lost of the others", async () => {
  const hold = Promise.withResolvers<void>();
  const { runners } = fakeRunners({ request: () => hold.promise.then(() => answered("")), ...noDrivers });
  const connector = createConnector({ runners, clock: new VirtualClock(0), log });
  const asked = Array.from({ length: 70 }, () => connector.request(request(), never));
  strictEqual((await asked[69]!).kind, "unreachable");
  hold.resolve();
  const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
  strictEqual(kinds.filter((kind) => kind === "answered").length, 64);
  await connector.close();
});

Deno.test("a process that dies gives unknown for a write under way and unreachable for the rest, and comes back", async () => {
  const clock = new VirtualClock(0);
  const reached: string[] = [];
  const hang = Promise.withResolvers<never>();
  let isWell = false;
  const driver: DeviceDriver = {
    read: () => (reached.push("read"), hang.promise),
    write: () => (reached.push("write"), hang.promise),
    close() {},
  };
  const { runners, processes } = fakeRunners({
    request: () => (reached.push("request"), isWell ? Promise.resolve(answered("well")) : hang.promise),
    drivers: { modbus: driver },
  });
  const connector = createConnector({ runners, clock, log });
  const asked = [
    connector.write(device, "speed", 5, never),
    connector.read(device, "speed", never),
    connector.request(request(), never),
  ];
  while (reached.length < 3) await new Promise((resolve) => setTimeout(resolve, 0));
  processes[0]!.kill();
  deepStrictEqual((await Promise.all(asked)).map(({ kind }) => kind), ["unknown", "unreachable", "unreachable"]);
  isWell = true;
  // Not at once: what ends by itself again and again would take the machine.
  strictEqual((await connector.request(request(), never)).kind, "unreachable");
  strictEqual((await connector.write(device, "speed", 5, never)).kind, "unreachable");
  strictEqual(processes.length, 1);
  await clock.run(300);
  deepStrictEqual(await connector.request(request(), never), answered("well"));
  strictEqual(processes.length, 2);
  await connector.close();
});

Deno.test("without work the process is ended, and started again when it is needed", async () => {
  const clock = new VirtualClock(0);
  const { runners, processes } = fakeRunners({ request: () => Promise.resolve(answered("")), ...noDrivers });
  const connector = createConnector({ runners, clock, log });
  strictEqual(processes.length, 0);
  await connector.request(request(), never);
  await clock.run(50_000);
  await connector.request(request(), never);
  await clock.run(100_000);
  strictEqual(processes.length, 1);
  await clock.run(120_000);
  await processes[0]!.ended;
  strictEqual((await connector.request(request(), never)).kind, "answered");
  strictEqual(processes.length, 2);
  await connector.close();
});

Deno.test("a process that is never idle for long is replaced all the same, between two orders", async () => {
  const clock = new VirtualClock(0);
  const { runners, processes } = fakeRunners({ request: () => Promise.resolve(answered("")), ...noDrivers });
  const connector = createConnector({ runners, clock, log });
  for (let minute = 0; minute < 21; minute++) {
    for (const halfMs of [0, 30_000]) {
      await clock.run(minute * 60_000 + halfMs);
      strictEqual((await connector.request(request(), never)).kind, "answered");
    }
  }
  strictEqual(processes.length, 2);
  await processes[0]!.ended;
  await connector.close();
});

Deno.test("a process that hangs is ended, and the write that it had is unknown", async () => {
  const clock = new VirtualClock(0);
  const hang = Promise.withResolvers<never>();
  const driver: DeviceDriver = { read: () => hang.promise, write: () => hang.promise, close() {} };
  const { runners, processes } = fakeRunners({ request: () => hang.promise, drivers: { modbus: driver } });
  const connector = createConnector({ runners, clock, log });
  const writing = connector.write(device, "speed", 5, never);
  await clock.run(10_000);
  deepStrictEqual(await writing, { kind: "unknown", reason: "the connector ended before there was an answer" });
  await processes[0]!.ended;
  await connector.close();
});

Deno.test("cancelling tells the process, and what it says then counts", async () => {
  const clock = new VirtualClock(0);
  const untilAborted = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  let started = 0;
  const { runners } = fakeRunners({
    request: async (_, signal) => (started++, await untilAborted(signal), { kind: "unreachable", reason: "cancelled" }),
    drivers: {
      modbus: {
        read: () => Promise.resolve({ kind: "read", value: 1 }),
        write: async (_, __, ___, signal) => (started++, await untilAborted(signal), { kind: "written" }),
        close() {},
      },
    },
  });
  const connector = createConnector({ runners, clock, log });
  const abort = new AbortController();
  const both = [connector.write(device, "speed", 5, abort.signal), connector.request(request(), abort.signal)];
  while (started < 2) await new Promise((resolve) => setTimeout(resolve, 0));
  abort.abort();
  deepStrictEqual(await Promise.all(both), [{ kind: "written" }, { kind: "unreachable", reason: "cancelled" }]);
  deepStrictEqual(await connector.write(device, "speed", 5, abort.signal), {
    kind: "unreachable",
    reason: "cancelled",
  });
  deepStrictEqual(await connector.read(device, "speed", never), { kind: "read", value: 1 });
  await connector.close();
});

Deno.test("a cancelled write that the process says nothing of is unknown in time", async () => {
  const clock = new VirtualClock(0);
  const hang = Promise.withResolvers<never>();
  let isStarted = false;
  const driver: DeviceDriver = { read: () => hang.promise, write: () => (isStarted = true, hang.promise), close() {} };
  const { runners } = fakeRunners({ request: () => hang.promise, drivers: { modbus: driver } });
  const connector = createConnector({ runners, clock, log });
  const abort = new AbortController();
  const writing = connector.write({ ...device, timeoutMs: 60_000 }, "speed", 5, abort.signal);
  while (!isStarted) await new Promise((resolve) => setTimeout(resolve, 0));
  abort.abort();
  await clock.run(2_000);
  deepStrictEqual(await writing, { kind: "unknown", reason: "cancelled, and no answer came" });
  await connector.close();
});

Deno.test("no process gives unreachable for everything, with the launcher's reason", async () => {
  const { runners } = fakeRunners({ request: () => Promise.resolve(answered("")), ...noDrivers }, {
    unavailable: () => "no process of the role connector is planned",
  });
  const connector = createConnector({ runners, clock: new VirtualClock(0), log });
  const expected = { kind: "unreachable", reason: "no process of the role connector is planned" };
  deepStrictEqual(await connector.request(request(), never), expected);
  deepStrictEqual(await connector.write(device, "speed", 1, never), expected);
  await connector.close();
});

Deno.test("a process that says what it must not is ended, and believed in nothing", async () => {
  const said: string[] = [];
  for (
    const value of [{ id: 1, kind: "answered", status: 9, headers: {} }, { id: 1, kind: "written", more: 1 }, "x", null]
  ) {
    const frames = (async function* (): AsyncGenerator<Frame> {
      await Promise.resolve();
      yield { kind: "json", value };
    })();
    const runners: Runners = {
      connect: () =>
        Promise.resolve({ kind: "connected", connection: { frames, send: () => Promise.resolve(), close() {} } }),
    };
    const connector = createConnector({
      runners,
      clock: new VirtualClock(0),
      log: { ...log, error: (message) => said.push(message) },
    });
    strictEqual((await connector.write(device, "speed", 1, never)).kind, "unknown");
    await connector.close();
  }
  deepStrictEqual(said, Array(4).fill("connector says what it must not"));
});

Deno.test("a fault of a driver ends the process, and a write that it had is unknown", async () => {
  const driver: DeviceDriver = {
    read: () => Promise.reject(new TypeError("a fault")),
    write: () => Promise.reject(new TypeError("a fault")),
    close() {},
  };
  const { runners, processes } = fakeRunners({
    request: () => Promise.resolve(answered("")),
    drivers: { modbus: driver },
  });
  const connector = createConnector({ runners, clock: new VirtualClock(0), log });
  deepStrictEqual(await connector.write(device, "speed", 1, never), {
    kind: "unknown",
    reason: "the connector ended before there was an answer",
  });
  await processes[0]!.ended;
  await connector.close();
});

Deno.test("a device without a driver is refused", async () => {
  const { runners } = fakeRunners({ request: () => Promise.resolve(answered("")), ...noDrivers });
  const connector = createConnector({ runners, clock: new VirtualClock(0), log });
  deepStrictEqual(await connector.write(device, "speed", 1, never), {
    kind: "refused",
    reason: "no driver reaches devices of type modbus",
  });
  await connector.close();
  ok((await connector.request(request(), never)).kind === "unreachable");
});
