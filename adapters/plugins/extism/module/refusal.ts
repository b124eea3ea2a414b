import type { PluginRefusal } from "../../../../core/ports/plugins.ts";

/** Why a module is refused, as a machine word. */
export type RefusalCode =
  | "malformed" // not what the binary format says
  | "invalid" // well-formed, and the engine's validator refuses it
  | "limit" // larger or deeper than is taken
  | "import" // wants something from outside that there isn't
  | "export" // doesn't offer what a plugin must, or offers what is reserved
  | "manifest"
  | `feature:${Feature}`;

/** Parts of WebAssembly that no plugin may use: its limits couldn't be held, or nothing here needs them. */
export type Feature =
  | "gc"
  | "function-references"
  | "threads"
  | "multi-memory"
  | "memory64"
  | "custom-page-size"
  | "exceptions"
  | "tail-call"
  | "simd"
  | "relaxed-simd"
  | "extended-const"
  | "unknown"; // anything newer

/** Carries a refusal up to the one place that returns it; it never leaves this folder. */
export class ModuleRefused extends Error {
  constructor(readonly code: RefusalCode, reason: string) {
    super(reason);
  }
}

/** Ends the reading of a module. `reason`: one line, that begins small. */
export function refuse(code: RefusalCode, reason: string): never {
  throw new ModuleRefused(code, reason);
}

/** What `work` returns, or its refusal as a value. Anything else that is thrown is a bug, and passes. */
export function refusalOf<T>(work: () => T): T | PluginRefusal {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ModuleRefused)) throw error;
    return { kind: "refused", code: error.code, reason: error.message };
  }
}
