import type { HostReply } from "../../../schema/plugin.ts";
import { nameOf } from "../../access.ts";
import { appendAudit } from "../../audit.ts";
import type { MessageReply, MessageRequest, MessageTargets } from "../../capabilities/message.ts";
import { harmless } from "../../harmless.ts";
import { commitWithEffects, type WithEffects } from "../../message/effects.ts";
import { findAccount, openAccount } from "../../message/identities.ts";
import { type Destination, queueNotice } from "../../message/new_delivery.ts";
import type { ReadTx } from "../../ports/store.ts";
import type { Tables } from "../../tables.ts";
import { text } from "../../text/mod.ts";
import { detailOf, failed, type HostCall, type HostCallsDeps, withheld, type Work } from "./call.ts";

/** Messages that one call of a tool may send. */
export const messagesMax = 5;

type MessageCall = HostCall<MessageTargets, MessageTargets, MessageRequest>;

/** Messages of plugins: into the outbox, in the plugin's name. */
export function createMessageWork(deps: HostCallsDeps): Work<MessageTargets, MessageTargets, MessageRequest> {
  const { vault, clock } = deps;

  /** Where a person can be written to: at the account that is named, or at each of theirs. */
  function placesOf(tx: ReadTx, person: string): Destination[] {
    const rows: readonly (Tables["accounts"] | undefined)[] = person === "owner"
      ? tx.find("accounts", { identityId: deps.ownerId() })
      : person.startsWith("identity:")
      ? tx.find("accounts", { identityId: person.slice("identity:".length) })
      : [findAccount(tx, vault, accountOf(person))];
    return rows.flatMap((row) => {
      const direct = row === undefined ? undefined : openAccount(vault, row).direct;
      return direct === undefined ? [] : [{ channel: row!.channel, place: "direct" as const, ...direct }];
    });
  }

  return ({ context, request, spent }: MessageCall): Promise<HostReply> => {
    if (context.mode === "plan") return Promise.resolve(withheld);
    if (spent.messages >= messagesMax) {
      return Promise.resolve(failed("quota", `one call may send ${messagesMax} messages`));
    }
    spent.messages++;
    const { person } = request;
    return commitWithEffects(deps, (tx): WithEffects<HostReply> => {
      const to = person === undefined ? [context.destination] : placesOf(tx, person);
      if (to.length === 0) {
        return { result: failed("not-found", `${person} has never written here, and can't be reached`) };
      }
      const deliveries = to.map((destination) => {
        const words = text(destination.locale).capabilities.said(context.tool.plugin.name);
        return queueNotice(tx, deps, { ...destination, text: `${words}\n\n${quoted(request.text)}` });
      });
      appendAudit(tx, vault, {
        atMs: clock.nowMs(),
        principal: nameOf(context.principal),
        action: "write",
        resource: `message:${person ?? "this"}`,
        outcome: "queued",
        detail: detailOf(context),
      });
      return { result: { ok: { queued: deliveries.length } satisfies MessageReply }, effects: { deliveries } };
    });
  };
}

/** As `access.bindings` names an account. */
function accountOf(person: string): { readonly channel: string; readonly account: string } {
  const at = person.indexOf(":");
  return { channel: person.slice(0, at), account: person.slice(at + 1) };
}

/** Set off from the system's own words on every line: a plugin can't speak as the assistant, or ask for an approval. */
function quoted(said: string): string {
  return harmless(said).split("\n").map((line) => `> ${line}`).join("\n");
}
