/** What is particular to MQTT: topics of orders and of states, devices that take their time, and brokers that misbehave. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { systemClock } from "../../adapters/clock/system.ts";
import { createMqttDriver } from "../../adapters/connector/mqtt.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { TagValue } from "../../core/devices.ts";
import { createMachines, type Machines, type WriteOutcome } from "../../core/machines.ts";
import type { ReachedDevice, TagRead, TagWritten } from "../../core/ports/connector.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { FaultyProxy } from "../faulty_proxy.ts";
import { seeded } from "../seeded.ts";
import { connectorOf } from "./device.ts";
import { type MosquittoServer, startMosquitto } from "./mosquitto_server.ts";

const never = new AbortController().signal;
const deps = { clock: systemClock, random: systemRandom };

/** What another says may still be on its way when a test ends, and its connection with it. */
const cut = () => {};

function deviceOf(port: number, more: Record<string, unknown> = {}, password?: string): ReachedDevice {
  return {
    ...v.parse(deviceSchema, {
      type: "mqtt",
      address: `127.0.0.1:${port}`,
      timeout: "500 ms",
      tags: {
        speed: { topic: "pump/speed", write_topic: "pump/speed/set", access: "write" },
        level: { topic: "tank/level", access: "write" },
        note: { topic: "hall/note", type: "text", access: "write" },
      },
      ...more,
    }),
    name: "it",
    ...(password === undefined ? {} : { passwordText: password }),
  };
}

interface Here extends AsyncDisposable {
  readonly server: MosquittoServer;
  readonly machines: Machines;
  readonly driver: ReturnType<typeof createMqttDriver>;
  readonly device: ReachedDevice;
  write(tag: string, value: TagValue): Promise<WriteOutcome>;
}

