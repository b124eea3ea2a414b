import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import type { ReachedDevice } from "../../core/ports/connector.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { seeded } from "../../tests/seeded.ts";
import { systemClock } from "../clock/system.ts";
import { systemRandom } from "../random/system.ts";
import { createModbusDriver } from "./modbus.ts";

const never = new AbortController().signal;
const end = Symbol("ends the connection");
const wait = Symbol("waits for 30 ms");

/** What a device sends after a request: bytes, and what it does between. */
type Reaction = readonly (Uint8Array | readonly number[] | typeof end | typeof wait)[];

/** A device that reacts to each request as a test says, also as no device should. */
function startDevice(react: (request: Uint8Array, index: number) => Reaction) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const requests: Uint8Array[] = [];
  let connections = 0;
  const open = new Set<Deno.Conn>();
  const serve = async (connection: Deno.Conn) => {
    open.add(connection);
    const buffer = new Uint8Array(512);
    try {
      for (;;) {
        const count = await connection.read(buffer);
        if (count === null) break;
        const request = buffer.slice(0, count);
        const index = requests.push(request) - 1;
        for (const step of react(request, index)) {
          if (step === end) return;
          if (step === wait) await systemClock.sleep(30, never);
          else await connection.write(Uint8Array.from(step));
        }
      }
    } catch {
      // Whoever asked went away.
    } finally {
      open.delete(connection);
      try {
        connection.close();
      } catch {
        // The test's end closed it.
      }
    }
  };
  const serving = (async () => {
    for await (const connection of listener) {
      connections++;
      void serve(connection);
    }
  })();
  const driver = createModbusDriver({ clock: systemClock, random: systemRandom });
  return {
    requests,
    connections: () => connections,
    driver,
    device: deviceAt(`127.0.0.1:${(listener.addr as Deno.NetAddr).port}`),
    async [Symbol.asyncDispose]() {
      driver.close();
      listener.close();
      for (const connection of open) connection.close();
      await serving;
    },
  };
}

function deviceAt(address: string): ReachedDevice {
  return {
    ...v.parse(deviceSchema, {
      type: "modbus",
      address,
      timeout: "400 ms",
      unit: 9,
      tags: {
        speed: { register: 40, access: "write" },
        wide: { register: 50, type: "int32", word_swap: true, access: "write" },
        heat: { register: 60, type: "float32" },
        run: { table: "coil", register: 3, access: "write" },
        door: { table: "discrete", register: 4 },
      },
    }),
    name: "plc",
  };
}

/** The frame that answers a request. */
function frame(request: Uint8Array, pdu: readonly number[], change: Partial<Record<number, number>> = {}): Uint8Array {
  const bytes = Uint8Array.of(request[0]!, request[1]!, 0, 0, 0, 1 + pdu.length, request[6]!, ...pdu);
  for (const [at, byte] of Object.entries(change)) bytes[Number(at)] = byte!;
  return bytes;
}
const value = [3, 2, 0x03, 0x84]; // 900
const echo = (request: Uint8Array) => [...request.subarray(7)];

Deno.test("modbus asks exactly for the tag, and takes an answer however it is cut", async () => {
  await using here = startDevice((request) => {
    const bytes = frame(request, value);
    return [bytes.subarray(0, 1), wait, bytes.subarray(1, 8), wait, bytes.subarray(8)];
  });
  deepStrictEqual(await here.driver.read(here.device, "speed", never), { kind: "read", value: 900 });
  deepStrictEqual([...here.requests[0]!.subarray(2)], [0, 0, 0, 6, 9, 3, 0, 40, 0, 1]);
  deepStrictEqual(await here.driver.read(here.device, "speed", never), { kind: "read", value: 900 });
  const [first, second] = here.requests.map((request) => request[0]! << 8 | request[1]!);
  strictEqual(second, (first! + 1) & 0xffff);
  strictEqual(here.connections(), 1);
});

