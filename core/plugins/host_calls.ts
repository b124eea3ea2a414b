import * as v from "valibot";
import type { CapabilityName } from "../../schema/capabilities.ts";
import type { HostReply } from "../../schema/plugin.ts";
import { decideRequest, type Decision, nameOf } from "../access.ts";
import { appendAudit } from "../audit.ts";
import { capabilities } from "../capabilities/mod.ts";
import type { HostFunction } from "../ports/plugins.ts";
import type { HostCallContext } from "../tools/calls.ts";
import { detailOf, failed, type HostCallsDeps, type Spent, type Work } from "./host/call.ts";
import { createDeviceWork } from "./host/device.ts";
import { createFilesWork } from "./host/files.ts";
import { createHttpWork } from "./host/http.ts";
import { createKvWork } from "./host/kv.ts";
import { createMessageWork } from "./host/message.ts";
import { createModelWork } from "./host/model.ts";

/** The longest request that a plugin may pass, in bytes. */
export const requestBytesMax = 2 * 1024 * 1024;
/** The longest reply that it is given, in bytes. */
export const replyBytesMax = 4 * 1024 * 1024;
/** Refusals of one call that the audit keeps: a plugin may ask in a loop. */
const refusalsAudited = 10;

// deno-lint-ignore no-explicit-any -- each is given what its own capability's schemas have read
type AnyWork = Work<any, any, any>;

/**
 * What plugins can have done for them. Each request goes the same way: it is bounded and read, decided about by
 * `core/access.ts`, carried out by its capability's own file, and its reply is bounded. Nothing here decides, and nothing
 * that a plugin passes is anything but read data.
 */
export function createHostCalls(deps: HostCallsDeps): (context: HostCallContext) => HostFunction {
  const works: Readonly<Partial<Record<CapabilityName, AnyWork>>> = {
    http: createHttpWork(deps),
    kv: createKvWork(deps),
    files: createFilesWork(deps),
    message: createMessageWork(deps),
    model: createModelWork(deps),
    knowledge: () => Promise.resolve(failed("none-yet", "this version has no collections yet")),
    device: createDeviceWork(deps),
  };

  const decide = (context: HostCallContext, name: CapabilityName, request: unknown): Decision => {
    const { principal, approvals, tool: { readOnly, plugin: { asked, granted } } } = context;
    const capability = capabilities[name];
    return decideRequest(
      principal,
      { asked, granted, capability, request, site: deps.site(), readOnly, approvals },
      deps.policy(),
      deps.clock.nowMs(),
    );
  };

  async function auditRefusal(context: HostCallContext, { question: { action, resource } }: Decision): Promise<void> {
    await deps.store.write((tx) =>
      appendAudit(tx, deps.vault, {
        atMs: deps.clock.nowMs(),
        principal: nameOf(context.principal),
        action,
        resource,
        outcome: "refused",
        detail: detailOf(context),
      })
    );
  }

  return (context) => {
    const spent: Spent = { messages: 0, tokens: 0, writes: 0, refusals: 0 };
    const { asked, granted } = context.tool.plugin;

    async function answer(name: string, bytes: Uint8Array, signal: AbortSignal): Promise<HostReply> {
      const work = Object.hasOwn(works, name) ? works[name as CapabilityName] : undefined;
      if (work === undefined) return failed("bad-request", "there is no such function");
      const { request: schema } = capabilities[name as CapabilityName];
      const read = readRequest(schema!, bytes);
      if (read.kind === "bad") return failed("bad-request", read.reason);
      const { request } = read;
      const decision = decide(context, name as CapabilityName, request);
      // What is asked of people about a machine is the write itself, on a card.
      const isProposal = name === "device" && decision.effect === "ask" && request.op === "write";
      if (decision.effect !== "allow" && !isProposal) {
        if (spent.refusals++ < refusalsAudited) await auditRefusal(context, decision);
        return failed(decision.effect === "ask" ? "approval-needed" : "refused", decision.reason);
      }
      return await work({
        context,
        asked: asked[name as CapabilityName],
        granted: granted[name as CapabilityName],
        request,
        decision,
        decide: (name, request) => decide(context, name, request),
        spent,
        signal,
      });
    }

    return async (name, bytes, signal) => {
      let reply: HostReply;
      try {
        reply = signal.aborted ? failed("unreachable", "cancelled") : await answer(name, bytes, signal);
      } catch (error) {
        // A fault of this program, or a store that is full or closed. It ends the request; what it says may hold content.
        deps.log.error("a plugin's request failed", {
          plugin: context.tool.plugin.name,
          capability: Object.hasOwn(capabilities, name) ? name : "unknown",
          error: error instanceof Error ? error.name : typeof error,
        });
        reply = failed("failed", "something went wrong inside the assistant");
      }
      const written = encoder.encode(JSON.stringify(reply));
      if (written.length <= replyBytesMax) return written;
      return encoder.encode(JSON.stringify(failed("too-large", `the reply has more than ${replyBytesMax} bytes`)));
    };
  };
}

const encoder = new TextEncoder();

/** What a plugin passed, as its capability reads it. */
function readRequest(
  schema: v.GenericSchema,
  bytes: Uint8Array,
  // deno-lint-ignore no-explicit-any -- it is what the capability's schema gives
): { readonly kind: "read"; readonly request: any } | { readonly kind: "bad"; readonly reason: string } {
  if (bytes.length > requestBytesMax) return { kind: "bad", reason: `a request may have ${requestBytesMax} bytes` };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes), refuseOddKeys);
  } catch (error) {
    return { kind: "bad", reason: error instanceof OddKeyError ? error.message : "that isn't JSON in UTF-8" };
  }
  const read = v.safeParse(schema, json, { abortEarly: true });
  if (read.success) return { kind: "read", request: read.output };
  const [issue] = read.issues;
  const path = v.getDotPath(issue) ?? "";
  // What it found is the plugin's own text; the path may be, too.
  return {
    kind: "bad",
    reason: `${path.slice(0, 100) || "the request"}: ${issue.expected ?? "something else"} is expected`,
  };
}

class OddKeyError extends Error {}

/** Names that objects have by themselves: schemas pass them over, and what a plugin passes must not get lost. */
function refuseOddKeys(key: string, value: unknown): unknown {
  if (["__proto__", "constructor", "prototype"].includes(key)) throw new OddKeyError(`a key can't be called "${key}"`);
  return value;
}
