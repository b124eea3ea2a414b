import type { AnyCapability, CapabilitySite, Wanted } from "./capabilities/capability.ts";
import { unreachable } from "./errors.ts";

/** Who asks. `accounts` are `channel:account` names that bindings may use; `local` reached the Unix socket. */
export type Principal =
  | { readonly kind: "identity"; readonly id: string; readonly owner: boolean; readonly accounts: readonly string[] }
  | { readonly kind: "token"; readonly id: string; readonly roles: readonly string[] }
  | { readonly kind: "local" };

/** What is wanted of a resource. */
export type Action = "use" | "read" | "write" | "approve" | "manage";

/** What a rule, or a decision, says. */
export type Effect = "allow" | "ask" | "deny";

/** A day of the week. */
export type Day = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/**
 * When a rule holds, by a clock that is `offsetMinutes` ahead of UTC. `from` and `to` are minutes after midnight, 0 to
 * 1440; `to` itself is outside. `from` after `to` is a night: it begins on one of `days` and ends on the day after.
 * Equal, it is the whole day, from that minute on.
 */
export interface Window {
  /** Absent: every day. */
  readonly days?: readonly Day[];
  readonly from: number;
  readonly to: number;
  /** Absent: 0, so UTC. */
  readonly offsetMinutes?: number;
}

/** One line of the policy. Absent roles, actions and window mean all of them. */
export interface Rule {
  readonly effect: Effect;
  readonly roles?: readonly string[];
  /** Without them, an ask doesn't hold for `approve`: what is asked of people would never end. */
  readonly actions?: readonly Action[];
  /** Globs: `*` stands for any text, also none. */
  readonly resources: readonly string[];
  readonly window?: Window;
  /** On ask: two people must approve. On allow: it allows only what two people approved. On deny it says nothing. */
  readonly fourEyes?: boolean;
}

/**
 * What the site allows. `bindings` names, for each role, who has it: `local`, `owner`, `everyone`, `identity:ID`,
 * or an account as `channel:account`. A token has the roles that it was made with, and no others.
 */
export interface Policy {
  readonly roles: Readonly<Record<string, { readonly description?: string }>>;
  readonly bindings: Readonly<Record<string, readonly string[]>>;
  readonly rules: readonly Rule[];
}

/** What was decided, and by which rules. */
export interface Decision {
  readonly effect: Effect;
  /** True when what is asked must be approved by two people. */
  readonly fourEyes: boolean;
  /** Every rule that says what was decided; none when no rule allows it. */
  readonly rules: readonly Rule[];
  /**
   * Why it was denied; absent otherwise. `uncovered`: the plugin doesn't ask for it, isn't granted it, or it is a write of a
   * tool that only reads. `own`: whoever wants to approve is the one who asked, or nobody that can be told from them.
   */
  readonly denial?: "no-rule" | "denied" | "uncovered" | "own";
  /** One line: why, and whom to ask. */
  readonly reason: string;
  /** What was asked, for {@link explain}. */
  readonly question: {
    readonly principal: string;
    readonly roles: readonly string[];
    readonly action: Action;
    readonly resource: string;
  };
}

/**
 * The policy of a site that configured none: the owner and the local user may do everything, every person who was let in
 * may chat, and nobody else anything.
 */
export const defaultPolicy: Policy = {
  roles: {
    administrator: { description: "Runs the site" },
    user: { description: "Chats, also by programs" },
    monitor: { description: "Reads the metrics: for the token of a monitoring program" },
  },
  bindings: { administrator: ["local", "owner"], user: ["everyone"], monitor: [] },
  rules: [
    { effect: "allow", roles: ["administrator"], resources: ["*"] },
    { effect: "allow", roles: ["user"], actions: ["use"], resources: ["chat", "api:chat", "api:embeddings"] },
    { effect: "allow", roles: ["user"], actions: ["read"], resources: ["api:models"] },
    { effect: "allow", roles: ["monitor"], actions: ["read"], resources: ["admin:metrics"] },
  ],
};

/**
 * The default policy with what a site configured: it adds roles, people and rules, and takes nothing away. But a site that
 * says who is a user means these, and not everyone besides.
 */
export function mergePolicy(configured: Partial<Policy>): Policy {
  const bindings: Record<string, readonly string[]> = { ...defaultPolicy.bindings };
  for (const [role, who] of Object.entries(configured.bindings ?? {})) {
    bindings[role] = [...new Set([...role === "user" ? [] : bindings[role] ?? [], ...who])];
  }
  return {
    roles: { ...defaultPolicy.roles, ...configured.roles },
    bindings,
    rules: [...defaultPolicy.rules, ...configured.rules ?? []],
  };
}

