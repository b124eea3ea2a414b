import { apiClientsTable } from "./generate_api_clients.ts";
import { commandLineReference } from "./generate_command_line.ts";
import { limitsTable } from "./generate_limits.ts";
import { metricsTable } from "./generate_metrics.ts";
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
