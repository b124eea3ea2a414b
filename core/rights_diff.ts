import type { Limits, ProcessPlan, Rights, Role } from "./permissions.ts";

/** What a right is about. `program` is the process itself: that there is one. */
export type RightKind = "program" | Exclude<keyof Rights, "system"> | "system" | keyof Limits;

/** One right that a process gets or loses. Of a limit that changes, the new one is added and the old one removed. */
export interface RightChange {
  readonly role: Role;
  readonly change: "added" | "removed";
  readonly kind: RightKind;
  /** A path, a name with its port, or a number as text; empty of `program`. */
  readonly value: string;
}

/** What of a process the difference looks at: arguments and environment follow from the rights. */
type Planned = Pick<ProcessPlan, "role" | "rights" | "limits">;

/**
 * What each process may do after that it mayn't before, and the other way round. What stays isn't told. Pure, and total:
 * every field of {@link Rights} and {@link Limits} is compared, also one that a later version adds.
 */
export function rightsDiff(before: readonly Planned[], after: readonly Planned[]): readonly RightChange[] {
  const [old, changed] = [rightsOf(before), rightsOf(after)];
  const not = (rights: ReadonlyMap<string, Right>, change: RightChange["change"], others: ReadonlyMap<string, Right>) =>
    [...others].flatMap(([key, right]) => rights.has(key) ? [] : [{ ...right, change }]);
  return [...not(old, "added", changed), ...not(changed, "removed", old)];
}

/** Every right of some processes, in the order in which people read them. */
export function rightsOf(processes: readonly Planned[]): ReadonlyMap<string, Right> {
  const rights = new Map<string, Right>();
  for (const { role, rights: wanted, limits } of processes) {
    const put = (kind: RightKind, value: string) => rights.set([role, kind, value].join("\0"), { role, kind, value });
    put("program", "");
    for (const [kind, values] of Object.entries(wanted) as [keyof Rights, readonly string[]][]) {
      for (const value of values) put(kind, value);
    }
    for (const [kind, value] of Object.entries(limits) as [keyof Limits, string | number | undefined][]) {
      if (value !== undefined) put(kind, `${value}`);
    }
  }
  return rights;
}

/** A right of a process. */
export type Right = Omit<RightChange, "change">;