/**
 * Whether `principal` may do `action` to `resource` now. Deny beats ask, ask beats allow, whatever the order of the
 * rules; nothing is allowed that no rule allows. Ask alone allows nothing: it holds back what another rule allows.
 */
export function decide(
  principal: Principal,
  action: Action,
  resource: string,
  policy: Policy,
  nowMs: number,
): Decision {
  const roles = rolesOf(principal, policy);
  const question = { principal: nameOf(principal), roles, action, resource };
  const held = policy.rules.filter((rule) => applies(rule, { roles, action, resource, nowMs }));
  const saying = (effect: Effect) => held.filter((rule) => rule.effect === effect);
  const denying = saying("deny");
  if (denying.length > 0) {
    const reason = `A rule of this site denies ${action} of ${resource}; ask its administrator`;
    return { effect: "deny", fourEyes: false, rules: denying, denial: "denied", reason, question };
  }
  const allowing = saying("allow");
  if (allowing.length === 0) {
    const at = laterOf(policy, { roles, action, resource });
    const reason = at === undefined
      ? `No rule of this site allows ${action} of ${resource}; ask its administrator`
      : `${action} of ${resource} is allowed ${at} only; ask its administrator`;
    return { effect: "deny", fourEyes: false, rules: [], denial: "no-rule", reason, question };
  }
  const asking = saying("ask");
  const freely = allowing.filter((rule) => rule.fourEyes !== true);
  if (asking.length === 0 && freely.length > 0) {
    return { effect: "allow", fourEyes: false, rules: freely, reason: `${action} of ${resource} is allowed`, question };
  }
  const fourEyes = freely.length === 0 || asking.some((rule) => rule.fourEyes === true);
  const rules = freely.length === 0 ? [...allowing, ...asking] : asking;
  const people = fourEyes ? "two people" : "a person";
  return { effect: "ask", fourEyes, rules, reason: `${action} of ${resource} must be approved by ${people}`, question };
}

/** The resource of a tool, `PLUGIN.TOOL`. */
export const toolResource = (tool: string): string => `tool:${tool}`;

/** The resource of a device's tag. */
export const tagResource = (device: string, tag: string): string => `device:${device}.${tag}`;

/** Whether `principal` may have a tool called, `PLUGIN.TOOL`. Whom to ask names those who may, where there are some. */
export function decideTool(principal: Principal, tool: string, policy: Policy, nowMs: number): Decision {
  const decision = decide(principal, "use", toolResource(tool), policy, nowMs);
  return namingWhoMay(decision, policy, nowMs);
}

/** What a configuration says of plugins, as far as it is a grant. */
export type Grants = Readonly<
  Record<string, { readonly digest?: string; readonly grant: Readonly<Record<string, unknown>> }>
>;

/** What a site grants to one file of a plugin: nothing, unless its entry names this very digest. */
export function grantedTo(
  plugins: Grants,
  { name, digest }: { readonly name: string; readonly digest: string },
): Readonly<Record<string, unknown>> {
  const entry = Object.hasOwn(plugins, name) ? plugins[name] : undefined;
  return entry?.digest === digest ? entry.grant : {};
}

/** One request that a plugin makes while a tool of it is called for somebody. */
export interface PluginRequest {
  /** What the plugin's manifest asks, and what the site grants to its digest: all of both, each read by its capability. */
  readonly asked: Readonly<Record<string, unknown>>;
  readonly granted: Readonly<Record<string, unknown>>;
  readonly capability: AnyCapability;
  /** Read by the capability. */
  readonly request: unknown;
  readonly site: CapabilitySite;
  /** Whether its tool says that it only reads: it is called without being said back, so it may write nothing. */
  readonly readOnly?: boolean;
  /** How many different people approved the call that makes it. Absent: nobody was asked. */
  readonly approvals?: number;
}

/**
 * Whether a plugin may do what it requests, for `principal`: its manifest asks for it, the site grants it to this digest,
 * it isn't a write of a tool that only reads, and no rule denies it to the caller, or has it asked. The rule that allowed
 * the tool allows what the tool does, unless rules speak of that very resource. A write to a device is always asked about,
 * whatever is allowed.
 */
