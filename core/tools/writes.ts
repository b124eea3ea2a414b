import { decideRequest, decideTool, peopleNeeded, type Policy, strictest } from "../access.ts";
import { device as deviceCapability } from "../capabilities/device.ts";
import type { CapabilitySite } from "../capabilities/capability.ts";
import { unreachable } from "../errors.ts";
import type { Ids } from "../ids.ts";
import type { Machines, WriteOutcome } from "../machines.ts";
import { commitStubbornly } from "../message/commit.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { ReadTx, Store } from "../ports/store.ts";
import { type Locale, text } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import type { CallPlace } from "./call_context.ts";
import { argumentsText, beginCall, type CallEnd, endCall } from "./journal.ts";
import type { Card, InstalledTool, ProposedWrite } from "./types.ts";

/** What came of a card's writes. `void`: nothing was written, since what was shown isn't so any more. */
export type WritesEnd = { readonly kind: CallEnd["state"] | "void"; readonly text: string };

/** What making approved writes needs. */
export interface WritesDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly ids: Ids;
  readonly policy: () => Policy;
  readonly site: () => CapabilitySite;
  readonly machines: Pick<Machines, "write">;
  readonly installed: () => readonly InstalledTool[];
  readonly halted: (tx: ReadTx, locale: Locale) => string | undefined;
}

/**
 * Makes the writes of a card that people approved, one after the other, exactly as they were shown. After one that wasn't
 * done the rest isn't begun. Each is decided again, before its turn and directly before it is sent: what was granted or
 * allowed may not be so any more. Abort of `stop` ends it until then; what was sent is read back to its end.
 */
export async function makeWrites(
  deps: WritesDeps,
  { card, place, approved, stop = neverStops }: {
    readonly card: Card;
    readonly place: CallPlace;
    readonly approved: { readonly approvalId: string; readonly approvals: number };
    readonly stop?: AbortSignal;
  },
  signal: AbortSignal,
): Promise<WritesEnd> {
  const { store } = deps;
  const { locale } = place;
  const said = text(locale).tools;
  const find = () => deps.installed().find(({ name, plugin }) => name === card.tool && plugin.digest === card.digest);
  if (find() === undefined) return { kind: "void", text: said.changed(card.tool) };
  /** Why a write isn't made after all; `undefined` when it is. */
  const refusal = async (write: ProposedWrite): Promise<string | undefined> => {
    const reason = await store.read((tx) => deps.halted(tx, locale));
    if (reason !== undefined) return reason;
    const tool = find();
    if (tool === undefined) return "its plugin was replaced, removed or has lost its grant";
    return refusalOf(deps, { tool, write, place, approved });
  };
  const committed = await commitStubbornly(deps, (tx) => {
    const reason = deps.halted(tx, locale);
    if (reason !== undefined) return { kind: "stopped", reason } as const;
    const id = beginCall(tx, deps, {
      sessionId: place.sessionId,
      turnId: place.turnId,
      approvalId: approved.approvalId,
      identityId: place.principal.id,
      tool: card.tool,
      digest: card.digest,
      arguments: argumentsText({ writes: card.writes }),
      idempotent: false,
    });
    return { kind: "begun", id } as const;
  }, signal);
  if (committed === undefined) return { kind: "void", text: said.stopped(card.tool) };
  const begun = committed.value;
  if (begun.kind === "stopped") return { kind: "void", text: begun.reason };
  const lines: string[] = [];
  let kind: WritesEnd["kind"] = "done";
  let madeCount = 0;
  for (const write of card.writes) {
    const name = `${write.device}.${write.tag}`;
    const reason = await refusal(write);
    if (reason !== undefined) {
      kind = "void";
      lines.push(said.writeVoid(name, reason));
      break;
    }
    const outcome = await deps.machines.write(write, signal, { stop, refusal: () => refusal(write) });
    lines.push(lineOf(write, outcome, locale));
    kind = kindOf(outcome);
    if (kind !== "done") break;
    madeCount++;
  }
  const left = card.writes.length - lines.length;
  if (left > 0) lines.push(said.writesLeft(left));
  // Something was written before: that isn't nothing.
  if (kind === "void" && madeCount > 0) kind = "failed";
  const end = lines.join("\n");
  const state = kind === "void" ? "failed" : kind;
  await commitStubbornly(deps, (tx) => endCall(tx, deps, begun.id, { state, text: end }), signal);
  return { kind, text: end };
}

const neverStops = new AbortController().signal;

/** Why the policy or a grant holds back a write that people approved; `undefined` when nothing does. */
function refusalOf(
  { policy, clock, site }: WritesDeps,
  { tool, write, place, approved }: {
    readonly tool: InstalledTool;
    readonly write: ProposedWrite;
    readonly place: CallPlace;
    readonly approved: { readonly approvals: number };
  },
): string | undefined {
  const { asked, granted } = tool.plugin;
  const { device, tag, value } = write;
  const request = { op: "write", device, tag, value } as const;
  const nowMs = clock.nowMs();
  const decision = strictest([
    decideTool(place.principal, tool.name, policy(), nowMs),
    decideRequest(
      place.principal,
      { asked, granted, capability: deviceCapability, request, site: site(), readOnly: tool.readOnly },
      policy(),
      nowMs,
    ),
  ]);
  if (decision.effect === "deny") return decision.reason;
  return approved.approvals < peopleNeeded(decision) ? decision.reason : undefined;
}

function lineOf(write: ProposedWrite, outcome: WriteOutcome, locale: Locale): string {
  const said = text(locale).tools;
  const name = `${write.device}.${write.tag}`;
  const value = (value: ProposedWrite["value"], word?: string) => {
    const plain = write.unit === undefined ? `${value}` : `${value} ${write.unit}`;
    return word === undefined ? plain : `${word} (${plain})`;
  };
  switch (outcome.kind) {
    case "done":
      return said.writeDone(name, value(outcome.value, write.valueName), value(write.present, write.presentName));
    case "different":
      return said.writeDifferent(name, value(write.value, write.valueName), value(outcome.value));
    case "void":
      return said.writeVoid(name, outcome.reason);
    case "unknown":
      return said.writeUnknown(name, outcome.reason);
    case "refused":
    case "unreachable":
      return said.writeNotSent(name, outcome.reason);
    default:
      return unreachable(outcome);
  }
}

function kindOf({ kind }: WriteOutcome): WritesEnd["kind"] {
  switch (kind) {
    case "done":
    case "void":
    case "unknown":
      return kind;
    case "different":
    case "refused":
    case "unreachable":
      return "failed";
    default:
      return unreachable(kind);
  }
}
