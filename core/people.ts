import { type Action, decide, nameOf, type Principal, rolesOf } from "./access.ts";
import type { Refused } from "./assistant.ts";
import { appendAudit } from "./audit.ts";
import { admit } from "./message/admission.ts";
import { commitWithEffects, type WithEffects } from "./message/effects.ts";
import { cleanName, nameOfIdentity, openAccount, principalOf, renameIdentity } from "./message/identities.ts";
import { pairingsIn, turnAway } from "./message/pairings.ts";
import type { LinkDeps } from "./message/strangers.ts";
import type { ReadTx, Tx } from "./ports/store.ts";
import { text } from "./text/mod.ts";

/** An account of a person, as people recognise it. Everything in it is the platform's word. */
export interface PersonAccount {
  readonly id: string;
  readonly channel: string;
  readonly account: string;
  /** What its platform calls it; empty when it doesn't say. */
  readonly name: string;
  readonly createdMs: number;
}

/** Someone who is known. */
export interface Person {
  readonly id: string;
  /** What they are called; empty when nobody gave them a name. */
  readonly name: string;
  readonly owner: boolean;
  /** By the policy's bindings, in alphabetical order. */
  readonly roles: readonly string[];
  readonly createdMs: number;
  /** Oldest first. The one on the page is their login: it has the person's own id. */
  readonly accounts: readonly PersonAccount[];
}

/** Someone unknown who asks to be let in. */
export interface Pairing {
  /** What they were told, and what confirms them: `ABC-DEF`. */
  readonly code: string;
  readonly channel: string;
  readonly account: string;
  /** What the platform calls them; empty when it doesn't say. */
  readonly name: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** When they were refused: they hear nothing until it expires, but can be confirmed after all. Null while it is open. */
  readonly refusedMs: number | null;
}

/** A one-time code of a person: `/link CODE` from another account makes that theirs, on the page it logs in. */
export interface LinkCode {
  readonly kind: "code";
  readonly code: string;
  readonly expiresMs: number;
}

/**
 * Who is known, and who asks to be. Every method asks `core/access.ts` on behalf of `by` first: `read` or `manage` of
 * `admin:people`, but for what concerns oneself only. Codes are taken as they were typed: case and hyphens don't matter.
 */
export interface People {
  /** Requests that are open or were refused, oldest first. */
  pairings(by: Principal): Promise<{ readonly kind: "pairings"; readonly pairings: readonly Pairing[] } | Refused>;
  /**
   * Lets someone in: from then on they are a person, called `name`, or else as their platform calls them. They are told,
   * and what they wrote first is answered. `unknown`: there is no request of this code, or it expired.
   */
  pair(
    by: Principal,
    request: { readonly code: string },
    options?: { readonly name?: string },
  ): Promise<{ readonly kind: "paired"; readonly person: Person } | { readonly kind: "unknown" } | Refused>;
  /** Doesn't let them in: they are told once, and hear nothing for a day. */
  refuse(
    by: Principal,
    code: string,
  ): Promise<{ readonly kind: "turned-away"; readonly pairing: Pairing } | { readonly kind: "unknown" } | Refused>;
  /** All that are known, oldest first; {@link peopleMax} at most. */
  list(by: Principal): Promise<{ readonly kind: "people"; readonly people: readonly Person[] } | Refused>;
  /** Who asks, with their accounts; whoever is known may. */
  self(by: Principal): Promise<{ readonly kind: "person"; readonly person: Person } | Refused>;
  /** Calls a person something else; `bad-name`: nothing can be seen of it. */
  rename(
    by: Principal,
    personId: string,
    name: string,
  ): Promise<
    | { readonly kind: "renamed"; readonly person: Person }
    | { readonly kind: "unknown" }
    | { readonly kind: "bad-name" }
    | Refused
  >;
  /**
   * Takes an account from its person: what comes from it is a stranger's. With the last one besides the page, their
   * logins and all that they look at end as well. `kept`: the owner's terminal and everybody's page can't be taken away. One's own, or anybody's
   * by who manages people.
   */
  unlink(
    by: Principal,
    accountId: string,
  ): Promise<{ readonly kind: "unlinked" | "kept"; readonly person: Person } | { readonly kind: "unknown" } | Refused>;
  /** A code of oneself, or by who manages people, of anybody. */
  linkCode(by: Principal, personId?: string): Promise<LinkCode | { readonly kind: "unknown" } | Refused>;
}

/** People that a list holds. */
export const peopleMax = 1_000;

/** Accounts that nobody can take away: the owner is whoever reaches the terminal, and on the page people are themselves. */
const keptChannels: readonly string[] = ["terminal", "web"];

/** What a method ends with when it isn't refused. */
type Done<Method extends keyof People> = Exclude<Awaited<ReturnType<People[Method]>>, Refused>;