async function begin(given?: MosquittoServer, port?: number): Promise<Here> {
  const server = given ?? await startMosquitto();
  const driver = createMqttDriver(deps);
  const device = deviceOf(port ?? server.port, { user: server.user }, server.password);
  const machines = createMachines({
    connector: connectorOf(driver),
    devices: () => ({ it: device }),
    secrets: () => ({}),
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
  });
  return {
    server,
    machines,
    driver,
    device,
    async write(tag, value) {
      const proposed = await machines.propose("it", tag, value, never);
      ok(!("kind" in proposed), JSON.stringify(proposed));
      return await machines.write(proposed, never);
    },
    async [Symbol.asyncDispose]() {
      driver.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a device that is ordered on one topic and says what it did on another is heard, also when it takes a moment", async () => {
  await using here = await begin();
  const { server: { other }, write } = here;
  await other.publish("pump/speed", "900", { retain: true });
  let delayMs = 0;
  let isRetained = true;
  await other.subscribe("pump/speed/set", (order) => {
    void systemClock.sleep(delayMs, never).then(() => other.publish("pump/speed", order, { retain: isRetained }))
      .catch(cut);
  });
  deepStrictEqual(await write("speed", 1200), { kind: "done", value: 1200 });
  delayMs = 200;
  deepStrictEqual(await write("speed", 1300), { kind: "done", value: 1300 });
  // Said once and not retained, while nobody had asked again: it was heard all the same.
  isRetained = false;
  delayMs = 0;
  deepStrictEqual(await write("speed", 1400), { kind: "done", value: 1400 });
  strictEqual(await other.retained("pump/speed/set"), undefined, "an order must not be given again to who comes back");
});

Deno.test("a device that doesn't follow its order isn't said to have", async () => {
  await using here = await begin();
  const { server: { other }, write } = here;
  await other.publish("pump/speed", "900", { retain: true });
  deepStrictEqual(await write("speed", 1200), {
    kind: "different",
    value: 900,
    reason: "it was sent 1200, and reads 900",
  });
  await other.subscribe("pump/speed/set", () => void other.publish("pump/speed", "1000", { retain: true }).catch(cut));
  deepStrictEqual(await write("speed", 1500), {
    kind: "different",
    value: 1000,
    reason: "it was sent 1500, and reads 1000",
  });
});

Deno.test("a device that says nothing after its order leaves it unknown", async () => {
  await using here = await begin();
  const { server: { other }, machines, driver, device } = here;
  const said = systemClock.sleep(50, never).then(() => other.publish("pump/speed", "900"));
  const proposed = await machines.propose("it", "speed", 1200, never);
  await said;
  ok(!("kind" in proposed), JSON.stringify(proposed));
  strictEqual(proposed.present, 900); // the next thing that was said, since nothing is retained
  strictEqual((await driver.write(device, "speed", 1200, never)).kind, "written");
  deepStrictEqual(await driver.read(device, "speed", never), {
    kind: "unreachable",
    reason: "nothing is said on pump/speed within its time",
  });
});

Deno.test("what another has published, before or right after a write, is never read too late", async () => {
  // A longer way than the other's, so that what is still on it would be missed.
  await using server = await startMosquitto();
  const proxy = await FaultyProxy.start(server.port);
  await using here = await begin(server, proxy.port);
  const { server: { other }, machines, driver, device } = here;
  for (let round = 0; round < 30; round++) {
    await other.publish("tank/level", `${round}`, { retain: true });
    const proposed = await machines.propose("it", "level", 1_000, never);
    ok(!("kind" in proposed) && proposed.present === round, JSON.stringify(proposed));
    await other.publish("tank/level", `${2_000 + round}`, { retain: true });
    strictEqual((await machines.write(proposed, never)).kind, "void");
    strictEqual((await driver.write(device, "level", 1_000, never)).kind, "written");
    await other.publish("tank/level", `${3_000 + round}`, { retain: true });
    deepStrictEqual(await driver.read(device, "level", never), { kind: "read", value: 3_000 + round });
  }
  await proxy.close();
});

Deno.test("text goes through as it is, and what is said but isn't a value is refused", async () => {
  await using here = await begin();
  const { server: { other }, machines, write } = here;
  await other.publish("hall/note", "before", { retain: true });
  deepStrictEqual(await write("note", '七号 "ok"'), { kind: "done", value: '七号 "ok"' });
  strictEqual(await other.retained("hall/note"), '七号 "ok"');
  for (const payload of ["nonsense", "1e999", "", Uint8Array.of(0xff)]) {
    await other.publish("tank/level", "1", { retain: true });
    await other.publish("tank/level", payload, { retain: true });
    const read = await machines.read("it", "level", never);
    // An empty message takes away what is retained: then nothing is said.
    strictEqual(read.kind, payload === "" ? "unreachable" : "refused", JSON.stringify(read));
  }
});

Deno.test("who isn't let in, or may do nothing, is refused in words without the password", async () => {
  await using here = await begin();
  const { server, driver } = here;
  const wrong = deviceOf(server.port, { user: server.user }, "wrong-password");
  deepStrictEqual(await driver.read(wrong, "level", never), {
    kind: "refused",
    reason: "the broker refuses this user, or its password",
  });
  strictEqual((await driver.write(wrong, "level", 1, never)).kind, "refused");
  strictEqual((await driver.read(deviceOf(server.port), "level", never)).kind, "refused");
  await server.other.publish("tank/level", "1", { retain: true });
  const guest = deviceOf(server.port, { user: "guest" }, "guest");
  const read = await driver.read(guest, "level", never);
  ok(read.kind !== "read", JSON.stringify(read));
  // The broker acknowledges what it drops, by 3.1.1: reading back is what finds it.
  strictEqual((await driver.read(guest, "level", never)).kind, read.kind);
  strictEqual(await server.other.retained("tank/level"), "1");
});

Deno.test("a broker by TLS is asked only where its certificate is trusted, and for the name that was configured", async () => {
  await using here = await begin();
  const { server, driver } = here;
  await server.other.publish("tank/level", "7", { retain: true });
  const secured = (address: string) =>
    deviceOf(server.tls.port, { address, tls: true, user: server.user, timeout: "3 s" }, server.password);
  const device = secured(`localhost:${server.tls.port}`);
  const reason = "its certificate isn't one that is trusted";
  deepStrictEqual(await driver.read(device, "level", never), { kind: "unreachable", reason });
  deepStrictEqual(await driver.write(device, "level", 1, never), { kind: "unreachable", reason });
  strictEqual(await server.other.retained("tank/level"), "7");
  const trusting = async (asked: ReachedDevice) => {
    const probe = new URL("mqtt_tls_probe.ts", import.meta.url).pathname;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--no-check",
        `--cert=${server.tls.certificatePath}`,
        probe,
        JSON.stringify(asked),
      ],
      stderr: "inherit",
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  };
  deepStrictEqual(await trusting(device), { kind: "read", value: 7 });
  deepStrictEqual(await trusting(secured(`127.0.0.1:${server.tls.port}`)), { kind: "unreachable", reason });
});

