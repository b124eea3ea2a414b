import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createLocalChannel } from "../../adapters/channels/local.ts";
import { systemClock } from "../../adapters/clock/system.ts";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";
import { createMemoryObjects } from "../../adapters/objects/memory.ts";
import { systemRandom } from "../../adapters/random/system.ts";
import { createMemoryStore } from "../../adapters/storage/memory.ts";
import { createApp } from "../../adapters/web/app.ts";
import { listenTcp } from "../../adapters/web/listen.ts";
import { mergePolicy, type Policy } from "../../core/access.ts";
import { verifyAudit } from "../../core/audit.ts";
import { type Clawdbot, createClawdbot } from "../../core/clawdbot.ts";
import { createLogins, type Logins } from "../../core/logins.ts";
import type { Store } from "../../core/ports/store.ts";
import type { InstalledTool } from "../../core/tools/types.ts";
import { openVault, type Vault } from "../../core/vault.ts";
import { installedTool, pumpPorts } from "../approval_stand.ts";
import { depsAround } from "../fake_assistant.ts";
import { createTelegram } from "../telegram/channel_stand.ts";
import { type Person, TelegramEmulator } from "../telegram_emulator.ts";
import { logIn, openBrowser, openPage, violationsOf } from "./page_stand.ts";

// Goal: "stop the pump", said in a chat, is done once the right person has pressed a button there or on the page, and by
// nothing else. Method: the whole core in real time, Telegram's Bot API on loopback, a browser; the plugin alone is played.

const local = { kind: "local" } as const;
const browser = await openBrowser();
addEventListener("unload", () => void browser.close());

/** A site with a pump, whose people write on Telegram. */
interface Plant extends AsyncDisposable {
  readonly telegram: TelegramEmulator;
  readonly clawdbot: Clawdbot;
  readonly store: Store;
  readonly vault: Vault;
  readonly logins: Logins;
  readonly url: string;
  /** What the plugin was called for. */
  readonly executed: readonly string[];
  readonly ann: Person;
  readonly bob: Person;
  readonly cat: Person;
}

/** Lets everybody in; ann operates, bob and cat may approve. */
async function openPlant(): Promise<Plant> {
  const telegram = await TelegramEmulator.start();
  const [ann, bob, cat] = ["Ann", "Bob", "Cat"].map((name) => telegram.person({ first_name: name })) as [
    Person,
    Person,
    Person,
  ];
  const policy: Policy = mergePolicy({
    roles: { operator: {}, lead: {} },
    bindings: { operator: [`telegram:${ann.id}`], lead: [`telegram:${bob.id}`, `telegram:${cat.id}`] },
    rules: [
      { effect: "allow", roles: ["operator"], actions: ["use"], resources: ["tool:pump.*"] },
      { effect: "ask", actions: ["use"], resources: ["tool:pump.stop"] },
      { effect: "ask", actions: ["use"], resources: ["tool:pump.drain"], fourEyes: true },
      { effect: "allow", roles: ["lead"], actions: ["use", "approve"], resources: ["tool:pump.*"] },
    ],
  });
  const installed: readonly InstalledTool[] = [installedTool("pump.stop"), installedTool("pump.drain")];
  const tools = pumpPorts(() => installed);
  const store = createMemoryStore();
  const log = { info() {}, warn() {}, error: (message: string, fields?: object) => console.error(message, fields) };
  const ports = { store, clock: systemClock, random: systemRandom, log };
  const crypto = createNodeCrypto();
  const opened = await openVault({ ...ports, crypto, keyEncryptionKey: new Uint8Array(32) });
  ok(opened.kind === "open");
  const { vault } = opened;
  const [web, terminal] = [createLocalChannel("web"), createLocalChannel("terminal")];
  const clawdbot = createClawdbot({
    ...ports,
    vault,
    files: { objects: createMemoryObjects(), crypto, bytesMax: 1_000_000 },
    engine: createScriptedEngine({ clock: systemClock, answer: () => ({ pieces: ["yes"] }) }),
    channels: { web, terminal, telegram: createTelegram(telegram).channel },
    failedChannels: {},
    policy: () => policy,
    tools,
    facts: { version: "1.2.3", modelName: "scripted", offline: false },
  });
  const logins = createLogins({ ...ports, vault, crypto, codes: clawdbot.codes });
  const { assistant, people, approvals, halts, explainer } = clawdbot;
  const deps = depsAround(assistant, {
    ...{ people, approvals, halts, explainer, logins },
    submit: { web: web.submit, terminal: terminal.submit },
  });
  const app = createApp(deps, { kind: "browser", hostNames: (name) => name === "127.0.0.1", secure: false });
  await clawdbot.start();
  const listener = listenTcp(app, { hostname: "127.0.0.1", port: 0 });
  const letIn = async ([person, name]: readonly [Person, string]) => {
    person.write("hello");
    const told = await telegram.untilSaid(person, /tell them this code: [0-9A-Z-]+/);
    const code = /code: ([0-9A-Z-]+)/.exec(told.text)![1]!;
    strictEqual((await people.pair(local, { code }, { name })).kind, "paired");
    await telegram.untilSaid(person, /^yes$/);
  };
  await Promise.all(([[ann, "Ann"], [bob, "Bob"], [cat, "Cat"]] as const).map(letIn));
  return {
    ...{ telegram, clawdbot, store, vault, logins, ann, bob, cat },
    url: `http://127.0.0.1:${listener.port}`,
    executed: tools.executed,
    async [Symbol.asyncDispose]() {
      await clawdbot.stop(1_000);
      await listener.close(0);
      await telegram[Symbol.asyncDispose]();
    },
  };
}

