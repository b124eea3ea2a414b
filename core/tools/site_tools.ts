import type { AgentTools } from "../agent.ts";
import type { ApprovalOutcome } from "../approval.ts";
import type { Approvals, ApprovedCall } from "../approvals.ts";
import { standingOf } from "../approvals/standing.ts";
import type { CapabilitySite } from "../capabilities/capability.ts";
import type { ResolvedSecrets } from "../config/secrets.ts";
import type { Halts } from "../halt.ts";
import type { Connector } from "../ports/connector.ts";
import type { Machines } from "../machines.ts";
import type { Effects } from "../message/effects.ts";
import { type Metrics, noMetrics } from "../metrics/metrics.ts";
import type { HostFunction, Plugins } from "../ports/plugins.ts";
import type { ReadTx } from "../ports/store.ts";
import { answerByTools, type ChooseTools } from "./answering.ts";
import { createToolCalls, type HostCallContext, type ToolCalls, type ToolCallsDeps } from "./calls.ts";
import { callOfApproval } from "./journal.ts";
import type { InstalledTool } from "./types.ts";
import { makeWrites } from "./writes.ts";

/** What a site's tools are made of. */
export interface ToolPorts {
  readonly plugins: Pick<Plugins, "call" | "endSession">;
  /** The tools that are installed and granted now: a new list whenever one of them changes. */
  readonly installed: () => readonly InstalledTool[];
  readonly module: (digest: string) => Promise<Uint8Array>;
  readonly machines: Machines;
  /** What capabilities may refer to, by the configuration in force. */
  readonly site: () => CapabilitySite;
  readonly connector: Connector;
  /** Secrets of grants and devices, by their place in the configuration. */
  readonly secrets: () => ResolvedSecrets;
  readonly choose: ChooseTools;
  /** One line for each tool, for prompts. */
  readonly index: (tools: readonly InstalledTool[]) => string;
}

/** What {@link createSiteTools} needs. */
export interface SiteToolsDeps extends Pick<ToolCallsDeps, "store" | "vault" | "clock" | "ids" | "log" | "policy"> {
  readonly tools: ToolPorts;
  readonly hostFunction: (context: HostCallContext) => HostFunction;
  readonly approvals: Pick<Approvals, "ask">;
  readonly ownerId: () => string;
  readonly halts: Pick<Halts, "reason" | "signal">;
  readonly committed: (effects: Effects) => void;
  readonly metrics?: Metrics;
}

/** The tools of a site, for the agent and for what people approved. */
export interface SiteTools {
  readonly agent: AgentTools;
  readonly calls: ToolCalls;
  /** Does what people approved, once. Never rejects for what a plugin or a device does. */
  perform(call: ApprovedCall, signal: AbortSignal): Promise<ApprovalOutcome>;
  /** What is written down of an approved call that an earlier life of the host began; `undefined`: nothing is known. */
  settled(tx: ReadTx, approvalId: string): ApprovalOutcome | undefined;
}

/** Wires choosing, deciding, approving and calling. */
export function createSiteTools(deps: SiteToolsDeps): SiteTools {
  const { tools, vault, halts, metrics = noMetrics } = deps;
  const halted: ToolCallsDeps["halted"] = (tx, locale) => halts.reason(tx, locale);
  const calls = createToolCalls({
    ...deps,
    plugins: tools.plugins,
    installed: tools.installed,
    module: tools.module,
    halted,
    ask: (tx, asked) => deps.approvals.ask(tx, asked),
    standing: (tx, approvalId, locale) => standingOf(tx, deps, approvalId, locale),
    counted: ({ plugin }, outcome) => metrics.count("clawdbot_tool_calls_total", { plugin: plugin.name, outcome }),
  });
  /** What is stopped with everything, and not by whoever asked, is said to be: talking goes on. */
  const stoppably: ToolCalls["call"] = async (call, place, signal) => {
    const result = await calls.call(call, place, stoppable(signal));
    if (result.kind !== "cancelled" || signal.aborted) return result;
    const reason = await deps.store.read((tx) => halts.reason(tx, place.locale));
    return { ...result, kind: "refused", text: reason ?? result.text };
  };
  const stoppable = (signal: AbortSignal) => AbortSignal.any([signal, halts.signal()]);

  return {
    calls,
    agent: {
      index: (principal) => tools.index(calls.offered({ principal })),
      answer: ({ place, ...asked }, signal) =>
        answerByTools(
          { choose: tools.choose, calls: { call: stoppably }, tools: calls.offered(place) },
          { ...asked, place },
          signal,
        ),
      forget: (sessionId) => tools.plugins.endSession(sessionId),
    },
    async perform({ id: approvalId, card, requester, approverIds, sessionId, turnId, destination }, signal) {
      const place = {
        principal: requester,
        sessionId,
        turnId,
        messageId: null,
        destination,
        locale: destination.locale,
      };
      const approved = { approvalId, approvals: approverIds.length };
      if (card.writes.length > 0) {
        const writes = { card, place, approved, stop: halts.signal() };
        const { kind, text } = await makeWrites({ ...deps, ...tools, halted }, writes, signal);
        return kind === "done" ? { kind, text } : { kind, reason: text };
      }
      const { state, text } = await calls.perform(card, { ...place, ...approved }, stoppable(signal));
      return state === "done" ? { kind: "done", text } : { kind: state, reason: text };
    },
    settled(tx, approvalId) {
      const end = callOfApproval(tx, vault, approvalId)?.end;
      if (end === undefined || end.state === "unknown") return undefined;
      if (end.state === "proposed") {
        // The call itself was made; what it proposed besides is told by how that stands.
        const { locale } = tx.get("approvals", approvalId)!;
        return { kind: "done", text: standingOf(tx, deps, end.approvalId, locale).text };
      }
      return end.state === "done" ? { kind: "done", text: end.text } : { kind: "failed", reason: end.text };
    },
  };
}
