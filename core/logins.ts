import { nameOf, type Principal } from "./access.ts";
import { appendAudit } from "./audit.ts";
import { base64url } from "./base64url.ts";
import type { Codes, Drawn, Taken } from "./codes.ts";
import { type Known, ownerAccount, resolveIdentity } from "./message/identities.ts";
import type { Clock } from "./ports/clock.ts";
import type { Crypto } from "./ports/crypto.ts";
import type { Random } from "./ports/random.ts";
import type { Store, Tx } from "./ports/store.ts";
import { toHex, type Vault } from "./vault.ts";

/** How long a browser that isn't used stays logged in, in milliseconds. */
export const loginMsMax = 30 * 24 * 3_600_000;

/** A login's last use is written down this often, in milliseconds: not at each request. */
const seenEveryMs = 3_600_000;
const expiredAtOnceMax = 100;

/** What became of a code that somebody typed: a login, or as {@link Taken} says. */
export type Redeemed =
  | { readonly kind: "granted"; readonly token: string; readonly expiresMs: number }
  | Exclude<Taken, { kind: "taken" }>;

/** A browser that is logged in. `renewed`: its time was just prolonged, so its cookie should be as well. */
export interface Login {
  readonly principal: Known;
  readonly expiresMs: number;
  readonly renewed: boolean;
}

/** Browsers log in by a one-time code that a person has from the terminal or from a chat, then carry a token. */
export interface Logins {
  /** A code of the owner. */
  issue(by: Principal): Promise<Drawn>;
  /** Takes a code of anybody as it was typed, and logs in as that person. */
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
  readonly codes: Codes;
}

/** Makes the logins of one host. */
export function createLogins({ store, vault, clock, random, crypto, codes }: LoginsDeps): Logins {
  const hashOf = (secret: string) => toHex(crypto.sha256(new TextEncoder().encode(secret)));
  const audit = (tx: Tx, principal: string, resource: string, outcome: string) =>
    appendAudit(tx, vault, { atMs: clock.nowMs(), principal, action: "manage", resource, outcome });

  return {
    async issue(by) {
      const drawn = codes.draw();
      const owner = await store.write((tx) => {
        audit(tx, nameOf(by), "login-code", "issued");
        return resolveIdentity(tx, vault, ownerAccount)!;
      });
      codes.keep(drawn, owner.id);
      return drawn;
    },

    async redeem(typed) {
      const nowMs = clock.nowMs();
      // Taken before the commit, so that two browsers can't use it at once.
      const taken = codes.take(typed);
      if (taken.kind === "wrong") await store.write((tx) => audit(tx, "unknown", "login", "wrong code"));
      if (taken.kind !== "taken") return taken;
      const token = base64url(random.bytes(32));
      const expiresMs = nowMs + loginMsMax;
      try {
        const granted = await store.write((tx) => {
          const person = resolveIdentity(tx, vault, { channel: "web", account: taken.identityId });
          if (person === undefined) return false;
          const expired = tx.find("logins", { expiresMs: { lte: nowMs } }, { limit: expiredAtOnceMax });
          for (const { id } of expired) tx.remove("logins", id);
          tx.insert("logins", {
            id: hashOf(token),
            identityId: person.id,
            createdMs: nowMs,
            seenMs: nowMs,
            expiresMs,
          });
          audit(tx, nameOf(person), "login", "granted");
          return true;
        });
        return granted ? { kind: "granted", token, expiresMs } : { kind: "wrong" };
      } catch (error) {
        taken.giveBack();
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
