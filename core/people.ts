import type { Principal } from "./access.ts";
import type { Refused } from "./assistant.ts";

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
  /** Requests that are open or were refused, oldest first; {@link pairingsMax} at most. */
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
    { readonly kind: "renamed"; readonly person: Person } | { readonly kind: "unknown" | "bad-name" } | Refused
  >;
  /**
   * Takes an account from its person: what comes from it is a stranger's. With the last one besides the page, their
   * logins end as well. `kept`: the owner's terminal and everybody's page can't be taken away. One's own, or anybody's
   * by who manages people.
   */
  unlink(
    by: Principal,
    accountId: string,
  ): Promise<{ readonly kind: "unlinked" | "kept"; readonly person: Person } | { readonly kind: "unknown" } | Refused>;
  /** A code of oneself, or by who manages people, of anybody. */
  linkCode(by: Principal, personId?: string): Promise<LinkCode | { readonly kind: "unknown" } | Refused>;
}

/** Open requests of one channel; who comes then hears nothing. */
export const pairingsEachMax = 50;
/** The same of all channels. */
export const pairingsMax = 200;
/** People that a list holds. */
export const peopleMax = 1_000;
