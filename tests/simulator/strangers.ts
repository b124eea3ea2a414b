import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { findAccount, openAccount } from "../../core/message/identities.ts";
import { openMessage } from "../../core/message/messages.ts";
import type { FeedEvent } from "../../core/message/types.ts";
import { StoreError } from "../../core/ports/store.ts";
import type { Scene } from "./invariants.ts";
import { type Life, lookAt, type World } from "./life.ts";
import type { Platform, Sent } from "./platform.ts";

/** Who isn't known at first: one on each of these platforms. */
const strangers = [
  { channel: "alpha", account: "zoe" },
  { channel: "beta", account: "yan" },
  { channel: "lively", account: "xia" },
] as const;

const local = { kind: "local" } as const;
const commandsOfPeople = ["/help", "/new", "/stop", "/whoami", "/start", "/context"];

/** What happens beside the questions of people who are known. */
export interface Crowd {
  /** Codes that the owner was given, in all lives. Each is sent by two strangers at once. */
  readonly codes: string[];
  readonly commands: Sent[];
  /** What two who looked at one session saw, in order. */
  readonly views: (readonly [string[], string[]])[];
}

/** Whether a text isn't a question of a person who was known from the beginning. */
export function isBeside(text: string): boolean {
  return text.startsWith("/") || text.startsWith("stranger");
}

/** Strangers write, and people give commands, at odd times; some of it is offered again. */
export function scheduleCrowd(world: World, startMs: number): Crowd {
  const { clock, platforms, random, faults } = world;
  const crowd: Crowd = { codes: [], commands: [], views: [] };
  const send = (
    platform: Platform,
    atMs: number,
    message: Pick<Sent["message"], "account" | "conversation" | "text">,
  ) => {
    const place = platform.placeOf(message.conversation);
    const platformId = `crowd ${random()}`;
    const sent: Sent = {
      message: { channel: platform.name, platformId, place, locale: "en", ...message },
      state: "unsent",
    };
    clock.at(atMs, () => {
      platform.sent.push(sent);
      platform.offer(sent);
    });
    if (random() < faults.duplicateOffered) clock.at(atMs + random() * 40_000, () => platform.offer(sent));
    return sent;
  };
  const soon = () => startMs + 500 + Math.floor(random() * 60) * 1_000;
  for (const [index, { account }] of strangers.entries()) {
    const platform = platforms[index]!;
    for (let left = 1 + Math.floor(random() * 4); left > 0; left--) {
      const text = random() < 0.2 ? "/start" : `stranger ${account} ${left}`;
      send(platform, soon(), { account, conversation: account, text });
    }
    if (random() < 0.3) {
      send(platform, soon(), { account, conversation: "group", text: `stranger ${account} in a group` });
    }
  }
  for (let left = Math.floor(random() * 4); left > 0; left--) {
    const who = [["ann", "a1"], ["bob", "b1"], ["cid", "direct"], ["cid", "group"]] as const;
    const [account, conversation] = who[Math.floor(random() * who.length)]!;
    const platform = platforms[["ann", "bob", "cid"].indexOf(account)]!;
    const text = commandsOfPeople[Math.floor(random() * commandsOfPeople.length)]!;
    crowd.commands.push(send(platform, soon(), { account, conversation, text }));
  }
  return crowd;
}

/** During a life: an administrator decides, a code is given out and two send it at once, two look at one session. */
export function scheduleMeetings(world: World, life: Life, crowd: Crowd): void {
  const { clock, random, platforms } = world;
  const meet = (withinMs: number, visit: () => Promise<void>) =>
    clock.at(clock.nowMs() + random() * withinMs, () => {
      if (!life.alive || life.clawdbot === undefined) return;
      visit().catch((error) => {
        if (!(error instanceof StoreError)) world.broken.push(`a meeting broke: ${error}`);
      });
    });
  const people = () => life.clawdbot!.people;
  for (let left = Math.floor(random() * 3); left > 0; left--) {
    meet(40_000, async () => {
      const asking = await people().pairings(local);
      const first = asking.kind === "pairings" ? asking.pairings.at(0) : undefined;
      if (first === undefined) return;
      if (random() < 0.8) await people().pair(local, { code: first.code });
      else await people().refuse(local, first.code);
    });
  }
  if (random() < 0.5) {
    meet(30_000, async () => {
      const code = await people().linkCode(local);
      if (code.kind !== "code") return;
      crowd.codes.push(code.code);
      for (const at of [0, 1]) {
        const { channel, account } = strangers[at]!;
        const message = { channel, account, conversation: account, place: "direct", locale: "en" } as const;
        const sent: Sent = {
          message: { ...message, platformId: `link ${random()}`, text: `/link ${code.code}` },
          state: "unsent",
        };
        platforms[at]!.sent.push(sent);
        platforms[at]!.offer(sent);
      }
    });
  }
  meet(20_000, () => lookTwice(world, life, crowd));
}

