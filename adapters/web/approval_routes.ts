import { type Context, Hono } from "hono";
import { type Action, describeRule } from "../../core/access.ts";
import type { ApprovalView, Verdict } from "../../core/approvals.ts";
import * as api from "../../schema/api.ts";
import { principalOf, refused } from "./asking.ts";
import type { WebDeps } from "./deps.ts";
import { Problem } from "./problem.ts";
import type { WebEnv } from "./visitor.ts";

const actions: readonly Action[] = ["use", "read", "write", "approve", "manage"];

/** `/api/approvals`: what waits for people. Who sees and decides what is the core's to say, not this file's. */
export function approvalRoutes({ approvals }: Pick<WebDeps, "approvals">): Hono<WebEnv> {
  const vote = (verdict: Verdict) => async (c: Context<WebEnv>) => {
    const { kind: result, text } = await approvals.vote({
      principal: principalOf(c),
      which: { id: c.req.param("id") ?? "" },
      verdict,
      locale: c.get("visitor").locale,
    });
    if (result === "refused") throw refused(text);
    if (result === "wrong") throw new Problem(404, () => text);
    return c.json<api.ApprovalVoted>({ result, text });
  };
  return new Hono<WebEnv>()
    .get("/", async (c) => {
      const of = c.req.query("of") ?? "waiting";
      if (of !== "waiting" && of !== "ended") {
        throw new Problem(400, (say) => say.invalid("of", of.slice(0, 80), "waiting or ended"));
      }
      const before = c.req.query("before");
      const { locale } = c.get("visitor");
      const list = await approvals.list(principalOf(c), { of, locale, ...(before === undefined ? {} : { before }) });
      return c.json<api.ApprovalList>({ approvals: list.map(approvalToWire) });
    })
    .post("/:id/approve", vote("approve"))
    .post("/:id/deny", vote("deny"));
}

/** `/api/halt` and `/api/resume`. */
export function haltRoutes({ halts }: Pick<WebDeps, "halts">): Hono<WebEnv> {
  const change = (to: "halt" | "resume") => async (c: Context<WebEnv>) => {
    const { kind: result, text } = await halts.change(to, principalOf(c), c.get("visitor").locale);
    if (result === "refused") throw refused(text);
    return c.json<api.HaltChanged>({ result, text });
  };
  return new Hono<WebEnv>().post("/halt", change("halt")).post("/resume", change("resume"));
}

/** `/api/access`: who may do what, and why. */
export function accessRoutes({ explainer }: Pick<WebDeps, "explainer">): Hono<WebEnv> {
  return new Hono<WebEnv>().get("/explain", async (c) => {
    const { who = "", resource = "", action = "use", at_ms } = c.req.query();
    const known = actions.find((one) => one === action);
    if (known === undefined) {
      throw new Problem(400, (say) => say.invalid("action", action.slice(0, 80), actions.join(", ")));
    }
    const atMs = at_ms === undefined ? undefined : Number(at_ms);
    if (atMs !== undefined && !Number.isSafeInteger(atMs)) {
      throw new Problem(400, (say) => say.invalid("at_ms", String(at_ms).slice(0, 80), "Unix milliseconds"));
    }
    const result = await explainer.explain(principalOf(c), {
      who: who.slice(0, textLengthMax),
      resource: resource.slice(0, textLengthMax),
      action: known,
      locale: c.get("visitor").locale,
      ...(atMs === undefined ? {} : { atMs }),
    });
    if (result.kind === "refused") throw refused(result.reason);
    if (result.kind === "unknown") throw new Problem(404, (say) => say.unknownPerson);
    const { decision: { question, effect, fourEyes, reason, rules }, tool, halted, lines } = result;
    const { principal, roles } = question;
    return c.json<api.AccessExplanation>({
      principal,
      roles: [...roles],
      action: question.action,
      resource: question.resource,
      effect,
      four_eyes: fourEyes,
      reason,
      rules: rules.map(describeRule),
      lines: [...lines],
      ...(tool === undefined
        ? {}
        : { tool: { digest: tool.digest, asked: [...tool.asked], granted: [...tool.granted] } }),
      ...(halted === undefined ? {} : { halted }),
    });
  });
}

/** Longest name of a principal or resource, in UTF-16 code units. */
const textLengthMax = 512;

/** A card with the names of the wire. */
export function approvalToWire(view: ApprovalView): api.Approval {
  const { id, state, reason, card, requester, needs, approvedBy, deniedBy, waitsFor, endedMs, outcome, may } = view;
  return {
    id,
    state,
    tool: card.tool,
    digest: card.digest,
    arguments: { ...card.arguments },
    writes: card.writes.map(({ presentName, valueName, ...write }) => ({
      ...write,
      ...(presentName === undefined ? {} : { present_name: presentName }),
      ...(valueName === undefined ? {} : { value_name: valueName }),
    })),
    requester: { ...requester },
    needs,
    approved_by: approvedBy.map((person) => ({ ...person })),
    waits_for: waitsFor.map((person) => ({ ...person })),
    created_ms: view.createdMs,
    expires_ms: view.expiresMs,
    may: { ...may },
    ...(reason === undefined ? {} : { reason }),
    ...(deniedBy === undefined ? {} : { denied_by: { ...deniedBy } }),
    ...(endedMs === undefined ? {} : { ended_ms: endedMs }),
    ...(outcome === undefined ? {} : { outcome }),
  };
}