export function decideRequest(
  principal: Principal,
  { asked, granted, capability, request, site, readOnly = false, approvals = 0 }: PluginRequest,
  policy: Policy,
  nowMs: number,
): Decision {
  const { name } = capability;
  const uncovered = (reason: string, wanted: Wanted = { action: "use", resource: name }) =>
    uncoveredBy(principal, wanted, reason, policy);
  if (!Object.hasOwn(asked, name)) return uncovered(`The plugin's manifest doesn't ask for ${name}; ask its author`);
  if (!Object.hasOwn(granted, name)) {
    return uncovered(`The plugin isn't granted ${name}; ask this site's administrator`);
  }
  const coverage = capability.cover(asked[name], granted[name], request, site);
  if (coverage.kind === "uncovered") {
    const whom = coverage.by === "manifest" ? "its author" : "this site's administrator";
    return uncovered(`${coverage.reason}; ask ${whom}`);
  }
  const written = readOnly ? coverage.wants.find(({ action }) => action === "write") : undefined;
  if (written !== undefined) {
    const reason = `This tool says that it only reads, so it may not write ${written.resource}; ask its author`;
    return uncovered(reason, written);
  }
  const covered = allowed(principal, { action: "use", resource: name }, policy);
  const [first = covered, ...others] = coverage.wants.map((wanted) => decideWanted(principal, wanted, policy, nowMs));
  const decision = strictest([first, ...others]);
  const isWrite = coverage.wants.some(isDeviceWrite);
  if (decision.effect !== "ask" || isWrite || approvals < peopleNeeded(decision)) return decision;
  const reason = `${decision.question.action} of ${decision.question.resource} was approved`;
  return { ...decision, effect: "allow", fourEyes: false, reason };
}

/** How many people must approve what was decided. */
export function peopleNeeded({ effect, fourEyes }: Pick<Decision, "effect" | "fourEyes">): 0 | 1 | 2 {
  return effect !== "ask" ? 0 : fourEyes ? 2 : 1;
}

/** Of several decisions about one thing the strictest: deny, then by two people, then by one. */
export function strictest(decisions: readonly [Decision, ...Decision[]]): Decision {
  const severity = (decision: Decision) => decision.effect === "deny" ? 3 : peopleNeeded(decision);
  return decisions.reduce((worst, decision) => severity(decision) > severity(worst) ? decision : worst);
}

/** What a card would have done: a tool, and the tags that are written. Without a tool, only what is said of the tags. */
export interface CardQuestion {
  readonly tool?: string;
  readonly writes: readonly { readonly device: string; readonly tag: string }[];
}

/** The resources of a card: whoever approves it must be allowed to approve each. */
export function cardResources(
  { tool, writes }: CardQuestion & { readonly tool: string },
): readonly [string, ...string[]] {
  return [toolResource(tool), ...tagsOf(writes)];
}

function tagsOf(writes: CardQuestion["writes"]): readonly string[] {
  return [...new Set(writes.map(({ device, tag }) => tagResource(device, tag)))];
}

/**
 * Whether what a card shows may still be done for who asked, and by how many it must be approved now: rules may have
 * changed since it was made.
 */
export function decideCard(requester: Principal, card: CardQuestion, policy: Policy, nowMs: number): Decision {
  const { tool, writes } = card;
  const writing = tagsOf(writes).map((resource) =>
    decideWanted(requester, { action: "write", resource }, policy, nowMs)
  );
  const calling = tool === undefined ? [] : [decideTool(requester, tool, policy, nowMs)];
  const [first = allowed(requester, { action: "use", resource: "" }, policy), ...others] = [...calling, ...writing];
  return strictest([first, ...others]);
}

/** What somebody wants to approve. */
export interface ApprovalQuestion {
  /** Who asked for it: an identity's id. */
  readonly requesterId: string;
  /** Whose word it is: the identity that `approver` speaks for. */
  readonly approverId: string;
  /** How many different people must approve it. */
  readonly needs: number;
  /** The tool, and each tag that is written: all of them must be allowed. */
  readonly resources: readonly [string, ...string[]];
}

/**
 * Whether `approver` may approve something. Where two people are needed, neither is who asked, and neither is `local`:
 * whoever reaches the terminal could be the other one. A program never approves anything.
 */
