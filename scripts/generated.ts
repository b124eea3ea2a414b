import { apiClientsTable } from "./generate_api_clients.ts";
import { commandLineReference } from "./generate_command_line.ts";
import { limitsTable } from "./generate_limits.ts";
import { metricsTable } from "./generate_metrics.ts";
import { assemblyscriptAsks, cAsks, goAsks, rustAsks, zigAsks } from "./plugin_sdk/asks.ts";
import { assemblyscriptCapabilities } from "./plugin_sdk/assemblyscript.ts";
import { cCapabilities } from "./plugin_sdk/c.ts";
import { goCapabilities } from "./plugin_sdk/go.ts";
import { pluginRequestsTable } from "./plugin_sdk/table.ts";
import { rustCapabilities } from "./plugin_sdk/rust.ts";
import { zigCapabilities } from "./plugin_sdk/zig.ts";
import { configurationJsonSchema, configurationLater, configurationReference } from "./generate_configuration.ts";

/** A file of the repository that a program writes, whole or in part. */
export interface Generated {
  /** From the checkout's folder. */
  readonly path: string;
  /** The file as it must be, given how it is now (empty when it isn't there). */
  readonly render: (current: string) => string | Promise<string>;
}

/** Every generated file. `deno run -A scripts/generate.ts` writes them; `deno task check` compares them. */
export const generated: readonly Generated[] = [
  { path: "schema/config.schema.json", render: configurationJsonSchema },
  {
    path: "docs/configuration.md",
    render: async (page) =>
      withPart(withPart(page, "reference", await configurationReference()), "later keys", configurationLater()),
  },
  {
    path: "docs/command_line.md",
    render: async (page) => withPart(page, "commands", await commandLineReference()),
  },
  { path: "docs/api.md", render: (page) => withPart(page, "clients", apiClientsTable()) },
  { path: "docs/metrics.md", render: (page) => withPart(page, "metrics", metricsTable()) },
  { path: "docs/limits.md", render: (page) => withPart(page, "limits", limitsTable()) },
  { path: "docs/plugins.md", render: (page) => withPart(page, "requests", pluginRequestsTable()) },
  { path: "plugins-wasm/sdk/assemblyscript/capabilities.ts", render: assemblyscriptCapabilities },
  { path: "plugins-wasm/sdk/c/capabilities.h", render: cCapabilities },
  { path: "plugins-wasm/sdk/go/capabilities.go", render: goCapabilities },
  { path: "plugins-wasm/sdk/rust/capabilities.rs", render: rustCapabilities },
  { path: "plugins-wasm/sdk/zig/capabilities.zig", render: zigCapabilities },
  { path: "plugins-wasm/conformance/assemblyscript/assembly/asks.ts", render: assemblyscriptAsks },
  { path: "plugins-wasm/conformance/c/asks.h", render: cAsks },
  { path: "plugins-wasm/conformance/go/asks.go", render: goAsks },
  { path: "plugins-wasm/conformance/rust/src/asks.rs", render: rustAsks },
  { path: "plugins-wasm/conformance/zig/asks.zig", render: zigAsks },
];

/**
 * The page with what stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->` replaced.
 * @throws {Error} When the page hasn't both marks, in this order.
 */
export function withPart(page: string, name: string, part: string): string {
  const [begin, end] = [`<!-- generated: ${name} -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`The marks ${begin.trim()} and ${end} aren't in the page`);
  return `${page.slice(0, from + begin.length)}\n${part}\n${page.slice(to)}`;
}
