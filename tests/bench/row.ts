/** One figure beside its goal. `ok` is null where there is no goal. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number | null;
  readonly ok: boolean | null;
  readonly detail: string;
}

/** A row; `goal` is `<= n` or `>= n` in the row's unit, absent where there is none. */
export function row(
  { name, value, unit, goal, detail }: {
    readonly name: string;
    readonly value: number;
    readonly unit: string;
    readonly goal?: { readonly most: number } | { readonly least: number };
    readonly detail: string;
  },
): Row {
  const rounded = Number(value.toPrecision(3));
  if (goal === undefined) return { name, value: rounded, unit, goal: null, ok: null, detail };
  const [limit, ok] = "most" in goal ? [goal.most, value <= goal.most] : [goal.least, value >= goal.least];
  return { name, value: rounded, unit, goal: limit, ok, detail };
}

/** The value below which a share of the values lies; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
