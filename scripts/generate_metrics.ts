import { type MetricDefinition, type MetricName, metricTable } from "../core/metrics/table.ts";

/** The table of `docs/metrics.md`. */
export function metricsTable(): string {
  const rows = (Object.keys(metricTable) as MetricName[]).map((name) => {
    const { kind, labels, help }: MetricDefinition = metricTable[name];
    const shown = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${kind} | ${shown} | ${help} |`;
  });
  return ["| metric | kind | labels | what it says |", "|---|---|---|---|", ...rows, ""].join("\n");
}
