import { appendAudit } from "../audit.ts";
import type { Codes } from "../codes.ts";
import type { ReadTx, Store, Tx } from "../ports/store.ts";
import { text } from "../text/mod.ts";
import type { AdmissionDeps } from "./admission.ts";
import { commitWithEffects, type Effects, type WithEffects } from "./effects.ts";
import { cleanName, linkAccount, nameOfIdentity, resolveIdentity } from "./identities.ts";
import { ask, forgetRequest } from "./pairings.ts";
import { answerWith, copyOf } from "./receipts.ts";
import type { InboundMessage, IntakeResult } from "./types.ts";

/**
 * A message of somebody unknown, which is never stored as a message: where they write directly, they are told how to be
 * let in, if the site wants that; in a group they hear nothing; anywhere else they are refused.
 */
export function meetStranger(
  tx: Tx,
  deps: AdmissionDeps,
  inbound: InboundMessage,
  isCommand: boolean,
): WithEffects<IntakeResult> {
  const { place = "conversation", locale } = inbound;
  if (place === "conversation") return { result: { kind: "refused", reason: text(locale).intake.unknown } };
  if (place === "group" || deps.people().unknown === "silent") return { result: { kind: "handled", text: "" } };
  const asked = ask(tx, deps, inbound, isCommand);
  if (asked === undefined) return { result: { kind: "handled", text: "" } };
  const delivery = answerWith(tx, deps, inbound, { text: asked.text });
  return {
    result: { kind: "handled", text: asked.text },
    effects: { deliveries: [delivery, ...asked.announcements] },
  };
}

/** What linking by a code works with. */
export interface LinkDeps extends AdmissionDeps {
  readonly store: Store;
  readonly codes: Codes;
  /** See {@link commitWithEffects}. */
  readonly committed: (effects: Effects) => void;
}

/**
 * Makes the account of a stranger theirs whose code they sent. `undefined`: the account is somebody's, so this isn't a
 * stranger. Wrong codes are answered as seldom as {@link Codes} says; in a group no code is looked at.
 */
export async function linkStranger(
  deps: LinkDeps,
  inbound: InboundMessage,
  typed: string,
): Promise<IntakeResult | undefined> {
  const { store, vault, codes, ownerId } = deps;
  const look = (tx: ReadTx): IntakeResult | "known" | "unknown" =>
    copyOf(tx, vault, inbound) ?? (resolveIdentity(tx, vault, inbound, ownerId()) === undefined ? "unknown" : "known");
  const looked = await store.read(look);
  if (looked === "known") return undefined;
  if (looked !== "unknown") return looked;
  if (inbound.place === "group") return { kind: "handled", text: "" };
  // Taken before the commit, so that two accounts can't use it at once.
  const taken = codes.take(typed);
  if (taken.kind === "wait") return { kind: "handled", text: "" };
  let isUsed = false;
  try {
    return await commitWithEffects(deps, (tx) => {
      const again = look(tx);
      if (again === "known") return { result: undefined };
      if (again !== "unknown") return { result: again };
      const words = taken.kind === "wrong" ? wrongCode(tx, deps, inbound) : link(tx, deps, inbound, taken.identityId);
      isUsed = true;
      return {
        result: { kind: "handled", text: words },
        effects: { deliveries: [answerWith(tx, deps, inbound, { text: words })] },
      };
    });
  } catch (error) {
    isUsed = false;
    throw error;
  } finally {
    if (taken.kind === "taken" && !isUsed) taken.giveBack();
  }
}

function wrongCode(tx: Tx, { vault, clock }: LinkDeps, { locale }: InboundMessage): string {
  const entry = { principal: "unknown", action: "manage", resource: "link", outcome: "wrong code" };
  appendAudit(tx, vault, { atMs: clock.nowMs(), ...entry });
  return text(locale).people.wrongCode;
}

function link(tx: Tx, { vault, clock, ids }: LinkDeps, inbound: InboundMessage, identityId: string): string {
  const { channel, account, accountName = "", conversation, place, locale } = inbound;
  const createdMs = clock.nowMs();
  const direct = place === "direct" ? { direct: { conversation, locale } } : {};
  const name = cleanName(accountName);
  linkAccount(tx, vault, { id: ids(), identityId, channel, account, name, ...direct, createdMs });
  forgetRequest(tx, vault, inbound);
  appendAudit(tx, vault, {
    atMs: createdMs,
    principal: `identity:${identityId}`,
    action: "manage",
    resource: `identity:${identityId}`,
    outcome: "linked",
    detail: JSON.stringify({ channel, account, name }),
  });
  return text(locale).people.linked(nameOfIdentity(tx, vault, identityId));
}
