import type { PluginLimits } from "../../schema/plugin.ts";

/** What one call may take; every bound is set. */
export type CallLimits = { readonly [K in keyof PluginLimits]-?: number };

/** Why a file isn't a plugin that runs here. `code` is a machine word, like `feature:simd` or `limit`. */
export interface PluginRefusal {
  readonly kind: "refused";
  readonly code: string;
  /** One line. */
  readonly reason: string;
}

/** A module as it is run: checked, with its meter and its maxima written in. */
export interface PreparedModule {
  readonly kind: "prepared";
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The manifest as it stands in the file: parsed JSON that nobody has checked. */
  readonly manifest: unknown;
  /** Host functions and system functions that it imports, as `MODULE NAME`. */
  readonly imports: readonly string[];
  readonly memoryBytesMax: number;
}

/** What the runner does with a module. */
export interface PluginCall {
  /** SHA-256 of the plugin's file in hex. */
  readonly digest: string;
  /**
   * The name that it is granted something under. There is one process for each name and digest, so that what one name is
   * given doesn't leave by the grant of another. Absent: nothing is granted.
   */
  readonly name?: string;
  /** The prepared module; asked for only when the process hasn't got it. */
  readonly module: () => Promise<Uint8Array>;
  readonly entry: "register" | "execute";
  readonly input: Uint8Array;
  readonly limits: CallLimits;
  /** Keeps the instance under this name for the next call, instead of a fresh one. */
  readonly session?: string;
}

/** Carries out one host function for a plugin, or refuses it by its reply. Both are JSON in UTF-8. Never rejects. */
export type HostFunction = (capability: string, request: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>;

/** What a call came to. `code` is a machine word: `fuel`, `deadline`, `memory`, `trap`, `output`, `host-calls`, … */
export type CallOutcome =
  | {
    readonly kind: "done";
    readonly output: Uint8Array;
    readonly logs: readonly string[];
    readonly fuelUsed: number;
    readonly tookMs: number;
  }
  | { readonly kind: "failed"; readonly code: string; readonly reason: string; readonly logs: readonly string[] }
  | { readonly kind: "cancelled" };

/**
 * The sandbox. Every method may be called at any time and by many at once. Nothing here throws for what a plugin does.
 */
export interface Plugins {
  /** Checks a file and rewrites it, in a fresh process in which nothing of it runs. */
  prepare(
    wasm: Uint8Array,
    signal: AbortSignal,
  ): Promise<PreparedModule | PluginRefusal | { readonly kind: "cancelled" }>;
  /** Calls of one name and digest wait for each other; those of others don't. Abort of `signal` ends the process. */
  call(call: PluginCall, host: HostFunction, signal: AbortSignal): Promise<CallOutcome>;
  /** Ends what was kept of a session's instances. */
  endSession(session: string): void;
  /** Ends the process of a digest under this name, or under all, and forgets it; calls in it fail. */
  end(digest: string, name?: string): void;
  /** Ends every process. */
  close(): Promise<void>;
}
