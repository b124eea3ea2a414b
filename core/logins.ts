import { nameOf, type Principal } from "./access.ts";
import { appendAudit } from "./audit.ts";
import { base64url } from "./base64url.ts";
import { type Known, ownerAccount, resolveIdentity } from "./message/identities.ts";
import type { Clock } from "./ports/clock.ts";
import type { Crypto } from "./ports/crypto.ts";
import type { Random } from "./ports/random.ts";
import type { Store, Tx } from "./ports/store.ts";
import { toHex, type Vault } from "./vault.ts";

/** How long a code may be typed in, in milliseconds. */
export const codeMsMax = 5 * 60_000;
/**
 * Wrong codes after which a code is void. Only those count that begin as it does: its first group is its name, the
 * rest its secret. So nobody can use up a code that he hasn't seen, and keep its owner out by that, without hitting
 * one name of 27,000 five times within five minutes; and whoever does has tried 5 of 729 million secrets.
 */
export const codeAttemptsMax = 5;
/** How long a browser that isn't used stays logged in, in milliseconds. */
export const loginMsMax = 30 * 24 * 3_600_000;

/** 30 signs of which none looks like another: no 0 and O, no 1, I and L, no U and V together. */
const alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 30^9 codes are 44 bits. */
const codeLength = 9;
const groupLength = 3;
/** Codes that are out at once; one more drops the oldest. */
const codesMax = 8;
/** More wrong codes than this within a minute leave no trace, and whoever types them is told to wait. */
const wrongPerMinuteMax = 10;
const minuteMs = 60_000;
/** A login's last use is written down this often, in milliseconds: not at each request. */
const seenEveryMs = 3_600_000;
const expiredAtOnceMax = 100;

/**
 * What became of a code that somebody typed. `wait`: it was wrong, as too many were lately. A right one is taken in any
 * case: however many wrong ones a stranger sends, he doesn't keep the owner out.
 */
export type Redeemed =
  | { readonly kind: "granted"; readonly token: string; readonly expiresMs: number }
  | { readonly kind: "wrong" }
  | { readonly kind: "wait"; readonly retryAfterMs: number };

/** A browser that is logged in. `renewed`: its time was just prolonged, so its cookie should be as well. */
export interface Login {
  readonly principal: Known;
  readonly expiresMs: number;
  readonly renewed: boolean;
}

/** Browsers log in by a one-time code that a person at the terminal reads out, then carry a token. */
export interface Logins {
  /** A code that logs a browser in as the owner: once, within {@link codeMsMax}. Kept in memory as a hash only. */
  issue(by: Principal): Promise<{ readonly code: string; readonly expiresMs: number }>;
  /** Takes a code as it was typed: case, spaces, hyphens and full-width signs don't matter. */
  redeem(typed: string): Promise<Redeemed>;
  /** The login of a token, prolonged by its use; `undefined` when there is none, or it expired. */
  find(token: string): Promise<Login | undefined>;
  /** Ends a login. Nothing happens when there is none. */
  end(token: string): Promise<void>;
}

/** What {@link createLogins} needs. */
export interface LoginsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Pick<Random, "bytes">;
  readonly crypto: Pick<Crypto, "sha256">;
}

interface Code {
  readonly name: string;
  readonly hash: string;
  readonly expiresMs: number;
  attemptsLeft: number;
}

