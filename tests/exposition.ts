/** One sample of the text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a text says. `samples` are by name and labels, as they were written. */
export interface Exposition {
  readonly labelled: readonly Sample[];
  readonly samples: ReadonlyMap<string, number>;
  readonly kinds: ReadonlyMap<string, string>;
}

/**
 * Reads Prometheus' text format 0.0.4, and refuses what its definition doesn't allow: a line that isn't one, a metric
 * whose lines don't stand together, a sample without a type, the same sample twice, a histogram that isn't one.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
 *
 * @throws {Error} Naming the line.
 */
export function parseExposition(text: string): Exposition {
  if (!text.endsWith("\n")) throw new Error("The last line has no end");
  const kinds = new Map<string, string>();
  const helps = new Set<string>();
  const samples = new Map<string, number>();
  const labelled: Sample[] = [];
  const finished = new Set<string>();
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const refuse = (why: string): never => {
      throw new Error(`${why}: ${JSON.stringify(line)}`);
    };
    const begin = (family: string) => {
      if (family === current) return;
      if (finished.has(family)) refuse("a metric whose lines don't stand together");
      finished.add(current);
      current = family;
    };
    const [, help, helped] = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/.exec(line) ?? [];
    if (help !== undefined) {
      begin(help);
      if (helps.has(help)) refuse("a second HELP");
      if (/\\(?![\\n])/.test(helped!)) refuse("a wrong escape");
      helps.add(help);
      continue;
    }
    const [, typed, kind] =
      /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line) ??
        [];
    if (typed !== undefined) {
      begin(typed);
      if (kinds.has(typed)) refuse("a second TYPE");
      kinds.set(typed, kind!);
      continue;
    }
    const [, name, inside, value] =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[+-]Inf|NaN)$/s.exec(line) ??
        refuse("not a line of the format");
    const family = familyOf(name!, kinds);
    if (family === undefined || !kinds.has(family)) refuse("a sample without a type");
    begin(family!);
    const key = inside === undefined ? name! : `${name}{${inside}}`;
    if (samples.has(key)) refuse("the same sample twice");
    const number = Number(value!.replace("Inf", "Infinity"));
    samples.set(key, number);
    labelled.push({ name: name!, labels: labelsOf(inside ?? "", refuse), value: number });
  }
  for (const [name, kind] of kinds) if (kind === "histogram") checkHistogram(name, labelled);
  return { labelled, samples, kinds };
}

function familyOf(name: string, kinds: ReadonlyMap<string, string>): string | undefined {
  if (kinds.has(name)) return name;
  const base = name.replace(/_(?:bucket|sum|count)$/, "");
  return kinds.get(base) === "histogram" ? base : undefined;
}

function labelsOf(inside: string, refuse: (why: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = inside;
  while (rest !== "") {
    const [whole, name, text] = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/.exec(rest) ??
      refuse("labels that can't be read");
    if (Object.hasOwn(labels, name!)) refuse("a label twice");
    labels[name!] = text!.replace(/\\(.)/g, (_, escaped) => escaped === "n" ? "\n" : escaped);
    rest = rest.slice(whole.length);
  }
  return labels;
}

/** Buckets rise to `+Inf`, which is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) continue;
    const { le: _, ...rest } = sample.labels;
    groups.set(JSON.stringify(rest), [...groups.get(JSON.stringify(rest)) ?? [], sample]);
  }
  for (const [key, buckets] of groups) {
    const bounds = buckets.map(({ labels }) => labels.le === "+Inf" ? Infinity : Number(labels.le));
    const rises = (values: readonly number[]) =>
      values.every((value, index) => index === 0 || value >= values[index - 1]!);
    const count = samples.find((sample) => sample.name === `${name}_count` && JSON.stringify(sample.labels) === key);
    const isWhole = bounds.at(-1) === Infinity && count?.value === buckets.at(-1)!.value;
    if (!rises(bounds) || !rises(buckets.map(({ value }) => value)) || !isWhole) {
      throw new Error(`Not a histogram: ${name}`);
    }
  }
}
