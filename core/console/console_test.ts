import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createLocalChannel } from "../../adapters/channels/local.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";
import { local, type Scene, startScene } from "../../tests/clawdbot_scene.ts";
import { mergePolicy, type Policy, type Principal } from "../access.ts";
import type { ConfigurationStatus } from "../assistant.ts";
import type { Pairing } from "../people.ts";
import type { Channel } from "../ports/channel.ts";
import type { ModelPuller, Pulled } from "../ports/puller.ts";
import { createConsole } from "./console.ts";
import { auditPageMax, type Console, consoleParts } from "./types.ts";

/** A console around a whole core. */
async function open(
  { policy = () => mergePolicy({}), pairings = [], problem, isProposed = false, puller, channels = {} }: {
    readonly policy?: () => Policy;
    readonly pairings?: readonly Pairing[];
    readonly problem?: ConfigurationStatus["problem"];
    readonly isProposed?: boolean;
    readonly puller?: ModelPuller;
    readonly channels?: Readonly<Record<string, Channel>>;
  } = {},
): Promise<Scene & { readonly console: Console; readonly engine: ReturnType<typeof createScriptedEngine> }> {
  const scene = await startScene(() => ({ pieces: ["yes"] }), { policy, channels });
  const engine = createScriptedEngine({
    clock: scene.clock,
    answer: () => ({ pieces: ["one ", "two"], delayMs: 1_000 }),
  });
  const console = createConsole({
    ...scene,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    policy,
    status(principal) {
      const result = scene.clawdbot.assistant.status(principal);
      if (result.kind === "refused" || problem === undefined) return result;
      return {
        kind: "status",
        status: { ...result.status, configuration: { ...result.status.configuration, problem } },
      };
    },
    people: { pairings: async () => ({ kind: "pairings", pairings }) },
    approvals: scene.clawdbot.approvals,
    models: { chat: { name: "small", path: "/models/small.gguf", engine } },
    modelsFolder: "/models",
    installed: async () => [
      { name: "other", path: "/models/other.gguf", fileBytes: 5 },
      { name: "small", path: "/models/small.gguf", fileBytes: 7 },
    ],
    databaseBytes: async () => 4_096,
    memoryBytes: () => 90_000_000,
    isProposed: async () => isProposed,
    ...(puller === undefined ? {} : { puller }),
    closing: new AbortController().signal,
  });
  return { ...scene, console, engine };
}

const person = { kind: "identity", id: "p", owner: false, accounts: ["telegram:1"] } as const satisfies Principal;

Deno.test("whoever may not see a part is refused with whom to ask, and whoever may see one sees that one", async () => {
  const { console } = await open();
  deepStrictEqual(console.parts(person), []);
  deepStrictEqual(console.parts(local), consoleParts);
  for (
    const asked of [
      () => console.board(person),
      () => console.channels(person),
      () => console.models(person),
      () => console.load(person, "chat"),
      () => console.unload(person, "chat"),
      () => console.audit(person, {}),
      () => console.auditEntry(person, "0000000000000001"),
      () => console.verifyAudit(person),
    ]
  ) {
    const result = await asked();
    ok(result.kind === "refused" && result.reason.includes("ask its administrator"), asked.toString());
  }
});

Deno.test("who may look at models may not load them", async () => {
  const policy = mergePolicy({
    roles: { watcher: {} },
    bindings: { watcher: ["telegram:1"] },
    rules: [{ effect: "allow", roles: ["watcher"], actions: ["read"], resources: ["admin:models"] }],
  });
  const { console, engine } = await open({ policy: () => policy });
  deepStrictEqual(console.parts(person), ["models"]);
  strictEqual((await console.models(person)).kind, "models");
  strictEqual((await console.load(person, "chat")).kind, "refused");
  strictEqual(engine.state().kind, "idle");
});

Deno.test("the worst stands first, and each tile knows since when", async () => {
  const pairings = [
    { code: "A", channel: "t", account: "1", name: "", createdMs: 0, expiresMs: 1, refusedMs: null },
    { code: "B", channel: "t", account: "2", name: "", createdMs: 0, expiresMs: 1, refusedMs: 5 },
  ];
  const { console, clock, engine } = await open({ pairings });
  const begunMs = clock.nowMs();
  const before = await console.board(local);
  ok(before.kind === "board");
  deepStrictEqual(before.board.tiles.map(({ id, state }) => [id, state]), [
    ["channel:telegram", "failed"],
    ["pairings", "waiting"],
    ["model", "unknown"],
    ["host", "running"],
    ["channel:terminal", "running"],
    ["queue", "running"],
    ["deliveries", "running"],
    ["database", "running"],
    ["approvals", "running"],
    ["configuration", "running"],
  ]);
  const counted = before.board.tiles.find(({ id }) => id === "pairings")!;
  deepStrictEqual(counted.facts, { kind: "pairings", count: 1 }, "those that were turned away don't wait");
  await clock.run(clock.nowMs() + 5_000);
  await engine.load(new AbortController().signal);
  const after = await console.board(local);
  ok(after.kind === "board");
  const since = Object.fromEntries(after.board.tiles.map(({ id, sinceMs }) => [id, sinceMs - begunMs]));
  deepStrictEqual([since.model, since.host, since.pairings], [5_000, 0, 0]);
});

