import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { VirtualClock } from "../tests/simulator/virtual_clock.ts";
import { device as deviceSchema } from "../schema/devices.ts";
import { Secret } from "../schema/secret.ts";
import type { Device, TagValue } from "./devices.ts";
import { createMachines, leaseWaitingMax, leaseWaitMsMax } from "./machines.ts";
import type { Connector, ReachedDevice, TagRead, TagWritten } from "./ports/connector.ts";
import type { ProposedWrite } from "./tools/types.ts";

const never = new AbortController().signal;

const deviceOf = (name: string, options: Record<string, unknown>): Device => ({
  ...v.parse(deviceSchema, options),
  name,
});

const plc = (more: Record<string, unknown> = {}) =>
  deviceOf("plc-7", {
    type: "modbus",
    address: "10.0.0.7:502",
    timeout: "1 s",
    tags: {
      speed: { register: 40, unit: "rpm", access: "write", min: 0, max: 1500, ...more },
      mode: { register: 41, access: "write", values: { 0: "stopped", 1: "running" } },
      heat: { register: 42, type: "float32", unit: "°C" },
    },
  });

/** A device that holds values, and does what a test says in between. */
class Plc implements Connector {
  values: Record<string, TagValue> = { speed: 900, mode: 1, heat: 0.1 };
  readonly sent: [tag: string, value: TagValue][] = [];
  readonly reached: ReachedDevice[] = [];
  /** Before each step, by its order: the first is 0. */
  before: (step: number, what: "read" | "write") => TagRead | TagWritten | undefined | Promise<undefined> = () =>
    undefined;
  /** What a write leaves there. */
  take: (tag: string, value: TagValue) => void = (tag, value) => void (this.values[tag] = value);
  #step = 0;