export function decideApproval(
  approver: Principal,
  { requesterId, approverId, needs, resources }: ApprovalQuestion,
  policy: Policy,
  nowMs: number,
): Decision {
  const [first, ...others] = resources.map((resource) => decide(approver, "approve", resource, policy, nowMs));
  const decision = strictest([first!, ...others]);
  if (decision.effect !== "allow") {
    if (decision.effect === "deny") return namingWhoMay(decision, policy, nowMs);
    const { resource } = decision.question;
    const reason = `Approving ${resource} is itself held back by a rule; ask its administrator`;
    return { ...decision, effect: "deny", fourEyes: false, denial: "denied", reason };
  }
  const own = (reason: string): Decision => ({ ...decision, effect: "deny", rules: [], denial: "own", reason });
  if (approver.kind === "token") return own("A program can't approve; a person must, from an account of their own");
  if (needs > 1 && approverId === requesterId) {
    return own("Two other people must approve it, since you asked for it; they were told");
  }
  if (needs > 1 && approver.kind === "local") {
    return own("Two people must approve it, each from an account of their own: not from this terminal");
  }
  return decision;
}

/** What no rule names, the tool's rule allows; what rules deny or have asked by its own name is denied or asked. */
function decideWanted(principal: Principal, wanted: Wanted, policy: Policy, nowMs: number): Decision {
  const named = decide(principal, wanted.action, wanted.resource, policy, nowMs);
  if (named.denial === "denied") return namingWhoMay(named, policy, nowMs);
  const decision = named.effect === "deny" ? unnamed(principal, wanted, policy, nowMs) : named;
  if (decision.effect === "ask" || !isDeviceWrite(wanted)) return decision;
  return asking(decision.question, decision.rules, false);
}

function unnamed(principal: Principal, { action, resource }: Wanted, policy: Policy, nowMs: number): Decision {
  const decision = allowed(principal, { action, resource }, policy);
  const { roles } = decision.question;
  const held = policy.rules.filter((rule) =>
    rule.effect === "ask" && applies(rule, { roles, action, resource, nowMs })
  );
  if (held.length === 0) return decision;
  return asking(decision.question, held, held.some(({ fourEyes }) => fourEyes === true));
}

function isDeviceWrite({ action, resource }: Wanted): boolean {
  return action === "write" && resource.startsWith("device:");
}

function asking(question: Decision["question"], rules: readonly Rule[], fourEyes: boolean): Decision {
  const { action, resource } = question;
  const reason = `${action} of ${resource} must be approved by ${fourEyes ? "two people" : "a person"}`;
  return { effect: "ask", fourEyes, rules, reason, question };
}

function allowed(principal: Principal, wanted: Wanted, policy: Policy): Decision {
  const question = { principal: nameOf(principal), roles: rolesOf(principal, policy), ...wanted };
  const reason = `${wanted.action} of ${wanted.resource} is allowed`;
  return { effect: "allow", fourEyes: false, rules: [], reason, question };
}

function uncoveredBy(principal: Principal, wanted: Wanted, reason: string, policy: Policy): Decision {
  const question = { principal: nameOf(principal), roles: rolesOf(principal, policy), ...wanted };
  return { effect: "deny", fourEyes: false, rules: [], denial: "uncovered", reason, question };
}

/** Roles that a refusal names at most. */
const rolesNamedMax = 3;

/** A refusal, with the roles of those who may do it, as far as anybody has them. */
function namingWhoMay(decision: Decision, policy: Policy, nowMs: number): Decision {
  if (decision.effect !== "deny") return decision;
  const { action, resource, roles } = decision.question;
  const may = Object.keys(policy.bindings).filter((role) =>
    role !== "administrator" && !roles.includes(role) && policy.bindings[role]!.length > 0 &&
    decide({ kind: "token", id: "", roles: [role] }, action, resource, policy, nowMs).effect !== "deny"
  ).sort().slice(0, rolesNamedMax);
  return may.length === 0 ? decision : { ...decision, reason: `${decision.reason}, or who is ${may.join(" or ")}` };
}

/** The roles of a principal, in alphabetical order. */
export function rolesOf(principal: Principal, policy: Policy): readonly string[] {
  if (principal.kind === "token") return [...new Set(principal.roles)].sort();
  const names = namesOf(principal);
  return Object.keys(policy.bindings).filter((role) => policy.bindings[role]!.some((who) => names.has(who))).sort();
}

