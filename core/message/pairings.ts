import { decide, nameOf, type Policy, type Principal } from "../access.ts";
import { appendAudit } from "../audit.ts";
import { drawCode, plainCode } from "../codes.ts";
import { oneLine } from "../harmless.ts";
import type { Ids } from "../ids.ts";
import type { Pairing } from "../people.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { type Locale, text } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import {
  type AccountContent,
  addIdentity,
  cleanName,
  hashOf,
  linkAccount,
  openAccount,
  principalOf,
} from "./identities.ts";
import { queueNotice } from "./new_delivery.ts";
import type { InboundMessage } from "./types.ts";

/** How long a request is open, in milliseconds. */
export const pairingMsMax = 3_600_000;
/** How long someone who was refused hears nothing, in milliseconds. */
export const refusedMsMax = 24 * 3_600_000;
/** Open requests of one channel; who comes then hears nothing. */
export const pairingsEachMax = 50;
/** The same of all channels. */
export const pairingsMax = 200;
/** Between two times that somebody is told their code, in milliseconds. */
export const toldEveryMs = 60_000;
/** Administrators are told of a request while no more than this are open: a crowd of strangers is one list, not a flood. */
export const announcedMax = 10;
/** Longest first message that is kept until its writer is let in, in UTF-16 code units. */
export const firstLengthMax = 4_096;

/** Accounts that are looked through for administrators. */
const accountsMax = 5_000;
/** Conversations with administrators that are told. */
const announcementsMax = 20;
/** 30^6 codes: more than anybody tries by hand, and only an administrator can try. */
const codeLength = 6;
const expiredAtOnceMax = 100;

/** What pairing works with. */
export interface PairingDeps {
  readonly vault: Vault;
  readonly ids: Ids;
  readonly clock: Pick<Clock, "nowMs">;
  readonly random: Pick<Random, "bytes">;
  readonly policy: () => Policy;
  readonly ownerId: () => string;
}

/** What a stranger wrote first, apart from commands: with all that it is recognised by when it is offered again. */
export type FirstMessage = Pick<InboundMessage, "conversation" | "platformId" | "text">;

/** What is sealed of a request. */
interface Request extends Pick<AccountContent, "account" | "name"> {
  readonly conversation: string;
  readonly locale: Locale;
  readonly code: string;
  readonly first?: FirstMessage;
}

type Row = Tables["pairings"];

/** What came of a stranger's message: what they are told, and what administrators are. */
export interface Asked {
  readonly text: string;
  readonly announcements: readonly Tables["deliveries"][];
}

/**
 * Takes a stranger's message as their request to be let in. `undefined`: they are told nothing, because they were told
 * less than a minute ago, were refused, or too many ask.
 *
 * @param isCommand A command isn't kept as what they wrote first.
 */
export function ask(tx: Tx, deps: PairingDeps, inbound: InboundMessage, isCommand: boolean): Asked | undefined {
  const { vault, clock } = deps;
  const { channel, account, locale } = inbound;
  const nowMs = clock.nowMs();
  const [known] = tx.find("pairings", { channel, accountHash: hashOf(vault, { channel, account }) }, { limit: 1 });
  const { files = [], attachmentIds = [] } = inbound;
  const isFirst = !isCommand && inbound.text.trim() !== "" && inbound.text.length <= firstLengthMax &&
    files.length + attachmentIds.length === 0;
  const { conversation, platformId } = inbound;
  const first = isFirst ? { conversation, platformId, text: inbound.text } : undefined;
  if (known === undefined || isExpired(known, nowMs)) {
    if (known !== undefined) tx.remove("pairings", known.id);
    return begin(tx, deps, inbound, first);
  }
  if (known.refusedMs !== null) return undefined;
  const request = open(vault, known);
  if (request.first === undefined && first !== undefined) {
    tx.update("pairings", known.id, { requestEnc: seal(vault, known.id, { ...request, first }) });
  }
  if (nowMs - known.toldMs < toldEveryMs) return undefined;
  tx.update("pairings", known.id, { toldMs: nowMs });
  return { text: text(locale).people.ask(request.code), announcements: [] };
}