Deno.test("what waits for a channel is counted, with the time of the oldest", async () => {
  const mine = createLocalChannel("terminal");
  const terminal: Channel = { ...mine, deliver: async () => ({ kind: "unreachable", reason: "it is away" }) };
  const { console, clock } = await open({ channels: { terminal } });
  const beganMs = clock.nowMs();
  for (const platformId of ["1", "2"]) {
    const message = { account: "local", conversation: platformId, platformId, text: "Hello", locale: "en" } as const;
    strictEqual((await mine.submit(message)).kind, "accepted");
    await clock.run(clock.nowMs() + 60_000);
  }
  const result = await console.channels(local);
  ok(result.kind === "channels");
  const views = Object.fromEntries(result.channels.map((view) => [view.name, view]));
  strictEqual(views.terminal?.waiting, 2);
  ok(views.terminal.oldestMs! - beganMs < 60_000);
  deepStrictEqual([views.telegram?.waiting, views.telegram?.oldestMs], [0, undefined]);
});

Deno.test("since when is known although nobody looked", async () => {
  const { console, clock, engine } = await open();
  const closing = new AbortController();
  const begunMs = clock.nowMs();
  const watching = console.watch(closing.signal);
  await clock.run(clock.nowMs() + 10_000);
  await engine.load(new AbortController().signal);
  await clock.run(clock.nowMs() + 3_600_000);
  const result = await console.board(local);
  ok(result.kind === "board");
  const { sinceMs } = result.board.tiles.find(({ id }) => id === "model")!;
  ok(sinceMs - begunMs <= 11_000, `${sinceMs - begunMs}`);
  closing.abort();
  await watching;
});

Deno.test("a configuration that was refused is the worst, one that is proposed waits", async () => {
  const refused = await open({ problem: { atMs: 7, lines: ["config.yaml:3: no"] } });
  const first = await refused.console.board(local);
  ok(first.kind === "board");
  ok(first.board.tiles.slice(0, 2).some(({ id }) => id === "configuration"));
  const tile = first.board.tiles.find(({ id }) => id === "configuration")!;
  deepStrictEqual([tile.state, tile.sinceMs], ["failed", 7]);
  const proposed = await open({ isProposed: true });
  const second = await proposed.console.board(local);
  ok(second.kind === "board");
  strictEqual(second.board.tiles.find(({ id }) => id === "configuration")?.state, "waiting");
});

Deno.test("a model is loaded and unloaded, which the audit says; while it answers, it stays", async () => {
  const { console, engine, clock } = await open();
  deepStrictEqual(await console.load(local, "chat"), { kind: "loading" });
  await clock.run(clock.nowMs() + 1_000);
  deepStrictEqual(await console.load(local, "chat"), { kind: "loaded" });
  const answering = Array.fromAsync(engine.generate({ messages: [], tokensMax: 9 }, new AbortController().signal));
  await clock.run(clock.nowMs() + 500);
  deepStrictEqual(await console.unload(local, "chat"), { kind: "busy" });
  await clock.run(clock.nowMs() + 10_000);
  strictEqual((await answering).at(-1)?.kind, "end");
  deepStrictEqual(await console.unload(local, "chat"), { kind: "unloaded" });
  deepStrictEqual(engine.state(), { kind: "idle" });
  deepStrictEqual(await console.load(local, "embedding"), { kind: "unknown" });
  const list = await console.audit(local, { filter: "admin:models" });
  ok(list.kind === "audit");
  deepStrictEqual(list.entries.map(({ principal, action, outcome }) => [principal, action, outcome]), [
    ["local", "unload", "unloaded"],
    ["local", "load", "begun"],
  ]);
});

Deno.test("models that are configured stand before those that are only here", async () => {
  const { console } = await open();
  const result = await console.models(local);
  ok(result.kind === "models");
  deepStrictEqual(result.models.map(({ name, file, use }) => [name, file?.fileBytes, use?.use]), [
    ["small", 7, "chat"],
    ["other", 5, undefined],
  ]);
});

