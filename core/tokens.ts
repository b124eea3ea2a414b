import { decide, nameOf, type Policy, type Principal } from "./access.ts";
import type { Refused } from "./assistant.ts";
import { appendAudit } from "./audit.ts";
import { base64url } from "./base64url.ts";
import type { Ids } from "./ids.ts";
import { nearest } from "./nearest.ts";
import type { Clock } from "./ports/clock.ts";
import type { Log } from "./ports/log.ts";
import type { Random } from "./ports/random.ts";
import type { Store, Tx } from "./ports/store.ts";
import { type RateState, type RateView, takeOne } from "./rate_limit.ts";
import type { Tables } from "./tables.ts";
import type { Vault } from "./vault.ts";

/** What every secret begins with, so that people and scanners see what it is. */
export const secretPrefix = "cb_";
/** Tokens that may be called with at once. */
export const tokensMax = 1_000;

const secretBytes = 32;
/** A token's last use is written down this often, in milliseconds. */
const seenEveryMs = 60_000;
/** What ended is listed for so long. */
const endedKeptMs = 30 * 86_400_000;
/** Wrong secrets that are audited within a minute: more would let a stranger fill the disk. */
const wrongAuditedPerMinute = 10;

/** What a token may do and for how long. */
export interface TokenTerms {
  readonly name: string | null;
  readonly roles: readonly string[];
  /** Null: it doesn't expire. */
  readonly expiresMs: number | null;
  /** Null: no rate of its own. */
  readonly requestsPerMinute: number | null;
}

/** A token as a list shows it; the secret is known to nobody here. */
export interface TokenRecord extends TokenTerms {
  readonly id: string;
  readonly createdMs: number;
  /** Last use, to the minute. */
  readonly seenMs: number | null;
  readonly revokedMs: number | null;
}

/** What is wanted of a new token. */
export interface TokenRequest {
  readonly name: string | null;
  readonly roles: readonly string[];
  /** From now on, in milliseconds; null: for good. */
  readonly lifeMs: number | null;
  readonly requestsPerMinute: number | null;
}

/** A program that calls with a token. */
export type TokenPrincipal = Extract<Principal, { kind: "token" }>;

/** What became of a secret that came with a request. `rate` is there when the token has one. */
export type TokenUse =
  | { readonly kind: "granted"; readonly principal: TokenPrincipal; readonly rate?: RateView }
  | { readonly kind: "limited"; readonly rate: RateView }
  | { readonly kind: "expired" | "revoked" | "unknown" };

/** Secrets that programs call the API with. */
export interface Tokens {
  /**
   * Makes a token; the secret is told here and never again. `by` needs `manage` of `admin:tokens`, and of `role:NAME`
   * for each role: so nobody hands out more than the policy lets them, whatever they hold themselves.
   */
  create(by: Principal, wanted: TokenRequest): Promise<
    | { readonly kind: "created"; readonly secret: string; readonly token: TokenRecord }
    | { readonly kind: "unknown-role"; readonly role: string; readonly nearest?: string }
    | { readonly kind: "full" }
    | Refused
  >;
  /** All that can be called with, and what ended within 30 days; oldest first. */
  list(by: Principal): Promise<{ readonly kind: "tokens"; readonly tokens: readonly TokenRecord[] } | Refused>;
  /** Ends a token, and whatever is being done with it. */
  revoke(by: Principal, id: string): Promise<{ readonly kind: "revoked" | "ended" | "unknown" } | Refused>;
  /** Whose a secret is, and whether its rate allows one request more. */
  use(secret: string): Promise<TokenUse>;
  /** Calls `then` when the token is revoked; what is returned takes that back. */
  whenRevoked(id: string, then: () => void): () => void;
}

/** What {@link createTokens} needs. */
export interface TokensDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Pick<Random, "bytes">;
  readonly ids: Ids;
  readonly log: Log;
  readonly policy: () => Policy;
}