Deno.test("a broker that ends and is there again is connected to again", async () => {
  await using here = await begin();
  const { server, driver, machines } = here;
  await server.other.publish("tank/level", "5", { retain: true });
  strictEqual((await machines.read("it", "level", never)).kind, "read");
  await server[Symbol.asyncDispose]();
  strictEqual((await machines.read("it", "level", never)).kind, "unreachable");
  await using again = await startMosquitto({ port: server.port });
  await again.other.publish("tank/level", "6", { retain: true });
  deepStrictEqual(await driver.read(here.device, "level", never), { kind: "read", value: 6 });
});

const connack = [0x20, 2, 0, 0];
/** What a broker sends once it was connected to, and after its first subscription. */
const hostile: [name: string, hello: number[], then: number[], reason: RegExp][] = [
  ["says nothing", [], [], /in time/],
  ["says no MQTT", [...new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")], [], /.+/],
  ["announces 256 MB", [0x20, 0xff, 0xff, 0xff, 0x7f], [], /packet of more than/],
  ["sends 256 MB after it let in", connack, [0x30, 0xff, 0xff, 0xff, 0x7f], /packet of more than/],
  ["sends what nobody subscribed to in that way", connack, [0x34, 5, 0, 1, 0x61, 0, 1], /nobody subscribed/],
  ["sends a packet of no kind", connack, [0x00, 0], /.+/],
  ["breaks off in a packet", connack, [0x90, 3, 0], /in time/],
  ["acknowledges what nobody sent", connack, [0x40, 2, 0, 99, 0x90, 3, 0, 99, 0], /in time/],
  ["refuses by a code that doesn't exist", [0x20, 2, 0, 77], [], /.+/],
];
/** Asks a broker that sends what it is told to: after its first packet, and after each further one. */
async function askBroker(
  says: (packet: number) => readonly number[],
  timeoutMs: number,
  check: (outcome: TagRead | TagWritten) => void,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const serving = (async () => {
    for await (const connection of listener) {
      open.push(connection);
      void (async () => {
        const buffer = new Uint8Array(4_096);
        for (let packet = 0; await connection.read(buffer) !== null; packet++) {
          const bytes = Uint8Array.from(says(packet));
          if (bytes.length > 0) await connection.write(bytes);
        }
      })().catch(() => {});
    }
  })();
  const driver = createMqttDriver(deps);
  const device = { ...deviceOf((listener.addr as Deno.NetAddr).port), timeoutMs };
  check(await driver.read(device, "level", never));
  check(await driver.write(device, "level", 1, never));
  driver.close();
  listener.close();
  for (const connection of open) connection.close();
  await serving;
}

for (const [name, hello, then, reason] of hostile) {
  Deno.test(`a broker that ${name} is unreachable in time, and nothing else suffers`, () =>
    askBroker((packet) => packet === 0 ? hello : packet === 1 ? then : [], 400, (outcome) => {
      ok(outcome.kind === "unreachable" || outcome.kind === "refused", JSON.stringify(outcome));
      match(outcome.reason, reason);
    }));
}

// Goal: whatever a broker sends, the driver answers with one of its kinds in time, and breaks nothing.
seeded("a broker may send anything", async (random) => {
  const kinds = [0x20, 0x30, 0x32, 0x40, 0x90, 0xb0, 0xd0, 0xe0, 0xf0];
  const anything = () =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
      const body = Array.from({ length: Math.floor(random() * 12) }, () => Math.floor(random() * 256));
      const length = random() < 0.9 ? body.length : Math.floor(random() * 256);
      return [kinds[Math.floor(random() * kinds.length)]! ^ (random() < 0.1 ? 1 : 0), length, ...body];
    }).flat();
  const says = (packet: number) => packet === 0 && random() < 0.8 ? connack : anything();
  await askBroker(says, 30, ({ kind }) => ok(/^(?:read|written|refused|unreachable|unknown)$/.test(kind), kind));
}, { runs: 40, long: 2_000 });
