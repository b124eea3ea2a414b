import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { mergePolicy, type Policy, type Principal } from "./access.ts";
import { openAuditDetail, verifyAudit } from "./audit.ts";
import { createIds } from "./ids.ts";
import { type Store, StoreError } from "./ports/store.ts";
import type { Tables } from "./tables.ts";
import { createTokens, type TokenRequest, type Tokens, tokensMax } from "./tokens.ts";
import { openVault, type Vault } from "./vault.ts";

const local = { kind: "local" } as const;
const dayMs = 86_400_000;
const plain: TokenRequest = { name: "Ann's script", roles: ["user"], lifeMs: null, requestsPerMinute: null };

interface Desk {
  readonly tokens: Tokens;
  readonly store: Store;
  readonly vault: Vault;
  readonly warnings: string[];
  /** Later by this many milliseconds. */
  pass(ms: number): void;
  nowMs(): number;
  /** Every write finds the disk full, until it is told otherwise. */
  fill(isFull: boolean): void;
  audit(): Promise<Tables["audit"][]>;
}

async function openDesk(policy: Policy = mergePolicy({})): Promise<Desk> {
  const memory = createMemoryStore();
  let nowMs = 1_700_000_000_000;
  let isFull = false;
  const clock = { nowMs: () => nowMs };
  const keyEncryptionKey = systemRandom.bytes(32);
  const opened = await openVault({
    store: memory,
    crypto: createNodeCrypto(),
    random: systemRandom,
    clock,
    keyEncryptionKey,
  });
  if (opened.kind !== "open") throw new Error("The vault must open");
  const { vault } = opened;
  const store: Store = {
    read: (work) => memory.read(work),
    close: () => memory.close(),
    write: async (work) => {
      if (isFull) throw new StoreError("full", "no room");
      return await memory.write(work);
    },
  };
  const warnings: string[] = [];
  const log = { info() {}, warn: (message: string) => void warnings.push(message), error() {} };
  const ids = createIds({ clock, random: systemRandom });
  return {
    tokens: createTokens({ store, vault, clock, random: systemRandom, ids, log, policy: () => policy }),
    store,
    vault,
    warnings,
    pass: (ms) => nowMs += ms,
    nowMs: () => nowMs,
    fill: (full) => isFull = full,
    audit: () => store.read((tx) => tx.find("audit", {})),
  };
}

async function created(tokens: Tokens, more: Partial<TokenRequest> = {}): Promise<{ secret: string; id: string }> {
  const result = await tokens.create(local, { ...plain, ...more });
  ok(result.kind === "created", JSON.stringify(result));
  return { secret: result.secret, id: result.token.id };
}

Deno.test("a token's secret has 256 bits, is told once, and is stored as a keyed hash only", async () => {
  const { tokens, store, vault, audit } = await openDesk();
  const { secret, id } = await created(tokens);
  match(secret, /^cb_[A-Za-z0-9_-]{43}$/);
  notStrictEqual(secret, (await created(tokens)).secret);
  deepStrictEqual(await tokens.use(secret), { kind: "granted", principal: { kind: "token", id, roles: ["user"] } });
  const row = await store.read((tx) => tx.get("tokens", id)!);
  strictEqual(row.hash, vault.keyedHash("token", secret));
  const everything = JSON.stringify([await store.read((tx) => tx.find("tokens", {})), await audit()], bytesAsText);
  ok(!everything.includes(secret) && !everything.includes("Ann"), "neither the secret nor the name is readable");
});

Deno.test("making and ending a token is audited, with its terms sealed", async () => {
  const { tokens, store, vault, audit } = await openDesk();
  const { id } = await created(tokens);
  deepStrictEqual(await tokens.revoke(local, id), { kind: "revoked" });
  const links = await audit();
  deepStrictEqual(links.map(({ principal, action, resource, outcome }) => [principal, action, resource, outcome]), [
    ["local", "manage", `token:${id}`, "created"],
    ["local", "manage", `token:${id}`, "revoked"],
  ]);
  deepStrictEqual(JSON.parse(openAuditDetail(vault, links[0]!)!), {
    name: "Ann's script",
    roles: ["user"],
    expiresMs: null,
    requestsPerMinute: null,
  });
  strictEqual((await verifyAudit(store, vault)).kind, "whole");
});

Deno.test("what can't be audited isn't done: on a full disk there is no token", async () => {
  const { tokens, fill, store } = await openDesk();
  fill(true);
  await tokens.create(local, plain).then(() => ok(false), (error) => ok(error instanceof StoreError));
  strictEqual(await store.read((tx) => tx.count("tokens", {})), 0);
});

Deno.test("a token is good until the moment that it expires", async () => {
  const { tokens, pass } = await openDesk();
  const { secret, id } = await created(tokens, { lifeMs: 90 * dayMs });
  pass(90 * dayMs - 1);
  strictEqual((await tokens.use(secret)).kind, "granted");
  pass(1);
  deepStrictEqual(await tokens.use(secret), { kind: "expired" });
  const listed = await tokens.list(local);
  ok(listed.kind === "tokens" && listed.tokens[0]?.id === id, "what ended is still listed");
  pass(30 * dayMs + 1);
  deepStrictEqual(await tokens.list(local), { kind: "tokens", tokens: [] });
});