/** Makes the tokens of one host. Rates begin anew with each host. */
export function createTokens({ store, vault, clock, random, ids, log, policy }: TokensDeps): Tokens {
  const rates = new Map<string, RateState>();
  /** Tokens whose last use is being written down. */
  const seeing = new Set<string>();
  const watchers = new Map<string, Set<() => void>>();
  /** Revoked in this life: one who begins to watch too late is told at once. */
  const revoked = new Set<string>();
  let wrong: RateState | undefined;

  const hashOf = (secret: string) => vault.keyedHash("token", secret);
  const audit = (tx: Tx, by: Principal, resource: string, outcome: string, detail?: string) =>
    appendAudit(tx, vault, {
      atMs: clock.nowMs(),
      principal: nameOf(by),
      action: "manage",
      resource,
      outcome,
      ...(detail === undefined ? {} : { detail }),
    });

  async function refusal(by: Principal, resources: readonly string[]): Promise<Refused | undefined> {
    for (const resource of resources) {
      const decision = decide(by, "manage", resource, policy(), clock.nowMs());
      if (decision.effect === "allow") continue;
      await store.write((tx) => audit(tx, by, resource, "refused"));
      return { kind: "refused", reason: decision.reason };
    }
    return undefined;
  }

  function recordOf(row: Tables["tokens"]): TokenRecord {
    const { id, createdMs, seenMs, revokedMs } = row;
    const terms: TokenTerms = JSON.parse(vault.openText(termsField(id), row.termsEnc));
    return { id, ...terms, createdMs, seenMs, revokedMs };
  }

  async function see(id: string, seenMs: number): Promise<void> {
    if (seeing.has(id)) return;
    seeing.add(id);
    try {
      await store.write((tx) => {
        if (tx.get("tokens", id) !== undefined) tx.update("tokens", id, { seenMs });
      });
    } catch (error) {
      log.warn("last use of a token not written down", { token: id, reason: String(error) });
    } finally {
      seeing.delete(id);
    }
  }

  async function auditWrong(outcome: string, principal: string): Promise<void> {
    const nowMs = clock.nowMs();
    const { state, view } = takeOne(wrong, { perMinute: wrongAuditedPerMinute, nowMs });
    wrong = state;
    if (!view.allowed) return;
    await store.write((tx) =>
      appendAudit(tx, vault, { atMs: nowMs, principal, action: "use", resource: "token", outcome })
    );
  }

  return {
    async create(by, { name, roles: given, lifeMs, requestsPerMinute }) {
      const roles = [...new Set(given)].sort();
      const refused = await refusal(by, ["admin:tokens", ...roles.map((role) => `role:${role}`)]);
      if (refused !== undefined) return refused;
      const known = Object.keys(policy().roles);
      const role = roles.find((role) => !known.includes(role));
      if (role !== undefined) {
        const near = nearest(role, known);
        return { kind: "unknown-role", role, ...(near === undefined ? {} : { nearest: near }) };
      }
      const nowMs = clock.nowMs();
      const secret = secretPrefix + base64url(random.bytes(secretBytes));
      const id = ids();
      const terms: TokenTerms = {
        name,
        roles,
        expiresMs: lifeMs === null ? null : nowMs + lifeMs,
        requestsPerMinute,
      };
      const row: Tables["tokens"] = {
        id,
        hash: hashOf(secret),
        termsEnc: vault.seal(termsField(id), JSON.stringify(terms)),
        createdMs: nowMs,
        seenMs: null,
        revokedMs: null,
      };
      return await store.write((tx) => {
        const tokens = tx.find("tokens", {}).map(recordOf);
        for (const { id, ...token } of tokens) {
          const endedMs = endOf(token, nowMs);
          if (endedMs !== undefined && nowMs - endedMs > endedKeptMs) tx.remove("tokens", id);
        }
        if (tokens.filter((token) => endOf(token, nowMs) === undefined).length >= tokensMax) return { kind: "full" };
        tx.insert("tokens", row);
        audit(tx, by, `token:${id}`, "created", JSON.stringify(terms));
        return { kind: "created", secret, token: recordOf(row) };
      });
    },

    async list(by) {
      const refused = await refusal(by, ["admin:tokens"]);
      if (refused !== undefined) return refused;
      const nowMs = clock.nowMs();
      const tokens = (await store.read((tx) => tx.find("tokens", {}))).map(recordOf);
      return {
        kind: "tokens",
        tokens: tokens.filter((token) => nowMs - (endOf(token, nowMs) ?? nowMs) <= endedKeptMs),
      };
    },

    async revoke(by, id) {
      const refused = await refusal(by, ["admin:tokens"]);
      if (refused !== undefined) return refused;
      const kind = await store.write((tx) => {
        const row = tx.get("tokens", id);
        if (row === undefined) return "unknown";
        if (row.revokedMs !== null) return "ended";
        tx.update("tokens", id, { revokedMs: clock.nowMs() });
        audit(tx, by, `token:${id}`, "revoked");
        return "revoked";
      });
      rates.delete(id);
      if (kind === "revoked") revoked.add(id);
      for (const then of [...watchers.get(id) ?? []]) then();
      return { kind };
    },

    async use(secret) {
      const hash = hashOf(secret);
      const [row] = await store.read((tx) => tx.find("tokens", { hash }, { limit: 1 }));
      if (row === undefined) {
        await auditWrong("unknown token", "unknown");
        return { kind: "unknown" };
      }
      const nowMs = clock.nowMs();
      const token = recordOf(row);
      if (endOf(token, nowMs) !== undefined) {
        rates.delete(token.id);
        const kind = token.revokedMs === null ? "expired" : "revoked";
        await auditWrong(kind, `token:${token.id}`);
        return { kind };
      }
      const principal = { kind: "token", id: token.id, roles: token.roles } as const;
      if (nowMs - (token.seenMs ?? -Infinity) >= seenEveryMs) void see(token.id, nowMs);
      if (token.requestsPerMinute === null) return { kind: "granted", principal };
      const { state, view } = takeOne(rates.get(token.id), { perMinute: token.requestsPerMinute, nowMs });
      rates.set(token.id, state);
      return view.allowed ? { kind: "granted", principal, rate: view } : { kind: "limited", rate: view };
    },

    whenRevoked(id, then) {
      if (revoked.has(id)) then();
      const own = watchers.get(id) ?? new Set();
      watchers.set(id, own.add(then));
      return () => {
        own.delete(then);
        if (own.size === 0 && watchers.get(id) === own) watchers.delete(id);
      };
    },
  };
}

/** When a token ended; `undefined` while it can be called with. */
export function endOf(
  { revokedMs, expiresMs }: Pick<TokenRecord, "revokedMs" | "expiresMs">,
  nowMs: number,
): number | undefined {
  if (revokedMs !== null) return revokedMs;
  return expiresMs !== null && expiresMs <= nowMs ? expiresMs : undefined;
}

function termsField(id: string): { table: "tokens"; column: string; id: string; version: number } {
  return { table: "tokens", column: "terms", id, version: 1 };
}
