import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { type ChatPlatform, createChatPlatform } from "../tests/chat_platform.ts";
import { local, type Scene, type SceneOptions, startScene } from "../tests/clawdbot_scene.ts";
import { mergePolicy, type Principal } from "./access.ts";
import { openAuditDetail, verifyAudit } from "./audit.ts";
import { codeMsMax } from "./codes.ts";
import { pairingMsMax, pairingsEachMax, refusedMsMax } from "./message/pairings.ts";
import type { Person } from "./people.ts";
import { type Store, StoreError } from "./ports/store.ts";
import type { TableName } from "./tables.ts";

interface Site extends Scene {
  readonly chat: ChatPlatform;
  readonly other: ChatPlatform;
  /** Writes, and waits until all is answered. */
  say: ChatPlatform["write"];
}

/** A site with two chat programs; its model repeats what it was asked last. */
async function openSite(options: SceneOptions = {}): Promise<Site> {
  const chat = createChatPlatform("chat");
  const other = createChatPlatform("other");
  const scene = await startScene(
    ({ messages }) => ({ pieces: [`re: ${messages.at(-1)!.content}`] }),
    { ...options, channels: { chat: chat.channel, other: other.channel } },
  );
  const say: Site["say"] = async (...said) => {
    const result = await chat.write(...said);
    await scene.rest(1_000);
    return result;
  };
  return { ...scene, chat, other, say };
}

/** The code that somebody was told last. */
function codeIn(text: string | undefined): string {
  return /\*\*([0-9A-Z-]+)\*\*/.exec(text ?? "")?.[1] ?? "";
}

/** Lets somebody in who wrote `hello`. */
async function letIn(site: Site, account: string, name?: string): Promise<Person> {
  await site.say(account, "hello", { accountName: `${account} of chat` });
  const code = codeIn(site.chat.texts(account).at(-1));
  const result = await site.clawdbot.people.pair(local, { code }, name === undefined ? {} : { name });
  ok(result.kind === "paired", JSON.stringify(result));
  await site.rest(1_000);
  return result.person;
}

const count = ({ store }: Scene, table: TableName) => store.read((tx) => tx.count(table, {}));
const asPerson = ({ id, owner, accounts }: Person): Principal => ({
  kind: "identity",
  id,
  owner,
  accounts: accounts.map(({ channel, account }) => `${channel}:${account}`),
});