function begin(tx: Tx, deps: PairingDeps, inbound: InboundMessage, first: FirstMessage | undefined): Asked | undefined {
  const { vault, ids, clock, random } = deps;
  const { channel, account, accountName = "", conversation, locale } = inbound;
  const nowMs = clock.nowMs();
  sweepPairings(tx, nowMs);
  const openCount = tx.count("pairings", { refusedMs: null });
  if (openCount >= pairingsMax || tx.count("pairings", { channel, refusedMs: null }) >= pairingsEachMax) {
    return undefined;
  }
  const code = drawCode(random, codeLength);
  const codeHash = codeHashOf(vault, code);
  if (tx.count("pairings", { codeHash }) > 0) return undefined; // One in some millions; they write again.
  const id = ids();
  const request: Request = {
    account,
    name: cleanName(accountName),
    conversation,
    locale,
    code,
    ...(first === undefined ? {} : { first }),
  };
  tx.insert("pairings", {
    id,
    channel,
    accountHash: hashOf(vault, { channel, account }),
    codeHash,
    requestEnc: seal(vault, id, request),
    toldMs: nowMs,
    createdMs: nowMs,
    expiresMs: nowMs + pairingMsMax,
    refusedMs: null,
  });
  audit(tx, deps, "unknown", `pairing:${id}`, "asked", { channel, account, name: request.name });
  const announcements = openCount < announcedMax ? announce(tx, deps, { channel, request }) : [];
  return { text: text(locale).people.ask(code), announcements };
}

/** Tells administrators who can be written to directly. */
function announce(
  tx: Tx,
  deps: PairingDeps,
  { channel, request: { account, name, code } }: { readonly channel: string; readonly request: Request },
): Tables["deliveries"][] {
  return administrators(tx, deps).map(({ locale, ...to }) => {
    const { request, confirm, refuse } = text(locale).people;
    return queueNotice(tx, deps, {
      ...to,
      place: "direct",
      locale,
      text: request(inCode(name || account), inCode(channel), code),
      buttons: [{ label: confirm, text: `/pair ${code}` }, { label: refuse, text: `/refuse ${code}` }],
    });
  });
}

/** Where those can be written to who may let people in. */
function administrators(
  tx: ReadTx,
  { vault, policy, ownerId, clock }: PairingDeps,
): { readonly channel: string; readonly conversation: string; readonly locale: Locale }[] {
  const rows = tx.find("accounts", {}, { limit: accountsMax });
  const found = [];
  for (const [identityId, accounts] of Map.groupBy(rows, ({ identityId }) => identityId)) {
    const reachable = accounts.flatMap((row) => {
      const { direct } = openAccount(vault, row);
      return direct === undefined ? [] : { channel: row.channel, ...direct };
    });
    if (reachable.length === 0) continue;
    const principal = principalOf(tx, vault, identityId, ownerId());
    if (decide(principal, "manage", "admin:people", policy(), clock.nowMs()).effect === "allow") {
      found.push(...reachable);
    }
  }
  return found.slice(0, announcementsMax);
}

/** What confirming or refusing needs. */
interface Decided {
  readonly row: Row;
  readonly request: Request;
}

function find(tx: ReadTx, { vault, clock }: PairingDeps, typed: string): Decided | undefined {
  const [row] = tx.find("pairings", { codeHash: codeHashOf(vault, typed) }, { limit: 1 });
  if (row === undefined || isExpired(row, clock.nowMs())) return undefined;
  return { row, request: open(vault, row) };
}

/** Someone who was let in: the person they are now, and what they wrote first, as it came. */
export interface LetIn {
  readonly identityId: string;
  readonly name: string;
  readonly first?: InboundMessage;
  /** Where and in which language they are told. */
  readonly to: { readonly channel: string; readonly conversation: string; readonly locale: Locale };
}

/** Lets in whoever was told this code; `undefined` when nobody was. */
export function letIn(
  tx: Tx,
  deps: PairingDeps,
  by: Principal,
  { code, name = "" }: { readonly code: string; readonly name?: string },
): LetIn | undefined {
  const { vault, ids, clock } = deps;
  const found = find(tx, deps, code);
  if (found === undefined) return undefined;
  const { row: { id, channel }, request: { account, name: accountName, conversation, locale, first } } = found;
  const createdMs = clock.nowMs();
  const called = cleanName(name) || accountName;
  const identityId = addIdentity(tx, vault, ids, { name: called, createdMs });
  const direct = { conversation, locale };
  linkAccount(tx, vault, { id: ids(), identityId, channel, account, name: accountName, direct, createdMs });
  tx.remove("pairings", id);
  audit(tx, deps, nameOf(by), `identity:${identityId}`, "paired", { channel, account, name: called });
  const inbound = first && { channel, account, place: "direct", locale, ...first } as const;
  return {
    identityId,
    name: called,
    to: { channel, conversation, locale },
    ...(inbound === undefined ? {} : { first: inbound }),
  };
}

