import type { HistogramState, Registry, Series } from "./metrics.ts";
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type Labels,
  type MetricDefinition,
  type MetricName,
  metricTable,
} from "./table.ts";

/** The media type of what {@link expose} writes. */
export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** What is known at one moment and counted nowhere else. A gauge that isn't there isn't known now, and isn't told. */
export type Readings = Partial<Readonly<Record<GaugeName | CounterName, readonly Series<number>[]>>>;

/**
 * Everything in Prometheus' text format.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function expose(registry: Pick<Registry, "counters" | "histograms">, readings: Readings): string {
  const lines: string[] = [];
  for (const name of Object.keys(metricTable) as MetricName[]) {
    const definition: MetricDefinition = metricTable[name];
    const samples = samplesOf(name, definition, registry, readings);
    if (samples.length === 0) continue;
    lines.push(`# HELP ${name} ${escapeHelp(definition.help)}`, `# TYPE ${name} ${definition.kind}`, ...samples);
  }
  return `${lines.join("\n")}\n`;
}

function samplesOf(
  name: MetricName,
  { kind, labels, buckets = [] }: MetricDefinition,
  registry: Pick<Registry, "counters" | "histograms">,
  readings: Readings,
): readonly string[] {
  switch (kind) {
    case "counter": {
      const series = readings[name as CounterName] ?? registry.counters(name as CounterName);
      // What has no labels and never happened is told as 0; which labels there will be isn't known.
      const told = series.length === 0 && labels.length === 0 ? [{ labels: {}, state: 0 }] : series;
      return told.map(({ labels, state }) => sample(name, labels, state));
    }
    case "gauge":
      return (readings[name as GaugeName] ?? []).map(({ labels, state }) => sample(name, labels, state));
    case "histogram":
      return registry.histograms(name as HistogramName).flatMap((series) => histogramSamples(name, buckets, series));
  }
}

function histogramSamples(
  name: string,
  buckets: readonly number[],
  { labels, state: { counts, count, sum } }: Series<HistogramState>,
): readonly string[] {
  return [
    ...buckets.map((bound, index) => sample(`${name}_bucket`, { ...labels, le: `${bound}` }, counts[index]!)),
    sample(`${name}_bucket`, { ...labels, le: "+Inf" }, count),
    sample(`${name}_sum`, labels, sum),
    sample(`${name}_count`, labels, count),
  ];
}

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
