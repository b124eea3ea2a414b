import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { device as deviceSchema } from "../../schema/devices.ts";
import { local } from "../../tests/clawdbot_scene.ts";
import { quickCrypto } from "../../tests/simulator/quick_crypto.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { mergePolicy, type Rule } from "../access.ts";
import type { DeviceTags } from "../capabilities/device.ts";
import type { TagValue } from "../devices.ts";
import { createHalts } from "../halt.ts";
import { createIds } from "../ids.ts";
import { createMachines } from "../machines.ts";
import type { Connector } from "../ports/connector.ts";
import { openVault } from "../vault.ts";
import { beginCall, endCall } from "./journal.ts";
import { createSiteTools } from "./site_tools.ts";
import type { InstalledTool, ProposedWrite } from "./types.ts";

const never = new AbortController().signal;
const tags: DeviceTags = { read: [], write: ["plc.*"] };

const toolWith = (granted: DeviceTags): InstalledTool =>
  ({
    name: "pump.set",
    plugin: { name: "pump", digest: "d", asked: { device: tags }, granted: { device: granted } },
  }) as unknown as InstalledTool;

/** A site with one machine that really is written to, as far as its connector is played. */
async function openSite() {
  const clock = new VirtualClock(1_000);
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)), unit: () => 0.5 };
  const store = createMemoryStore();
  const opened = await openVault({ store, crypto: quickCrypto, random, clock, keyEncryptionKey: new Uint8Array(32) });
  if (opened.kind !== "open") throw new Error("the vault didn't open");
  const deps = {
    ...{ store, vault: opened.vault, clock, ids: createIds({ clock, random }) },
    log: { info() {}, warn() {}, error() {} },
    committed: () => {},
    ownerId: () => "",
  };
  const plc = {
    ...v.parse(deviceSchema, {
      type: "modbus",
      address: "10.0.0.7:502",
      tags: { speed: { register: 40, access: "write" }, level: { register: 41, access: "write" } },
    }),
    name: "plc",
  };
  const site = {
    rules: [] as Rule[],
    tools: [toolWith(tags)] as readonly InstalledTool[],
    values: { speed: 1, level: 1 } as Record<string, TagValue>,
    sent: [] as string[],
    /** What happens while it is read for the second time, and while it is written. */
    reading: (_signal: AbortSignal): Promise<unknown> => Promise.resolve(),
    writing: (_signal: AbortSignal): Promise<unknown> => Promise.resolve(),
  };
  const connector: Connector = {
    request: () => Promise.reject(new Error("no machine needs this")),
    async read(_, tag, signal) {
      await site.reading(signal);
      return signal.aborted ? { kind: "unreachable", reason: "cancelled" } : { kind: "read", value: site.values[tag]! };
    },
    async write(_, tag, value, signal) {
      site.sent.push(`${tag}=${value}`);
      await site.writing(signal);
      if (signal.aborted) return { kind: "unknown", reason: "cancelled" };
      site.values[tag] = value;
      return { kind: "written" };
    },
    close: () => Promise.resolve(),
  };
  const policy = () => mergePolicy({ rules: site.rules });
  const installed = () => site.tools;
  const machines = createMachines({ ...deps, connector, devices: () => ({ plc }), secrets: () => ({}) });
  const halts = createHalts({
    ...{ ...deps, policy, installed },
    approvals: { haltAll: () => ({ count: 0, effects: { deliveries: [] } }) },
  });
  const nobody = () => Promise.reject(new Error("no plugin is called"));
  const { perform, settled } = createSiteTools({
    ...{ ...deps, policy, halts },
    tools: {
      ...{ installed, machines, connector, module: nobody, choose: nobody, index: () => "" },
      ...{ site: () => ({ devices: { plc } }), secrets: () => ({}) },
      plugins: { call: nobody, endSession() {} },
    },
    hostFunction: () => nobody,
    approvals: { ask: () => ({ kind: "refused", reason: "nobody is asked" }) },
  });
  const propose = async (tag: string, value: TagValue): Promise<ProposedWrite> => {
    const proposed = await machines.propose("plc", tag, value, never);
    ok(!("kind" in proposed), JSON.stringify(proposed));
    return proposed;
  };
  return {
    ...{ ...deps, site, halts, propose, settled },
    halt: () => halts.change("halt", local, "en"),
    perform: (...writes: readonly ProposedWrite[]) =>
      perform({
        id: null as never,
        card: { tool: "pump.set", digest: "d", arguments: {}, writes },
        requester: { kind: "identity", id: "p", owner: true, accounts: [] },
        approverIds: ["q"],
        sessionId: null,
        turnId: null,
        destination: { channel: "web", conversation: "c", place: "conversation", locale: "en" },
      }, never),
    rows: () => store.read((tx) => tx.find("toolCalls", {}).map(({ state }) => state)),
  };
}

type Site = Awaited<ReturnType<typeof openSite>>;

Deno.test("an approved write is made, and read back", async () => {
  const { site, propose, perform, rows } = await openSite();
  const outcome = await perform(await propose("speed", 2));
  strictEqual(outcome.kind, "done");
  deepStrictEqual([site.sent, await rows()], [["speed=2"], ["done"]]);
});

