/**
 * A thousand ways to have a machine written that nobody approved as it was shown, by seed: through the whole core, its
 * approvals and its machines, the real drivers, and a real Modbus server and a real MQTT broker, whose own records say
 * what was written. What people approved is counted apart.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { systemClock } from "../../adapters/clock/system.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import type { Device } from "../../core/devices.ts";
import { createIds } from "../../core/ids.ts";
import { createMachines, type Machines } from "../../core/machines.ts";
import type { Connector } from "../../core/ports/connector.ts";
import type { InstalledTool, ProposedWrite } from "../../core/tools/types.ts";
import { makeWrites } from "../../core/tools/writes.ts";
import { type ApprovalStand, installedTool, startApprovalStand } from "../approval_stand.ts";
import { local } from "../clawdbot_scene.ts";
import { connectorOf } from "../contract/device.ts";
import { FaultyProxy } from "../faulty_proxy.ts";
import { seeded } from "../seeded.ts";
import { type AttackedMachine, startAttackedModbus, startAttackedMqtt } from "./attacked_machine.ts";

const never = new AbortController().signal;
const approvalMs = 600_000;
/** Tags that attempts are made on. The others are left to the tests of connections: what is written isn't trusted for a while. */
const attackedCount = 100;

/** A plant whose pump is at a real server. */
interface Plant extends AsyncDisposable {
  readonly stand: ApprovalStand;
  readonly machine: AttackedMachine;
  readonly proxy: FaultyProxy;
  readonly machines: Machines;
  /** The devices in force; a test may change them. */
  devices: Readonly<Record<string, Device>>;
  /** What the connector does before each step, by its kind. */
  before: (step: "read" | "write") => Promise<unknown>;
  afterWrite: () => Promise<unknown>;
  propose(tag: number, value: number): Promise<ProposedWrite>;
  /** Asks people, and gives back the card's id and the codes that bob and cat were sent. */
  ask(by: "ann" | "bob", writes: readonly ProposedWrite[], tool?: string): Promise<Cards>;
  /** Until nothing is being done any more. */
  settle(): Promise<void>;
  state(id: string): Promise<string | undefined>;
  /** Has a write approved and made, as it should be. */
  approve(at: Pick<At, "tag" | "value" | "proposed">): Promise<Cards>;
}

interface Cards {
  readonly id: string;
  readonly bob: string;
  readonly cat: string;
}

const tools = ["pump.stop", "pump.drain"].map((name): InstalledTool => {
  const tool = installedTool(name);
  const device = { read: [], write: ["plc-7.*"] };
  return { ...tool, plugin: { ...tool.plugin, asked: { device }, granted: { device } } };
});

async function startPlant(machine: AttackedMachine, counts: Counts): Promise<Plant> {
  const proxy = await FaultyProxy.start(machine.port);
  const stand = await startApprovalStand({ approvalMs: () => approvalMs });
  stand.tools = tools;
  const driver = machine.createDriver();
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
    secrets: () => machine.secrets,
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
    ...{ stand, machine, proxy, machines },
    devices: { "plc-7": machine.device(`127.0.0.1:${proxy.port}`) },
    before: () => Promise.resolve(),
    afterWrite: () => Promise.resolve(),
    async propose(tag, value) {
      const proposed = await machines.propose("plc-7", `t${tag}`, value, never);
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
    async approve({ tag, value, proposed }) {
      const cards = await plant.ask("ann", [proposed]);
      strictEqual((await stand.vote("bob", { code: cards.bob })).kind, "approved");
      await plant.settle();
      strictEqual(await plant.state(cards.id), "done");
      deepStrictEqual(await machine.writes(), [[tag, value]]);
      counts.legitimate.written++;
      return cards;
    },
    async [Symbol.asyncDispose]() {
      machines.close();
      driver.close();
      await proxy.close();
    },
  };
  return plant;
}

interface At {
  readonly random: () => number;
  readonly tag: number;
  /** What is there, and what is proposed. */
  readonly present: number;
  readonly value: number;
  readonly proposed: ProposedWrite;
}

