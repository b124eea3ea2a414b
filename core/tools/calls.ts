import { decideTool, type Decision, nameOf, type Policy } from "../access.ts";
import type { Standing } from "../approvals/standing.ts";
import { appendAudit } from "../audit.ts";
import type { Ids } from "../ids.ts";
import { commitStubbornly } from "../message/commit.ts";
import type { Effects, WithEffects } from "../message/effects.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { HostFunction, Plugins } from "../ports/plugins.ts";
import type { ReadTx, Store, Tx } from "../ports/store.ts";
import { type Locale, text } from "../text/mod.ts";
import type { Vault } from "../vault.ts";
import type { CallPlace } from "./call_context.ts";
import { argumentProblem } from "./check_arguments.ts";
import { executionInput, readExecution } from "./execution.ts";
import { argumentsText, beginCall, type CallEnd, callsForTurn, endCall, type Proposed } from "./journal.ts";
import type { Card, InstalledTool, ProposedCall, ProposedWrite } from "./types.ts";

/**
 * What became of a call. `done`: the tool's own text, which is untrusted. `waiting`: people must approve first. The rest is
 * the system's own words: refused by the policy, failed, or begun without anybody knowing whether it was done.
 */
export interface CallResult {
  readonly kind: "done" | "waiting" | "refused" | "failed" | "unknown" | "cancelled";
  readonly tool: InstalledTool;
  readonly text: string;
}

/** What a plugin's host functions are made for. In `plan` nothing that changes anything is done. */
export interface HostCallContext extends CallPlace {
  readonly tool: InstalledTool;
  readonly mode: "plan" | "do";
  /** How many people approved this very call: what so many must approve is allowed in it. */
  readonly approvals: number;
  /** A write to a machine that the plugin proposes. */
  propose(write: ProposedWrite, decision: Decision): void;
}

/** What became of asking people. `text` says who is asked; `refused`: nobody may approve it. */
export type Asked =
  | { readonly kind: "asked"; readonly id: string; readonly text: string; readonly effects: Effects }
  | { readonly kind: "refused"; readonly reason: string };

/** What calls of tools need. */
export interface ToolCallsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly policy: () => Policy;
  readonly plugins: Pick<Plugins, "call">;
  /** The tools that are installed and granted now. */
  readonly installed: () => readonly InstalledTool[];
  /** The prepared module of a digest. */
  readonly module: (digest: string) => Promise<Uint8Array>;
  readonly hostFunction: (context: HostCallContext) => HostFunction;
  /** Why everything is stopped; `undefined` when it isn't. Asked in the transaction that begins a call. */
  readonly halted: (tx: ReadTx, locale: Locale) => string | undefined;
  /** Asks people to approve; nobody may is told as a refusal. */
  readonly ask: (
    tx: Tx,
    asked: { readonly card: Card; readonly place: CallPlace; readonly decision: Decision },
  ) => Asked;
  /** How a card stands now. */
  readonly standing: (tx: ReadTx, approvalId: string, locale: Locale) => Standing;
  readonly committed: (effects: Effects) => void;
  readonly counted?: (tool: InstalledTool, kind: CallResult["kind"]) => void;
}

/** Decides about calls of tools, writes them down, and makes them. */
export interface ToolCalls {
  /** The tools that a person may use now, also those that others must approve. In the order of their names. */
  offered(place: Pick<CallPlace, "principal">): readonly InstalledTool[];
  /**
   * Makes one call that was proposed for a person, or has it approved first. Never rejects for what a plugin does. What
   * was done for the same message before isn't done again: it is told.
   */
  call(call: Pick<ProposedCall, "tool" | "arguments">, place: CallPlace, signal: AbortSignal): Promise<CallResult>;
  /** Makes a call that people approved. */
  perform(
    card: Pick<Card, "tool" | "digest" | "arguments">,
    place: CallPlace & { readonly approvalId: string; readonly approvals: number },
    signal: AbortSignal,
  ): Promise<CallEnd>;
}

