import type { JsonSchema } from "../../../core/ports/engine.ts";
import {
  allTypes,
  both,
  commonTypes,
  type Conjunction,
  isObject,
  type Located,
  readSchema,
  resolve,
  SchemaError,
  type Type,
  valueKey,
} from "./conjunction.ts";

/** Ways to satisfy one schema, and steps to find those of a whole one, at most. */
const alternativesMax = 200;
const stepsMax = 20_000;
const openMax = 100;
/** How deep properties are compared to find out that two schemas never allow the same value. */
const comparedDepthMax = 3;

/** Takes the schemas of one document apart. */
export interface Alternatives {
  /**
   * The ways to satisfy all these schemas together, each without `anyOf`, `allOf` or a reference; none when they
   * contradict each other.
   * @throws {SchemaError} When a keyword isn't supported, or a schema is nothing but itself again.
   */
  of(schemas: readonly Located[]): Conjunction[];
}

/** For one document. */
export function createAlternatives(root: JsonSchema): Alternatives {
  const known = new Map<string, Conjunction[]>();
  const compared = new Set<string>();
  let open = new Set<string>();
  let steps = 0;

  function ofOne(located: Located): Conjunction[] {
    const { pointer } = located;
    const before = known.get(pointer);
    if (before !== undefined) return before;
    if (open.size >= openMax) throw new SchemaError(pointer, "its parts refer to each other too deeply");
    if (open.has(pointer)) throw new SchemaError(pointer, "it refers to itself with nothing in between");
    open.add(pointer);
    const { own, reference, allOf, anyOf, oneOf } = readSchema(located);
    let found = own.values?.length === 0 ? [] : [own];
    if (reference !== undefined) found = product(found, ofOne(resolve(root, reference, `${pointer}/$ref`)), pointer);
    for (const one of allOf) found = product(found, ofOne(one), pointer);
    if (anyOf.length > 0) found = product(found, anyOf.flatMap(ofOne), pointer);
    if (oneOf.length > 0) {
      const branches = oneOf.map(ofOne);
      // Once, even where the branches hold what is compared.
      if (!compared.has(pointer)) {
        compared.add(pointer);
        demandDisjoint(branches, `${pointer}/oneOf`);
      }
      found = product(found, branches.flat(), pointer);
    }
    open.delete(pointer);
    known.set(pointer, found);
    return found;
  }

  function product(a: readonly Conjunction[], b: readonly Conjunction[], pointer: string): Conjunction[] {
    steps += a.length * b.length + Math.ceil((sizeOf(a) * b.length + sizeOf(b) * a.length) / 20);
    const found = steps > stepsMax ? [] : a.flatMap((one) => b.flatMap((other) => both(one, other) ?? []));
    if (steps > stepsMax || found.length > alternativesMax) {
      throw new SchemaError(pointer, "it has too many alternatives");
    }
    return found;
  }

  function of(schemas: readonly Located[]): Conjunction[] {
    return schemas.map(ofOne).reduce((all, one) => product(all, one, schemas[0]?.pointer ?? "#"));
  }

  /** "One of" is "any of" where no value can satisfy two. */
  function demandDisjoint(branches: readonly (readonly Conjunction[])[], at: string): void {
    branches.forEach((branch, index) =>
      branches.forEach((other, otherIndex) => {
        if (index === otherIndex || branch.every((a) => other.every((b) => excludes(a, b, 0)))) return;
        throw new SchemaError(at, `a value might satisfy ${index} and ${otherIndex}; use "anyOf", or tell them apart`);
      })
    );
  }

  /** Whether nothing that is written for `a` satisfies `b`. */
  function excludes(a: Conjunction, b: Conjunction, depth: number): boolean {
    if (++steps > stepsMax) throw new SchemaError(a.pointer, "it has too many alternatives");
    if (b.values?.length === 0 || a.values?.length === 0) return true;
    if (a.values !== undefined) {
      steps += Math.ceil(a.values.length / 20);
      return a.values.every((value) => !mayAllow(b, value));
    }
    return typesOf(a).every((type) => {
      if (b.types !== undefined && !b.types.some((other) => commonTypes([type], [other]).length > 0)) return true;
      if (b.values !== undefined) {
        return b.values.every((value) =>
          typeOfValue(value) !== type && !(type === "integer" && typeof value === "number")
        );
      }
      if (type !== "object") return false;
      if (a.additional === false && b.required.some((name) => !a.properties.has(name))) return true;
      return depth < comparedDepthMax && a.required.some((name) => {
        const [ours, theirs] = [a.properties.get(name), b.properties.get(name)];
        if (ours === undefined || theirs === undefined) return false;
        const outer = open;
        open = new Set(); // what is compared lies inside an object: it may hold what it is part of
        const [one, other] = [of(ours), of(theirs)];
        open = outer;
        return one.every((a) => other.every((b) => excludes(a, b, depth + 1)));
      });
    });
  }

  return { of };
}

/** The types that are written: those demanded, else those that the other keywords are about, else all. */
export function typesOf(one: Conjunction): readonly Type[] {
  if (one.types !== undefined) return one.types;
  const implied: Type[] = [];
  if (one.properties.size > 0 || one.required.length > 0 || one.additional !== undefined) implied.push("object");
  if (one.prefixItems.length > 0 || one.items !== undefined || one.minItems > 0 || one.maxItems < Infinity) {
    implied.push("array");
  }
  if (one.minLength > 0 || one.maxLength < Infinity || one.pattern !== undefined || one.format !== undefined) {
    implied.push("string");
  }
  if (Object.keys(one.range).length > 0) implied.push("number");
  return implied.length > 0 ? implied : allTypes;
}

function sizeOf(all: readonly Conjunction[]): number {
  return all.reduce(
    (sum, { properties, required, values = [], prefixItems }) =>
      sum + properties.size + required.length + values.length + prefixItems.length,
    0,
  );
}

/** Whether a value might be allowed: told by type and value alone. */
function mayAllow(one: Conjunction, value: unknown): boolean {
  if (one.values !== undefined) return keysOf(one.values).has(valueKey(value));
  return one.types === undefined || one.types.some((type) => isOfType(value, type));
}

const keysKnown = new WeakMap<readonly unknown[], ReadonlySet<string>>();

/** The keys of values, worked out once for a list that is asked about value by value. */
function keysOf(values: readonly unknown[]): ReadonlySet<string> {
  const keys = keysKnown.get(values) ?? new Set(values.map(valueKey));
  keysKnown.set(values, keys);
  return keys;
}

function typeOfValue(value: unknown): Type {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return isObject(value) ? "object" : typeof value as Type;
}

/** Whether a value is of a type; a whole number is of both. */
export function isOfType(value: unknown, type: Type): boolean {
  return type === "integer" ? Number.isInteger(value) : typeOfValue(value) === type;
}
