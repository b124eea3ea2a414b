import {
  type Action,
  decide,
  decideCard,
  decideTool,
  type Decision,
  explain,
  type Policy,
  type Principal,
  toolResource,
} from "./access.ts";
import type { Refused } from "./assistant.ts";
import { capabilities } from "./capabilities/mod.ts";
import { haltReason } from "./halted.ts";
import { findAccount, nameOfIdentity, principalOf } from "./message/identities.ts";
import type { Clock } from "./ports/clock.ts";
import type { ReadTx, Store } from "./ports/store.ts";
import { type Locale, text } from "./text/mod.ts";
import type { InstalledTool } from "./tools/types.ts";
import type { Vault } from "./vault.ts";
import { capabilityNames } from "../schema/capabilities.ts";

/** Who and what is asked about. */
export interface ExplainQuestion {
  /** `local`, `token:ID`, `CHANNEL:ACCOUNT`, an identity's id, or the name of a person. */
  readonly who: string;
  readonly resource: string;
  /** Absent: `use`. */
  readonly action?: Action;
  /** Absent: now. */
  readonly atMs?: number;
  readonly locale: Locale;
}

/** What stands behind a decision about a tool, besides the rules: what its plugin asks, and what the site grants. */
export interface ToolBasis {
  readonly digest: string;
  /** In plain words, one thing each. */
  readonly asked: readonly string[];
  readonly granted: readonly string[];
}

/** A decision, and all that led to it. `lines` are for people. */
export interface Explained {
  readonly kind: "explained";
  readonly decision: Decision;
  readonly tool?: ToolBasis;
  /** Why nothing may be done at all; absent when everything isn't stopped. */
  readonly halted?: string;
  readonly lines: readonly string[];
}

/** What explaining needs. */
export interface ExplainDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Pick<Clock, "nowMs">;
  readonly policy: () => Policy;
  readonly ownerId: () => string;
  readonly installed: () => readonly InstalledTool[];
  /** The roles that a token was made with; `undefined`: there is none of this id. */
  readonly tokenRoles: (id: string) => Promise<readonly string[] | undefined>;
}

/** Says who may do what, and why; to who may `read` `admin:access`, and to everybody about themselves. */
export interface Explainer {
  explain(
    by: Principal,
    question: ExplainQuestion,
  ): Promise<Explained | { readonly kind: "unknown" } | Refused>;
}

/** People that a name is sought among. */
const peopleMax = 5_000;

/** Makes it. */
export function createExplainer(deps: ExplainDeps): Explainer {
  const { store, vault, clock, policy, ownerId, installed } = deps;

  async function principalNamed(who: string): Promise<Principal | undefined> {
    if (who === "local") return { kind: "local" };
    if (who.startsWith("token:")) {
      const id = who.slice("token:".length);
      const roles = await deps.tokenRoles(id);
      return roles === undefined ? undefined : { kind: "token", id, roles };
    }
    return await store.read((tx) => {
      const id = identityNamed(tx, who.startsWith("identity:") ? who.slice("identity:".length) : who);
      return id === undefined ? undefined : principalOf(tx, vault, id, ownerId());
    });
  }

  function identityNamed(tx: ReadTx, who: string): string | undefined {
    if (who === "") return undefined; // As some people are called who have no name.
    if (who === "owner") return ownerId();
    if (tx.get("identities", who) !== undefined) return who;
    const colon = who.indexOf(":");
    const account = colon < 0
      ? undefined
      : findAccount(tx, vault, { channel: who.slice(0, colon), account: who.slice(colon + 1) });
    if (account !== undefined) return account.identityId;
    const named = tx.find("identities", {}, { limit: peopleMax }).filter(({ id }) =>
      nameOfIdentity(tx, vault, id) === who
    );
    // Two of one name could be taken for each other: their ids tell them apart.
    return named.length === 1 ? named[0]!.id : undefined;
  }

  function basisOf(resource: string, locale: Locale): ToolBasis | undefined {
    const tool = installed().find(({ name }) => toolResource(name) === resource);
    if (tool === undefined) return undefined;
    const { asked, granted, digest } = tool.plugin;
    const words = (all: Readonly<Record<string, unknown>>) =>
      capabilityNames.flatMap((name) => Object.hasOwn(all, name) ? capabilities[name].describe(all[name], locale) : []);
    // What is granted has the shape of what is asked, but for secrets: there, names are asked and places granted.
    const { secrets, ...others } = granted;
    const secretNames = secrets === undefined ? {} : { secrets: Object.keys(secrets ?? {}) };
    return { digest, asked: words(asked), granted: words({ ...others, ...secretNames }) };
  }

  return {
    async explain(by, { who, resource, action = "use", atMs = clock.nowMs(), locale }) {
      const principal = await principalNamed(who);
      const isSelf = principal?.kind === "identity" && by.kind === "identity" && principal.id === by.id;
      const read = decide(by, "read", "admin:access", policy(), clock.nowMs());
      if (read.effect !== "allow" && !isSelf) return { kind: "refused", reason: read.reason };
      if (principal === undefined) return { kind: "unknown" };
      const isTool = resource.startsWith("tool:");
      const decision = isTool && action === "use"
        ? decideTool(principal, resource.slice("tool:".length), policy(), atMs)
        : resource.startsWith("device:") && action === "write"
        ? decideWrite(principal, resource, policy(), atMs)
        : decide(principal, action, resource, policy(), atMs);
      const tool = isTool ? basisOf(resource, locale) : undefined;
      const halted = isTool || resource.startsWith("device:")
        ? await store.read((tx) => haltReason(tx, deps, locale))
        : undefined;
      const said = text(locale).explain;
      const lines = [
        ...explain(decision).split("\n"),
        ...(tool === undefined ? (isTool ? [said.notInstalled] : []) : [
          said.asks(tool.asked.length === 0 ? [said.nothing] : tool.asked),
          said.granted(tool.digest.slice(0, 12), tool.granted.length === 0 ? [said.nothing] : tool.granted),
        ]),
        ...(halted === undefined ? [] : [halted]),
      ];
      return {
        kind: "explained",
        decision,
        lines,
        ...(tool === undefined ? {} : { tool }),
        ...(halted === undefined ? {} : { halted }),
      };
    },
  };
}

/** A write by a plugin whose tool may be called: what is said of the tag alone. */
function decideWrite(principal: Principal, resource: string, policy: Policy, nowMs: number): Decision {
  const [device = "", tag = ""] = resource.slice("device:".length).split(".");
  return decideCard(principal, { writes: [{ device, tag }] }, policy, nowMs);
}