/** Doesn't let in whoever was told this code: they are told, once. `undefined` when nobody was told it. */
export function turnAway(
  tx: Tx,
  deps: PairingDeps,
  by: Principal,
  code: string,
): { readonly pairing: Pairing; readonly notices: readonly Tables["deliveries"][] } | undefined {
  const { vault, clock } = deps;
  const found = find(tx, deps, code);
  if (found === undefined) return undefined;
  const { row: { id, channel, refusedMs }, request: { first: _, ...request } } = found;
  const pairing = () => pairingOf(vault, tx.get("pairings", id)!);
  if (refusedMs !== null) return { pairing: pairing(), notices: [] };
  const nowMs = clock.nowMs();
  tx.update("pairings", id, {
    refusedMs: nowMs,
    expiresMs: nowMs + refusedMsMax,
    requestEnc: seal(vault, id, request),
  });
  const { account, name, conversation, locale } = request;
  audit(tx, deps, nameOf(by), `pairing:${id}`, "refused", { channel, account, name });
  const said = text(locale).people.turnedAway;
  return {
    pairing: pairing(),
    notices: [queueNotice(tx, deps, { channel, conversation, place: "direct", locale, text: said })],
  };
}

/** Whoever asked from this account is somebody now: their request is over. */
export function forgetRequest(
  tx: Tx,
  vault: Vault,
  { channel, account }: Pick<InboundMessage, "channel" | "account">,
): void {
  const accountHash = hashOf(vault, { channel, account });
  for (const { id } of tx.find("pairings", { channel, accountHash })) tx.remove("pairings", id);
}

/** Requests that are open or were refused, oldest first. */
export function pairingsIn(tx: ReadTx, { vault, clock }: Pick<PairingDeps, "vault" | "clock">): Pairing[] {
  const nowMs = clock.nowMs();
  return tx.find("pairings", {}, { order: ["createdMs"], limit: 2 * pairingsMax })
    .filter((row) => !isExpired(row, nowMs)).map((row) => pairingOf(vault, row));
}

/** Removes requests whose time is over. Returns how many. */
export function sweepPairings(tx: Tx, nowMs: number): number {
  const expired = tx.find("pairings", { expiresMs: { lte: nowMs } }, { limit: expiredAtOnceMax });
  for (const { id } of expired) tx.remove("pairings", id);
  return expired.length;
}

/** A clock that was set back by more than a request lasts doesn't keep it for ever. */
function isExpired({ expiresMs, createdMs }: Row, nowMs: number): boolean {
  return nowMs >= expiresMs || nowMs < createdMs - pairingMsMax;
}

function pairingOf(vault: Vault, row: Row): Pairing {
  const { account, name, code } = open(vault, row);
  const { channel, createdMs, expiresMs, refusedMs } = row;
  return { code, channel, account, name, createdMs, expiresMs, refusedMs };
}

/** Shown as it is, whatever it holds: a name can't become a link or a heading. */
export function inCode(name: string): string {
  return `\`${oneLine(name).replaceAll("`", "'")}\``;
}

function audit(
  tx: Tx,
  { vault, clock }: PairingDeps,
  principal: string,
  resource: string,
  outcome: string,
  who: { readonly channel: string; readonly account: string; readonly name: string },
): void {
  const detail = JSON.stringify(who);
  appendAudit(tx, vault, { atMs: clock.nowMs(), principal, action: "manage", resource, outcome, detail });
}

function codeHashOf(vault: Vault, typed: string): string {
  return vault.keyedHash("pairing", plainCode(typed));
}

const requestField = (id: string) => ({ table: "pairings", column: "request", id, version: 1 }) as const;

function open(vault: Vault, { id, requestEnc }: Row): Request {
  return JSON.parse(vault.openText(requestField(id), requestEnc));
}

function seal(vault: Vault, id: string, request: Request): Uint8Array {
  return vault.seal(requestField(id), JSON.stringify(request));
}