const reads: [tag: string, pdu: number[], answer: number[], value: number | boolean][] = [
  ["wide", [3, 0, 50, 0, 2], [3, 4, 0xff, 0xfe, 0xff, 0xff], -2],
  ["heat", [3, 0, 60, 0, 2], [3, 4, 0x3f, 0xc0, 0, 0], 1.5],
  ["run", [1, 0, 3, 0, 1], [1, 1, 1], true],
  ["run", [1, 0, 3, 0, 1], [1, 1, 0xfe], false],
  ["door", [2, 0, 4, 0, 1], [2, 1, 0xff], true],
];
for (const [tag, asked, answer, value] of reads) {
  Deno.test(`modbus reads ${tag} as ${value}`, async () => {
    await using here = startDevice((request) => [frame(request, answer)]);
    deepStrictEqual(await here.driver.read(here.device, tag, never), { kind: "read", value });
    deepStrictEqual([...here.requests[0]!.subarray(7)], asked);
  });
}

const writes: [tag: string, value: number | boolean, pdu: number[], answer: number[]][] = [
  ["speed", 900, [6, 0, 40, 0x03, 0x84], [6, 0, 40, 0x03, 0x84]],
  ["wide", -2, [16, 0, 50, 0, 2, 4, 0xff, 0xfe, 0xff, 0xff], [16, 0, 50, 0, 2]],
  ["run", true, [5, 0, 3, 0xff, 0], [5, 0, 3, 0xff, 0]],
  ["run", false, [5, 0, 3, 0, 0], [5, 0, 3, 0, 0]],
];
for (const [tag, value, asked, answer] of writes) {
  Deno.test(`modbus writes ${value} to ${tag}`, async () => {
    await using here = startDevice((request) => [frame(request, answer)]);
    deepStrictEqual(await here.driver.write(here.device, tag, value, never), { kind: "written" });
    deepStrictEqual([...here.requests[0]!.subarray(7)], asked);
  });
}

Deno.test("modbus writes by the function for several where a device knows no other, and only then", async () => {
  await using here = startDevice((request) => {
    const pdu = echo(request);
    return [frame(request, pdu[0]! < 15 ? [pdu[0]! | 0x80, 1] : pdu.slice(0, 5))];
  });
  deepStrictEqual(await here.driver.write(here.device, "speed", 900, never), { kind: "written" });
  deepStrictEqual(await here.driver.write(here.device, "run", true, never), { kind: "written" });
  deepStrictEqual(here.requests.map((request) => echo(request)), [
    [6, 0, 40, 0x03, 0x84],
    [16, 0, 40, 0, 1, 2, 0x03, 0x84],
    [5, 0, 3, 0xff, 0],
    [15, 0, 3, 0, 1, 1, 1],
  ]);
});