/** Makes the logins of one host. Codes end with the host; logins stay. */
export function createLogins({ store, vault, clock, random, crypto }: LoginsDeps): Logins {
  let codes: readonly Code[] = [];
  let wrongMs: readonly number[] = [];

  const hashOf = (secret: string) => toHex(crypto.sha256(new TextEncoder().encode(secret)));
  const audit = (tx: Tx, principal: string, resource: string, outcome: string) =>
    appendAudit(tx, vault, { atMs: clock.nowMs(), principal, action: "manage", resource, outcome });
  const valid = (nowMs: number) => codes.filter((code) => code.expiresMs > nowMs && code.attemptsLeft > 0);

  async function redeemWrong(typed: string, nowMs: number): Promise<Redeemed> {
    for (const code of codes) if (code.name === nameIn(typed)) code.attemptsLeft--;
    codes = valid(nowMs);
    wrongMs = wrongMs.filter((atMs) => nowMs - atMs < minuteMs);
    if (wrongMs.length >= wrongPerMinuteMax) return { kind: "wait", retryAfterMs: minuteMs - (nowMs - wrongMs[0]!) };
    wrongMs = [...wrongMs, nowMs];
    await store.write((tx) => audit(tx, "unknown", "login", "wrong code"));
    return { kind: "wrong" };
  }

  return {
    async issue(by) {
      const nowMs = clock.nowMs();
      const plain = drawCode(random);
      const expiresMs = nowMs + codeMsMax;
      const code = { name: nameIn(plain), hash: hashOf(plain), expiresMs, attemptsLeft: codeAttemptsMax };
      await store.write((tx) => audit(tx, nameOf(by), "login-code", "issued"));
      codes = [...valid(nowMs), code].slice(-codesMax);
      return { code: grouped(plain), expiresMs };
    },

    async redeem(typed) {
      const nowMs = clock.nowMs();
      codes = valid(nowMs);
      const plain = plainOf(typed);
      const hash = hashOf(plain);
      const code = codes.find((code) => code.hash === hash);
      if (code === undefined) return await redeemWrong(plain, nowMs);
      // Taken before the commit, so that two browsers can't use it at once.
      codes = codes.filter((other) => other !== code);
      const token = base64url(random.bytes(32));
      const expiresMs = nowMs + loginMsMax;
      try {
        const granted = await store.write((tx) => {
          const owner = resolveIdentity(tx, vault, ownerAccount);
          if (owner === undefined) return false;
          const expired = tx.find("logins", { expiresMs: { lte: nowMs } }, { limit: expiredAtOnceMax });
          for (const { id } of expired) tx.remove("logins", id);
          tx.insert("logins", {
            id: hashOf(token),
            identityId: owner.id,
            createdMs: nowMs,
            seenMs: nowMs,
            expiresMs,
          });
          audit(tx, nameOf(owner), "login", "granted");
          return true;
        });
        return granted ? { kind: "granted", token, expiresMs } : { kind: "wrong" };
      } catch (error) {
        codes = [...codes, code];
        throw error;
      }
    },

    async find(token) {
      const nowMs = clock.nowMs();
      const id = hashOf(token);
      const found = await store.read((tx) => {
        const row = tx.get("logins", id);
        if (row === undefined || row.expiresMs <= nowMs) return undefined;
        const principal = resolveIdentity(tx, vault, { channel: "web", account: row.identityId });
        return principal === undefined ? undefined : { row, principal };
      });
      if (found === undefined) return undefined;
      const { row, principal } = found;
      if (nowMs - row.seenMs < seenEveryMs) return { principal, expiresMs: row.expiresMs, renewed: false };
      const expiresMs = nowMs + loginMsMax;
      // It may have been ended meanwhile.
      const renewed = await store.write((tx) => {
        if (tx.get("logins", id) === undefined) return false;
        tx.update("logins", id, { seenMs: nowMs, expiresMs });
        return true;
      });
      return renewed ? { principal, expiresMs, renewed } : undefined;
    },

    async end(token) {
      const id = hashOf(token);
      await store.write((tx) => {
        const row = tx.get("logins", id);
        if (row === undefined) return;
        tx.remove("logins", id);
        audit(tx, `identity:${row.identityId}`, "login", "ended");
      });
    },
  };
}

/** Draws evenly: bytes above the last whole multiple of the alphabet are drawn again. */
function drawCode(random: Pick<Random, "bytes">): string {
  const limit = 256 - 256 % alphabet.length;
  let code = "";
  while (code.length < codeLength) {
    for (const byte of random.bytes(2 * codeLength)) {
      if (byte < limit && code.length < codeLength) code += alphabet[byte % alphabet.length];
    }
  }
  return code;
}

function grouped(code: string): string {
  return code.match(new RegExp(`.{${groupLength}}`, "g"))!.join("-");
}

function nameIn(plain: string): string {
  return plain.slice(0, groupLength);
}

/** Only the first signs count, so that a megabyte of them costs nothing. */
function plainOf(typed: string): string {
  return typed.slice(0, 64).normalize("NFKC").toUpperCase().replace(/[^0-9A-Z]/g, "");
}
