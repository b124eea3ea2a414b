import type { Principal } from "../access.ts";
import type { Ids } from "../ids.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Vault } from "../vault.ts";

/** The account by which the owner is known: whoever reaches the Unix socket speaks as this person. */
export const ownerAccount = { channel: "terminal", account: "local" } as const;

/** An account in a platform's own words. */
export interface Account {
  readonly channel: string;
  readonly account: string;
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
  const [row] = tx.find("accounts", { channel: account.channel, accountHash: hashOf(vault, account) }, { limit: 1 });
  if (row === undefined) return undefined;
  const owner = knownOwner === row.identityId;
  return { kind: "identity", id: row.identityId, owner, accounts: [`${account.channel}:${account.account}`] };
}

/** The owner's identity: the first person, made at first start with an account on the terminal and on the page. */
export function ensureOwner(tx: Tx, vault: Vault, ids: Ids, nowMs: number): string {
  const known = ownerId(tx, vault);
  if (known !== undefined) return known;
  const identityId = ids();
  tx.insert("identities", { id: identityId, nameEnc: null, currentSessionId: null, version: 1, createdMs: nowMs });
  // On the page a person is named by the identity that their login carries.
  linkAccount(tx, vault, { id: ids(), identityId, ...ownerAccount, createdMs: nowMs });
  linkAccount(tx, vault, { id: ids(), identityId, channel: "web", account: identityId, createdMs: nowMs });
  return identityId;
}

/** Links an account to a person: from then on, what comes from it is theirs. */
export function linkAccount(
  tx: Tx,
  vault: Vault,
  { account, ...row }: Account & { readonly id: string; readonly identityId: string; readonly createdMs: number },
): void {
  const accountEnc = vault.seal(accountField(row.id), JSON.stringify({ account, name: "" }));
  tx.insert("accounts", { ...row, accountHash: hashOf(vault, { channel: row.channel, account }), accountEnc });
}

function ownerId(tx: ReadTx, vault: Vault): string | undefined {
  const [row] = tx.find("accounts", { channel: ownerAccount.channel, accountHash: hashOf(vault, ownerAccount) });
  return row?.identityId;
}

function hashOf(vault: Vault, { channel, account }: Account): string {
  return vault.keyedHash("account", channel, account);
}

const accountField = (id: string) => ({ table: "accounts", column: "account", id, version: 1 }) as const;