async function lookTwice(world: World, { clawdbot, died }: Life, { views }: Crowd): Promise<void> {
  const { store } = await lookAt(world);
  const sessions = await store.read((tx) => tx.find("sessions", { removedMs: null }));
  const session = sessions[Math.floor(world.random() * sessions.length)];
  if (session === undefined) return;
  const leave = new AbortController();
  void died.then(() => leave.abort());
  const owner = { kind: "identity", id: session.identityId, owner: false, accounts: [] } as const;
  const view: readonly [string[], string[]] = [[], []];
  const events: AsyncIterable<FeedEvent>[] = [];
  for (let looked = 0; looked < 2; looked++) {
    const subscribed = await clawdbot!.assistant.subscribe(owner, session.id, leave.signal);
    if (subscribed.kind === "refused") return leave.abort();
    events.push(subscribed.events);
  }
  views.push(view);
  // What the first sees before the second looks isn't compared: from here on both look.
  await Promise.all(events.map(async (of, index) => {
    for await (const event of of) if (event.kind === "message") view[index]!.push(event.message.id);
  }));
}

/** What must hold of strangers, codes and commands at every moment; and more when everything came to rest. */
export async function checkCrowd({ store, vault, platforms }: Scene, crowd: Crowd, at?: "at rest"): Promise<void> {
  await store.read((tx) => {
    const messages = tx.find("messages", { author: "person" }).map((row) => openMessage(vault, row));
    for (const { text, identityId } of messages) {
      ok(!text.startsWith("/"), `the command "${text}" became a message`);
      const account = strangers.find(({ account }) => text.startsWith(`stranger ${account}`));
      if (account === undefined) continue;
      const known = findAccount(tx, vault, account);
      ok(known !== undefined && known.identityId === identityId, `"${text}" of somebody unknown became a message`);
    }
    const linked = tx.find("audit", { outcome: "linked" });
    ok(linked.length <= crowd.codes.length, "a code links one account");
    const accounts = tx.find("accounts", {}).map((row) => `${row.channel} ${openAccount(vault, row).account}`);
    strictEqual(new Set(accounts).size, accounts.length, "an account is one person's");
    // A stranger's command that nobody heard may be offered again when they are somebody: it isn't counted here.
    const givers = crowd.commands.map(({ message: { channel, account } }) =>
      findAccount(tx, vault, { channel, account })!
    );
    const principal = { in: givers.map(({ identityId }) => `identity:${identityId}`) };
    const done = tx.count("audit", { action: "command", principal });
    ok(done <= crowd.commands.length, "a command is done once");
    if (at === "at rest") {
      ok(crowd.commands.every(({ result }) => result?.kind === "handled"), "each command was taken");
      strictEqual(done, crowd.commands.length, "each command is done, and audited");
    }
    for (const code of crowd.codes) {
      const senders = platforms.flatMap(({ sent }) => sent).filter(({ message: { text }, result }) =>
        text === `/link ${code}` && result?.kind === "handled" && result.text.startsWith("This account is")
      );
      ok(senders.length <= 1, `the code ${code} was used twice`);
    }
  });
  for (const [one, other] of crowd.views) {
    const length = Math.min(one.length, other.length);
    deepStrictEqual(one.slice(0, length), other.slice(0, length), "two who look at one session see one order");
    strictEqual(new Set(one).size, one.length, "nobody sees a message twice");
  }
}

/** A day later nothing is left of requests, of receipts and of what was said to either. */
export async function checkSwept({ store }: Scene): Promise<void> {
  const rows = await store.read((tx) => [
    tx.count("pairings", {}),
    tx.count("receipts", {}),
    tx.count("deliveries", { sessionId: null }),
  ]);
  deepStrictEqual(rows, [0, 0, 0], "what expired is swept");
}