const pick = <T>(random: () => number, of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
const codeSigns = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** Attempts that nobody approved as they were made: none may leave anything in the machine's own record. */
const illegitimate: Readonly<Record<string, (plant: Plant, at: At) => Promise<void>>> = {
  async "a forged code"({ stand, ask, settle, state }, { random, proposed }) {
    const { id } = await ask("ann", [proposed]);
    for (let count = 0; count < 3; count++) {
      const code = Array.from({ length: 9 }, () => pick(random, [...codeSigns])).join("");
      const { kind } = await stand.vote(pick(random, ["ann", "bob", "cat", "eve", "owner", "local"]), { code });
      strictEqual(kind, "wrong");
    }
    await settle();
    strictEqual(await state(id), "pending");
  },
  async "a forwarded code"({ stand, ask, settle, state }, { random, proposed }) {
    const { id, bob } = await ask("ann", [proposed]);
    for (const thief of ["ann", "cat", "eve", "owner", "local"] as const) {
      if (random() < 0.6) strictEqual((await stand.vote(thief, { code: bob })).kind, "wrong");
    }
    await settle();
    strictEqual(await state(id), "pending");
  },
  async "someone who may not"({ stand, ask, settle, state }, { random, proposed }) {
    const { id } = await ask("ann", [proposed]);
    const { kind } = await stand.vote(pick(random, ["ann", "eve"]), { id });
    ok(kind === "refused" || kind === "wrong", kind);
    await settle();
    strictEqual(await state(id), "pending");
  },
  async "the same approval again"({ stand, machine, approve, settle }, at) {
    const { id, bob, cat } = await approve(at);
    // All is as it was shown again, so that nothing but the approval's own end keeps it from being done.
    await machine.set(at.tag, at.present);
    for (let count = 0; count < 3; count++) {
      const again = pick(at.random, [{ code: bob }, { code: cat }, { id }]);
      const { kind } = await stand.vote(pick(at.random, ["bob", "cat", "owner"]), again);
      ok(kind === "nothing" || kind === "wrong", kind);
    }
    stand.clawdbot.approvals.changed({ identityIds: [], approvedId: id });
    await settle();
  },
  async "an approval that comes too late"({ stand, ask, settle, state }, { random, proposed }) {
    const { id, bob } = await ask("ann", [proposed]);
    if (random() < 0.5) await stand.rest(approvalMs);
    // Also where nobody has noticed yet that its time is over.
    else await stand.store.write((tx) => tx.update("approvals", id, { expiresMs: stand.clock.nowMs() }));
    strictEqual((await stand.vote("bob", { code: bob })).kind, "nothing");
    await settle();
    strictEqual(await state(id), "expired");
  },
  async "a card that was swapped in the database"({ stand, ask, settle, propose }, { random, tag, proposed }) {
    const harmless = await ask("ann", [proposed]);
    const other = await ask("ann", [await propose((tag + 1) % attackedCount, 9_999)]);
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
  },
  async "a write that was changed after it was approved"({ machine, machines }, { random, proposed, present, value }) {
    const forged = pick<Partial<ProposedWrite>>(random, [
      { value: 10_000 + value },
      { value: -1 },
      ...(machine.isWhole ? [{ value: value + 0.5 }] : []),
      { value: `${value}` },
      { value: NaN },
      { value: true },
      { present: present + 1 },
      { place: proposed.place.replace(/(?<=register |plant\/t)\d+/, "1000") },
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
  },
  async "a value that another master changed"(
    { stand, machine, ask, settle, state },
    { random, tag, present, proposed },
  ) {
    const { id, bob } = await ask("ann", [proposed]);
    await machine.set(tag, (present + 1 + Math.floor(random() * 60_000)) % 65_536);
    strictEqual((await stand.vote("bob", { code: bob })).kind, "approved");
    await settle();
    strictEqual(await state(id), "void");
  },
  async "a race of forged writers"({ machines }, { random, present, proposed }) {
    const writes = Array.from({ length: 4 }, () => ({ ...proposed, present: present + 1 + Math.floor(random() * 9) }));
    const outcomes = await Promise.all(writes.map((write) => machines.write(write, never)));
    deepStrictEqual(outcomes.map(({ kind }) => kind), ["void", "void", "void", "void"]);
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
  },
  async "a machine that is another one now"(plant, { random, proposed }) {
    const { stand, machine, ask, settle, state } = plant;
    const { id, bob } = await ask("ann", [proposed]);
    const before = plant.devices;
    const { address } = before["plc-7"]!;
    const moved = pick<Record<string, Device>>(random, [
      {},
      { "plc-7": machine.device(address.replace("127.0.0.1", "localhost")) },
      ...machine.otherTags.map((tag) => ({ "plc-7": machine.device(address, tag) })),
    ]);
    plant.devices = moved;
    await stand.vote("bob", { code: bob });
    await settle();
    plant.devices = before;
    match(await state(id) ?? "", /^(?:void|failed|pending)$/);
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
  },
};

/** What people approved, alone and among others: which of these lists of values may be in the machine's record then. */
const legitimate: Readonly<Record<string, (plant: Plant, at: At) => Promise<readonly (readonly number[])[]>>> = {
  async "as it should be"({ approve }, at) {
    await approve(at);
    return [[]]; // It has looked at the record itself.
  },
  async "a race of our own writers"({ stand, ask, settle, state, propose }, { random, tag, present, proposed, value }) {
    const count = 2 + Math.floor(random() * 3);
    const values = Array.from({ length: count - 1 }, (_, index) => (value + 1 + index) % 9_999)
      .filter((other) => other !== present);
    const cards = [await ask("ann", [proposed])];
    for (const other of values) cards.push(await ask("ann", [await propose(tag, other)]));
    await Promise.all(cards.map(({ id }) => stand.vote(pick(random, ["bob", "cat", "owner"]), { id })));
    await settle();
    const states = await Promise.all(cards.map(({ id }) => state(id)));
    deepStrictEqual(states.toSorted(), ["done", ...values.map(() => "void")]);
    return [value, ...values].map((one) => [one]);
  },
  async "in a race of forged writers"({ machines }, { random, present, proposed, value }) {
    const writes = Array.from({ length: 4 }, () => ({ ...proposed, present: present + 1 + Math.floor(random() * 9) }));
    const outcomes = await Promise.all([...writes, proposed].map((write) => machines.write(write, never)));
    deepStrictEqual(outcomes.map(({ kind }) => kind), ["void", "void", "void", "void", "done"]);
    return [[value]];
  },
};

/** How often each attempt was made, by its name, and how many writes came of all of them. */
interface Tally {
  readonly tried: Map<string, number>;
  written: number;
}

type Counts = Readonly<Record<"illegitimate" | "legitimate", Tally>>;

/** Attempts on one site; the next begins with an empty list of approvals. */
const attemptsEach = 100;

/** The sites that are attacked over one protocol, and the one server behind all of them. */
interface Attacked extends AsyncDisposable {
  readonly counts: Counts;
  plant(): Promise<Plant>;
  /** Has something proposed that may be written, tries that, and gives what was written. */
  attempt<T>(
    random: () => number,
    body: (plant: Plant, at: At) => Promise<T>,
  ): Promise<{ result: T; written: unknown[] }>;
}

function attackedBy(start: () => Promise<AttackedMachine>): Attacked {
  const counts: Counts = {
    illegitimate: { tried: new Map(), written: 0 },
    legitimate: { tried: new Map(), written: 0 },
  };
  let machine: Promise<AttackedMachine> | undefined;
  let site: { readonly plant: Promise<Plant>; attempts: number } | undefined;
  const attacked: Attacked = {
    counts,
    async plant() {
      const started = await (machine ??= start());
      if (site !== undefined && site.attempts >= attemptsEach) {
        await (await site.plant)[Symbol.asyncDispose]();
        site = undefined;
      }
      site ??= { plant: startPlant(started, counts), attempts: 0 };
      site.attempts++;
      return await site.plant;
    },
    async attempt(random, body) {
      const plant = await attacked.plant();
      const { machine, stand } = plant;
      const tag = Math.floor(random() * attackedCount);
      const present = Math.floor(random() * 9_990);
      const value = (present + 1 + Math.floor(random() * 9_000)) % 9_990;
      await machine.set(tag, present);
      const result = await body(plant, { random, tag, present, value, proposed: await plant.propose(tag, value) });
      // The server's own record is what counts.
      const written = (await machine.writes()).map(([place, written]) => place === tag ? written : { place, written });
      // What still waits is withdrawn, so that the next finds an empty list.
      const waiting = await stand.clawdbot.approvals.list(local, { of: "waiting", locale: "en" });
      for (const { id } of waiting) await stand.vote("owner", { id }, "deny");
      return { result, written };
    },
    async [Symbol.asyncDispose]() {
      await (await site?.plant)?.[Symbol.asyncDispose]();
      await (await machine)?.[Symbol.asyncDispose]();
    },
  };
  return attacked;
}

const protocols = [
  { name: "modbus", attacked: attackedBy(startAttackedModbus), runs: 800, legitimateRuns: 80 },
  { name: "mqtt", attacked: attackedBy(startAttackedMqtt), runs: 200, legitimateRuns: 40 },
] as const;

const count = (tried: Map<string, number>, name: string) => tried.set(name, (tried.get(name) ?? 0) + 1);

for (const { name: protocol, attacked, runs, legitimateRuns } of protocols) {
  const { counts } = attacked;
  seeded(`${protocol}: nothing is written to a machine by what nobody approved as it was shown`, async (random) => {
    const [name, body] = pick(random, Object.entries(illegitimate));
    const { written } = await attacked.attempt(random, body);
    count(counts.illegitimate.tried, name);
    counts.illegitimate.written += written.length;
    deepStrictEqual(written, [], name);
  }, { runs, long: runs * 10 });

  seeded(`${protocol}: what people approved is written to a machine once, also in a race`, async (random) => {
    const [name, body] = pick(random, Object.entries(legitimate));
    const { result, written } = await attacked.attempt(random, body);
    count(counts.legitimate.tried, name);
    counts.legitimate.written += written.length;
    const [were, may] = [JSON.stringify(written), result.map((values) => JSON.stringify(values))];
    ok(may.includes(were), `${name}: ${were} was written, and not one of ${may.join(" ")}`);
  }, { runs: legitimateRuns, long: legitimateRuns * 10 });
}

const approved = async (plant: Plant, tag: number) => {
  const { machine, stand } = plant;
  await machine.set(tag, 100);
  const { id, bob } = await plant.ask("ann", [await plant.propose(tag, 200)]);
  strictEqual((await stand.vote("bob", { code: bob })).kind, "approved");
  await plant.settle();
  const writes = await machine.writes();
  await stand.rest(1_000);
  return { state: await plant.state(id), writes, told: stand.chat.texts("ann").at(-1) ?? "" };
};

for (const { name: protocol, attacked } of protocols) {
  Deno.test(`${protocol}: a change by another master between write and reading back is found, and who asked is told`, async () => {
    const plant = await attacked.plant();
    plant.afterWrite = () => plant.machine.set(101, 4_242);
    const { state, writes, told } = await approved(plant, 101);
    plant.afterWrite = () => Promise.resolve();
    deepStrictEqual([state, writes], ["failed", [[101, 200]]]);
    match(told, /plc-7\.t101.*200.*4242/s);
  });

  for (
    const [name, fault, tag] of [
      ["cut", "cuts", 102],
      ["refused from then on", "refuses", 103],
      ["silent", "silent", 104],
    ] as const
  ) {
    Deno.test(`${protocol}: a connection that is ${name} between write and reading back leaves it unknown, and who asked is told`, async () => {
      const plant = await attacked.plant();
      plant.afterWrite = async () => {
        await plant.proxy.fault(fault);
        if (fault === "cuts") await plant.proxy.fault("none");
        await systemClock.sleep(20, never);
      };
      const { state, writes, told } = await approved(plant, tag);
      plant.afterWrite = () => Promise.resolve();
      await plant.proxy.fault("none");
      deepStrictEqual([state, writes], ["unknown", [[tag, 200]]]);
      ok(told.includes(`plc-7.t${tag}`), told);
      match(told, /Whether it was done isn't known/);
    });
  }
}

Deno.test("1,000 illegitimate attempts, of every kind over each protocol, wrote nothing; and the servers end", async () => {
  for (const { attacked } of protocols) await attacked[Symbol.asyncDispose]();
  const kinds = ["illegitimate", "legitimate"] as const;
  // A replay of one run, or some tests alone, tries less.
  if (protocols.some(({ attacked }) => kinds.some((kind) => attacked.counts[kind].tried.size === 0))) return;
  if (Deno.env.get("SEED") !== undefined) return;
  let [tried, written] = [0, 0];
  for (const { attacked: { counts } } of protocols) {
    deepStrictEqual([...counts.illegitimate.tried.keys()].toSorted(), Object.keys(illegitimate).toSorted());
    deepStrictEqual([...counts.legitimate.tried.keys()].toSorted(), Object.keys(legitimate).toSorted());
    ok(counts.legitimate.written > 0);
    tried += [...counts.illegitimate.tried.values()].reduce((sum, count) => sum + count, 0);
    written += counts.illegitimate.written;
  }
  deepStrictEqual({ tried: Math.min(tried, 1_000), written }, { tried: 1_000, written: 0 });
});
