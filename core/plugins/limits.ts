import type { PluginLimits } from "../../schema/plugin.ts";
import type { CallLimits } from "../ports/plugins.ts";

/** What one call may take where neither manifest nor configuration says more: no manifest gets more by itself. */
export const defaultLimits: CallLimits = {
  fuel: 1_000_000_000,
  memory_bytes: 32 * 1024 * 1024,
  deadline_ms: 10_000,
  output_bytes: 256 * 1024,
  host_calls: 64,
  log_bytes: 16 * 1024,
};

/** What describing its tools may take: nothing is asked of the host for it. */
export const registerLimits: CallLimits = { ...defaultLimits, host_calls: 1, log_bytes: 4 * 1024 };

/** What a manifest wishes, or else the default, but never more than the configuration says, or else the default. */
export function callLimits(wished: PluginLimits, configured: PluginLimits): CallLimits {
  const names = Object.keys(defaultLimits) as (keyof CallLimits)[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      Math.min(wished[name] ?? defaultLimits[name], configured[name] ?? defaultLimits[name]),
    ]),
  ) as unknown as CallLimits;
}

/** Of what is wished, that which the site doesn't give in full. */
export function limitsWithheld(wished: PluginLimits, configured: PluginLimits): readonly (keyof CallLimits)[] {
  const given = callLimits(wished, configured);
  return (Object.keys(given) as (keyof CallLimits)[]).filter((name) => (wished[name] ?? 0) > given[name]);
}
