import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { quickCrypto } from "../../tests/simulator/quick_crypto.ts";
import { VirtualClock } from "../../tests/simulator/virtual_clock.ts";
import { mergePolicy, type Rule } from "../access.ts";
import type { Standing } from "../approvals/standing.ts";
import { createIds } from "../ids.ts";
import { ensureOwner, principalOf } from "../message/identities.ts";
import type { CallOutcome } from "../ports/plugins.ts";
import { openVault } from "../vault.ts";
import type { CallPlace } from "./call_context.ts";
import { type Asked, createToolCalls, type HostCallContext } from "./calls.ts";
import { settleCalls } from "./journal.ts";
import type { Card, InstalledTool, ProposedWrite } from "./types.ts";

const limits = { fuel: 1, memory_bytes: 1, deadline_ms: 1, output_bytes: 1, host_calls: 1, log_bytes: 1 };

function toolOf(change: Partial<InstalledTool> = {}, write: readonly string[] = []): InstalledTool {
  return {
    name: "pump.stop",
    description: "Stops a pump",
    parameters: { type: "object", properties: { pump: { enum: ["7", "8"] } }, required: ["pump"] },
    readOnly: false,
    idempotent: false,
    examples: [],
    plugin: {
      name: "pump",
      digest: "d1",
      version: "1.0.0",
      stateful: false,
      limits,
      asked: { device: { read: [], write: ["plc.*"] } },
      granted: write.length === 0 ? {} : { device: { read: [], write } },
    },
    ...change,
  };
}

const said = (value: unknown): CallOutcome => ({
  kind: "done",
  output: new TextEncoder().encode(JSON.stringify(value)),
  logs: [],
  fuelUsed: 1,
  tookMs: 1,
});

const write: ProposedWrite = { device: "plc", tag: "run", place: "coil 3", present: 1, value: 0, min: 0, max: 1 };

/** A site with one plugin that does what `outcome` says, and proposes `writes`. */
async function openSite({ tool = toolOf(), rules = [], outcome = said({ text: "stopped" }), writes = [] }: {
  tool?: InstalledTool;
  rules?: readonly Rule[];
  outcome?: CallOutcome;
  writes?: readonly ProposedWrite[];
} = {}) {
  const clock = new VirtualClock(1_000);
  const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)), unit: () => 0.5 };
  const store = createMemoryStore();
  const opened = await openVault({
    store,
    crypto: quickCrypto,
    random,
    clock,
    keyEncryptionKey: new Uint8Array(32).fill(7),
  });
  if (opened.kind !== "open") throw new Error("the vault didn't open");
  const { vault } = opened;
  const ids = createIds({ clock, random });
  const site = {
    outcome,
    tools: [tool],
    halted: undefined as string | undefined,
    executed: [] as string[],
    contexts: [] as Pick<HostCallContext, "mode" | "approvals">[],
    cards: [] as Card[],
    /** What becomes of asking people, and how the card stands later. */
    asked: { kind: "asked", id: "a1", text: "Ann is asked", effects: { deliveries: [] } } as Asked,
    standing: { kind: "waiting", text: "Ann is still asked" } as Standing,
  };
  let context: HostCallContext | undefined;
  const ownerId = await store.write((tx) => ensureOwner(tx, vault, ids, 0));
  const principal = await store.read((tx) => principalOf(tx, vault, ownerId, ownerId));
  const calls = createToolCalls({
    store,
    vault,
    clock,
    ids,
    log: { info() {}, warn() {}, error() {} },
    policy: () => mergePolicy({ rules }),
    plugins: {
      call: async ({ input }) => {
        site.executed.push(new TextDecoder().decode(input));
        const { mode, approvals } = context!;
        site.contexts.push({ mode, approvals });
        const decision = {
          effect: "ask",
          fourEyes: false,
          rules: [],
          reason: "",
          question: undefined as never,
        } as const;
        for (const one of writes) context!.propose(one, decision);
        return site.outcome;
      },
    },
    installed: () => site.tools,
    module: () => Promise.resolve(new Uint8Array()),
    hostFunction: (given) => {
      context = given;
      return () => Promise.reject(new Error("not called"));
    },
    halted: () => site.halted,
    ask: (_tx, { card }) => {
      site.cards.push(card);
      return site.asked;
    },
    standing: (_tx, approvalId) => {
      strictEqual(approvalId, "a1");
      return site.standing;
    },
    committed: () => {},
  });
  const place: CallPlace = {
    principal,
    sessionId: null,
    turnId: null,
    messageId: null,
    destination: { channel: "web", conversation: "c", place: "conversation", locale: "en" },
    locale: "en",
  };
  const never = new AbortController().signal;
  return {
    ...{ site, store, vault, clock, place, never, calls },
    call: (given: Record<string, unknown> = { pump: "7" }) =>
      calls.call({ tool: site.tools[0]!, arguments: given }, place, never),
    journal: () => store.read((tx) => tx.find("toolCalls", {}).map(({ state }) => state)),
    audit: () =>
      store.read((tx) =>
        tx.find("audit", {}).map(({ action, resource, outcome }) => `${action} ${resource} ${outcome}`)
      ),
  };
}

