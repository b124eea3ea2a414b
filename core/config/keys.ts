import type * as v from "valibot";

/** A key that the schema doesn't have. */
export interface UnknownKey {
  readonly path: readonly string[];
  /** Keys that it has there. */
  readonly known: readonly string[];
}

/** The parts of a valibot schema that say what may stand inside. A wrapped or piped schema has those of its first. */
interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly value?: Shape;
  readonly item?: Shape;
  readonly wrapped?: Shape;
  /** Of a variant: its shapes, and the key whose value tells them apart. */
  readonly options?: readonly Shape[];
  readonly key?: string;
  /** Of a literal: the value. */
  readonly literal?: unknown;
}

/**
 * The value without keys that the schema doesn't know, and these keys: valibot's own strict objects stop at the
 * first. An empty mapping or list (`web:` and nothing below) is left out, since it means its defaults. So is a list where
 * a mapping belongs, which valibot takes for an empty one: these are told in `lists`.
 */
export function splitUnknownKeys(
  schema: v.GenericSchema,
  value: unknown,
): {
  readonly known: unknown;
  readonly unknown: readonly UnknownKey[];
  readonly lists: readonly (readonly string[])[];
} {
  if (Array.isArray(value) && isMapping(schema as Shape)) return { known: undefined, unknown: [], lists: [[]] };
  const found: Found = { unknown: [], lists: [] };
  return { known: split(schema as Shape, value, [], found), ...found };
}

interface Found {
  readonly unknown: UnknownKey[];
  readonly lists: (readonly string[])[];
}

/** Keys that valibot's `record` silently leaves out. */
const forbiddenKeys: readonly string[] = ["__proto__", "prototype", "constructor"];

function split(shape: Shape, value: unknown, path: readonly string[], found: Found): unknown {
  if (shape.wrapped !== undefined) return split(shape.wrapped, value, path, found);
  if (shape.type === "variant") {
    const meant = shape.options!.find(({ entries }) => entries?.[shape.key!]?.literal === Object(value)[shape.key!]);
    return meant === undefined ? value : split(meant, value, path, found);
  }
  if (Array.isArray(value)) {
    const { item } = shape;
    return item === undefined ? value : value.map((entry, index) => split(item, entry, [...path, `${index}`], found));
  }
  if (typeof value !== "object" || value === null) return value;
  const known: [string, unknown][] = [];
  for (const [key, entry] of Object.entries(value)) {
    const inner = innerShape(shape, key);
    if (inner === undefined) found.unknown.push({ path: [...path, key], known: Object.keys(shape.entries ?? {}) });
    else if (Array.isArray(entry) && isMapping(inner)) found.lists.push([...path, key]);
    else if (entry !== null || !isContainer(inner)) known.push([key, split(inner, entry, [...path, key], found)]);
  }
  return Object.fromEntries(known);
}

/** What stands under `key`; `undefined` when it is unknown. A shape that isn't a mapping knows every key. */
function innerShape(shape: Shape, key: string): Shape | undefined {
  if (shape.entries !== undefined) return Object.hasOwn(shape.entries, key) ? shape.entries[key] : undefined;
  if (shape.type === "record") return forbiddenKeys.includes(key) ? undefined : shape.value;
  return shape;
}

function isContainer(shape: Shape): boolean {
  if (shape.wrapped !== undefined) return isContainer(shape.wrapped);
  return shape.type === "array" || isMapping(shape);
}

function isMapping(shape: Shape): boolean {
  if (shape.wrapped !== undefined) return isMapping(shape.wrapped);
  return shape.entries !== undefined || shape.type === "record" || shape.type === "variant";
}