/** Makes the calls of a site. */
export function createToolCalls(deps: ToolCallsDeps): ToolCalls {
  const { store, vault, clock, log, policy, plugins, halted } = deps;

  const decision = (principal: CallPlace["principal"], tool: InstalledTool) =>
    decideTool(principal, tool.name, policy(), clock.nowMs());

  /** Runs the plugin; nothing is written down here. */
  async function execute(
    tool: InstalledTool,
    given: Readonly<Record<string, unknown>>,
    context: Omit<HostCallContext, "propose">,
    signal: AbortSignal,
  ): Promise<
    { readonly end: CallEnd | undefined; readonly writes: readonly ProposedWrite[]; readonly asks: Decision[] }
  > {
    const writes: ProposedWrite[] = [];
    const asks: Decision[] = [];
    const propose = (write: ProposedWrite, decision: Decision) => {
      writes.push(write);
      asks.push(decision);
    };
    const { plugin } = tool;
    const outcome = await plugins.call(
      {
        digest: plugin.digest,
        name: plugin.name,
        module: () => deps.module(plugin.digest),
        entry: "execute",
        input: executionInput({ tool, arguments: given, locale: context.locale, nowMs: clock.nowMs() }),
        limits: plugin.limits,
        ...(plugin.stateful && context.sessionId !== null ? { session: context.sessionId } : {}),
      },
      deps.hostFunction({ ...context, propose }),
      signal,
    );
    if (outcome.kind === "cancelled") return { end: undefined, writes, asks };
    // Run for what it would do, it does nothing, however it ends.
    const changesNothing = tool.readOnly || context.mode === "plan";
    return { end: readExecution({ ...tool, readOnly: changesNothing }, outcome, context.locale), writes, asks };
  }

  function auditRefusal(tx: Tx, tool: InstalledTool, { principal }: CallPlace): void {
    const entry = { action: "use", resource: `tool:${tool.name}`, outcome: "refused" };
    appendAudit(tx, vault, { atMs: clock.nowMs(), principal: nameOf(principal), ...entry });
  }

  async function refuse(
    tool: InstalledTool,
    place: CallPlace,
    reason: string,
    signal: AbortSignal,
  ): Promise<CallResult> {
    const refused = await commitStubbornly(deps, (tx) => auditRefusal(tx, tool, place), signal);
    return refused === undefined ? cancelled(tool) : { kind: "refused", tool, text: reason };
  }

  /** Has people decide about a call, or about the writes that it proposed. */
  function ask(tx: Tx, { tool, given, place, writes, decisions }: Question): WithEffects<Asked> {
    const card: Card = { tool: tool.name, digest: tool.plugin.digest, arguments: given, writes };
    const decision = decisions.find(({ fourEyes }) => fourEyes) ?? decisions[0]!;
    const stopped = halted(tx, place.locale);
    const result: Asked = stopped === undefined
      ? deps.ask(tx, { card, place, decision })
      : { kind: "refused", reason: stopped };
    if (result.kind === "asked") return { result, effects: result.effects };
    auditRefusal(tx, tool, place);
    return { result };
  }

  const told = ({ effects }: WithEffects<unknown>) => {
    if (effects !== undefined) deps.committed(effects);
  };

  /** The same in a transaction of its own: nothing was done that would have to be written down with it. */
  async function askFirst(question: Question, signal: AbortSignal): Promise<CallResult> {
    const committed = await commitStubbornly(deps, (tx) => ask(tx, question), signal, told);
    return committed === undefined ? cancelled(question.tool) : resultOf(question.tool, committed.value.result);
  }

  /**
   * Writes down that a call begins, makes it, and writes down what came of it. What it proposed to machines becomes a card
   * in that same transaction: the one without the other would be told as done.
   */
  async function journalled(
    tool: InstalledTool,
    given: Readonly<Record<string, unknown>>,
    { place, approved, signal }: {
      readonly place: CallPlace;
      readonly approved?: { readonly approvalId: string; readonly approvals: number };
      readonly signal: AbortSignal;
    },
  ): Promise<
    | { readonly kind: "stopped"; readonly reason: string }
    | { readonly kind: "cancelled" }
    | { readonly kind: "made"; readonly end: CallEnd }
    | { readonly kind: "proposed"; readonly asked: Asked }
  > {
    const committed = await commitStubbornly(deps, (tx) => {
      const reason = halted(tx, place.locale);
      if (reason !== undefined) return { kind: "stopped", reason } as const;
      const { sessionId, turnId, principal } = place;
      const id = beginCall(tx, deps, {
        sessionId,
        turnId,
        approvalId: approved?.approvalId ?? null,
        identityId: principal.id,
        tool: tool.name,
        digest: tool.plugin.digest,
        arguments: argumentsText(given),
        idempotent: tool.idempotent,
      });
      return { kind: "begun", id } as const;
    }, signal);
    if (committed === undefined) return { kind: "cancelled" };
    const begun = committed.value;
    if (begun.kind === "stopped") return begun;
    const context = { ...place, tool, mode: "do", approvals: approved?.approvals ?? 0 } as const;
    const { end, writes, asks } = await execute(tool, given, context, signal);
    // Stopped in the middle: what it did until then, it did.
    const said = text(place.locale).tools;
    const made: CallEnd = end ?? { state: tool.readOnly ? "failed" : "unknown", text: said.stopped(tool.name) };
    // One that didn't end well may have meant to propose more: people aren't asked about a part of it.
    const isProposal = made.state === "done" && writes.length > 0;
    const ended = await commitStubbornly(
      deps,
      (tx): WithEffects<Asked | undefined> => {
        const asked = isProposal ? ask(tx, { tool, given, place, writes, decisions: asks }) : { result: undefined };
        endCall(tx, deps, begun.id, endOf(made, asked.result));
        return asked;
      },
      signal,
      told,
    );
    // What can't be written down here is unknown to the next life.
    if (!isProposal) return { kind: "made", end: made };
    const asked = ended?.value.result;
    if (asked !== undefined) return { kind: "proposed", asked };
    return { kind: "made", end: { state: "unknown", text: said.stopped(tool.name) } };
  }

  /**
   * What was made of the same call for the same message before: by an attempt that a crash ended, or for an answer that the
   * person wants in other words. `undefined` when it may be made.
   */
  async function earlier(
    tool: InstalledTool,
    given: Readonly<Record<string, unknown>>,
    { turnId, locale }: CallPlace,
  ): Promise<CallResult | undefined> {
    if (turnId === null || tool.readOnly) return undefined;
    return await store.read((tx): CallResult | undefined => {
      const same = callsForTurn(tx, vault, turnId).findLast((call) =>
        call.tool === tool.name && call.digest === tool.plugin.digest && call.arguments === argumentsText(given)
      );
      if (same === undefined) return undefined;
      if (same.end === undefined || same.end.state === "unknown") {
        return same.idempotent ? undefined : { kind: "unknown", tool, text: text(locale).tools.unknown(tool.name) };
      }
      if (same.end.state === "proposed") return { tool, ...deps.standing(tx, same.end.approvalId, locale) };
      return { kind: same.end.state, tool, text: same.end.text };
    });
  }

  return {
    offered: ({ principal }) =>
      deps.installed().filter((tool) => decision(principal, tool).effect !== "deny")
        .toSorted((a, b) => a.name < b.name ? -1 : 1),

    async call({ tool, arguments: given }, place, signal) {
      const counted = (result: CallResult) => {
        deps.counted?.(tool, result.kind);
        if (result.kind !== "done") log.info("tool call ended", { tool: tool.name, outcome: result.kind });
        return result;
      };
      const problem = argumentProblem(tool.parameters, given);
      if (problem !== undefined) {
        return counted({ kind: "failed", tool, text: text(place.locale).tools.badArguments(tool.name, problem) });
      }
      const decided = decision(place.principal, tool);
      if (decided.effect === "deny") return counted(await refuse(tool, place, decided.reason, signal));
      const before = await earlier(tool, given, place);
      if (before !== undefined) return counted(before);
      if (decided.effect === "ask") {
        if (!mayWriteDevices(tool)) {
          return counted(await askFirst({ tool, given, place, writes: [], decisions: [decided] }, signal));
        }
        // What exactly it would write stands on the card: so it is run first without doing anything.
        const context = { ...place, tool, mode: "plan", approvals: 0 } as const;
        const { end, writes, asks } = await execute(tool, given, context, signal);
        if (end === undefined) return counted(cancelled(tool));
        // What it proposed before it failed may be a part of what belongs together.
        if (end.state !== "done") return counted({ kind: "failed", tool, text: end.text });
        return counted(await askFirst({ tool, given, place, writes, decisions: [decided, ...asks] }, signal));
      }
      const made = await journalled(tool, given, { place, signal });
      if (made.kind === "cancelled") return counted(cancelled(tool));
      if (made.kind === "stopped") return counted(await refuse(tool, place, made.reason, signal));
      if (made.kind === "proposed") return counted(resultOf(tool, made.asked));
      if (signal.aborted) return counted({ kind: "cancelled", tool, text: made.end.text });
      return counted({ kind: made.end.state, tool, text: made.end.text });
    },

    async perform({ tool: name, digest, arguments: given }, { approvalId, approvals, ...place }, signal) {
      const said = text(place.locale).tools;
      const tool = deps.installed().find((one) => one.name === name && one.plugin.digest === digest);
      if (tool === undefined) return { state: "failed", text: said.changed(name) };
      const decided = decision(place.principal, tool);
      if (decided.effect === "deny") return { state: "failed", text: decided.reason };
      const made = await journalled(tool, given, { place, approved: { approvalId, approvals }, signal });
      if (made.kind === "cancelled") return { state: "failed", text: said.stopped(name) };
      if (made.kind === "stopped") return { state: "failed", text: made.reason };
      if (made.kind === "made") return made.end;
      // The call was made; what it proposes now didn't stand on the card.
      const { kind, text: words } = resultOf(tool, made.asked);
      return { state: kind === "waiting" ? "done" : "failed", text: words };
    },
  };
}

/** What people are asked: a call, or the writes that it proposed. The decisions say why, and by how many. */
interface Question {
  readonly tool: InstalledTool;
  readonly given: Readonly<Record<string, unknown>>;
  readonly place: CallPlace;
  readonly writes: readonly ProposedWrite[];
  readonly decisions: readonly Decision[];
}

/** How a call is written down: by what became of asking people, where they were asked. */
function endOf(made: CallEnd, asked: Asked | undefined): CallEnd | Proposed {
  if (asked === undefined) return made;
  return asked.kind === "asked" ? { state: "proposed", approvalId: asked.id } : { state: "failed", text: asked.reason };
}

function resultOf(tool: InstalledTool, asked: Asked): CallResult {
  return asked.kind === "asked"
    ? { kind: "waiting", tool, text: asked.text }
    : { kind: "refused", tool, text: asked.reason };
}

const cancelled = (tool: InstalledTool): CallResult => ({ kind: "cancelled", tool, text: "" });

/** Whether the plugin is granted to ask for writes to machines. */
function mayWriteDevices({ plugin }: InstalledTool): boolean {
  const granted = plugin.granted.device as { readonly write?: readonly string[] } | undefined;
  return (granted?.write ?? []).length > 0;
}
