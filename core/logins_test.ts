import { deepStrictEqual, match, notStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { verifyAudit } from "./audit.ts";
import { codeMsMax, type Codes, createCodes } from "./codes.ts";
import { createIds } from "./ids.ts";
import { createLogins, loginMsMax, type Logins } from "./logins.ts";
import { addIdentity, ensureOwner } from "./message/identities.ts";
import { type Store, StoreError } from "./ports/store.ts";
import { openVault, type Vault } from "./vault.ts";

const local = { kind: "local" } as const;
const wrong = "222-222-222";

interface Desk {
  readonly logins: Logins;
  readonly codes: Codes;
  readonly store: Store;
  readonly vault: Vault;
  readonly ownerId: string;
  /** Later by this many milliseconds. */
  pass(ms: number): void;
  /** The next write finds the disk full. */
  fillDisk(): void;
}

async function openDesk(): Promise<Desk> {
  const memory = createMemoryStore();
  let nowMs = 1_700_000_000_000;
  let isFull = false;
  const clock = { nowMs: () => nowMs };
  const crypto = createNodeCrypto();
  const opened = await openVault({
    store: memory,
    crypto,
    random: systemRandom,
    clock,
    keyEncryptionKey: systemRandom.bytes(32),
  });
  if (opened.kind !== "open") throw new Error("The vault must open");
  const { vault } = opened;
  const store: Store = {
    ...memory,
    read: (work) => memory.read(work),
    close: () => memory.close(),
    async write(work) {
      if (isFull) {
        isFull = false;
        throw new StoreError("full", "no room");
      }
      return await memory.write(work);
    },
  };
  const ownerId = await store.write((tx) => ensureOwner(tx, vault, createIds({ clock, random: systemRandom }), nowMs));
  const codes = createCodes({ vault, clock, random: systemRandom });
  return {
    logins: createLogins({ store, vault, clock, random: systemRandom, crypto, codes }),
    codes,
    store,
    vault,
    ownerId,
    pass: (ms) => nowMs += ms,
    fillDisk: () => isFull = true,
  };
}

async function granted(logins: Logins, code: string): Promise<string> {
  const redeemed = await logins.redeem(code);
  if (redeemed.kind !== "granted") throw new Error(`The code must be taken, but it was ${redeemed.kind}`);
  return redeemed.token;
}

Deno.test("a code has at least 40 bits, in groups of signs that don't look alike", async () => {
  const { logins } = await openDesk();
  const codes = new Set<string>();
  for (let times = 0; times < 200; times++) {
    const { code } = await logins.issue(local);
    match(code, /^[2-9A-HJKMNP-TV-Z]{3}-[2-9A-HJKMNP-TV-Z]{3}-[2-9A-HJKMNP-TV-Z]{3}$/);
    codes.add(code);
  }
  strictEqual(codes.size, 200);
  const signs = new Set([...codes].join("").replaceAll("-", ""));
  strictEqual(signs.size, 30);
  ok(9 * Math.log2(signs.size) >= 40);
});

Deno.test("a code logs in as the owner, once", async () => {
  const { logins, ownerId } = await openDesk();
  const { code } = await logins.issue(local);
  const token = await granted(logins, code);
  const login = await logins.find(token);
  strictEqual(login?.principal.id, ownerId);
  strictEqual(login?.principal.owner, true);
  deepStrictEqual(await logins.redeem(code), { kind: "wrong" });
});

Deno.test("a code is taken however it is typed", async () => {
  const { logins } = await openDesk();
  for (
    const typed of [
      (code: string) => code.toLowerCase(),
      (code: string) => ` ${code.replaceAll("-", " ")}\n`,
      (code: string) => code.replaceAll("-", ""),
      // Full-width signs, as a Chinese keyboard gives them.
      (code: string) => code.replace(/[0-9A-Z]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0)),
    ]
  ) {
    const { code } = await logins.issue(local);
    await granted(logins, typed(code));
  }
});

Deno.test("two browsers that use one code at once get one login", async () => {
  const { logins } = await openDesk();
  const { code } = await logins.issue(local);
  const kinds = (await Promise.all([logins.redeem(code), logins.redeem(code)])).map(({ kind }) => kind);
  deepStrictEqual(kinds.sort(), ["granted", "wrong"]);
});

Deno.test("a code is void after five minutes", async () => {
  const { logins, pass } = await openDesk();
  const { code } = await logins.issue(local);
  pass(codeMsMax);
  strictEqual((await logins.redeem(code)).kind, "wrong");
  const { code: next } = await logins.issue(local);
  pass(codeMsMax - 1);
  await granted(logins, next);
});

Deno.test("five wrong codes that begin as a code does make it void, and no other", async () => {
  const { logins } = await openDesk();
  const { code: first } = await logins.issue(local);
  const { code: second } = await logins.issue(local);
  for (let times = 0; times < 5; times++) await logins.redeem(`${first.slice(0, 3)}-222-222`);
  strictEqual((await logins.redeem(first)).kind, "wrong");
  await granted(logins, second);
});