Deno.test("a revoked token is refused, and whoever uses it at that moment is told", async () => {
  const { tokens } = await openDesk();
  const { secret, id } = await created(tokens);
  const told: string[] = [];
  tokens.whenRevoked(id, () => told.push("stays"));
  tokens.whenRevoked(id, () => told.push("left"))();
  deepStrictEqual(await tokens.revoke(local, id), { kind: "revoked" });
  deepStrictEqual(told, ["stays"]);
  tokens.whenRevoked(id, () => told.push("too late"));
  deepStrictEqual(told, ["stays", "too late"]);
  deepStrictEqual(await tokens.use(secret), { kind: "revoked" });
  deepStrictEqual(await tokens.revoke(local, id), { kind: "ended" });
  deepStrictEqual(await tokens.revoke(local, "nothing"), { kind: "unknown" });
});

Deno.test("a token's last use is written down once a minute, and only if it can be", async () => {
  const { tokens, store, pass, nowMs, fill, warnings } = await openDesk();
  const { secret, id } = await created(tokens);
  const seenMs = async () => {
    await store.read(() => {}); // A commit that waits is made first.
    return (await store.read((tx) => tx.get("tokens", id)!)).seenMs;
  };
  const firstMs = nowMs();
  await Promise.all([tokens.use(secret), tokens.use(secret)]);
  strictEqual(await seenMs(), firstMs);
  pass(59_999);
  await tokens.use(secret);
  strictEqual(await seenMs(), firstMs);
  pass(1);
  fill(true);
  strictEqual((await tokens.use(secret)).kind, "granted");
  strictEqual(await seenMs(), firstMs);
  deepStrictEqual(warnings, ["last use of a token not written down"]);
  fill(false);
  await tokens.use(secret);
  strictEqual(await seenMs(), nowMs());
});

Deno.test("a token's rate holds back what is too much, and says for how long", async () => {
  const { tokens, pass } = await openDesk();
  const { secret } = await created(tokens, { requestsPerMinute: 2 });
  const other = await created(tokens, { requestsPerMinute: 2 });
  const kinds = [];
  for (let times = 0; times < 3; times++) kinds.push((await tokens.use(secret)).kind);
  deepStrictEqual(kinds, ["granted", "granted", "limited"]);
  const limited = await tokens.use(secret);
  ok(limited.kind === "limited");
  deepStrictEqual([limited.rate.left, limited.rate.retryAfterMs], [0, 30_000]);
  strictEqual((await tokens.use(other.secret)).kind, "granted", "each has its own");
  pass(30_000);
  strictEqual((await tokens.use(secret)).kind, "granted");
});

Deno.test("an unknown role is refused with the nearest one, and with nothing made", async () => {
  const { tokens, store } = await openDesk();
  const create = (role: string) => tokens.create(local, { ...plain, roles: ["user", role] });
  deepStrictEqual(await create("usr"), { kind: "unknown-role", role: "usr", nearest: "user" });
  deepStrictEqual(await create("zebra"), { kind: "unknown-role", role: "zebra" });
  deepStrictEqual(await create("constructor"), { kind: "unknown-role", role: "constructor" });
  strictEqual(await store.read((tx) => tx.count("tokens", {})), 0);
});

Deno.test("who manages tokens hands out only roles that the policy lets them", async () => {
  const policy = mergePolicy({
    roles: { desk: {}, auditor: {} },
    bindings: { desk: ["identity:desk"] },
    rules: [{
      effect: "allow",
      roles: ["desk"],
      actions: ["manage"],
      resources: ["admin:tokens", "role:user", "role:auditor"],
    }],
  });
  const { tokens, audit } = await openDesk(policy);
  const desk: Principal = { kind: "identity", id: "desk", owner: false, accounts: [] };
  const user: Principal = { kind: "token", id: "t", roles: ["user"] };
  strictEqual((await tokens.create(desk, { ...plain, roles: ["user", "auditor"] })).kind, "created");
  strictEqual((await tokens.create(desk, { ...plain, roles: ["administrator"] })).kind, "refused");
  strictEqual((await tokens.create(desk, { ...plain, roles: ["user", "desk"] })).kind, "refused");
  for (const result of [await tokens.create(user, plain), await tokens.list(user), await tokens.revoke(user, "t")]) {
    strictEqual(result.kind, "refused");
  }
  deepStrictEqual((await audit()).map(({ outcome, resource }) => outcome === "refused" ? resource : outcome), [
    "created",
    "role:administrator",
    "role:desk",
    "admin:tokens",
    "admin:tokens",
    "admin:tokens",
  ]);
});

Deno.test("secrets that nobody has are audited, at most ten a minute", async () => {
  const { tokens, audit, pass } = await openDesk();
  for (let times = 0; times < 50; times++) deepStrictEqual(await tokens.use(`cb_${times}`), { kind: "unknown" });
  strictEqual((await audit()).length, 10);
  pass(60_000);
  await tokens.use("cb_more");
  strictEqual((await audit()).length, 11);
});

Deno.test("there is a bound of tokens, and room again once one has ended", async () => {
  const { tokens, store, vault, pass } = await openDesk();
  const { id } = await created(tokens, { lifeMs: dayMs });
  const terms = JSON.stringify({ name: null, roles: ["user"], expiresMs: null, requestsPerMinute: null });
  await store.write((tx) => {
    const row = tx.get("tokens", id)!;
    for (let count = 1; count < tokensMax; count++) {
      const other = `other ${count}`;
      const termsEnc = vault.seal({ table: "tokens", column: "terms", id: other, version: 1 }, terms);
      tx.insert("tokens", { ...row, id: other, hash: other, termsEnc });
    }
  });
  deepStrictEqual(await tokens.create(local, plain), { kind: "full" });
  pass(dayMs);
  await created(tokens);
});

/** Bytes as the text that they might be. */
function bytesAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}
