/**
 * A thousand ways to have a machine written that nobody approved as it was shown, by seed: through the whole core, its
 * approvals and its machines, the real driver, and a real Modbus server whose own record says what was written.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { systemClock } from "../../adapters/clock/system.ts";
import { createModbusDriver } from "../../adapters/connector/modbus.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { Device } from "../../core/devices.ts";
import { createIds } from "../../core/ids.ts";
import { createMachines, type Machines } from "../../core/machines.ts";
import type { Connector } from "../../core/ports/connector.ts";
import type { InstalledTool, ProposedWrite } from "../../core/tools/types.ts";
import { makeWrites } from "../../core/tools/writes.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { type ApprovalStand, installedTool, startApprovalStand } from "../approval_stand.ts";
import { local } from "../clawdbot_scene.ts";
import { connectorOf } from "../contract/device.ts";
import { type ModbusServer, startModbusServer } from "../contract/modbus_server.ts";
import { FaultyProxy } from "../faulty_proxy.ts";
import { seeded } from "../seeded.ts";

const never = new AbortController().signal;
const tagsCount = 100;
const approvalMs = 600_000;

/** A plant whose pump is at a real server. */
interface Plant extends AsyncDisposable {
  readonly stand: ApprovalStand;
  readonly server: ModbusServer;
  readonly proxy: FaultyProxy;
  readonly machines: Machines;
  /** The devices in force; a test may change them. */
  devices: Readonly<Record<string, Device>>;
  /** What the connector does before each step, by its kind. */
  before: (step: "read" | "write") => Promise<unknown>;
  afterWrite: () => Promise<unknown>;
  propose(register: number, value: number): Promise<ProposedWrite>;
  /** Asks people, and gives back the card's id and the codes that bob and cat were sent. */
  ask(by: "ann" | "bob", writes: readonly ProposedWrite[], tool?: string): Promise<Cards>;
  /** Until nothing is being done any more. */
  settle(): Promise<void>;
  state(id: string): Promise<string | undefined>;
}

interface Cards {
  readonly id: string;
  readonly bob: string;
  readonly cat: string;
}

const plcAt = (address: string, more: Record<string, unknown> = {}): Device => ({
  ...v.parse(deviceSchema, {
    type: "modbus",
    address,
    timeout: "3 s",
    tags: Object.fromEntries(
      Array.from({ length: tagsCount }, (_, register) => [
        `t${register}`,
        { register, access: "write", min: 0, max: 9_999, ...more },
      ]),
    ),
  }),
  name: "plc-7",
});

const tools = ["pump.stop", "pump.drain"].map((name): InstalledTool => {
  const tool = installedTool(name);
  const device = { read: [], write: ["plc-7.*"] };
  return { ...tool, plugin: { ...tool.plugin, asked: { device }, granted: { device } } };
});