Deno.test("a call that is allowed is written down, made, and its outcome written down", async () => {
  const { call, site, journal, audit } = await openSite();
  const { kind, text } = await call();
  deepStrictEqual([kind, text], ["done", "stopped"]);
  deepStrictEqual(site.executed.map((input) => JSON.parse(input)), [
    { tool: "stop", arguments: { pump: "7" }, context: { locale: "en", now_ms: 1_000 } },
  ]);
  deepStrictEqual(await journal(), ["done"]);
  deepStrictEqual(await audit(), ["use tool:pump.stop begun", "use tool:pump.stop done"]);
});

Deno.test("a call that a rule denies is refused with the reason, and the plugin never hears of it", async () => {
  const { call, calls, place, site, audit } = await openSite({
    rules: [{ effect: "deny", resources: ["tool:pump.*"] }],
  });
  const { kind, text } = await call();
  strictEqual(kind, "refused");
  match(text, /^A rule of this site denies use of tool:pump\.stop; ask/);
  deepStrictEqual(site.executed, []);
  deepStrictEqual(await audit(), ["use tool:pump.stop refused"]);
  deepStrictEqual(calls.offered(place), []);
});

Deno.test("a call whose arguments the schema doesn't allow is nothing that is decided about", async () => {
  for (const given of [{}, { pump: "9" }, { pump: 7 }]) {
    const { call, site, audit } = await openSite();
    const { kind, text } = await call(given);
    strictEqual(kind, "failed");
    match(text, /^pump\.stop can't be called like this: .*pump/);
    deepStrictEqual([site.executed, site.cards, await audit()], [[], [], []]);
  }
});

Deno.test("a call that must be approved becomes a card, and the plugin never hears of it", async () => {
  const { call, site } = await openSite({ rules: [{ effect: "ask", resources: ["tool:pump.*"] }] });
  const { kind, text } = await call();
  deepStrictEqual([kind, text], ["waiting", "Ann is asked"]);
  deepStrictEqual(site.executed, []);
  deepStrictEqual(site.cards, [{ tool: "pump.stop", digest: "d1", arguments: { pump: "7" }, writes: [] }]);
});

Deno.test("what must be approved and would write to a machine is run without doing anything, for its card", async () => {
  const tool = toolOf({}, ["plc.run"]);
  const rules: Rule[] = [{ effect: "ask", resources: ["tool:pump.*"] }];
  const { call, site, journal } = await openSite({ tool, rules, writes: [write] });
  strictEqual((await call()).kind, "waiting");
  deepStrictEqual(site.contexts, [{ mode: "plan", approvals: 0 }]);
  deepStrictEqual(site.cards.map(({ writes }) => writes), [[write]]);
  deepStrictEqual(await journal(), [], "nothing was done");
});

Deno.test("a plan that is cut is no card, not even of a part, and surely did nothing", async () => {
  const tool = toolOf({}, ["plc.run"]);
  const rules: Rule[] = [{ effect: "ask", resources: ["tool:pump.*"] }];
  const outcome: CallOutcome = { kind: "failed", code: "deadline", reason: "it took too long", logs: [] } as never;
  const { call, site } = await openSite({ tool, rules, writes: [write], outcome });
  const { kind, text } = await call();
  strictEqual(kind, "failed");
  ok(!text.includes("isn't known"), text);
  deepStrictEqual(site.cards, []);
});

const proposing = () =>
  openSite({ tool: toolOf({}, ["plc.run"]), writes: [write], outcome: said({ text: "valve closed" }) });

Deno.test("a write that an allowed call proposes waits on a card, and isn't written down as done", async () => {
  const { call, site, journal, audit } = await proposing();
  strictEqual((await call()).kind, "waiting");
  deepStrictEqual(site.cards.map(({ writes }) => writes), [[write]]);
  deepStrictEqual(await journal(), ["proposed"]);
  deepStrictEqual(await audit(), ["use tool:pump.stop begun", "use tool:pump.stop proposed"]);
});

Deno.test("who asks again is told how the card stands, and never what the plugin said of a write that waits", async () => {
  const opened = await proposing();
  const { calls, site, never } = opened;
  const tool = site.tools[0]!;
  const place = await withTurn(opened);
  const again = () => calls.call({ tool, arguments: { pump: "7" } }, place, never);
  deepStrictEqual(await again(), { kind: "waiting", tool, text: "Ann is asked" });
  const standings = [
    { kind: "waiting", text: "Ann is still asked" },
    { kind: "refused", text: "Ann denied it" },
    { kind: "done", text: "It was approved by Ann, and done" },
  ] as const;
  for (const standing of standings) {
    site.standing = standing;
    deepStrictEqual(await again(), { tool, ...standing });
  }
  deepStrictEqual([site.executed.length, site.cards.length], [1, 1]);
});

Deno.test("a host that dies while it asks people leaves no call that was done, and the call is told as unknown", async () => {
  const opened = await proposing();
  const { calls, site, store, journal, never } = opened;
  const call = { tool: site.tools[0]!, arguments: { pump: "7" } };
  const place = await withTurn(opened);
  // Of the transaction in which people are asked, nothing is left.
  Object.defineProperty(site, "asked", {
    get: () => {
      throw new Error("the power went");
    },
  });
  await rejects(calls.call(call, place, never), /the power went/);
  deepStrictEqual(await journal(), ["running"]);
  await store.write((tx) => settleCalls(tx, opened));
  strictEqual((await calls.call(call, place, never)).kind, "unknown");
});

Deno.test("a write that nobody may approve isn't done either, and that is what is said again", async () => {
  const opened = await proposing();
  const { calls, site, journal, audit, never } = opened;
  const call = { tool: site.tools[0]!, arguments: { pump: "7" } };
  const place = await withTurn(opened);
  site.asked = { kind: "refused", reason: "nobody may approve it" };
  const { kind, text } = await calls.call(call, place, never);
  deepStrictEqual([kind, text], ["refused", "nobody may approve it"]);
  strictEqual((await calls.call(call, place, never)).text, "nobody may approve it");
  deepStrictEqual(await journal(), ["failed"]);
  deepStrictEqual(await audit(), [
    "use tool:pump.stop begun",
    "use tool:pump.stop refused",
    "use tool:pump.stop failed",
  ]);
});

const badEnds: [what: string, outcome: CallOutcome, kind: string][] = [
  ["was cancelled", { kind: "cancelled" }, "unknown"],
  ["was cut", { kind: "failed", code: "deadline", reason: "5 s are over", logs: [] }, "unknown"],
  ["failed", said({ error: "no such valve" }), "failed"],
];
for (const [what, outcome, kind] of badEnds) {
  Deno.test(`nobody is asked about a part of what a call that ${what} would have proposed`, async () => {
    const { call, site, journal } = await openSite({ tool: toolOf({}, ["plc.run"]), writes: [write], outcome });
    strictEqual((await call()).kind, kind);
    deepStrictEqual([site.cards, await journal()], [[], [kind]]);
  });
}

Deno.test("an approved call is made as it was shown, with what people approved", async () => {
  const { calls, site, place, never } = await openSite({ rules: [{ effect: "ask", resources: ["tool:pump.*"] }] });
  const card = { tool: "pump.stop", digest: "d1", arguments: { pump: "8" } };
  const end = await calls.perform(card, { ...place, approvalId: null as never, approvals: 1 }, never);
  deepStrictEqual(end, { state: "done", text: "stopped" });
  deepStrictEqual(site.contexts, [{ mode: "do", approvals: 1 }]);
});

Deno.test("what an approved call proposes besides is asked about, as it didn't stand on its card", async () => {
  const { calls, site, place, never, journal } = await proposing();
  const card = { tool: "pump.stop", digest: "d1", arguments: { pump: "7" } };
  const end = await calls.perform(card, { ...place, approvalId: null as never, approvals: 1 }, never);
  deepStrictEqual(end, { state: "done", text: "Ann is asked" });
  deepStrictEqual([site.cards.map(({ writes }) => writes), await journal()], [[[write]], ["proposed"]]);
});

const notPerformed: [
  what: string,
  change: (site: Awaited<ReturnType<typeof openSite>>["site"]) => void,
  said: RegExp,
][] = [
  [
    "whose plugin was replaced",
    (site) => site.tools = [toolOf({ plugin: { ...toolOf().plugin, digest: "d2" } })],
    /replaced/,
  ],
  ["whose plugin was removed", (site) => site.tools = [], /removed/],
  ["while everything is stopped", (site) => site.halted = "Everything is stopped", /^Everything is stopped$/],
];
for (const [what, change, words] of notPerformed) {
  Deno.test(`an approved call ${what} isn't made`, async () => {
    const { calls, site, place, never } = await openSite();
    change(site);
    const card = { tool: "pump.stop", digest: "d1", arguments: { pump: "7" } };
    const end = await calls.perform(card, { ...place, approvalId: "a", approvals: 1 }, never);
    strictEqual(end.state, "failed");
    match(end.text, words);
    deepStrictEqual(site.executed, []);
  });
}

Deno.test("an approved call isn't made for somebody who may not use the tool any more", async () => {
  const { calls, site, place, never } = await openSite({ rules: [{ effect: "deny", resources: ["tool:*"] }] });
  const card = { tool: "pump.stop", digest: "d1", arguments: { pump: "7" } };
  const end = await calls.perform(card, { ...place, approvalId: "a", approvals: 2 }, never);
  strictEqual(end.state, "failed");
  deepStrictEqual(site.executed, []);
});

const ends: [what: string, outcome: CallOutcome, kind: string, text: RegExp][] = [
  ["isn't JSON", { ...said(1), output: new Uint8Array([1, 2]) } as CallOutcome, "failed", /can't be read/],
  ["isn't UTF-8", { ...said(1), output: new Uint8Array([0x22, 0xff, 0x22]) } as CallOutcome, "failed", /can't be read/],
  ["isn't a result", said({ result: "ok" }), "failed", /can't be read/],
  ["is its own error", said({ error: "no pump\u001b[2J" }), "failed", /failed: no pump\\u001b\[2J$/],
  [
    "is too long",
    { kind: "failed", code: "output", reason: "10,000,000 bytes, 65,536 allowed", logs: [] },
    "failed",
    /10,000,000/,
  ],
  [
    "never came in time",
    { kind: "failed", code: "deadline", reason: "5 s are over", logs: [] },
    "unknown",
    /isn't known/,
  ],
  ["never came: it was cancelled", { kind: "cancelled" }, "unknown", /stopped/],
];
for (const [what, outcome, kind, words] of ends) {
  Deno.test(`a call whose answer ${what} is ${kind}`, async () => {
    const { call, journal } = await openSite({ outcome });
    const result = await call();
    strictEqual(result.kind, kind);
    match(result.text, words);
    deepStrictEqual(await journal(), [kind]);
  });
}

Deno.test("a call that changes nothing and was cut is failed, not unknown", async () => {
  const outcome = { kind: "failed", code: "deadline", reason: "5 s are over", logs: [] } as const;
  const { call } = await openSite({ tool: toolOf({ readOnly: true }), outcome });
  strictEqual((await call()).kind, "failed");
});

/** A turn of a message that can be taken up again. */
async function withTurn(opened: Awaited<ReturnType<typeof openSite>>, id = "t1") {
  const { store, place } = opened;
  await store.write((tx) => {
    const blob = new Uint8Array();
    if (tx.get("sessions", "s") === undefined) {
      const none = { titleEnc: null, summaryEnc: null, summarySequence: 0, headId: null, removedMs: null };
      const own = {
        channel: "web",
        conversationHash: "c",
        isGroup: 0,
        pinned: 0,
        version: 1,
        createdMs: 0,
        updatedMs: 0,
      };
      tx.insert("sessions", { id: "s", identityId: place.principal.id, ...own, ...none });
      const message = { sessionId: "s", sequence: 1, parentId: null, author: "person", bodyEnc: blob } as const;
      tx.insert("messages", { id: "m", identityId: null, idempotencyHash: null, createdMs: 0, ...message });
    }
    const none = {
      platformIdEnc: null,
      draftIdEnc: null,
      reason: null,
      answerId: null,
      modelName: null,
      answerMs: null,
    };
    const own = { sessionId: "s", messageId: "m", sequence: 1, channel: "web", place: "conversation" } as const;
    const still = { answerTokens: null, contextEnc: null, endedMs: null, locale: "en", createdMs: 0 } as const;
    tx.insert("turns", { id, conversationEnc: blob, state: "running", attempt: 1, ...none, ...own, ...still });
  });
  return { ...place, sessionId: "s", turnId: id, messageId: "m" };
}

Deno.test("what was done for a message isn't done again by another attempt, nor for an answer in other words", async () => {
  const opened = await openSite();
  const { calls, site, never } = opened;
  const call = { tool: site.tools[0]!, arguments: { pump: "7" } };
  const place = await withTurn(opened);
  strictEqual((await calls.call(call, place, never)).kind, "done");
  deepStrictEqual(await calls.call(call, place, never), { kind: "done", tool: call.tool, text: "stopped" });
  const other = await withTurn(opened, "t2");
  strictEqual((await calls.call(call, other, never)).kind, "done");
  strictEqual(site.executed.length, 1);
  strictEqual((await calls.call({ ...call, arguments: { pump: "8" } }, place, never)).kind, "done");
  strictEqual(site.executed.length, 2, "another call is another call");
});

for (const idempotent of [false, true]) {
  const what = idempotent ? "is made again where that does no more" : "isn't made again, and that is said";
  Deno.test(`a call that a crash cut ${what}`, async () => {
    const opened = await openSite({ tool: toolOf({ idempotent }) });
    const { calls, site, store, never } = opened;
    const call = { tool: site.tools[0]!, arguments: { pump: "7" } };
    const place = await withTurn(opened);
    await calls.call(call, place, never);
    // The host died before the outcome was written down.
    await store.write((tx) => {
      const [row] = tx.find("toolCalls", {});
      tx.update("toolCalls", row!.id, { state: "running", resultEnc: null, endedMs: null });
    });
    strictEqual(await store.write((tx) => settleCalls(tx, opened)), 1);
    const result = await calls.call(call, place, never);
    strictEqual(result.kind, idempotent ? "done" : "unknown");
    strictEqual(site.executed.length, idempotent ? 2 : 1);
    if (!idempotent) match(result.text, /isn't known, so it isn't done again/);
  });
}

Deno.test("while everything is stopped no call begins and nobody is asked", async () => {
  for (const rules of [[], [{ effect: "ask", resources: ["tool:*"] }] as const]) {
    const { call, site } = await openSite({ rules });
    site.halted = "Everything is stopped";
    const { kind, text } = await call();
    deepStrictEqual([kind, text], ["refused", "Everything is stopped"]);
    ok(site.executed.length === 0 && site.cards.length === 0);
  }
});