/** Makes the people of a site. */
export function createPeople(deps: LinkDeps): People {
  const { store, vault, clock, policy, ownerId, codes } = deps;

  const identityOf = (by: Principal) => by.kind === "identity" ? by.id : by.kind === "local" ? ownerId() : undefined;

  function refusal(by: Principal, action: Action, resource = "admin:people"): Refused | undefined {
    const decision = decide(by, action, resource, policy(), clock.nowMs());
    return decision.effect === "allow" ? undefined : { kind: "refused", reason: decision.reason };
  }

  const audit = (tx: Tx, by: Principal, resource: string, outcome: string, detail?: string) =>
    appendAudit(tx, vault, {
      atMs: clock.nowMs(),
      principal: nameOf(by),
      action: "manage",
      resource,
      outcome,
      ...(detail === undefined ? {} : { detail }),
    });

  /** Reads, if who asks may. */
  async function see<Result>(by: Principal, work: (tx: ReadTx) => Result): Promise<Result | Refused> {
    return refusal(by, "read") ?? await store.read(work);
  }

  /** Changes something, if who asks may: others are refused on the record. */
  function change<Result>(
    by: Principal,
    refused: Refused | undefined,
    work: (tx: Tx) => WithEffects<Result>,
  ): Promise<Result | Refused> {
    return commitWithEffects(deps, (tx): WithEffects<Result | Refused> => {
      if (refused === undefined) return work(tx);
      audit(tx, by, "admin:people", "refused");
      return { result: refused };
    });
  }

  function personOf(tx: ReadTx, id: string): Person | undefined {
    const identity = tx.get("identities", id);
    if (identity === undefined) return undefined;
    const principal = principalOf(tx, vault, id, ownerId());
    const accounts = tx.find("accounts", { identityId: id }).map((row) => {
      const { account, name } = openAccount(vault, row);
      return { id: row.id, channel: row.channel, account, name, createdMs: row.createdMs };
    });
    const { owner } = principal;
    const { createdMs } = identity;
    return { id, name: nameOfIdentity(tx, vault, id), owner, roles: rolesOf(principal, policy()), createdMs, accounts };
  }

  /** Takes away what is left of somebody whose last account but the page's is gone: they are logged out everywhere. */
  function logOut(tx: Tx, identityId: string): void {
    for (const { id } of tx.find("accounts", { identityId })) tx.remove("accounts", id);
    for (const { id } of tx.find("logins", { identityId })) tx.remove("logins", id);
  }

  return {
    pairings: (by) => see(by, (tx) => ({ kind: "pairings", pairings: pairingsIn(tx, deps) })),

    pair: (by, { code }, { name } = {}) =>
      change<Done<"pair">>(by, refusal(by, "manage"), (tx) => {
        const admitted = admit(tx, deps, by, { code, ...(name === undefined ? {} : { name }) });
        if (admitted === undefined) return { result: { kind: "unknown" } };
        return { result: { kind: "paired", person: personOf(tx, admitted.identityId)! }, effects: admitted.effects };
      }),

    refuse: (by, code) =>
      change<Done<"refuse">>(by, refusal(by, "manage"), (tx) => {
        const refused = turnAway(tx, deps, by, code);
        if (refused === undefined) return { result: { kind: "unknown" } };
        return { result: { kind: "turned-away", pairing: refused.pairing }, effects: { deliveries: refused.notices } };
      }),

    list: (by) =>
      see(by, (tx) => {
        const people = tx.find("identities", {}, { limit: peopleMax }).flatMap(({ id }) => personOf(tx, id) ?? []);
        return { kind: "people", people };
      }),

    async self(by) {
      const id = identityOf(by);
      const refused = refusal(by, "use", "chat");
      if (refused !== undefined) return refused;
      const person = id === undefined ? undefined : await store.read((tx) => personOf(tx, id));
      return person === undefined ? { kind: "refused", reason: text("en").intake.unknown } : { kind: "person", person };
    },

    rename: (by, personId, given) =>
      change<Done<"rename">>(by, refusal(by, "manage"), (tx) => {
        const name = cleanName(given);
        if (name === "") return { result: { kind: "bad-name" } };
        if (tx.get("identities", personId) === undefined) return { result: { kind: "unknown" } };
        renameIdentity(tx, vault, personId, name);
        audit(tx, by, `identity:${personId}`, "renamed", name);
        return { result: { kind: "renamed", person: personOf(tx, personId)! } };
      }),

    async unlink(by, accountId) {
      const owned = await store.read((tx) => tx.get("accounts", accountId)?.identityId);
      const isOwn = owned !== undefined && owned === identityOf(by);
      return await change<Done<"unlink">>(by, isOwn ? refusal(by, "use", "chat") : refusal(by, "manage"), (tx) => {
        const row = tx.get("accounts", accountId);
        if (row === undefined) return { result: { kind: "unknown" } };
        const { identityId, channel } = row;
        if (keptChannels.includes(channel)) return { result: { kind: "kept", person: personOf(tx, identityId)! } };
        const { account, name } = openAccount(vault, row);
        tx.remove("accounts", accountId);
        const isLast = tx.find("accounts", { identityId }).every((other) => other.channel === "web");
        if (isLast) logOut(tx, identityId);
        audit(tx, by, `identity:${identityId}`, "unlinked", JSON.stringify({ channel, account, name }));
        const effects = { deliveries: [], ...(isLast ? { loggedOutId: identityId } : {}) };
        return { result: { kind: "unlinked", person: personOf(tx, identityId)! }, effects };
      });
    },

    async linkCode(by, personId = identityOf(by)) {
      const isOwn = personId !== undefined && personId === identityOf(by);
      const drawn = codes.draw();
      const result = await change<Done<"linkCode">>(
        by,
        isOwn ? refusal(by, "use", "chat") : refusal(by, "manage"),
        (tx) => {
          if (personId === undefined || tx.get("identities", personId) === undefined) {
            return { result: { kind: "unknown" } };
          }
          audit(tx, by, isOwn ? "login-code" : `identity:${personId}`, isOwn ? "issued" : "code issued");
          return { result: { kind: "code", ...drawn } };
        },
      );
      if (result.kind === "code") codes.keep(drawn, personId!);
      return result;
    },
  };
}