  request(): Promise<never> {
    throw new Error("no machine needs this");
  }
  async read(device: ReachedDevice, tag: string): Promise<TagRead> {
    this.reached.push(device);
    const said = await this.before(this.#step++, "read");
    return said as TagRead ?? { kind: "read", value: this.values[tag]! };
  }
  async write(_: ReachedDevice, tag: string, value: TagValue): Promise<TagWritten> {
    const said = await this.before(this.#step++, "write");
    if (said !== undefined && said.kind !== "unknown") return said as TagWritten;
    this.sent.push([tag, value]);
    this.take(tag, value);
    return said as TagWritten ?? { kind: "written" };
  }
  async close(): Promise<void> {}
}

function stand(devices: Record<string, Device> = { "plc-7": plc() }) {
  const connector = new Plc();
  const clock = new VirtualClock(0);
  const inForce = { devices };
  const warned: string[] = [];
  const machines = createMachines({
    connector,
    devices: () => inForce.devices,
    secrets: () => ({ "/devices/hall/password": { kind: "resolved", value: new Secret("hush") } }),
    clock,
    log: { info() {}, warn: (_, fields) => void warned.push(`${fields?.["outcome"]}`), error() {} },
  });
  const propose = async (tag: string, value: TagValue): Promise<ProposedWrite> => {
    const proposed = await machines.propose("plc-7", tag, value, never);
    ok(!("kind" in proposed), JSON.stringify(proposed));
    return proposed;
  };
  return { connector, clock, machines, propose, inForce, warned };
}

Deno.test("a proposed write has all that people must see", async () => {
  const { machines, propose } = stand();
  deepStrictEqual(await propose("speed", 1200), {
    device: "plc-7",
    tag: "speed",
    place: "modbus 10.0.0.7:502 unit 1 register 40 uint16",
    unit: "rpm",
    min: 0,
    max: 1500,
    present: 900,
    value: 1200,
  });
  const mode = await propose("mode", "stopped");
  deepStrictEqual([mode.present, mode.presentName, mode.value, mode.valueName], [1, "running", 0, "stopped"]);
  deepStrictEqual(await machines.read("plc-7", "heat", never), { kind: "read", value: 0.1, unit: "°C" });
  deepStrictEqual(await machines.read("plc-7", "mode", never), { kind: "read", value: 1, name: "running" });
});

Deno.test("what can't be written is refused before a device is asked", async () => {
  const { connector, machines } = stand();
  const reasonOf = async (device: string, tag: string, value: TagValue) =>
    JSON.stringify(await machines.propose(device, tag, value, never));
  match(await reasonOf("plc-8", "speed", 1), /"refused".*this site has no plc-8.speed/);
  match(await reasonOf("plc-7", "__proto__", 1), /this site has no plc-7.__proto__/);
  match(await reasonOf("plc-7", "heat", 1), /plc-7.heat is only read here/);
  match(await reasonOf("plc-7", "speed", 1501), /plc-7.speed can't be that: 1501 is more than 1500/);
  match(await reasonOf("plc-7", "speed", 1.5), /it holds whole numbers, not 1.5/);
  match(await reasonOf("plc-7", "mode", 2), /it takes 0 \(stopped\), 1 \(running\)/);
  strictEqual(connector.reached.length, 0);
});

Deno.test("a write is made when all is as it was shown, and said to be done by what was read back", async () => {
  const { connector, machines, propose } = stand();
  const proposed = await propose("speed", 1200);
  deepStrictEqual(await machines.write(proposed, never), { kind: "done", value: 1200 });
  deepStrictEqual(connector.sent, [["speed", 1200]]);
  deepStrictEqual(await machines.write(proposed, never), {
    kind: "void",
    reason: "it reads 1200 now, not 900 as was shown",
  });
  strictEqual(connector.sent.length, 1);
});

const lost = { kind: "unreachable", reason: "it closed the connection" } as const;

/** Steps: 0 reads for the card, 1 reads again, 2 writes, 3 reads back. */
const between: [
  name: string,
  at: number,
  what: (plc: Plc) => TagRead | TagWritten | undefined,
  kind: string,
  reason: RegExp,
  sent: number,
][] = [
  ["another master changed it before", 1, (plc) => void (plc.values["speed"] = 901), "void", /reads 901 now/, 0],
  ["it can't be reached before", 1, () => lost, "unreachable", /it closed/, 0],
  ["it holds no number before", 1, () => ({ kind: "refused", reason: "it holds NaN" }), "refused", /NaN/, 0],
  ["it can't be reached to write", 2, () => lost, "unreachable", /it closed/, 0],
  ["it refuses the write", 2, () => ({ kind: "refused", reason: "illegal" }), "refused", /illegal/, 0],
  ["no answer comes to the write", 2, () => ({ kind: "unknown", reason: "cut" }), "unknown", /cut/, 1],
  ["it can't be read back", 3, () => lost, "unknown", /it was sent, and can't be read back: it closed/, 1],
  ["reading back is refused", 3, () => ({ kind: "refused", reason: "busy" }), "unknown", /it was sent.*busy/, 1],
  [
    "another master changed it after",
    3,
    (plc) => void (plc.values["speed"] = 7),
    "different",
    /it was sent 1200, and reads 7/,
    1,
  ],
];

for (const [name, at, what, kind, reason, sent] of between) {
  Deno.test(`a write where ${name} is ${kind}`, async () => {
    const { connector, machines, propose, warned } = stand();
    connector.before = (step) => step === at ? what(connector) : undefined;
    const outcome = await machines.write(await propose("speed", 1200), never);
    strictEqual(outcome.kind, kind);
    match("reason" in outcome ? outcome.reason : "", reason);
    strictEqual(connector.sent.length, sent);
    deepStrictEqual(warned, sent === 0 ? [] : [kind]);
  });
}

Deno.test("a device that takes a moment is read again; one that never takes it isn't said to be done", async () => {
  const { connector, clock, machines, propose } = stand();
  connector.take = (tag, value) => void clock.at(clock.nowMs() + 450, () => connector.values[tag] = value);
  const slow = machines.write(await propose("speed", 1200), never);
  await clock.run(2_000);
  deepStrictEqual(await slow, { kind: "done", value: 1200 });
  connector.take = () => {};
  const deaf = machines.write(await propose("speed", 5), never);
  await clock.run(9_000);
  deepStrictEqual(await deaf, { kind: "different", value: 1200, reason: "it was sent 5, and reads 1200" });
});

const changes: [name: string, proposed: Partial<ProposedWrite>, device: () => Device | undefined, kind: string][] = [
  ["for another place", {}, () => ({ ...plc(), address: "10.0.0.8:502" }), "void"],
  ["for another register", {}, () => plc({ register: 43 }), "void"],
  ["for another scale", {}, () => plc({ scale: 0.1 }), "void"],
  ["for another unit", {}, () => plc({ unit: "Hz" }), "void"],
  ["for another range", {}, () => plc({ max: 1400 }), "void"],
  ["for what is only read now", {}, () => plc({ access: "read" }), "void"],
  ["for what isn't there any more", {}, () => undefined, "refused"],
  ["with a value that was swapped for one out of range", { value: 9_999 }, plc, "void"],
  ["with a value that was swapped for one of another type", { value: "1200" }, plc, "void"],
  ["with a value that the register can't hold", { value: 1.5 }, plc, "void"],
  ["with another present value", { present: 1 }, plc, "void"],
  ["with another tag", { tag: "mode", value: 0 }, plc, "void"],
  ["with a forged place", { place: "" }, plc, "void"],
  ["with a forged range", { max: 2_000 }, plc, "void"],
  ["with a forged name", { valueName: "harmless" }, plc, "void"],
];

for (const [name, forged, device, kind] of changes) {
  Deno.test(`a write ${name} isn't made`, async () => {
    const { connector, machines, propose, inForce } = stand();
    const proposed = await propose("speed", 1200);
    const changed = device();
    inForce.devices = changed === undefined ? {} : { "plc-7": changed };
    strictEqual((await machines.write({ ...proposed, ...forged }, never)).kind, kind);
    strictEqual(connector.sent.length, 0);
  });
}

Deno.test("what is stopped before it was sent is void; after that it is read back all the same", async () => {
  for (const at of [0, 1, 2]) {
    const { connector, machines, propose } = stand();
    const proposed = await propose("speed", 1200);
    const halt = new AbortController();
    if (at === 0) halt.abort();
    connector.before = (step) => void (step === at && halt.abort());
    const outcome = await machines.write(proposed, halt.signal);
    const expected = at < 2
      ? { kind: "void", reason: "it was stopped before anything was sent" }
      : { kind: "done", value: 1200 };
    deepStrictEqual([outcome, connector.sent.length], [expected, at < 2 ? 0 : 1]);
  }
});

Deno.test("what holds a write back is looked at until it is sent; then it is read back all the same", async () => {
  for (const at of [0, 1, 2, 3]) {
    const { connector, machines, propose } = stand();
    const proposed = await propose("speed", 1200);
    const halt = new AbortController();
    if (at === 0) halt.abort();
    connector.before = (step) => void (step === at && halt.abort());
    const refusal = () => Promise.resolve(undefined);
    const outcome = await machines.write(proposed, never, { stop: halt.signal, refusal });
    const expected = at < 2
      ? { kind: "void", reason: "it was stopped before anything was sent" }
      : { kind: "done", value: 1200 };
    deepStrictEqual([outcome, connector.sent.length], [expected, at < 2 ? 0 : 1]);
  }
});

Deno.test("what is asked last before a write is sent can hold it back, also by changing the configuration", async () => {
  const { connector, machines, propose, inForce } = stand();
  const proposed = await propose("speed", 1200);
  const asked = (refusal: () => Promise<string | undefined>) =>
    machines.write(proposed, never, { stop: never, refusal });
  deepStrictEqual(await asked(() => Promise.resolve("the grant is gone")), {
    kind: "void",
    reason: "the grant is gone",
  });
  await rejects(asked(() => Promise.reject(new Error("the store is closed"))), /the store is closed/);
  const { kind } = await asked(() => {
    strictEqual(connector.reached.length, 4, "it was read again before");
    inForce.devices = { "plc-7": { ...plc(), address: "10.0.0.8:502" } };
    return Promise.resolve(undefined);
  });
  deepStrictEqual([kind, connector.sent.length], ["void", 0]);
});

Deno.test("writers of one device wait for each other, also under two names; one wins, the others are void", async () => {
  const second = { ...plc(), name: "copy" };
  const { connector, machines, propose } = stand({ "plc-7": plc(), copy: second });
  const cards = [await propose("speed", 1), await propose("speed", 2)];
  const copied = await machines.propose("copy", "speed", 3, never);
  ok(!("kind" in copied));
  let writing = 0;
  connector.before = async (_, what) => {
    strictEqual(writing, 0);
    if (what === "write") writing++;
    await Promise.resolve();
    writing = 0;
    return undefined;
  };
  const outcomes = await Promise.all([...cards, copied].map((card) => machines.write(card, never)));
  deepStrictEqual(outcomes.map(({ kind }) => kind), ["done", "void", "void"]);
  deepStrictEqual(connector.sent, [["speed", 1]]);
});

Deno.test("what changes in the configuration while a write waits for its turn voids it", async () => {
  const { connector, machines, propose, inForce } = stand();
  const [first, second] = [await propose("mode", 0), await propose("speed", 1200)];
  const writing = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<undefined>();
  connector.before = (_, what) => {
    if (what === "read") return undefined;
    writing.resolve();
    return gate.promise;
  };
  const writes = [machines.write(first, never), machines.write(second, never)];
  await writing.promise;
  inForce.devices = { "plc-7": { ...plc(), address: "10.0.0.8:502" } };
  gate.resolve(undefined);
  deepStrictEqual((await Promise.all(writes)).map(({ kind }) => kind), ["done", "void"]);
  deepStrictEqual(connector.sent, [["mode", 0]]);
});

Deno.test("who waits too long for a device, or behind too many, is refused, and nothing is sent", async () => {
  const { connector, clock, machines, propose } = stand();
  const proposed = await propose("speed", 1200);
  const gate = Promise.withResolvers<undefined>();
  connector.before = () => gate.promise;
  const first = machines.write(proposed, never);
  await Promise.resolve();
  await Promise.resolve();
  const waiting = Array.from({ length: leaseWaitingMax }, () => machines.write(proposed, never));
  const crowded = await machines.write(proposed, never);
  deepStrictEqual(crowded, { kind: "refused", reason: `${leaseWaitingMax} writes wait for plc-7 already` });
  await clock.run(leaseWaitMsMax);
  deepStrictEqual((await Promise.all(waiting)).map(({ kind }) => kind), waiting.map(() => "refused"));
  gate.resolve(undefined);
  strictEqual((await first).kind, "done");
  strictEqual(connector.sent.length, 1);
});

Deno.test("a broker's password goes to the connector alone; without it nothing is asked", async () => {
  const hall = deviceOf("hall", {
    type: "mqtt",
    address: "broker:1883",
    user: "bot",
    password: { secret: "/devices/hall/password" },
    tags: { lamp: { topic: "hall/lamp", type: "boolean", access: "write" } },
  });
  const { connector, machines } = stand({ hall });
  connector.values["lamp"] = true;
  const proposed = await machines.propose("hall", "lamp", false, never);
  ok(!("kind" in proposed) && proposed.place === "mqtt broker:1883 topic hall/lamp");
  strictEqual(connector.reached[0]?.passwordText, "hush");
  ok(!JSON.stringify(proposed).includes("hush"));
  const other = { ...hall, password: { secret: "/devices/other/password" } } as Device;
  const without = stand({ hall: other });
  deepStrictEqual(await without.machines.read("hall", "lamp", never), {
    kind: "refused",
    reason: "hall can't be used: its password isn't there",
  });
  strictEqual(without.connector.reached.length, 0);
});
