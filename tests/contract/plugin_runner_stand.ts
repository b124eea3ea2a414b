/** Real plugin runners as children of the test, with the flags of the permission plan and nothing else. */
import { systemClock } from "../../adapters/clock/system.ts";
import { createExtismPlugins, type ExtismPluginsOptions } from "../../adapters/plugins/extism/client.ts";
import type { Plugins } from "../../core/ports/plugins.ts";
import { createModelRunners, type ModelRunners, silent } from "./model_runner_stand.ts";

/** Runners of plugins. Disposing of them ends them and waits until they are gone. */
export function createPluginRunners(): ModelRunners {
  return createModelRunners("/no/model.gguf", "plugin-runner");
}

/** A sandbox over real runners, with what a test wants different. */
export function createTestPlugins(
  runners: ModelRunners,
  options: Partial<ExtismPluginsOptions> = {},
): Plugins {
  return createExtismPlugins({ runners, clock: systemClock, log: silent, ...options });
}
