import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { quickCrypto } from "../../tests/simulator/quick_crypto.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { mergePolicy, type Rule } from "../access.ts";
import type { DeviceTags } from "../capabilities/device.ts";
import type { Device } from "../devices.ts";
import { createIds } from "../ids.ts";
import type { WriteOutcome } from "../machines.ts";
import { openVault } from "../vault.ts";
import type { CallPlace } from "./call_context.ts";
import type { InstalledTool, ProposedWrite } from "./types.ts";
import { makeWrites } from "./writes.ts";

const tag = {
  words: [],
  writable: true,
  table: "holding",
  register: 40,
  type: "uint16",
  wordSwap: false,
  scale: 1,
} as const;
const plc: Device = {
  name: "plc",
  kind: "modbus",
  words: [],
  address: "127.0.0.1:502",
  timeoutMs: 1_000,
  unit: 1,
  tags: { speed: tag, level: tag, alarm: { ...tag, writable: false } },
};

const writeOf = (tag: string, value = 2): ProposedWrite => ({
  device: "plc",
  tag,
  place: "modbus 127.0.0.1:502",
  present: 1,
  value,
  unit: "rpm",
});

const place: CallPlace = {
  principal: { kind: "identity", id: "p", owner: true, accounts: [] },
  sessionId: null,
  turnId: null,
  messageId: null,
  destination: { channel: "web", conversation: "c", place: "conversation", locale: "en" },
  locale: "en",
};

const tags: DeviceTags = { read: [], write: ["plc.*"] };

/** Makes the writes of a card; `outcomes` by tag. Tells what was written, and how it was written down. */
async function make(
  { writes = [writeOf("speed")], outcomes = {}, rules = [], approvals = 1, granted = tags, halted }: {
    writes?: readonly ProposedWrite[];
    outcomes?: Readonly<Record<string, WriteOutcome>>;
    rules?: readonly Rule[];
    approvals?: number;
    granted?: DeviceTags;
    /** From the n-th look on. */
    halted?: number;
  },
) {
  const clock = new VirtualClock(1_000);
  const random = { bytes: (count: number) => new Uint8Array(count).fill(count), unit: () => 0.5 };
  const store = createMemoryStore();
  const opened = await openVault({ store, crypto: quickCrypto, random, clock, keyEncryptionKey: new Uint8Array(32) });
  if (opened.kind !== "open") throw new Error("the vault didn't open");
  const { vault } = opened;
  const written: string[] = [];
  let looks = 0;
  const tool = {
    name: "pump.set",
    plugin: { name: "pump", digest: "d", asked: { device: tags }, granted: { device: granted } },
  } as unknown as InstalledTool;
  const end = await makeWrites(
    {
      ...{ store, vault, clock, ids: createIds({ clock, random }), site: () => ({ devices: { plc } }) },
      log: { info() {}, warn() {}, error() {} },
      policy: () => mergePolicy({ rules }),
      machines: {
        write({ tag, value }) {
          written.push(`${tag}=${value}`);
          return Promise.resolve(outcomes[tag] ?? { kind: "done", value });
        },
      },
      installed: () => [tool],
      halted: () => halted !== undefined && ++looks >= halted ? "everything is stopped" : undefined,
    },
    {
      card: { tool: "pump.set", digest: "d", arguments: {}, writes },
      place,
      approved: { approvalId: null as never, approvals },
    },
    new AbortController().signal,
  );
  const rows = await store.read((tx) => tx.find("toolCalls", {}).map(({ state }) => state));
  return { ...end, written, rows };
}

Deno.test("approved writes are made as shown, and what was read back is said", async () => {
  const { kind, text, written, rows } = await make({ writes: [writeOf("speed", 2), writeOf("level", 3)] });
  deepStrictEqual([kind, written, rows], ["done", ["speed=2", "level=3"], ["done"]]);
  strictEqual(
    text,
    "plc.speed is 2 rpm now, read back from the device (it was 1 rpm).\n" +
      "plc.level is 3 rpm now, read back from the device (it was 1 rpm).",
  );
});

const ends: [outcome: WriteOutcome, kind: string, row: string, text: RegExp][] = [
  [{ kind: "different", value: 7, reason: "r" }, "failed", "failed", /was sent 2 rpm, but the device reads 7 rpm/],
  [{ kind: "unknown", reason: "cut" }, "unknown", "unknown", /isn't known: cut/],
  [
    { kind: "void", reason: "it reads 3 now" },
    "void",
    "failed",
    /^Nothing was written to plc\.speed: it reads 3 now\./,
  ],
  [{ kind: "refused", reason: "busy" }, "failed", "failed", /wasn't written: busy/],
  [{ kind: "unreachable", reason: "no answer" }, "failed", "failed", /wasn't written: no answer/],
];
for (const [outcome, kind, row, words] of ends) {
  Deno.test(`a write that is ${outcome.kind} is never called done, and what follows isn't begun`, async () => {
    const made = await make({ writes: [writeOf("speed"), writeOf("level")], outcomes: { speed: outcome } });
    deepStrictEqual([made.kind, made.rows, made.written], [kind, [row], ["speed=2"]]);
    match(made.text, words);
    match(made.text, /One further write wasn't begun\.$/);
  });
}

Deno.test("what is void after something was written isn't called nothing", async () => {
  const outcomes: Record<string, WriteOutcome> = { level: { kind: "void", reason: "it reads 3 now" } };
  strictEqual((await make({ writes: [writeOf("speed"), writeOf("level")], outcomes })).kind, "failed");
});

const refused: [what: string, options: Parameters<typeof make>[0]][] = [
  ["that everything is stopped", { halted: 1 }],
  ["that everything is stopped between card and write", { halted: 2 }],
  ["that the tag is only read", { writes: [writeOf("alarm")] }],
  ["that the grant was taken away", { granted: { read: ["plc.*"], write: [] } }],
  ["a rule that denies it", { rules: [{ effect: "deny", resources: ["device:plc.speed"] }] }],
  ["a rule that denies the tool", { rules: [{ effect: "deny", resources: ["tool:pump.set"] }] }],
  ["a rule by which one more must approve the tool", {
    rules: [{ effect: "ask", resources: ["tool:pump.*"], fourEyes: true }],
  }],
  ["a rule by which one more must approve", {
    rules: [{ effect: "ask", resources: ["device:plc.*"], fourEyes: true }],
  }],
];
for (const [what, options] of refused) {
  Deno.test(`nothing is written against ${what}`, async () => {
    const { kind, written } = await make(options);
    deepStrictEqual([kind, written], ["void", []]);
  });
}
