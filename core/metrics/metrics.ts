import { type CounterName, type HistogramName, type Labels, type MetricName, metricTable, seriesMax } from "./table.ts";

/** Where what happens is counted. Cheap: an addition in memory. */
export interface Metrics {
  /** @param by Default 1; never negative. */
  count(name: CounterName, labels?: Labels, by?: number): void;
  /** One value of a histogram, in its own unit. */
  observe(name: HistogramName, value: number, labels?: Labels): void;
}

/** Counts of one histogram: for each bucket how many values were at most its bound, all of them, and their sum. */
export interface HistogramState {
  readonly counts: number[];
  count: number;
  sum: number;
}

/** One series of a metric, as it stands. */
export interface Series<State> {
  readonly labels: Labels;
  readonly state: State;
}

/** Metrics that can be read. */
export interface Registry extends Metrics {
  counters(name: CounterName): readonly Series<number>[];
  histograms(name: HistogramName): readonly Series<HistogramState>[];
}

/** Counts nothing. */
export const noMetrics: Metrics = { count() {}, observe() {} };

/** Makes a registry in which nothing was counted. */
export function createMetrics(): Registry {
  const counters = new Map<MetricName, Map<string, { readonly labels: Labels; state: number }>>();
  const histograms = new Map<MetricName, Map<string, Series<HistogramState>>>();

  return {
    count(name, labels = {}, by = 1) {
      seriesOf(counters, name, labels, () => 0).state += by;
    },
    observe(name, value, labels = {}) {
      const { buckets } = metricTable[name];
      const { state } = seriesOf(histograms, name, labels, () => ({ counts: buckets.map(() => 0), count: 0, sum: 0 }));
      for (let index = buckets.length - 1; index >= 0 && value <= buckets[index]!; index--) state.counts[index]!++;
      state.count++;
      state.sum += value;
    },
    counters: (name) => [...counters.get(name)?.values() ?? []],
    histograms: (name) => [...histograms.get(name)?.values() ?? []],
  };
}

function seriesOf<S extends { readonly labels: Labels; state: unknown }>(
  all: Map<MetricName, Map<string, S>>,
  name: MetricName,
  labels: Labels,
  initial: () => S["state"],
): S {
  let series = all.get(name);
  if (series === undefined) all.set(name, series = new Map());
  const key = keyOf(name, labels);
  const known = series.get(key);
  if (known !== undefined) return known;
  const bounded = series.size < seriesMax ? labels : others(name);
  const boundedKey = keyOf(name, bounded);
  let made = series.get(boundedKey);
  if (made === undefined) series.set(boundedKey, made = { labels: bounded, state: initial() } as S);
  return made;
}

/** In the order of the table, so that two ways of writing the same labels are one series. */
function keyOf(name: MetricName, labels: Labels): string {
  const names: readonly string[] = metricTable[name].labels;
  return names.length === 1
    ? labels[names[0]!]!
    : names.map((label) => `${labels[label]!.length}:${labels[label]}`).join("");
}

function others(name: MetricName): Labels {
  return Object.fromEntries(metricTable[name].labels.map((label) => [label, "other"]));
}