async function startPlant(server: ModbusServer): Promise<Plant> {
  const proxy = await FaultyProxy.start(server.port);
  const stand = await startApprovalStand({ approvalMs: () => approvalMs });
  stand.tools = tools;
  const driver = createModbusDriver({ clock: systemClock, random: systemRandom });
  const inner = connectorOf(driver);
  const connector: Connector = {
    ...inner,
    async read(...asked) {
      await plant.before("read");
      return await inner.read(...asked);
    },
    async write(...asked) {
      await plant.before("write");
      const written = await inner.write(...asked);
      await plant.afterWrite();
      return written;
    },
  };
  const machines = createMachines({
    connector,
    devices: () => plant.devices,
    secrets: () => ({}),
    clock: systemClock,
    log: { info() {}, warn() {}, error() {} },
  });
  const { clawdbot, store, vault, clock } = stand;
  stand.outcome = async ({ id, card, requester, approverIds, sessionId, turnId, destination }, signal) => {
    const { kind, text } = await makeWrites(
      {
        log: { info() {}, warn() {}, error() {} },
        ...{ store, vault, clock, machines, ids: createIds({ clock, random: systemRandom }) },
        policy: () => stand.policy,
        site: () => ({ devices: plant.devices }),
        installed: () => stand.tools,
        halted: (tx, locale) => clawdbot.halts.reason(tx, locale),
      },
      {
        card,
        place: { principal: requester, sessionId, turnId, messageId: null, destination, locale: "en" },
        approved: { approvalId: id, approvals: approverIds.length },
      },
      AbortSignal.any([signal, clawdbot.halts.signal()]),
    );
    if (kind === "done") return { kind, text };
    return { kind: kind === "void" || kind === "unknown" ? kind : "failed", reason: text };
  };
  const plant: Plant = {
    ...{ stand, server, proxy, machines },
    devices: { "plc-7": plcAt(`127.0.0.1:${proxy.port}`) },
    before: () => Promise.resolve(),
    afterWrite: () => Promise.resolve(),
    async propose(register, value) {
      const proposed = await machines.propose("plc-7", `t${register}`, value, never);
      ok(!("kind" in proposed), JSON.stringify(proposed));
      return proposed;
    },
    async ask(by, writes, tool = "pump.stop") {
      const asked = await stand.request(by, { tool, writes });
      ok(asked.kind === "asked", JSON.stringify(asked));
      return { id: asked.id, bob: stand.code("bob"), cat: stand.code("cat") };
    },
    async settle() {
      await clawdbot.approvals.quiet();
      await stand.rest(1);
    },
    state: (id) => stand.store.read((tx) => tx.get("approvals", id)?.state),
    async [Symbol.asyncDispose]() {
      machines.close();
      driver.close();
      await proxy.close();
    },
  };
  return plant;
}

/** One attempt: what it does to a plant, and the values that it may leave in the server's record, one of each list. */
type Attempt = (plant: Plant, at: At) => Promise<readonly (readonly number[])[]>;

interface At {
  readonly random: () => number;
  readonly register: number;
  /** What is there, and what is proposed. */
  readonly present: number;
  readonly value: number;
  readonly proposed: ProposedWrite;
}

