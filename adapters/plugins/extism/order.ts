/**
 * What the host says to a process of plugins. The first order is `prepare` or `load`; a process that prepared runs nothing
 * and ends. One word at a time: an order is answered before the next, and what the process asks meanwhile is replied to.
 */
import type { CallLimits } from "../../../core/ports/plugins.ts";

/** See the file's comment. What comes in the message's body stands beside each. */
export type Order =
  /** A plugin's file. */
  | { readonly op: "prepare" }
  /** A prepared module, whose memory gets this maximum where its own isn't smaller. */
  | { readonly op: "load"; readonly memoryBytesMax: number }
  /** The input. */
  | {
    readonly op: "call";
    readonly entry: "register" | "execute";
    readonly limits: CallLimits;
    readonly session?: string;
  }
  /** What a host function gives. */
  | { readonly op: "reply" }
  /** Nothing; and it isn't answered. */
  | { readonly op: "end-session"; readonly session: string };

/** The longest body: a module, as a file or prepared. */
export const bodyBytesMax = 64 * 1024 * 1024;

/** Instances of sessions that a process keeps; the one that was called longest ago makes room. */
export const instancesMax = 8;

/** Bounds of a call, each a whole number. */
const limitNames = ["fuel", "memory_bytes", "deadline_ms", "output_bytes", "host_calls", "log_bytes"] as const;

/** The host isn't of this version: nothing else sends what isn't an order. */
export class OrderError extends Error {}

/** An order, by hand: the process that runs plugins loads no more code than it needs. @throws {OrderError} */
export function parseOrder(header: unknown): Order {
  const fields = (typeof header === "object" && header !== null ? header : {}) as Readonly<Record<string, unknown>>;
  const { op } = fields;
  switch (op) {
    case "prepare":
    case "reply":
      return { op };
    case "load":
      return { op, memoryBytesMax: whole(fields, "memoryBytesMax") };
    case "end-session":
      return { op, session: text(fields, "session") };
    case "call": {
      const entry = text(fields, "entry");
      if (entry !== "register" && entry !== "execute") throw new OrderError(`Not an entry: ${entry}`);
      const limits = fields.limits as Readonly<Record<string, unknown>>;
      return {
        op,
        entry,
        limits: Object.fromEntries(limitNames.map((name) => [name, whole(limits, name)])) as CallLimits,
        ...(fields.session === undefined ? {} : { session: text(fields, "session") }),
      };
    }
    default:
      throw new OrderError("Not an order");
  }
}

function whole(fields: Readonly<Record<string, unknown>> | undefined, name: string): number {
  const value = fields?.[name];
  if (!Number.isSafeInteger(value) || value as number < 0) throw new OrderError(`${name} isn't a whole number`);
  return value as number;
}

function text(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new OrderError(`${name} isn't a text`);
  return value;
}
