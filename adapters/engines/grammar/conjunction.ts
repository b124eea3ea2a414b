import type { JsonSchema } from "../../../core/ports/engine.ts";
import type { NumberRange } from "./numbers.ts";
import { GrammarError } from "./rules.ts";

/** A part of a schema, and where it stands: a JSON pointer as a URI fragment. */
export interface Located {
  readonly schema: unknown;
  readonly pointer: string;
}

/** What is refused, and where. */
export class SchemaError extends GrammarError {
  constructor(readonly pointer: string, reason: string) {
    super(`${pointer}: ${reason}`);
  }
}

/** The types of JSON Schema. */
export type Type = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

/** All types; whole numbers are numbers. */
export const allTypes: readonly Type[] = ["object", "array", "string", "number", "boolean", "null"];

/**
 * What one value must all satisfy. Schemas that a value of a property or an item must satisfy together stand in one
 * list; what is absent demands nothing. `false`: there are no others.
 */
export interface Conjunction {
  readonly pointer: string;
  readonly types?: readonly Type[];
  readonly values?: readonly unknown[];
  readonly properties: ReadonlyMap<string, readonly Located[]>;
  readonly required: readonly string[];
  readonly additional?: readonly Located[] | false;
  readonly prefixItems: readonly (readonly Located[])[];
  readonly items?: readonly Located[] | false;
  readonly minItems: number;
  readonly maxItems: number;
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly range: NumberRange;
}

/** One schema read: what it demands by itself, and what else it refers to. */
export interface Reading {
  readonly own: Conjunction;
  readonly reference?: string;
  readonly allOf: readonly Located[];
  readonly anyOf: readonly Located[];
  readonly oneOf: readonly Located[];
}

/** Demands nothing. */
function anything(pointer: string): Conjunction {
  return {
    pointer,
    properties: new Map(),
    required: [],
    prefixItems: [],
    minItems: 0,
    maxItems: Infinity,
    minLength: 0,
    maxLength: Infinity,
    range: {},
  };
}

/** Keywords that say nothing about which values are right. */
const annotations = new Set(
  "title description default examples example deprecated readOnly writeOnly discriminator contentMediaType contentEncoding $comment $schema $defs definitions"
    .split(" "),
);

/** Reads one schema. @throws {SchemaError} For a keyword that isn't supported, or a value that isn't the keyword's. */
export function readSchema({ schema, pointer }: Located): Reading {
  const own: { -readonly [key in keyof Conjunction]: Conjunction[key] } = anything(pointer);
  const reading = { own, allOf: [] as Located[], anyOf: [] as Located[], oneOf: [] as Located[] };
  if (schema === true) return reading;
  if (schema === false) return { ...reading, own: { ...own, values: [] } };
  if (!isObject(schema)) throw new SchemaError(pointer, "this isn't a schema");
  const range: { -readonly [key in keyof NumberRange]: NumberRange[key] } = {};
  own.range = range;
  let reference: string | undefined;
  for (const [keyword, value] of Object.entries(schema)) {
    const at = below(pointer, keyword);
    switch (keyword) {
      case "type":
        own.types = (Array.isArray(value) ? value : [value]).map((type) => typeOf(type, at));
        break;
      case "nullable":
      case "exclusiveMinimum":
      case "exclusiveMaximum":
      case "minimum":
      case "maximum":
        if (keyword === "nullable") {
          if (typeof value !== "boolean") throw new SchemaError(at, "this isn't true or false");
        } else if (typeof value !== "number") throw new SchemaError(at, "this isn't a number");
        else range[keyword] = value;
        break;
      case "enum":
        if (!Array.isArray(value)) throw new SchemaError(at, "this isn't a list");
        own.values = value;
        break;
      case "const":
        own.values = [value];
        break;
      case "properties":
        if (!isObject(value)) throw new SchemaError(at, "this isn't an object");
        own.properties = new Map(
          Object.entries(value).map(([name, schema]) => [name, [{ schema, pointer: below(at, name) }]]),
        );
        break;
      case "required":
        if (!Array.isArray(value) || !value.every((name) => typeof name === "string")) {
          throw new SchemaError(at, "this isn't a list of names");
        }
        own.required = [...new Set(value)];
        break;
      case "additionalProperties":
        own.additional = value === false ? false : [{ schema: value, pointer: at }];
        break;
      case "prefixItems":
        own.prefixItems = schemasOf(value, at).map((item) => [item]);
        break;
      case "items":
        if (Array.isArray(value)) throw new SchemaError(at, 'a list of schemas is written as "prefixItems"');
        own.items = value === false ? false : [{ schema: value, pointer: at }];
        break;
      case "minItems":
      case "maxItems":
      case "minLength":
      case "maxLength":
        if (typeof value !== "number" || !Number.isInteger(value) || value < 0) {
          throw new SchemaError(at, "this isn't a whole number from 0");
        }
        own[keyword] = value;
        break;
      case "pattern":
      case "format":
        if (typeof value !== "string") throw new SchemaError(at, "this isn't a text");
        own[keyword] = value;
        break;
      case "uniqueItems":
        if (value !== false) throw new SchemaError(at, '"uniqueItems" can\'t be held');
        break;
      case "$ref":
        if (typeof value !== "string") throw new SchemaError(at, "this isn't a text");
        reference = value;
        break;
      case "allOf":
      case "anyOf":
      case "oneOf":
        reading[keyword] = schemasOf(value, at);
        break;
      case "$id":
        if (pointer !== "#") throw new SchemaError(at, '"$id" is supported at the root only');
        break;
      default:
        if (!annotations.has(keyword)) throw new SchemaError(at, `"${keyword.slice(0, 40)}" isn't supported`);
    }
  }
  if (schema.nullable === true && own.types !== undefined) own.types = [...own.types, "null"];
  return { ...reading, ...reference === undefined ? {} : { reference } };
}