/** A decision as people read it: what was asked, what was decided, and each rule behind it. */
export function explain(decision: Decision): string {
  const { effect, fourEyes, rules, reason, question } = decision;
  const { principal, roles, action, resource } = question;
  const has = roles.length === 0 ? "no role" : roles.join(", ");
  return [
    `${principal} (${has}) wants to ${action} ${resource}: ${effect}${fourEyes ? ", by two people" : ""}`,
    reason,
    ...rules.map((rule) => `- ${describeRule(rule)}`),
  ].join("\n");
}

/** A principal as the audit and bindings name it. */
export function nameOf(principal: Principal): string {
  return principal.kind === "local" ? "local" : `${principal.kind}:${principal.id}`;
}

function namesOf(principal: Exclude<Principal, { kind: "token" }>): ReadonlySet<string> {
  switch (principal.kind) {
    case "local":
      return new Set(["local", "everyone"]);
    case "identity":
      return new Set([
        "everyone",
        `identity:${principal.id}`,
        ...principal.owner ? ["owner"] : [],
        ...principal.accounts.filter((account) => account.includes(":") && !account.startsWith("identity:")),
      ]);
    default:
      return unreachable(principal);
  }
}

/** What a rule is held against. Without a time, its window doesn't matter. */
interface Asked {
  readonly roles: readonly string[];
  readonly action: Action;
  readonly resource: string;
  readonly nowMs?: number;
}

function applies(rule: Rule, { roles, action, resource, nowMs }: Asked): boolean {
  return (rule.roles === undefined || rule.roles.some((role) => roles.includes(role))) &&
    (rule.actions === undefined ? rule.effect !== "ask" || action !== "approve" : rule.actions.includes(action)) &&
    rule.resources.some((glob) => matches(glob, resource)) &&
    (rule.window === undefined || nowMs === undefined || within(rule.window, nowMs));
}

/** When it would be allowed, if the hour is all that is wrong; `undefined` if it isn't. */
function laterOf(policy: Policy, asked: Omit<Asked, "nowMs">): string | undefined {
  const windows = policy.rules.flatMap((rule) =>
    rule.effect === "allow" && rule.window !== undefined && applies(rule, asked) ? [describeWindow(rule.window)] : []
  );
  return windows.length === 0 ? undefined : [...new Set(windows)].slice(0, rolesNamedMax).join(" and ");
}

/** Whether a glob means a resource. Linear in both lengths, whatever stars the glob has: what lies between stars is sought from left to right. */
export function matches(glob: string, resource: string): boolean {
  const [head = "", ...rest] = glob.split("*");
  const tail = rest.pop();
  if (tail === undefined) return glob === resource;
  if (!resource.startsWith(head)) return false;
  let at = head.length;
  for (const piece of rest) {
    const found = resource.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return resource.length - at >= tail.length && resource.endsWith(tail);
}

const dayMs = 86_400_000;
const days: readonly Day[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function within(window: Window, nowMs: number): boolean {
  const localMs = nowMs + (window.offsetMinutes ?? 0) * 60_000;
  const day = Math.floor(localMs / dayMs);
  const minute = (localMs - day * dayMs) / 60_000;
  const on = (days1970: number) => window.days === undefined || window.days.includes(dayOf(days1970));
  if (window.from < window.to) return on(day) && minute >= window.from && minute < window.to;
  return (on(day) && minute >= window.from) || (on(day - 1) && minute < window.to);
}

/** 1 January 1970 was a Thursday. */
function dayOf(days1970: number): Day {
  return days[(((days1970 + 4) % 7) + 7) % 7]!;
}

/** A rule in one line. */
export function describeRule({ effect, roles, actions, resources, window, fourEyes }: Rule): string {
  return [
    effect,
    roles === undefined ? "everyone" : roles.join(", "),
    actions === undefined ? "everything" : actions.join(", "),
    `on ${resources.join(", ")}`,
    ...window === undefined ? [] : [describeWindow(window)],
    ...fourEyes === true ? ["by two people"] : [],
  ].join(" · ");
}

function describeWindow({ days, from, to, offsetMinutes = 0 }: Window): string {
  const clock = (minute: number) =>
    `${`${Math.floor(minute / 60)}`.padStart(2, "0")}:${`${minute % 60}`.padStart(2, "0")}`;
  const zone = offsetMinutes === 0 ? "UTC" : `UTC${offsetMinutes < 0 ? "-" : "+"}${clock(Math.abs(offsetMinutes))}`;
  return `${days === undefined ? "every day" : days.join(", ")} from ${clock(from)} to ${clock(to)} ${zone}`;
}
