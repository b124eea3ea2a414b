import type { RegisteredTool } from "../../schema/plugin.ts";
import { harmless, oneLine } from "../harmless.ts";
import type { HostFunction, Plugins } from "../ports/plugins.ts";
import { registerLimits } from "./limits.ts";
import { readRegistration } from "./registration.ts";

/** How long preparing a module, and asking it for its tools, may take. */
export const describeMsMax = 60_000;

/** Ends of a call that say nothing about the plugin: the machine was busy, or the process died. */
const passing: ReadonlySet<string> = new Set([
  "deadline",
  "crash",
  "breaker",
  "busy",
  "unavailable",
  "module",
  "ended",
]);

/** What a plugin says of its tools; or in one line, why nothing. `failed`: worth another try. */
export type AskedTools =
  | { readonly kind: "described"; readonly tools: readonly RegisteredTool[] }
  | { readonly kind: "refused" | "failed"; readonly reason: string };

/** Asks a plugin for its tools, in the sandbox. Whatever it asks the host for meanwhile is withheld. */
export async function askTools(
  plugins: Pick<Plugins, "call">,
  { digest, module }: {
    readonly digest: string;
    /** As it was prepared. */
    readonly module: Uint8Array;
  },
  signal: AbortSignal,
): Promise<AskedTools> {
  const outcome = await plugins.call(
    {
      digest,
      module: () => Promise.resolve(module),
      entry: "register",
      input: new Uint8Array(),
      limits: registerLimits,
    },
    nothingForRegister,
    signal,
  );
  if (outcome.kind === "cancelled") return { kind: "failed", reason: "asking it for its tools took too long" };
  if (outcome.kind === "failed") {
    const reason = `its register failed: ${oneLine(harmless(outcome.reason))}`;
    return { kind: passing.has(outcome.code) ? "failed" : "refused", reason };
  }
  const read = readRegistration(outcome.output);
  return read.kind === "refused" ? { kind: "refused", reason: read.reason } : { kind: "described", tools: read.tools };
}

const nothingForRegister: HostFunction = () =>
  Promise.resolve(
    new TextEncoder().encode(
      JSON.stringify({
        error: { code: "withheld", message: "nothing can be asked for while the tools are described" },
      }),
    ),
  );