const nothing = [[]] as const;
const pick = <T>(random: () => number, of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
const codeSigns = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

const attempts: Readonly<Record<string, Attempt>> = {
  async "as it should be"({ stand, ask, settle, state }, { proposed, value }) {
    const { id, bob } = await ask("ann", [proposed]);
    strictEqual((await stand.vote("bob", { code: bob })).kind, "approved");
    await settle();
    strictEqual(await state(id), "done");
    return [[value]];
  },
  async "a forged code"({ stand, ask, settle, state }, { random, proposed }) {
    const { id } = await ask("ann", [proposed]);
    for (let count = 0; count < 3; count++) {
      const code = Array.from({ length: 9 }, () => pick(random, [...codeSigns])).join("");
      const { kind } = await stand.vote(pick(random, ["ann", "bob", "cat", "eve", "owner", "local"]), { code });
      strictEqual(kind, "wrong");
    }
    await settle();
    strictEqual(await state(id), "pending");
    return nothing;
  },
  async "a forwarded code"({ stand, ask, settle, state }, { random, proposed }) {
    const { id, bob } = await ask("ann", [proposed]);
    for (const thief of ["ann", "cat", "eve", "owner", "local"] as const) {
      if (random() < 0.6) strictEqual((await stand.vote(thief, { code: bob })).kind, "wrong");
    }
    await settle();
    strictEqual(await state(id), "pending");
    return nothing;
  },
  async "someone who may not"({ stand, ask, settle, state }, { random, proposed }) {
    const { id } = await ask("ann", [proposed]);
    const { kind } = await stand.vote(pick(random, ["ann", "eve"]), { id });
    ok(kind === "refused" || kind === "wrong", kind);
    await settle();
    strictEqual(await state(id), "pending");
    return nothing;
  },
  async "the same approval again"({ stand, server, ask, settle }, { random, register, present, proposed, value }) {
    const { id, bob, cat } = await ask("ann", [proposed]);
    await stand.vote("bob", { code: bob });
    await settle();
    // All is as it was shown again, so that nothing but the approval's own end keeps it from being done.
    await server.set("holding", register, present);
    for (let count = 0; count < 3; count++) {
      const again = pick(random, [{ code: bob }, { code: cat }, { id }]);
      const { kind } = await stand.vote(pick(random, ["bob", "cat", "owner"]), again);
      ok(kind === "nothing" || kind === "wrong", kind);
    }
    stand.clawdbot.approvals.changed({ identityIds: [], approvedId: id });
    await settle();
    return [[value]];
  },
  async "an approval that comes too late"({ stand, ask, settle, state }, { random, proposed }) {
    const { id, bob } = await ask("ann", [proposed]);
    if (random() < 0.5) await stand.rest(approvalMs);
    // Also where nobody has noticed yet that its time is over.
    else await stand.store.write((tx) => tx.update("approvals", id, { expiresMs: stand.clock.nowMs() }));
    strictEqual((await stand.vote("bob", { code: bob })).kind, "nothing");
    await settle();
    strictEqual(await state(id), "expired");
    return nothing;
  },
  async "a card that was swapped in the database"({ stand, ask, settle, propose }, { random, register, proposed }) {
    const harmless = await ask("ann", [proposed]);
    const other = await ask("ann", [await propose((register + 1) % tagsCount, 9_999)]);
    const [kept, swapped] = await stand.store.read((tx) => [
      tx.get("approvals", harmless.id)!,
      tx.get("approvals", other.id)!,
    ]);
    const card = Uint8Array.from(swapped!.cardEnc);
    const bitten = Uint8Array.from(kept!.cardEnc);
    bitten[Math.floor(random() * bitten.length)]! ^= 1 << Math.floor(random() * 8);
    await stand.store.write((tx) => tx.update("approvals", harmless.id, { cardEnc: random() < 0.5 ? card : bitten }));
    // A card that can't be opened is no card: whoever votes on it gets nowhere.
    await stand.vote("bob", { code: harmless.bob }).catch(() => {});
    await settle();
    await stand.store.write((tx) => tx.update("approvals", harmless.id, { cardEnc: kept!.cardEnc }));
    return nothing;
  },
  async "a write that was changed after it was approved"({ machines }, { random, proposed, present, value }) {
    const forged = pick<Partial<ProposedWrite>>(random, [
      { value: 10_000 + value },
      { value: -1 },
      { value: value + 0.5 },
      { value: `${value}` },
      { value: NaN },
      { value: true },
      { present: present + 1 },
      { place: proposed.place.replace(/register \d+/, "register 1000") },
      { place: "" },
      { tag: "t1000" },
      { device: "plc-8" },
      { device: "__proto__" },
      { max: 100_000 },
      { unit: "%" },
      { valueName: "harmless" },
    ]);
    const { kind } = await machines.write({ ...proposed, ...forged }, never);
    ok(kind === "void" || kind === "refused", `${kind} of ${JSON.stringify(forged)}`);
    return nothing;
  },
  async "one person twice"({ stand, ask, settle, state }, { random, proposed }) {
    // Two people are needed, neither of them who asked.
    const { id, bob, cat } = await ask(random() < 0.5 ? "bob" : "ann", [proposed], "pump.drain");
    const isBobs = (await stand.store.read((tx) => tx.get("approvals", id)!.identityId)) === stand.ids.bob;
    for (let count = 0; count < 3; count++) {
      const which = pick(random, [{ id }, { code: isBobs ? cat : bob }]);
      await stand.vote(isBobs ? "bob" : "ann", { id });
      await stand.vote("cat", isBobs ? which : { id });
      await stand.vote("local", { id });
    }
    await settle();
    strictEqual(await state(id), "pending");
    return nothing;
  },
  async "a value that another master changed"(
    { stand, server, ask, settle, state },
    { random, register, present, proposed },
  ) {
    const { id, bob } = await ask("ann", [proposed]);
    await server.set("holding", register, (present + 1 + Math.floor(random() * 60_000)) % 65_536);
    strictEqual((await stand.vote("bob", { code: bob })).kind, "approved");
    await settle();
    strictEqual(await state(id), "void");
    return nothing;
  },
  async "a race of our own writers"(
    { stand, ask, settle, state, propose },
    { random, register, present, proposed, value },
  ) {
    const count = 2 + Math.floor(random() * 3);
    const values = Array.from({ length: count - 1 }, (_, index) => (value + 1 + index) % 9_999)
      .filter((other) => other !== present);
    const cards = [await ask("ann", [proposed])];
    for (const other of values) cards.push(await ask("ann", [await propose(register, other)]));
    await Promise.all(cards.map(({ id }) => stand.vote(pick(random, ["bob", "cat", "owner"]), { id })));
    await settle();
    const states = await Promise.all(cards.map(({ id }) => state(id)));
    deepStrictEqual(states.toSorted(), ["done", ...values.map(() => "void")]);
    return [value, ...values].map((one) => [one]);
  },
  async "a race of forged writers"({ machines }, { random, present, proposed, value }) {
    const writes = Array.from({ length: 4 }, () => ({ ...proposed, present: present + 1 + Math.floor(random() * 9) }));
    const outcomes = await Promise.all([...writes, proposed].map((write) => machines.write(write, never)));
    deepStrictEqual(outcomes.map(({ kind }) => kind), ["void", "void", "void", "void", "done"]);
    return [[value]];
  },
  async "all is stopped"(plant, { random, proposed }) {
    const { stand, ask, settle, state } = plant;
    const { halts } = stand.clawdbot;
    const halt = () => halts.change("halt", local, "en");
    const { id, bob } = await ask("ann", [proposed]);
    const isBefore = random() < 0.5;
    if (isBefore) await halt();
    // Else in the very moment in which it is read again before it is written.
    plant.before = async (step) => void (step === "read" && !isBefore && await halt());
    await stand.vote("bob", { code: bob });
    await settle();
    plant.before = () => Promise.resolve();
    strictEqual(await state(id), isBefore ? "halted" : "void");
    await halts.change("resume", local, "en");
    return nothing;
  },
  async "a machine that is another one now"(plant, { random, proposed }) {
    const { stand, ask, settle, state } = plant;
    const { id, bob } = await ask("ann", [proposed]);
    const before = plant.devices;
    const { address } = before["plc-7"]!;
    const moved = pick<Record<string, Device>>(random, [
      {},
      { "plc-7": plcAt(address.replace("127.0.0.1", "localhost")) },
      { "plc-7": plcAt(address, { register: 150 }) },
      { "plc-7": plcAt(address, { scale: 0.1, max: 999 }) },
      { "plc-7": plcAt(address, { max: 9_998 }) },
      { "plc-7": plcAt(address, { type: "int16" }) },
      { "plc-7": plcAt(address, { access: "read" }) },
    ]);
    plant.devices = moved;
    await stand.vote("bob", { code: bob });
    await settle();
    plant.devices = before;
    match(await state(id) ?? "", /^(?:void|failed|pending)$/);
    return nothing;
  },
  async "a plugin that isn't granted it any more"({ stand, ask, settle, state }, { random, proposed }) {
    const { id, bob } = await ask("ann", [proposed]);
    const granted = pick<InstalledTool["plugin"]["granted"]>(random, [
      {},
      { device: { read: ["plc-7.*"], write: [] } },
      { device: { read: [], write: ["plc-8.*"] } },
    ]);
    stand.tools = random() < 0.3
      ? tools.map((tool) => ({ ...tool, plugin: { ...tool.plugin, digest: "cd".repeat(32) } }))
      : tools.map((tool) => ({ ...tool, plugin: { ...tool.plugin, granted } }));
    await stand.vote("bob", { code: bob });
    await settle();
    stand.tools = tools;
    strictEqual(await state(id), "void");
    return nothing;
  },
};

/** Attempts on one site; the next begins with an empty list of approvals. */
const attemptsEach = 100;
let server: Promise<ModbusServer> | undefined;
let site: { readonly plant: Promise<Plant>; attempts: number } | undefined;

/** The site that is attacked, and the one server behind all of them. */
async function plantNow(): Promise<Plant> {
  const started = await (server ??= startModbusServer());
  if (site !== undefined && site.attempts >= attemptsEach) {
    await (await site.plant)[Symbol.asyncDispose]();
    site = undefined;
  }
  site ??= { plant: startPlant(started), attempts: 0 };
  site.attempts++;
  return await site.plant;
}

const tried = new Map<string, number>();

seeded("nothing is written to a machine but what people approved, as it was shown to them", async (random) => {
  const plant = await plantNow();
  const { server, stand } = plant;
  const register = Math.floor(random() * tagsCount);
  const present = Math.floor(random() * 9_990);
  const value = (present + 1 + Math.floor(random() * 9_000)) % 9_990;
  await server.set("holding", register, present);
  const proposed = await plant.propose(register, value);
  const [name, attempt] = pick(random, Object.entries(attempts));
  const allowed = await attempt(plant, { random, register, present, value, proposed });
  // The server's own record is what counts.
  const written = (await server.writes()).map(([functionCode, at, values]) => {
    deepStrictEqual([functionCode, at], [6, register], name);
    return values[0] as number;
  });
  ok(allowed.some((values) => `${values}` === `${written}`), `${name}: ${written} was written, not ${allowed}`);
  tried.set(name, (tried.get(name) ?? 0) + 1);
  // What still waits is withdrawn, so that the next finds an empty list.
  const waiting = await stand.clawdbot.approvals.list(local, { of: "waiting", locale: "en" });
  for (const { id } of waiting) await stand.vote("owner", { id }, "deny");
}, { runs: 1_000, long: 10_000 });

const approved = async (plant: Plant, register: number, present: number, value: number) => {
  await plant.server.set("holding", register, present);
  const { id, bob } = await plant.ask("ann", [await plant.propose(register, value)]);
  strictEqual((await plant.stand.vote("bob", { code: bob })).kind, "approved");
  await plant.settle();
  const writes = await plant.server.writes();
  await plant.stand.rest(1_000);
  return { state: await plant.state(id), writes, told: plant.stand.chat.texts("ann").at(-1) ?? "" };
};

Deno.test("a change by another master between write and reading back is found, and who asked is told", async () => {
  const plant = await plantNow();
  plant.afterWrite = () => plant.server.set("holding", 5, 4_242);
  const { state, writes, told } = await approved(plant, 5, 100, 200);
  plant.afterWrite = () => Promise.resolve();
  deepStrictEqual([state, writes], ["failed", [[6, 5, [200]]]]);
  match(told, /plc-7\.t5.*200.*4242/s);
});

for (
  const [name, fault, register] of [
    ["cut", "cuts", 6],
    ["refused from then on", "refuses", 7],
    ["silent", "silent", 8],
  ] as const
) {
  Deno.test(`a connection that is ${name} between write and reading back leaves it unknown, and who asked is told`, async () => {
    const plant = await plantNow();
    plant.afterWrite = async () => {
      await plant.proxy.fault(fault);
      if (fault === "cuts") await plant.proxy.fault("none");
      await systemClock.sleep(20, never);
    };
    const { state, writes, told } = await approved(plant, register, 100, 200);
    plant.afterWrite = () => Promise.resolve();
    await plant.proxy.fault("none");
    deepStrictEqual([state, writes], ["unknown", [[6, register, [200]]]]);
    ok(told.includes(`plc-7.t${register}`), told);
    match(told, /Whether it was done isn't known/);
  });
}

Deno.test("every kind of attempt was made, and the server ends", async () => {
  await (await site?.plant)?.[Symbol.asyncDispose]();
  await (await server)?.[Symbol.asyncDispose]();
  // A replay of one run, or some tests alone, tries less.
  if (Deno.env.get("SEED") === undefined && tried.size > 0) {
    deepStrictEqual([...tried.keys()].toSorted(), Object.keys(attempts).toSorted());
  }
});
