import type { HostReply } from "../../../schema/plugin.ts";
import type { CapabilityName } from "../../../schema/capabilities.ts";
import type { Decision, Policy } from "../../access.ts";
import type { Contents } from "../../attachments/contents.ts";
import type { CapabilitySite } from "../../capabilities/capability.ts";
import type { ResolvedSecrets } from "../../config/secrets.ts";
import type { Ids } from "../../ids.ts";
import type { Machines } from "../../machines.ts";
import type { Effects } from "../../message/effects.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Connector } from "../../ports/connector.ts";
import type { Engine } from "../../ports/engine.ts";
import type { Log } from "../../ports/log.ts";
import type { Store } from "../../ports/store.ts";
import type { HostCallContext } from "../../tools/calls.ts";
import type { Vault } from "../../vault.ts";

/** What host functions need. What is a function is asked each time: a reload brings another. */
export interface HostCallsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly policy: () => Policy;
  readonly site: () => CapabilitySite;
  readonly secrets: () => ResolvedSecrets;
  readonly connector: Pick<Connector, "request">;
  readonly machines: Pick<Machines, "read" | "propose">;
  readonly engine: Pick<Engine, "generate">;
  readonly contents: Pick<Contents, "put" | "open" | "release">;
  readonly ownerId: () => string;
  readonly committed: (effects: Effects) => void;
}

/** Why a request came to nothing, as a machine word. Plugins may look at it; it is one of the promises of docs/capabilities.md. */
export type HostErrorCode =
  /** The plugin passed what isn't a request. */
  | "bad-request"
  /** Manifest, grant or policy don't allow it, or it is a write of a tool that says that it only reads. */
  | "refused"
  /** The policy has it approved first, and the call wasn't. */
  | "approval-needed"
  /** Nothing may be changed now: the call is only planned. */
  | "withheld"
  /** More than is allowed: of bytes, keys, messages, tokens. */
  | "quota"
  | "too-large"
  | "not-found"
  | "unreachable"
  | "none-yet"
  | "failed";

/** Says why not, in one line. */
export function failed(code: HostErrorCode, message: string): Extract<HostReply, { error: unknown }> {
  return { error: { code, message: message.slice(0, messageLengthMax) } };
}

const messageLengthMax = 1_000;

/** One request that was read and allowed, and what it is carried out with. */
export interface HostCall<Asked, Granted, Request> {
  readonly context: HostCallContext;
  readonly asked: Asked;
  readonly granted: Granted;
  readonly request: Request;
  /** What was decided about it: `allow`, and for a write to a device also `ask`. */
  readonly decision: Decision;
  /** Decides about something further that the request turned out to want. */
  decide(capability: CapabilityName, request: unknown): Decision;
  /** What the calls of one tool's call share. */
  readonly spent: Spent;
  readonly signal: AbortSignal;
}

/** What one call of a tool has used of what it may. */
export interface Spent {
  messages: number;
  tokens: number;
  writes: number;
  refusals: number;
}

/** Carries out one kind of request. What it throws is a fault of this program. */
export type Work<Asked, Granted, Request> = (call: HostCall<Asked, Granted, Request>) => Promise<HostReply>;

/** The reply to a request that would change something while nothing may be changed. */
export const withheld: HostReply = failed(
  "withheld",
  "nothing is changed now: what the tool would do is only looked at",
);

/** Who wrote an audit entry's detail: a plugin's tool, by digest. Sealed. */
export function detailOf({ tool }: Pick<HostCallContext, "tool">): string {
  return JSON.stringify({ tool: tool.name, digest: tool.plugin.digest });
}
