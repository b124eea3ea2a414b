import type { Principal } from "../access.ts";
import { oneLine } from "../harmless.ts";
import type { Ids } from "../ids.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Locale } from "../text/mod.ts";
import type { Vault } from "../vault.ts";

/** The account by which the owner is known: whoever reaches the Unix socket speaks as this person. */
export const ownerAccount = { channel: "terminal", account: "local" } as const;

/** Longest name of a person, in characters. */
export const nameLengthMax = 100;

/** An account in a platform's own words. */
export interface Account {
  readonly channel: string;
  readonly account: string;
}

/** What is known of an account. */
export interface AccountContent {
  readonly account: string;
  /** What its platform calls it, for people; empty when it doesn't say. */
  readonly name: string;
  /** Where it can be written to directly, once it has written from there. */
  readonly direct?: { readonly conversation: string; readonly locale: Locale };
}

/** A person who is known: the principal that they are, and its identity's id. */
export type Known = Extract<Principal, { kind: "identity" }>;

/**
 * The person behind an account, if it was ever linked to one.
 *
 * @param knownOwner The owner's identity, when the caller knows it: it never changes, and is looked up otherwise.
 */
export function resolveIdentity(
  tx: ReadTx,
  vault: Vault,
  account: Account,
  knownOwner: string | undefined = ownerId(tx, vault),
): Known | undefined {
  const row = findAccount(tx, vault, account);
  return row === undefined ? undefined : principalOf(tx, vault, row.identityId, knownOwner);
}

/** An account's row, if it was ever linked to a person. */
export function findAccount(tx: ReadTx, vault: Vault, account: Account): Tables["accounts"] | undefined {
  return tx.find("accounts", { channel: account.channel, accountHash: hashOf(vault, account) }, { limit: 1 })[0];
}

/** A person as the principal that they are, with all their accounts: so what is bound to one holds on every channel. */
export function principalOf(
  tx: ReadTx,
  vault: Vault,
  identityId: string,
  knownOwner: string | undefined = ownerId(tx, vault),
): Known {
  const accounts = tx.find("accounts", { identityId }).map((row) =>
    `${row.channel}:${openAccount(vault, row).account}`
  );
  return { kind: "identity", id: identityId, owner: knownOwner === identityId, accounts };
}

/** What an account's sealed column says. */
export function openAccount(vault: Vault, row: Tables["accounts"]): AccountContent {
  const { id, channel, identityId, accountEnc } = row;
  // Before it was kept, there were accounts on the terminal and on the page only.
  if (accountEnc === null) return { account: channel === "web" ? identityId : ownerAccount.account, name: "" };
  return JSON.parse(vault.openText(accountField(id), accountEnc));
}

/** Keeps what an account is called now and where it can be written to. */
export function noteAccount(
  tx: Tx,
  vault: Vault,
  row: Tables["accounts"],
  now: Partial<Omit<AccountContent, "account">>,
): void {
  const before = openAccount(vault, row);
  const after = { ...before, ...now };
  if (row.accountEnc !== null && JSON.stringify(after) === JSON.stringify(before)) return;
  tx.update("accounts", row.id, { accountEnc: vault.seal(accountField(row.id), JSON.stringify(after)) });
}

/** The owner's identity: the first person, made at first start with an account on the terminal and on the page. */
export function ensureOwner(tx: Tx, vault: Vault, ids: Ids, nowMs: number): string {
  const known = ownerId(tx, vault);
  if (known !== undefined) return known;
  const identityId = addIdentity(tx, vault, ids, { name: "", createdMs: nowMs });
  linkAccount(tx, vault, { id: ids(), identityId, ...ownerAccount, createdMs: nowMs });
  return identityId;
}

/** Makes a person, with their account on the page: there, a person is named by the identity that their login carries. */
export function addIdentity(
  tx: Tx,
  vault: Vault,
  ids: Ids,
  { name, createdMs }: { readonly name: string; readonly createdMs: number },
): string {
  const id = ids();
  tx.insert("identities", { id, nameEnc: null, currentSessionId: null, version: 1, createdMs });
  if (name !== "") renameIdentity(tx, vault, id, name);
  linkAccount(tx, vault, { id: ids(), identityId: id, channel: "web", account: id, createdMs });
  return id;
}

/** Links an account to a person: from then on, what comes from it is theirs. */
export function linkAccount(
  tx: Tx,
  vault: Vault,
  { account, name = "", direct, ...row }: Account & Partial<AccountContent> & {
    readonly id: string;
    readonly identityId: string;
    readonly createdMs: number;
  },
): void {
  const content: AccountContent = { account, name, ...(direct === undefined ? {} : { direct }) };
  const accountEnc = vault.seal(accountField(row.id), JSON.stringify(content));
  tx.insert("accounts", { ...row, accountHash: hashOf(vault, { channel: row.channel, account }), accountEnc });
}

/** What a person was called when they were let in or renamed; otherwise what an account of theirs is called, or "". */
export function nameOfIdentity(tx: ReadTx, vault: Vault, id: string): string {
  const row = tx.get("identities", id);
  if (row === undefined) return "";
  if (row.nameEnc !== null) {
    return vault.openText({ table: "identities", column: "name", id, version: row.version }, row.nameEnc);
  }
  const names = tx.find("accounts", { identityId: id }).map((account) => openAccount(vault, account).name);
  return names.find((name) => name !== "") ?? "";
}

/** Gives a person another name; each change is a row version of its own. */
export function renameIdentity(tx: Tx, vault: Vault, id: string, name: string): void {
  const version = tx.get("identities", id)!.version + 1;
  tx.update("identities", id, {
    version,
    nameEnc: vault.seal({ table: "identities", column: "name", id, version }, name),
  });
}

/** A name as somebody gave it, on one line and not too long; empty when nothing can be seen of it. */
export function cleanName(given: string): string {
  const name = [...oneLine(given.slice(0, 10 * nameLengthMax).toWellFormed())].slice(0, nameLengthMax).join("").trim();
  // Joiners belong to some scripts and signs; by themselves they are nothing.
  return name.replace(/[\p{Cf}\p{Z}\p{M}]/gu, "") === "" ? "" : name;
}

/** A keyed hash by which an account is found. */
export function hashOf(vault: Pick<Vault, "keyedHash">, { channel, account }: Account): string {
  return vault.keyedHash("account", channel, account);
}

function ownerId(tx: ReadTx, vault: Vault): string | undefined {
  return findAccount(tx, vault, ownerAccount)?.identityId;
}

const accountField = (id: string) => ({ table: "accounts", column: "account", id, version: 1 }) as const;