/** Nothing of this may be taken for an answer: a reading is unreachable, and of a write nobody knows. */
const wrong: [name: string, react: (request: Uint8Array) => Reaction, reason: RegExp][] = [
  [
    "answers another question",
    (request) => [frame(request, echo(request), { 1: request[1]! ^ 1 })],
    /another question/,
  ],
  ["answers for another unit", (request) => [frame(request, echo(request), { 6: 1 })], /unit 1 answered instead of 9/],
  ["says what isn't Modbus", () => [new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n")], /isn't Modbus/],
  ["says another protocol", (request) => [frame(request, echo(request), { 3: 1 })], /isn't Modbus/],
  ["says a length of 65535", (request) => [frame(request, echo(request), { 4: 255, 5: 255 })], /65535 bytes long/],
  ["says a length of 0", (request) => [frame(request, echo(request), { 5: 0 })], /0 bytes long/],
  ["says more than its length", (request) => [[...frame(request, echo(request)), 0]], /longer than it says/],
  ["says less than its length", (request) => [frame(request, echo(request)).subarray(0, 9)], /in time/],
  ["says nothing", () => [], /in time/],
  ["ends the connection", () => [end], /closed the connection/],
  ["ends it in its answer", (request) => [frame(request, echo(request)).subarray(0, 9), end], /closed the connection/],
  ["answers for another function", (request) => [frame(request, [4, 2, 0, 1])], /isn't an answer to that/],
  ["says one byte only", (request) => [frame(request, [3])], /2 bytes long|isn't an answer/],
  ["says more than was asked", (request) => [frame(request, [3, 4, 0, 0, 0, 0])], /isn't an answer to that/],
  ["says fewer than it counts", (request) => [frame(request, [3, 2, 0])], /isn't an answer to that/],
  ["refuses another function", (request) => [frame(request, [0x90, 2])], /isn't an answer to that/],
  ["refuses at length", (request) => [frame(request, [0x83, 2, 0])], /isn't an answer to that/],
];
for (const [name, react, reason] of wrong) {
  Deno.test(`modbus takes nothing of a device that ${name}`, async () => {
    await using here = startDevice((request, index) => index === 0 ? react(request) : [frame(request, value)]);
    const read = await here.driver.read(here.device, "speed", never);
    strictEqual(read.kind, "unreachable", JSON.stringify(read));
    match("reason" in read ? read.reason : "", reason);
    // The next is asked over another connection, where nothing of the first can be in the way.
    deepStrictEqual(await here.driver.read(here.device, "speed", never), { kind: "read", value: 900 });
    strictEqual(here.connections(), 2);
  });
  Deno.test(`modbus doesn't know what became of a write to a device that ${name}`, async () => {
    await using here = startDevice(react);
    strictEqual((await here.driver.write(here.device, "speed", 901, never)).kind, "unknown");
    strictEqual(here.requests.length, 1);
  });
}

Deno.test("modbus takes an answer that comes late for none, also when the next question is asked", async () => {
  await using here = startDevice((request, index) =>
    index === 0 ? [...Array(15).fill(wait), frame(request, [3, 2, 0, 1])] : [frame(request, value)]
  );
  strictEqual((await here.driver.read(here.device, "speed", never)).kind, "unreachable");
  deepStrictEqual(await here.driver.read(here.device, "speed", never), { kind: "read", value: 900 });
});

Deno.test("modbus doesn't believe an echo of another value", async () => {
  await using here = startDevice((request) => [frame(request, [6, 0, 40, 0, 1])]);
  deepStrictEqual(await here.driver.write(here.device, "speed", 900, never), {
    kind: "unknown",
    reason: "what it answered isn't an answer to that",
  });
});

const exceptions: [code: number, read: string, write: string, reason: string][] = [
  [1, "refused", "refused", "it doesn't know this function (exception 1)"],
  [2, "refused", "refused", "it has no such register (exception 2)"],
  [3, "refused", "refused", "it doesn't take this value (exception 3)"],
  [4, "refused", "unknown", "it failed while it was doing it (exception 4)"],
  [5, "unreachable", "unknown", "it is still at it (exception 5)"],
  [6, "unreachable", "refused", "it is busy (exception 6)"],
  [8, "refused", "unknown", "its memory is damaged (exception 8)"],
  [10, "refused", "refused", "the gateway has no way to it (exception 10)"],
  [11, "unreachable", "unknown", "it doesn't answer the gateway (exception 11)"],
  [99, "refused", "refused", "it refused (exception 99)"],
];
for (const [code, read, write, reason] of exceptions) {
  Deno.test(`modbus says what exception ${code} means`, async () => {
    await using here = startDevice((request) => [frame(request, [request[7]! | 0x80, code])]);
    deepStrictEqual(await here.driver.read(here.device, "speed", never), { kind: read, reason });
    deepStrictEqual(await here.driver.write(here.device, "speed", 1, never), { kind: write, reason });
  });
}

Deno.test("modbus refuses before it asks what a tag can't be", async () => {
  await using here = startDevice(() => []);
  const kindOf = async (tag: string, value: number | boolean | string) =>
    (await here.driver.write(here.device, tag, value, never)).kind;
  deepStrictEqual(
    [
      await kindOf("speed", 65_536),
      await kindOf("speed", NaN),
      await kindOf("speed", true),
      await kindOf("run", 1),
      await kindOf("door", true),
      await kindOf("constructor", 1),
    ],
    Array(6).fill("refused"),
  );
  strictEqual((await here.driver.read(here.device, "nothing", never)).kind, "refused");
  strictEqual(here.requests.length, 0);
});

Deno.test("modbus asks one thing at a time, and who waits too long is told", async () => {
  let underWay = 0;
  let most = 0;
  await using here = startDevice((request) => {
    most = Math.max(most, ++underWay);
    underWay--;
    return [wait, frame(request, value)];
  });
  const readings = await Promise.all(
    Array.from({ length: 24 }, () => here.driver.read(here.device, "speed", never)),
  );
  const kinds = readings.map(({ kind }) => kind);
  ok(kinds.includes("read") && kinds.includes("unreachable"), kinds.join());
  match(JSON.stringify(readings.at(-1)), /it is busy with other questions/);
  strictEqual(most, 1);
  strictEqual(here.connections(), 1);
});

Deno.test("modbus connects anew to a device that ended an idle connection", async () => {
  await using here = startDevice((request) => [frame(request, value), end]);
  for (let count = 1; count <= 3; count++) {
    deepStrictEqual(await here.driver.read(here.device, "speed", never), { kind: "read", value: 900 });
    await systemClock.sleep(10, never);
    strictEqual(here.connections(), count);
  }
});

Deno.test("modbus doesn't read back over another connection than it wrote over, within the device's own time", async () => {
  await using here = startDevice((request) =>
    request[7] === 6 ? [frame(request, echo(request)), end] : [frame(request, value)]
  );
  strictEqual((await here.driver.write(here.device, "speed", 900, never)).kind, "written");
  await systemClock.sleep(10, never);
  const lost = { kind: "unreachable", reason: "the connection was lost after it was written" } as const;
  for (let count = 0; count < 2; count++) deepStrictEqual(await here.driver.read(here.device, "speed", never), lost);
  strictEqual(here.connections(), 1);
  // Another tag of it is another matter; and so is this one, once that time is over.
  strictEqual((await here.driver.read(here.device, "wide", never)).kind, "unreachable"); // two bytes aren't four
  await systemClock.sleep(410, never);
  deepStrictEqual(await here.driver.read(here.device, "speed", never), { kind: "read", value: 900 });
});

// Goal: whatever a device sends, the driver answers with one of its kinds in time, and goes on.
seeded("modbus survives a device that sends anything", async (random) => {
  const bytesOf = (request: Uint8Array): Uint8Array => {
    const bytes = [...frame(request, echo(request)), ...Array(Math.floor(random() * 4)).keys()];
    for (let changes = Math.floor(random() * 4); changes > 0; changes--) {
      const at = Math.floor(random() * bytes.length);
      if (random() < 0.3) bytes.splice(at, 1);
      else bytes[at] = Math.floor(random() * 256);
    }
    return Uint8Array.from(bytes);
  };
  await using here = startDevice((request) => {
    const bytes = bytesOf(request);
    const cut = Math.floor(random() * bytes.length);
    return [bytes.subarray(0, cut), bytes.subarray(cut), ...(random() < 0.5 ? [end] as const : [])];
  });
  const device = { ...here.device, timeoutMs: 10 };
  for (let count = 0; count < 5; count++) {
    const read = await here.driver.read(device, "speed", never);
    ok(["read", "refused", "unreachable"].includes(read.kind));
    const written = await here.driver.write(device, "speed", 900, never);
    ok(["written", "refused", "unreachable", "unknown"].includes(written.kind));
  }
}, { runs: 30, long: 2_000 });