/** Both together; undefined when they contradict each other. @throws {SchemaError} When they can't be held together. */
export function both(a: Conjunction, b: Conjunction): Conjunction | undefined {
  const types = a.types === undefined ? b.types : b.types === undefined ? a.types : commonTypes(a.types, b.types);
  if (types?.length === 0) return undefined;
  const values = a.values === undefined
    ? b.values
    : b.values === undefined
    ? a.values
    : commonValues(a.values, b.values);
  if (values?.length === 0) return undefined;
  const single = (keyword: "pattern" | "format") => {
    if (a[keyword] !== undefined && b[keyword] !== undefined && a[keyword] !== b[keyword]) {
      throw new SchemaError(below(b.pointer, keyword), `two of "${keyword}" can't be held together`);
    }
    const value = a[keyword] ?? b[keyword];
    return value === undefined ? {} : { [keyword]: value };
  };
  const others = <K extends "additional" | "items">(keyword: K) => {
    if (a[keyword] === undefined && b[keyword] === undefined) return {};
    if (a[keyword] === false || b[keyword] === false) return { [keyword]: false as const };
    return { [keyword]: together(a[keyword], b[keyword]) };
  };
  const names = new Set([...a.properties.keys(), ...b.properties.keys()]);
  const of = (one: Conjunction, name: string) => one.properties.get(name) ?? one.additional;
  const item = (one: Conjunction, index: number) => one.prefixItems[index] ?? one.items;
  const prefixLength = Math.max(a.prefixItems.length, b.prefixItems.length);
  return {
    pointer: a.pointer,
    ...types === undefined ? {} : { types },
    ...values === undefined ? {} : { values },
    properties: new Map([...names].map((name) => [name, together(of(a, name), of(b, name))])),
    required: [...new Set([...a.required, ...b.required])],
    ...others("additional"),
    prefixItems: Array.from({ length: prefixLength }, (_, index) => together(item(a, index), item(b, index))),
    ...others("items"),
    minItems: Math.max(a.minItems, b.minItems),
    maxItems: Math.min(a.maxItems, b.maxItems),
    minLength: Math.max(a.minLength, b.minLength),
    maxLength: Math.min(a.maxLength, b.maxLength),
    ...single("pattern"),
    ...single("format"),
    range: narrower(a.range, b.range),
  };
}

function narrower(a: NumberRange, b: NumberRange): NumberRange {
  const range: { -readonly [key in keyof NumberRange]: NumberRange[key] } = { ...a };
  for (const [keyword, value] of Object.entries(b) as [keyof NumberRange, number][]) {
    const before = range[keyword] ?? value;
    range[keyword] = keyword.toLowerCase().endsWith("minimum") ? Math.max(before, value) : Math.min(before, value);
  }
  return range;
}

type Others = readonly Located[] | false | undefined;

function together(a: Others, b: Others): readonly Located[] {
  if (a === false || b === false) return [{ schema: false, pointer: "" }];
  const all = new Map([...a ?? [], ...b ?? []].map((located) => [located.pointer, located]));
  return [...all.values()];
}

/** The types that are in both; a whole number is a number. */
export function commonTypes(a: readonly Type[], b: readonly Type[]): Type[] {
  const has = (types: readonly Type[], type: Type) =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  return [...new Set([...a, ...b])].filter((type) => has(a, type) && has(b, type));
}

function commonValues(a: readonly unknown[], b: readonly unknown[]): unknown[] {
  const keys = new Set(b.map(valueKey));
  return a.filter((value) => keys.has(valueKey(value)));
}

/** The same text for equal values, whatever the order of their keys. */
export function valueKey(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) => isObject(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner,
  );
}

function typeOf(type: unknown, at: string): Type {
  if (type === "integer" || allTypes.includes(type as Type)) return type as Type;
  throw new SchemaError(at, "this isn't a type");
}

function schemasOf(value: unknown, at: string): Located[] {
  if (!Array.isArray(value) || value.length === 0) throw new SchemaError(at, "this isn't a list of schemas");
  return value.map((schema, index) => ({ schema, pointer: below(at, String(index)) }));
}

/** The pointer of what stands below another under a key. */
export function below(pointer: string, key: string): string {
  return `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Whether it is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The part of a schema that a local reference names. @throws {SchemaError} When there is none, or it isn't local. */
export function resolve(root: JsonSchema, reference: string, at: string): Located {
  if (!/^#(?:\/|$)/.test(reference)) throw new SchemaError(at, "only references inside the schema are supported");
  let schema: unknown = root;
  for (const part of reference.split("/").slice(1)) {
    let key: string;
    try {
      key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    } catch {
      throw new SchemaError(at, "this isn't a reference");
    }
    const isThere = typeof schema === "object" && schema !== null && Object.hasOwn(schema, key);
    if (!isThere) throw new SchemaError(at, "there is nothing at this reference");
    schema = (schema as Record<string, unknown>)[key];
  }
  return { schema, pointer: reference };
}