Deno.test("a model of the catalogue is brought, one at a time, told how far it is, stopped, and audited", async () => {
  type Pull = Parameters<ModelPuller["pull"]>;
  const pulls: { name: string; tell: Pull[1]; signal: AbortSignal; end(result: Pulled): void }[] = [];
  const puller: ModelPuller = {
    pull: (name, tell, signal) => new Promise((end) => pulls.push({ name, tell, signal, end })),
  };
  const { console, clock, rest } = await open({ puller });
  const offerOf = async (name: string) => {
    const result = await console.models(local);
    ok(result.kind === "models");
    return result.models.find((model) => model.name === name)?.offer;
  };
  const name = "smollm2-135m";
  deepStrictEqual(await offerOf(name), { fileBytes: 98_362_432, licence: "Apache-2.0" });
  deepStrictEqual(await console.pull(local, "../../etc/passwd"), { kind: "unknown" });
  deepStrictEqual(await console.pull(local, "other"), { kind: "unknown" }, "what is here isn't brought again");
  strictEqual((await console.pull(person, name)).kind, "refused");
  deepStrictEqual(await console.stopPull(local, name), { kind: "unknown" });
  deepStrictEqual(await console.pull(local, name), { kind: "begun" });
  deepStrictEqual(await console.pull(local, name), { kind: "busy" });
  deepStrictEqual(await console.pull(local, "qwen2.5-coder-1.5b"), { kind: "busy" });
  pulls[0]!.tell({ phase: "downloading", doneBytes: 1_000_000, totalBytes: 98_362_432 });
  await clock.run(clock.nowMs() + 2_000);
  pulls[0]!.tell({ phase: "downloading", doneBytes: 9_000_000, totalBytes: 98_362_432 });
  const pull = (await offerOf(name))?.pull;
  ok(pull?.kind === "pulling");
  deepStrictEqual([pull.doneBytes, pull.bytesPerSecond, pull.isVerifying], [9_000_000, 4_000_000, false]);
  deepStrictEqual(await console.stopPull(local, name), { kind: "stopped" });
  ok(pulls[0]!.signal.aborted);
  pulls[0]!.end({ kind: "cancelled" });
  await rest(100);
  strictEqual((await offerOf(name))?.pull, undefined);
  deepStrictEqual(await console.pull(local, name), { kind: "begun" });
  pulls[1]!.end({ kind: "failed", reason: "the disk is full" });
  await rest(100);
  deepStrictEqual((await offerOf(name))?.pull, {
    kind: "failed",
    reason: "the disk is full",
    atMs: clock.nowMs() - 100,
  });
  const list = await console.audit(local, { filter: "pull" });
  ok(list.kind === "audit");
  deepStrictEqual(list.entries.map(({ principal, resource, outcome }) => `${principal} ${resource} ${outcome}`), [
    `system admin:models:${name} failed`,
    `local admin:models:${name} begun`,
    `system admin:models:${name} cancelled`,
    `local admin:models:${name} begun`,
  ]);
});

Deno.test("where nothing brings models, none is offered", async () => {
  const { console } = await open();
  const result = await console.models(local);
  ok(result.kind === "models" && result.models.every(({ offer }) => offer === undefined));
  deepStrictEqual(await console.pull(local, "smollm2-135m"), { kind: "unknown" });
});

Deno.test("the audit is read page by page, newest first, and found by what stands in it", async () => {
  const { console, ask, clawdbot, rest } = await open();
  for (let index = 0; index < 60; index++) await ask(`question ${index}`);
  const seen: string[] = [];
  let before: string | undefined;
  let pages = 0;
  do {
    const page = await readPage(console, { ...(before === undefined ? {} : { before }), limit: 50 }, rest);
    seen.push(...page.entries.map(({ id }) => id));
    before = page.next;
    pages++;
  } while (before !== undefined);
  ok(pages >= 3);
  deepStrictEqual(seen, seen.toSorted().reverse());
  strictEqual(new Set(seen).size, seen.length);
  strictEqual(seen.at(-1), "0000000000000001");
  const answers = await readPage(console, { filter: "ANSWER" }, rest);
  strictEqual(answers.entries.length, 60);
  ok(answers.entries.every(({ principal, action }) => principal === "assistant" && action === "answer"));
  strictEqual((await readPage(console, { filter: "nothing has this" }, rest)).entries.length, 0);
  ok((await readPage(console, { limit: 10_000 }, rest)).entries.length <= auditPageMax);
  const entry = await console.auditEntry(local, answers.entries[0]!.id);
  ok(entry.kind === "entry" && /^[0-9a-f]{64}$/.test(entry.entry.hash));
  deepStrictEqual(await console.auditEntry(local, "nothing"), { kind: "unknown" });
  const owner = { kind: "identity", id: clawdbot.ownerId(), owner: true, accounts: [] } as const;
  strictEqual((await console.auditEntry(owner, entry.entry.id)).kind, "entry");
});

async function readPage(console: Console, page: Parameters<Console["audit"]>[1], rest: Scene["rest"]) {
  const reading = console.audit(local, page);
  await rest(10);
  const result = await reading;
  ok(result.kind === "audit");
  return result;
}

Deno.test("the chain is verified on demand, and a link that was changed is named", async () => {
  const { console, ask, store, rest } = await open();
  deepStrictEqual(console.verification(), { kind: "never" });
  await ask("one");
  const verify = async () => {
    const begun = await console.verifyAudit(local);
    strictEqual(begun.kind, "verification");
    await rest(100);
    const verification = console.verification();
    ok(verification.kind === "done");
    return verification.verdict;
  };
  const whole = await verify();
  ok(whole.kind === "whole" && whole.count > 0);
  await store.write((tx) => tx.update("audit", "0000000000000001", { outcome: "forged" }));
  const broken = await verify();
  ok(broken.kind === "broken");
  deepStrictEqual([broken.id, broken.reason], ["0000000000000001", "one of its columns was changed"]);
});
