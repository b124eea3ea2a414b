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
  /** Why it was denied; absent otherwise. */
  readonly denial?: "no-rule" | "denied";
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
    const reason = `No rule of this site allows ${action} of ${resource}; ask its administrator`;
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
    ...rules.map((rule) => `- ${describe(rule)}`),
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

function applies(
  rule: Rule,
  asked: {
    readonly roles: readonly string[];
    readonly action: Action;
    readonly resource: string;
    readonly nowMs: number;
  },
): boolean {
  return (rule.roles === undefined || rule.roles.some((role) => asked.roles.includes(role))) &&
    (rule.actions === undefined || rule.actions.includes(asked.action)) &&
    rule.resources.some((glob) => matches(glob, asked.resource)) &&
    (rule.window === undefined || within(rule.window, asked.nowMs));
}

/** Linear in both lengths, whatever stars the glob has: what lies between stars is sought from left to right. */
function matches(glob: string, resource: string): boolean {
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

function describe({ effect, roles, actions, resources, window, fourEyes }: Rule): string {
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