Deno.test("a stranger who writes directly is told a code, is let in by it, and what they wrote first is answered", async () => {
  const site = await openSite();
  const { chat, clawdbot, say } = site;
  deepStrictEqual((await say("ann", "/start")).kind, "handled");
  const [asked] = chat.texts("ann");
  match(asked!, /^I don't know you yet.*administrator.*\*\*[2-9A-HJKMNP-TV-Z]{3}-[2-9A-HJKMNP-TV-Z]{3}\*\*/);
  await say("ann", "how much oil?", { accountName: "Ann Lee (@ann)" });
  await say("ann", "are you there?");
  strictEqual(await count(site, "messages"), 0, "nothing of a stranger is a message");
  strictEqual(await count(site, "identities"), 1);

  const asking = await clawdbot.people.pairings(local);
  ok(asking.kind === "pairings");
  const { code, channel, account, refusedMs } = asking.pairings[0]!;
  deepStrictEqual({ code, channel, account, refusedMs }, {
    code: codeIn(asked),
    channel: "chat",
    account: "ann",
    refusedMs: null,
  });
  const paired = await clawdbot.people.pair(local, { code: code.toLowerCase().replace("-", " ") }, { name: "Ann" });
  ok(paired.kind === "paired");
  strictEqual(paired.person.name, "Ann");
  deepStrictEqual(paired.person.roles, ["user"]);
  deepStrictEqual(paired.person.accounts.map(({ channel }) => channel).sort(), ["chat", "web"]);
  await site.rest(1_000);
  deepStrictEqual(chat.texts("ann").slice(1), [
    "You have been let in. I am answering what you wrote first; please write anything else again.",
    "re: how much oil?",
  ]);
  await say("ann", "and water?");
  strictEqual(chat.texts("ann").at(-1), "re: and water?");
  deepStrictEqual(await clawdbot.people.pairings(local), { kind: "pairings", pairings: [] });
  deepStrictEqual(await clawdbot.people.pair(local, { code }), { kind: "unknown" }, "a code works once");
});

Deno.test("what a stranger wrote first is answered where it was written, and is one message when it is offered again", async () => {
  const site = await openSite();
  await site.say("ann", "/start");
  await site.say("ann", "hello", { conversation: "another chat of ann", platformId: "first" });
  const paired = await site.clawdbot.people.pair(local, { code: codeIn(site.chat.texts("ann")[0]) });
  strictEqual(paired.kind, "paired");
  await site.rest(1_000);
  deepStrictEqual(site.chat.texts("another chat of ann"), ["re: hello"]);
  const copy = await site.say("ann", "hello", { conversation: "another chat of ann", platformId: "first" });
  strictEqual(copy.kind, "duplicate");
});

Deno.test("who wrote only commands, or too much, is asked to write again", async () => {
  const site = await openSite();
  await site.say("ann", "x".repeat(5_000));
  const code = codeIn(site.chat.texts("ann")[0]);
  strictEqual((await site.clawdbot.people.pair(local, { code })).kind, "paired");
  await site.rest(1_000);
  deepStrictEqual(site.chat.texts("ann").slice(1), ["You have been let in. Please write your message again."]);
});

Deno.test("the same stranger is told the same code again, at most once a minute, in their language", async () => {
  const { chat, say, rest } = await openSite();
  await say("ann", "one", { locale: "zh-CN" });
  const [first] = chat.texts("ann");
  match(first!, /^我还不认识你。/);
  for (let times = 0; times < 20; times++) await say("ann", "again", { locale: "zh-CN" });
  deepStrictEqual(chat.texts("ann"), [first]);
  await rest(60_000);
  await say("ann", "again", { locale: "zh-CN" });
  deepStrictEqual(chat.texts("ann"), [first, first]);
  await rest(pairingMsMax);
  await say("ann", "again");
  strictEqual(chat.texts("ann").length, 3);
  ok(codeIn(chat.texts("ann")[2]) !== codeIn(first), "a request that expired begins anew");
});

Deno.test("a code that expired lets nobody in", async () => {
  const { chat, say, rest, clawdbot } = await openSite();
  await say("ann", "hello");
  await rest(pairingMsMax);
  deepStrictEqual(await clawdbot.people.pair(local, { code: codeIn(chat.texts("ann")[0]) }), { kind: "unknown" });
});

Deno.test("strangers hear nothing in groups, and nothing at all where the site wants it so", async () => {
  const site = await openSite();
  deepStrictEqual(await site.say("ann", "hello", { conversation: "room", place: "group" }), {
    kind: "handled",
    text: "",
  });
  deepStrictEqual(await site.say("ann", "/link ABC-DEF-GHJ", { conversation: "room", place: "group" }), {
    kind: "handled",
    text: "",
  });
  const silent = await openSite({ people: { unknown: "silent" } });
  await silent.say("ann", "hello");
  for (const { chat, store } of [site, silent]) {
    deepStrictEqual(chat.sent(), []);
    strictEqual(await store.read((tx) => tx.count("pairings", {}) + tx.count("messages", {})), 0);
  }
});

Deno.test("10,000 strangers are a bounded number of rows and replies, and keep nobody out who is known", async () => {
  const site = await openSite();
  const ann = await letIn(site, "ann");
  const before = site.chat.sent().length;
  for (let index = 0; index < 10_000; index++) await site.chat.write(`stranger ${index}`, "buy");
  await site.rest(1_000);
  strictEqual(site.chat.sent().length - before, pairingsEachMax);
  strictEqual(await count(site, "pairings"), pairingsEachMax);
  strictEqual(await site.store.read((tx) => tx.count("receipts", {})), pairingsEachMax + 1);
  await site.say("ann", "still here?");
  strictEqual(site.chat.texts("ann").at(-1), "re: still here?");
  // Another channel has room of its own.
  await site.other.write("zoe", "hello");
  await site.rest(1_000);
  strictEqual(site.other.texts("zoe").length, 1);
  strictEqual(ann.owner, false);
  await site.rest(26 * 3_600_000);
  deepStrictEqual([await count(site, "pairings"), await count(site, "receipts")], [0, 0], "and all of them are swept");
  strictEqual(await site.store.read((tx) => tx.count("deliveries", { sessionId: null })), 0);
});

Deno.test("administrators are told with two buttons, ten times at most, and a press of one decides", async () => {
  const site = await openSite({ policy: () => mergePolicy({ bindings: { administrator: ["chat:boss"] } }) });
  const boss = await letIn(site, "boss", "Boss");
  deepStrictEqual(boss.roles, ["administrator", "user"]);
  const told = () => site.chat.sent("boss").filter(({ buttons }) => buttons.length > 0);
  await site.say("ann", "let me in", { accountName: "Ann [x](http://evil) `y`" });
  const [request] = told();
  match(request!.text, /^`Ann \[x\]\(http:\/\/evil\) 'y'` on `chat` asks to be let in, with the code \*\*/);
  const [yes, no] = request!.buttons;
  deepStrictEqual([yes!.label, no!.label], ["Let in", "Refuse"]);
  ok(request!.buttons.every(({ text }) => new TextEncoder().encode(text).length <= 64));
  await site.say("boss", yes!.text);
  strictEqual(site.chat.texts("boss").at(-1), "`Ann [x](http://evil) 'y'` has been let in and told so.");
  strictEqual(site.chat.texts("ann").at(-1), "re: let me in");

  await site.say("bob", "me too");
  await site.say("boss", told().at(-1)!.buttons[1]!.text);
  strictEqual(site.chat.texts("boss").at(-1), "`bob` has been refused and hears nothing for a day.");
  strictEqual(site.chat.texts("bob").at(-1), "The administrator of this assistant didn't let you in.");
  for (let index = 0; index < 30; index++) await site.say(`stranger ${index}`, "buy");
  strictEqual(told().length, 2 + 10);
});

Deno.test("who was refused hears nothing for a day, and can be let in after all", async () => {
  const { chat, say, rest, clawdbot } = await openSite();
  await say("ann", "hello");
  const code = codeIn(chat.texts("ann")[0]);
  const refused = await clawdbot.people.refuse(local, code);
  ok(refused.kind === "turned-away" && refused.pairing.refusedMs !== null);
  strictEqual((await clawdbot.people.refuse(local, code)).kind, "turned-away", "twice is once");
  await rest(refusedMsMax - 60_000);
  for (let times = 0; times < 5; times++) await say("ann", "please");
  strictEqual(chat.texts("ann").length, 2);
  strictEqual((await clawdbot.people.pair(local, { code })).kind, "paired");
  await say("ann", "thanks");
  strictEqual(chat.texts("ann").at(-1), "re: thanks");

  await say("bob", "hello");
  await clawdbot.people.refuse(local, codeIn(chat.texts("bob")[0]));
  await rest(refusedMsMax);
  await say("bob", "a day later");
  match(chat.texts("bob").at(-1)!, /^I don't know you yet/);
});

Deno.test("only who manages people lets others in; a pairing code is nobody's login and no link", async () => {
  const site = await openSite();
  const bob = await letIn(site, "bob", "Bob");
  await site.say("ann", "hello");
  const code = codeIn(site.chat.texts("ann")[0]);
  await site.say("bob", `/pair ${code}`);
  match(site.chat.texts("bob").at(-1)!, /^No rule of this site allows manage of admin:people/);
  const { people } = site.clawdbot;
  const stranger = { kind: "token", id: "t", roles: [] } as const;
  for (const by of [asPerson(bob), stranger] as const) {
    const tries = [
      people.pair(by, { code }),
      people.refuse(by, code),
      people.list(by),
      people.pairings(by),
      people.rename(by, bob.id, "King"),
      people.linkCode(by, site.clawdbot.ownerId()),
    ];
    for (const result of await Promise.all(tries)) strictEqual(result.kind, "refused");
  }
  // From another account, and from the stranger's own: it says nothing of itself.
  await site.say("zoe", `/link ${code}`);
  match(site.chat.texts("zoe").at(-1)!, /^That code isn't right/);
  await site.say("ann", `/pair ${code}`);
  strictEqual(site.chat.texts("ann").length, 1);
  const still = await people.pairings(local);
  ok(still.kind === "pairings");
  strictEqual(still.pairings.length, 1);
  strictEqual(await site.store.read((tx) => tx.count("audit", { resource: "admin:people", outcome: "refused" })), 8);
});

Deno.test("a code of a person makes another account theirs, once, and what they say goes on there", async () => {
  const site = await openSite();
  const ann = await letIn(site, "ann", "Ann");
  await site.say("ann", "/link");
  const code = codeIn(site.chat.texts("ann").at(-1));
  match(code, /^...-...-...$/);
  await site.other.write("ann2", `/link ${code.toLowerCase()}`, { accountName: "Annie" });
  await site.rest(1_000);
  match(site.other.texts("ann2").at(-1)!, /^This account is now linked to Ann/);
  await site.other.write("eve", `/link ${code}`);
  await site.rest(1_000);
  match(site.other.texts("eve").at(-1)!, /^That code isn't right, was used already/);
  await site.other.write("ann2", "and here?");
  await site.rest(1_000);
  strictEqual(site.other.texts("ann2").at(-1), "re: and here?");
  deepStrictEqual(site.requests.at(-1)!.messages.slice(1).map(({ content }) => content), [
    "hello",
    "re: hello",
    "and here?",
  ]);
  const self = await site.clawdbot.people.self(asPerson(ann));
  ok(self.kind === "person");
  deepStrictEqual(self.person.accounts.map(({ channel, account, name }) => [channel, account, name]).sort(), [
    ["chat", "ann", "ann of chat"],
    ["other", "ann2", "Annie"],
    ["web", ann.id, ""],
  ]);
});

Deno.test("an account that is somebody's isn't linked to anybody else, and the code stays good", async () => {
  const site = await openSite();
  await letIn(site, "ann", "Ann");
  await letIn(site, "bob", "Bob");
  await site.say("ann", "/link");
  const code = codeIn(site.chat.texts("ann").at(-1));
  await site.say("bob", `/link ${code}`);
  match(site.chat.texts("bob").at(-1)!, /^This account belongs to `Bob` already; to link it to somebody else/);
  await site.other.write("ann2", `/link ${code}`);
  await site.rest(1_000);
  match(site.other.texts("ann2").at(-1)!, /linked to Ann/);
});

Deno.test("a code isn't shown where others read along, nor taken there", async () => {
  const site = await openSite();
  await letIn(site, "ann", "Ann");
  await site.say("ann", "/link", { conversation: "room", place: "group" });
  deepStrictEqual(site.chat.texts("room"), ["Others read along here; write this to me directly"]);
  await site.say("ann", "/link");
  const code = codeIn(site.chat.texts("ann").at(-1));
  await site.say("eve", `/link ${code}`, { conversation: "room", place: "group" });
  strictEqual(site.chat.texts("room").length, 1);
  await site.rest(codeMsMax - 60_000);
  await site.other.write("ann2", `/link ${code}`);
  await site.rest(1_000);
  match(site.other.texts("ann2").at(-1)!, /linked to Ann/);
});

Deno.test("10,000 guessed codes are answered ten times a minute, and a right one in the middle of them", async () => {
  const site = await openSite();
  const owner = await site.clawdbot.people.linkCode(local);
  ok(owner.kind === "code");
  for (let index = 0; index < 10_000; index++) {
    const guess = owner.code.startsWith("222") ? "333-333-333" : "222-222-222";
    await site.chat.write(`guesser ${index % 100}`, `/link ${guess}`);
  }
  await site.rest(1_000);
  strictEqual(site.chat.sent().length, 10);
  strictEqual(await site.store.read((tx) => tx.count("audit", { resource: "link", outcome: "wrong code" })), 10);
  await site.say("mine", `/link ${owner.code}`);
  strictEqual(site.chat.texts("mine").length, 1);
  match(site.chat.texts("mine")[0]!, /^This account is linked now/);
  const list = await site.clawdbot.people.list(local);
  ok(list.kind === "people");
  deepStrictEqual(list.people[0]!.accounts.map(({ channel }) => channel), ["web", "terminal", "chat"]);
});

Deno.test("a code that could not be stored as used can be used again", async () => {
  const site = await openSite();
  const code = await site.clawdbot.people.linkCode(local);
  ok(code.kind === "code");
  const { write } = site.store;
  (site.store as { write: Store["write"] }).write = () => Promise.reject(new StoreError("full", "no room"));
  await rejects(site.chat.write("mine", `/link ${code.code}`, { platformId: "again" }), StoreError);
  (site.store as { write: Store["write"] }).write = write;
  await site.say("mine", `/link ${code.code}`, { platformId: "again" });
  match(site.chat.texts("mine")[0]!, /^This account is linked now/);
});

Deno.test("two accounts that use one code at once: one of them is linked", async () => {
  const site = await openSite();
  const code = await site.clawdbot.people.linkCode(local);
  ok(code.kind === "code");
  await Promise.all(["one", "two"].map((account) => site.chat.write(account, `/link ${code.code}`)));
  await site.rest(1_000);
  const texts = [site.chat.texts("one"), site.chat.texts("two")].flat().map((text) => text.slice(0, 12));
  deepStrictEqual(texts.sort(), ["That code is", "This account"]);
});

Deno.test("names are shown as they are and steer nothing, whatever they hold", async () => {
  const site = await openSite();
  for (
    const [account, name, shown] of [
      ["a", "Eve\u202egnp.exe", "Evegnp.exe"],
      ["b", "\u001b[31mRed\n# Head", "[31mRed # Head"],
      ["c", "x".repeat(100_000), "x".repeat(100)],
      ["d", " \u200b\u2060 \u202e", ""],
      ["e", "👩‍👩‍👧 العربية", "👩‍👩‍👧 العربية"],
    ] as const
  ) {
    await site.say(account, "hello", { accountName: name });
    const paired = await site.clawdbot.people.pair(local, { code: codeIn(site.chat.texts(account)[0]) });
    ok(paired.kind === "paired");
    strictEqual(paired.person.name, shown);
    strictEqual(paired.person.accounts.find(({ channel }) => channel === "chat")!.name, shown);
  }
  const list = await site.clawdbot.people.list(local);
  ok(list.kind === "people");
  strictEqual((await site.clawdbot.people.rename(local, list.people[1]!.id, " \u202e\n ")).kind, "bad-name");
  const renamed = await site.clawdbot.people.rename(local, list.people[1]!.id, "  Éve\n Smith ");
  ok(renamed.kind === "renamed");
  strictEqual(renamed.person.name, "Éve Smith");
});

Deno.test("what a platform calls an account is kept up to date", async () => {
  const site = await openSite();
  const { id } = await letIn(site, "ann");
  await site.say("ann", "hello", { accountName: "Ann Married" });
  const list = await site.clawdbot.people.list(local);
  ok(list.kind === "people");
  strictEqual(list.people.find((person) => person.id === id)!.accounts.at(-1)!.name, "Ann Married");
});

Deno.test("with its last account a person is logged out and unknown; the owner's own ways stay", async () => {
  const site = await openSite();
  const { people, ownerId } = site.clawdbot;
  const ann = await letIn(site, "ann", "Ann");
  const list = await people.list(local);
  ok(list.kind === "people");
  for (const { id } of list.people.find(({ id }) => id === ownerId())!.accounts) {
    strictEqual((await people.unlink(local, id)).kind, "kept");
  }
  await site.store.write((tx) =>
    tx.insert("logins", { id: "h", identityId: ann.id, createdMs: 0, seenMs: 0, expiresMs: Number.MAX_SAFE_INTEGER })
  );
  const account = ann.accounts.find(({ channel }) => channel === "chat")!;
  const { sessionId } = (await site.store.read((tx) => tx.find("messages", { identityId: ann.id })))[0]!;
  const view = await site.clawdbot.assistant.subscribe(asPerson(ann), sessionId, new AbortController().signal);
  ok(view.kind === "subscribed");
  const seen = Array.fromAsync(view.events);
  strictEqual((await people.unlink(asPerson({ ...ann, id: "another" }), account.id)).kind, "refused");
  const unlinked = await people.unlink(asPerson(ann), account.id);
  ok(unlinked.kind === "unlinked");
  deepStrictEqual(unlinked.person.accounts, []);
  deepStrictEqual(await seen, [], "what they look at ends");
  strictEqual(await count(site, "logins"), 0);
  await site.say("ann", "who am I?");
  match(site.chat.texts("ann").at(-1)!, /^I don't know you yet/);
  deepStrictEqual(await people.unlink(local, account.id), { kind: "unknown" });
  // A code for them brings them back to what was theirs.
  const code = await people.linkCode(local, ann.id);
  ok(code.kind === "code");
  await site.say("ann", `/link ${code.code}`);
  await site.say("ann", "and now?");
  strictEqual(site.chat.texts("ann").at(-1), "re: and now?");
  ok(site.requests.at(-1)!.messages.some(({ content }) => content === "hello"), "their conversation goes on");
});

Deno.test("what is bound to one account holds on all of its person", async () => {
  const policy = mergePolicy({ bindings: { administrator: ["chat:ann"] } });
  const site = await openSite({ policy: () => policy });
  await letIn(site, "ann", "Ann");
  await site.say("ann", "/link");
  const code = codeIn(site.chat.texts("ann").at(-1));
  await site.other.write("ann2", `/link ${code}`);
  await site.say("bob", "hello");
  await site.other.write("ann2", `/pair ${codeIn(site.chat.texts("bob")[0])} Bob the Builder`);
  await site.rest(1_000);
  strictEqual(site.other.texts("ann2").at(-1), "`Bob the Builder` has been let in and told so.");
});

Deno.test("who is known and may not chat is told why, once for each message", async () => {
  let policy = mergePolicy({});
  const site = await openSite({ policy: () => policy });
  await letIn(site, "ann", "Ann");
  policy = mergePolicy({ rules: [{ effect: "deny", roles: ["user"], resources: ["chat"] }] });
  strictEqual((await site.say("ann", "hello?", { platformId: "denied" })).kind, "refused");
  match(site.chat.texts("ann").at(-1)!, /^A rule of this site denies use of chat/);
  const before = site.chat.sent().length;
  strictEqual((await site.say("ann", "hello?", { platformId: "denied" })).kind, "handled");
  strictEqual(site.chat.sent().length, before);
});

Deno.test("all of it is audited without a word of content in the plain columns, and the chain is whole", async () => {
  const site = await openSite();
  const { store, vault, clawdbot: { people } } = site;
  const ann = await letIn(site, "ann", "Secret Name");
  await people.rename(local, ann.id, "Other Secret");
  await site.say("ann", "/link");
  await site.other.write("ann2", `/link ${codeIn(site.chat.texts("ann").at(-1))}`);
  await site.say("bob", "secret question");
  await people.refuse(local, codeIn(site.chat.texts("bob")[0]));
  await people.unlink(local, ann.accounts.at(-1)!.id);
  const rows = await store.read((tx) => tx.find("audit", { action: { in: ["manage", "command"] } }));
  const plain = rows.map(({ resource, outcome }) => `${resource.replace(/:.*-.*/, ":…")} ${outcome}`);
  deepStrictEqual(plain, [
    "pairing:… asked",
    "identity:… paired",
    "identity:… renamed",
    "login-code issued",
    "command:link done",
    "identity:… linked",
    "pairing:… asked",
    "pairing:… refused",
    "identity:… unlinked",
  ]);
  const details = rows.map((row) => openAuditDetail(vault, row) ?? "");
  ok(details.some((detail) => detail.includes("Secret Name")));
  const stored = JSON.stringify(
    await store.read((tx) => [tx.find("audit", {}), tx.find("accounts", {}), tx.find("pairings", {})]),
  );
  for (const secret of ["Secret", "ann2", "secret question"]) ok(!stored.includes(secret), secret);
  strictEqual((await verifyAudit(store, vault)).kind, "whole");
});