function journey(name: string, body: (plant: Plant) => Promise<void>): void {
  Deno.test({
    name: `approvals: ${name}`,
    // The browser outlives each test, and so do its sockets.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      await using plant = await openPlant();
      await body(plant);
      strictEqual((await verifyAudit(plant.store, plant.vault)).kind, "whole");
    },
  });
}

/** Steps of approvals that the audit has, oldest first. */
const steps = ({ store }: Plant) =>
  store.read((tx) =>
    tx.find("audit", {}).filter(({ resource }) => resource.startsWith("approval:") || resource.startsWith("tool:"))
      .map(({ action, outcome }) => `${action} ${outcome}`)
  );

/** Logs in as somebody who is known on Telegram. */
async function pageOf(plant: Plant, name: string) {
  const list = await plant.clawdbot.people.list(local);
  ok(list.kind === "people");
  const { id } = list.people.find((person) => person.name === name)!;
  const code = await plant.clawdbot.people.linkCode(local, id);
  ok(code.kind === "code");
  const context = await browser.newContext({ locale: "en-GB", serviceWorkers: "block" });
  const opened = await openPage(context);
  opened.page.setDefaultTimeout(15_000);
  await logIn(opened.page, plant.url, code.code);
  return { ...opened, [Symbol.asyncDispose]: () => context.close() };
}

