import { decide, type Principal } from "../access.ts";
import type { Tx } from "../ports/store.ts";
import { text } from "../text/mod.ts";
import type { Effects } from "./effects.ts";
import { principalOf } from "./identities.ts";
import { queueNotice } from "./new_delivery.ts";
import { letIn, type PairingDeps } from "./pairings.ts";
import { addQuestion, type QuestionDeps } from "./questions.ts";
import { resolveSession, type SessionScope } from "./sessions.ts";

/** What letting people in works with. */
export interface AdmissionDeps extends PairingDeps, QuestionDeps {
  readonly people: () => PeopleSettings;
}

/** What the site has decided about people; read at each message, so that a reload takes effect at once. */
export interface PeopleSettings {
  /** What someone unknown who writes directly gets: a code to be let in with, or nothing. */
  readonly unknown: "pair" | "silent";
  readonly scope: SessionScope;
}

/** What a site that decided nothing does. */
export const defaultPeople: PeopleSettings = { unknown: "pair", scope: "person" };

/**
 * Lets in whoever was told this code, tells them, and takes in what they wrote first, all in one transaction.
 * `undefined` when nobody was told it.
 */
export function admit(
  tx: Tx,
  deps: AdmissionDeps,
  by: Principal,
  request: { readonly code: string; readonly name?: string },
): { readonly identityId: string; readonly name: string; readonly effects: Effects } | undefined {
  const { vault, clock, policy, ownerId, ids } = deps;
  const person = letIn(tx, deps, by, request);
  if (person === undefined) return undefined;
  const { identityId, name, first, to } = person;
  const principal = principalOf(tx, vault, identityId, ownerId());
  const mayChat = decide(principal, "use", "chat", policy(), clock.nowMs()).effect === "allow";
  const question = mayChat ? first : undefined;
  const said = text(to.locale).people.letIn(question !== undefined);
  const notice = queueNotice(tx, deps, { ...to, place: "direct", text: said });
  if (question === undefined) return { identityId, name, effects: { deliveries: [notice] } };
  const { channel, conversation } = question;
  const place = resolveSession(tx, vault, {
    channel,
    conversation,
    place: "direct",
    identityId,
    scope: deps.people().scope,
    firstText: question.text,
    newId: ids(),
    nowMs: clock.nowMs(),
  });
  const accepted = addQuestion(tx, deps, principal, question, place);
  return { identityId, name, effects: { deliveries: [notice], accepted } };
}