Deno.test("four wrong codes leave a code as it is; the minute's limit spares none the fifth", async () => {
  const { logins } = await openDesk();
  const { code: first } = await logins.issue(local);
  const { code: second } = await logins.issue(local);
  for (const code of [first, second]) {
    for (let times = 0; times < 4; times++) await logins.redeem(`${code.slice(0, 3)}-222-222`);
  }
  await granted(logins, first);
  for (let times = 0; times < 20; times++) await logins.redeem(wrong);
  strictEqual((await logins.redeem(`${second.slice(0, 3)}-222-222`)).kind, "wait");
  strictEqual((await logins.redeem(second)).kind, "wait");
});

Deno.test("10,000 wrong codes keep nobody out: a right one is taken in the middle of them", async () => {
  const { logins } = await openDesk();
  const { code } = await logins.issue(local);
  const other = code.startsWith("222") ? "333-333-333" : wrong;
  for (let times = 0; times < 10_000; times++) await logins.redeem(other);
  strictEqual((await logins.redeem(other)).kind, "wait");
  await granted(logins, code);
  strictEqual((await logins.redeem(other)).kind, "wait");
});

Deno.test("of 10,000 wrong codes at most ten a minute leave a trace, and the rest cost no write", async () => {
  const { logins, store, pass } = await openDesk();
  let looked = 0;
  for (let times = 0; times < 10_000; times++) {
    const redeemed = await logins.redeem(wrong);
    if (redeemed.kind === "wrong") looked++;
    else ok(redeemed.kind === "wait" && redeemed.retryAfterMs > 0 && redeemed.retryAfterMs <= 60_000);
  }
  strictEqual(looked, 10);
  strictEqual(await store.read((tx) => tx.count("audit", { resource: "login" })), 10);
  pass(60_000);
  const { code } = await logins.issue(local);
  await granted(logins, code);
});

Deno.test("a token is stored as a hash only", async () => {
  const { logins, store } = await openDesk();
  const { code } = await logins.issue(local);
  const token = await granted(logins, code);
  ok(token.length >= 43);
  const stored = JSON.stringify(await store.read((tx) => [tx.find("logins", {}), tx.find("audit", {})]));
  for (const secret of [token, code, code.replaceAll("-", "")]) ok(!stored.includes(secret));
});

Deno.test("a login lasts while it is used, and ends 30 days after its last use", async () => {
  const { logins, pass, store } = await openDesk();
  const token = await granted(logins, (await logins.issue(local)).code);
  pass(loginMsMax - 1);
  strictEqual((await logins.find(token))?.renewed, true);
  strictEqual((await logins.find(token))?.renewed, false);
  pass(loginMsMax - 1);
  notStrictEqual(await logins.find(token), undefined);
  pass(loginMsMax);
  strictEqual(await logins.find(token), undefined);
  await granted(logins, (await logins.issue(local)).code);
  strictEqual(await store.read((tx) => tx.count("logins", {})), 1);
});

Deno.test("a login that was ended is not found again", async () => {
  const { logins } = await openDesk();
  const token = await granted(logins, (await logins.issue(local)).code);
  await logins.end(token);
  await logins.end(token);
  strictEqual(await logins.find(token), undefined);
  strictEqual(await logins.find(""), undefined);
});

Deno.test("a code that could not be stored as used can be used again", async () => {
  const { logins, fillDisk } = await openDesk();
  const { code } = await logins.issue(local);
  fillDisk();
  await rejects(logins.redeem(code), StoreError);
  await granted(logins, code);
});

Deno.test("codes and logins are audited, and the chain is whole", async () => {
  const { logins, store, vault } = await openDesk();
  const { code } = await logins.issue(local);
  await logins.redeem(wrong);
  await logins.end(await granted(logins, code));
  const rows = await store.read((tx) => tx.find("audit", {}));
  deepStrictEqual(rows.map(({ resource, outcome }) => `${resource} ${outcome}`), [
    "login-code issued",
    "login wrong code",
    "login granted",
    "login ended",
  ]);
  strictEqual((await verifyAudit(store, vault)).kind, "whole");
});

Deno.test("a code of anybody logs in as that person, and of nobody lets nobody in", async () => {
  const { logins, codes, store, vault, ownerId } = await openDesk();
  const ids = createIds({ clock: { nowMs: () => 0 }, random: systemRandom });
  const annId = await store.write((tx) => addIdentity(tx, vault, ids, { name: "Ann", createdMs: 0 }));
  const drawn = codes.draw();
  deepStrictEqual(await logins.redeem(drawn.code), { kind: "wrong" }, "one that nobody kept is good for nothing");
  codes.keep(drawn, annId);
  const login = await logins.find(await granted(logins, drawn.code));
  deepStrictEqual([login?.principal.id, login?.principal.owner], [annId, false]);
  ok(annId !== ownerId);
  const nobodys = codes.draw();
  codes.keep(nobodys, "nobody");
  deepStrictEqual(await logins.redeem(nobodys.code), { kind: "wrong" });
});

Deno.test("one person's codes drop only their own: nine leave the owner's as it is", async () => {
  const { logins, codes } = await openDesk();
  const { code } = await logins.issue(local);
  const drawn = Array.from({ length: 9 }, () => codes.draw());
  for (const one of drawn) codes.keep(one, "somebody");
  strictEqual(codes.take(drawn[0]!.code).kind, "wrong");
  strictEqual(codes.take(drawn[8]!.code).kind, "taken");
  await granted(logins, code);
});