journey("said in a chat, approved by a button there, done, told to both, and in the audit", async (plant) => {
  const { telegram, ann, bob, cat, executed } = plant;
  ann.write("stop the pump");
  await telegram.untilSaid(ann, /^pump\.stop waits for approval by .*Bob.*Nothing is done before\.$/);
  const card = await telegram.untilSaid(bob, /Please approve: pump\.stop/);
  match(card.text, /Asked by Ann/);
  match(card.text, /plugin's file abababababab/);
  match(card.text, /good until \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  deepStrictEqual(executed, []);
  // Forwarded, the code is nobody's.
  const code = /\/approve [0-9A-Z-]+/.exec(JSON.stringify(card))![0];
  ann.write(code);
  await telegram.untilSaid(ann, /There is no such code, or it isn't yours/);
  cat.write(code);
  await telegram.untilSaid(cat, /There is no such code, or it isn't yours/);
  deepStrictEqual(executed, []);
  bob.press(card, "Approve");
  await telegram.untilSaid(ann, /pump\.stop was approved by Bob, and done\.\s+Pump 7 stands still\./);
  await telegram.untilSaid(bob, /Asked by Ann: pump\.stop was approved by Bob, and done\./);
  // Pressed again, and by another, nothing is done.
  bob.press(card, "Approve");
  await telegram.untilSaid(bob, /was approved and done already/);
  cat.press(await telegram.untilSaid(cat, /Please approve: pump\.stop/), "Deny");
  await telegram.untilSaid(cat, /was approved and done already/);
  deepStrictEqual(executed, ["stop"]);
  deepStrictEqual(await steps(plant), [
    "ask asked",
    "tell told",
    "approve approved",
    "use begun",
    "use done",
    "perform done",
    "approve is done",
    "deny is done",
  ]);
});

journey(
  "a card appears on the page of who may approve, is approved there, and the page of who asked tells it",
  async (plant) => {
    const { telegram, ann, executed } = plant;
    await using bob = await pageOf(plant, "Bob");
    await using eyes = await pageOf(plant, "Ann");
    ann.write("stop the pump");
    // Live, on a page that shows no conversation.
    const card = bob.page.locator("[data-cards] .act");
    await card.getByRole("heading", { name: "Call pump.stop" }).waitFor();
    await card.getByText("Waits for").waitFor();
    deepStrictEqual(await violationsOf(bob.page), []);
    await eyes.page.locator("[data-cards] .act").getByRole("button", { name: "Take back: pump.stop" }).waitFor();
    strictEqual(await eyes.page.getByRole("button", { name: /^Approve/ }).count(), 0, "who asked may not approve it");
    await bob.page.getByRole("textbox", { name: "Message" }).fill("typed meanwhile");
    await card.getByRole("button", { name: "Approve: pump.stop" }).click();
    await card.waitFor({ state: "hidden" });
    strictEqual(await bob.page.getByRole("textbox", { name: "Message" }).inputValue(), "typed meanwhile");
    await telegram.untilSaid(ann, /pump\.stop was approved by Bob, and done\./);
    await eyes.page.locator("[data-cards] .act").waitFor({ state: "hidden" });
    await eyes.page.goto(plant.url + "/conversations");
    await eyes.page.getByRole("link", { name: "hello" }).first().click();
    const outcome = eyes.page.locator(".message.notice", { hasText: "was approved by" });
    await outcome.getByText("Pump 7 stands still.").waitFor();
    strictEqual(await outcome.getByRole("button", { name: /Try again/ }).count(), 0);
    deepStrictEqual(await violationsOf(eyes.page), []);
    deepStrictEqual(executed, ["stop"]);
    deepStrictEqual([bob.wrong, eyes.wrong], [[], []]);
  },
);

journey("two people must approve: one on Telegram and one on the page, neither of them who asked", async (plant) => {
  const { telegram, bob, cat, executed } = plant;
  bob.write("drain the pump");
  await telegram.untilSaid(bob, /waits for approval by two of these/);
  await using own = await pageOf(plant, "Bob");
  await own.page.locator("[data-cards] .act").getByText("Two other people must approve it").waitFor();
  strictEqual(await own.page.getByRole("button", { name: /^Approve/ }).count(), 0);
  const waiting = await plant.clawdbot.approvals.list(local, { of: "waiting", locale: "en" });
  const which = { id: waiting[0]!.id };
  const typed = await plant.clawdbot.approvals.vote({ principal: local, which, verdict: "approve", locale: "en" });
  match(typed.text, /not from this terminal/);
  const card = await telegram.untilSaid(cat, /Two people must approve it/);
  cat.press(card, "Approve");
  await telegram.untilSaid(cat, /One more person must approve it/);
  cat.press(card, "Approve");
  await telegram.untilSaid(cat, /You have approved it already/);
  deepStrictEqual(executed, []);
  const login = await plant.logins.issue(local);
  const context = await browser.newContext({ locale: "en-GB", serviceWorkers: "block", javaScriptEnabled: false });
  try {
    const { page } = await openPage(context);
    page.setDefaultTimeout(15_000);
    await page.goto(`${plant.url}/login`);
    await page.getByRole("textbox").fill(login.code);
    await page.locator("main button").first().click();
    // Without script it is a form like any other.
    await page.getByRole("button", { name: "Approve: pump.drain" }).click();
    await telegram.untilSaid(bob, /pump\.drain was approved by Cat and the owner, and done\./);
  } finally {
    await context.close();
  }
  deepStrictEqual(executed, ["drain"]);
});