const during: [what: string, change: (opened: Site) => Promise<unknown> | void, reason: RegExp][] = [
  ["everything is stopped", ({ halt }) => halt(), /stopped/],
  [
    "everything is stopped, and only the store knows yet",
    ({ store }) =>
      store.write((tx) =>
        tx.insert("settings", { id: "halt", value: JSON.stringify({ by: "local", atMs: 1 }), updatedMs: 1 })
      ),
    /^Nothing was written to plc\.speed: Everything is stopped/,
  ],
  [
    "a rule denies it",
    ({ site }) => void (site.rules = [{ effect: "deny", resources: ["device:plc.speed"] }]),
    /A rule of this site denies write of device:plc\.speed/,
  ],
  [
    "a rule wants one more to approve it",
    ({ site }) => void (site.rules = [{ effect: "ask", resources: ["device:plc.*"], fourEyes: true }]),
    /must be approved by two people/,
  ],
  [
    "a rule denies the tool",
    ({ site }) => void (site.rules = [{ effect: "deny", resources: ["tool:pump.*"] }]),
    /A rule of this site denies use of tool:pump\.set/,
  ],
  [
    "the grant is taken away",
    ({ site }) => void (site.tools = [toolWith({ read: ["plc.*"], write: [] })]),
    /doesn't grant to write plc\.speed/,
  ],
  ["the plugin is removed", ({ site }) => void (site.tools = []), /replaced, removed or has lost its grant/],
];
for (const [what, change, reason] of during) {
  Deno.test(`nothing is sent where ${what} while the machine is read again`, async () => {
    const opened = await openSite();
    const { site, propose, perform, rows } = opened;
    const write = await propose("speed", 2);
    site.reading = async () => await change(opened);
    const outcome = await perform(write);
    deepStrictEqual([outcome.kind, site.sent, await rows()], ["void", [], ["failed"]]);
    match(outcome.kind === "done" ? "" : outcome.reason, reason);
  });

  Deno.test(`nothing is sent where ${what} while the write waits for its turn`, async () => {
    const opened = await openSite();
    const { site, propose, perform } = opened;
    const [other, write] = [await propose("level", 2), await propose("speed", 2)];
    const gate = Promise.withResolvers<void>();
    site.writing = () => gate.promise;
    const first = perform(other);
    await opened.clock.run(2_000);
    const second = perform(write);
    await opened.clock.run(2_000);
    await change(opened);
    await opened.clock.run(2_000);
    gate.resolve();
    const outcome = await second;
    ok(outcome.kind === "void", outcome.kind);
    match(outcome.reason, reason);
    strictEqual((await first).kind, "done", "what had been sent is read back to its end");
    deepStrictEqual(site.sent, ["level=2"]);
  });
}

Deno.test("who waits for a machine doesn't go on waiting once everything is stopped", async () => {
  const { site, clock, halt, propose, perform } = await openSite();
  const [other, write] = [await propose("level", 2), await propose("speed", 2)];
  site.writing = () => new Promise(() => {});
  void perform(other);
  await clock.run(2_000);
  let outcome: string | undefined;
  void perform(write).then(({ kind }) => outcome = kind);
  await clock.run(2_000);
  await halt();
  await clock.run(2_000);
  strictEqual(outcome, "void");
});

Deno.test("a reading before the write is given up once everything is stopped", async () => {
  const { site, clock, halt, propose, perform } = await openSite();
  const write = await propose("speed", 2);
  site.reading = (signal) => new Promise((resolve) => signal.addEventListener("abort", resolve));
  const written = perform(write);
  await clock.run(2_000);
  await halt();
  strictEqual((await written).kind, "void");
  deepStrictEqual(site.sent, []);
});

Deno.test("a write that was sent when everything is stopped is read back, and told as what it is", async () => {
  const { site, halt, propose, perform, rows } = await openSite();
  const writes = [await propose("speed", 2), await propose("level", 2)];
  site.writing = async (signal) => {
    await halt();
    ok(!signal.aborted, "the connection isn't cut");
  };
  const outcome = await perform(...writes);
  ok(outcome.kind === "failed", outcome.kind);
  match(outcome.reason, /^plc\.speed is 2 now, read back from the device/);
  match(outcome.reason, /Nothing was written to plc\.level: Everything is stopped/);
  deepStrictEqual([site.sent, await rows()], [["speed=2"], ["failed"]]);
  strictEqual(site.values["speed"], 2);
});

Deno.test("of an approved call that proposed more, a host that died knows how that stands", async () => {
  const { store, settled, ...deps } = await openSite();
  await store.write((tx) => {
    const blob = new Uint8Array();
    for (const [id, state] of [["a1", "doing"], ["a2", "halted"]] as const) {
      const who = { identityId: "p", tool: "pump.set", digest: "d", needs: 1, sessionId: null, turnId: null };
      const where = { channel: "web", place: "conversation", locale: "en", conversationEnc: blob } as const;
      const none = { reason: null, outcomeEnc: null, endedMs: null };
      tx.insert("approvals", { id, state, cardEnc: blob, createdMs: 0, expiresMs: 1, ...who, ...where, ...none });
    }
    const about = { sessionId: null, turnId: null, identityId: "p", digest: "d", arguments: "{}", idempotent: false };
    const call = beginCall(tx, deps, { ...about, tool: "pump.set", approvalId: "a1" });
    endCall(tx, deps, call, { state: "proposed", approvalId: "a2" });
  });
  const text = "`pump.set` wasn't done: everything was stopped. Ask again once that is over.";
  deepStrictEqual(await store.read((tx) => settled(tx, "a1")), { kind: "done", text });
});
