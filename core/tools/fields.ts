import { oneLine } from "../harmless.ts";
import { type Token, tokensOf, unitNamed } from "./sentence.ts";
import { wordsEn } from "./words_en.ts";
import { wordsZh } from "./words_zh.ts";
import type { Words } from "./words.ts";

/** One value out of several, and what people call it. */
export interface Option {
  readonly value: unknown;
  /** The first is how it is written in a line: one line without a `|`, and no other option's. */
  readonly names: readonly string[];
}

/** What may stand in a field. */
export type FieldKind =
  | { readonly kind: "choice"; readonly options: readonly Option[] }
  | {
    readonly kind: "number";
    readonly min: number;
    readonly max: number;
    readonly isWhole: boolean;
    readonly unit?: string;
  }
  | { readonly kind: "flag"; readonly words: { readonly yes: readonly string[]; readonly no: readonly string[] } }
  | {
    readonly kind: "text";
    /** It needn't stand in the sentence. */
    readonly isFree: boolean;
    readonly lengthMax: number;
    readonly format?: string;
  };

/** One argument of a tool, wherever in its schema it stands. */
export interface Field {
  /** From the arguments to the value; a number is a place in a list. */
  readonly path: readonly (string | number)[];
  /** What people and the model read of it. */
  readonly label: string;
  /** Words that are said of it: its name, its description. */
  readonly about: string;
  readonly isRequired: boolean;
  /** A list: how many at most. */
  readonly many?: number;
  readonly of: FieldKind;
  /** It names what is acted upon, and isn't what is done with it. */
  readonly isObject: boolean;
}

/** The fields of a schema; or why a line can't be made for it. */
export type Fields =
  | { readonly kind: "fields"; readonly fields: readonly Field[]; readonly constants: readonly Constant[] }
  | { readonly kind: "unsupported"; readonly reason: string };

/** What a schema lets be one value only. */
export interface Constant {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

const fieldsMax = 32;
const optionsMax = 2_000;
const depthMax = 4;
const manyMax = 8;
const nameLengthMax = 80;
/** Text that isn't said to be longer. */
const textLengthMax = 400;

type Schema = Readonly<Record<string, unknown>>;

class Unsupported extends Error {}

/** What a tool's arguments are, flat and in the order of the schema, what is required first. */
export function fieldsOf(parameters: Schema): Fields {
  const fields: Field[] = [];
  const constants: Constant[] = [];

  function visit(schema: Schema, at: Pick<Field, "path" | "isRequired"> & { readonly depth: number }): void {
    const { path, isRequired, depth } = at;
    if (depth > depthMax) return unless(isRequired, `${nameOf(path)} is nested too deep`);
    const known = resolve(schema, parameters);
    if ("const" in known) {
      if (isRequired) constants.push({ path, value: known.const });
      return;
    }
    if (Array.isArray(known.enum) || optionsOfUnion(known) !== undefined) return add(known, at, choiceOf(known));
    switch (typeOf(known)) {
      case "object": {
        const required = new Set(Array.isArray(known.required) ? known.required : []);
        const properties = Object.entries(isObject(known.properties) ? known.properties : {});
        for (const [name, inner] of properties) {
          if (isObject(inner)) {
            visit(inner, { path: [...path, name], isRequired: isRequired && required.has(name), depth: depth + 1 });
          }
        }
        const missing = [...required].find((name) => !properties.some(([known]) => known === name));
        if (missing !== undefined && isRequired) throw new Unsupported(`${missing} is required and not described`);
        return;
      }
      case "array": {
        if (!isObject(known.items)) return unless(isRequired, `the items of ${nameOf(path)} aren't described`);
        const items = resolve(known.items, parameters);
        if (typeOf(items) === "object" || typeOf(items) === "array") {
          return visit(items, { path: [...path, 0], isRequired, depth: depth + 1 });
        }
        const inner = kindOf(items, path, isRequired);
        const many = typeof known.maxItems === "number" ? Math.min(known.maxItems, manyMax) : manyMax;
        if (inner !== undefined) add({ ...items, ...known, items: undefined }, at, inner, many);
        return;
      }
      default:
        return add(known, at, kindOf(known, path, isRequired));
    }
  }

  function add(
    schema: Schema,
    { path, isRequired }: Pick<Field, "path" | "isRequired">,
    of: FieldKind | undefined,
    many?: number,
  ) {
    if (of === undefined) return;
    const label = nameOf(path);
    const description = typeof schema.description === "string" ? schema.description : "";
    const title = typeof schema.title === "string" ? schema.title : "";
    const own = Array.isArray(schema["x-words"]) ? schema["x-words"].filter((word) => typeof word === "string") : [];
    if (of.kind === "choice" && of.options.length === 1 && isRequired && many === undefined) {
      constants.push({ path, value: of.options[0]!.value });
      return;
    }
    fields.push({
      path,
      label,
      about: [label, title, description, ...own].join(" "),
      isRequired: isRequired && !("default" in schema),
      ...(many === undefined ? {} : { many }),
      of,
      isObject: of.kind === "choice" && (schema["x-from"] !== undefined || !isDoing(label, of.options)),
    });
    if (fields.length > fieldsMax) throw new Unsupported(`it has more than ${fieldsMax} arguments`);
  }

  function kindOf(schema: Schema, path: Field["path"], isRequired: boolean): FieldKind | undefined {
    if (Array.isArray(schema.enum) || optionsOfUnion(schema) !== undefined) return choiceOf(schema);
    switch (typeOf(schema)) {
      case "string": {
        const { maxLength, format } = schema;
        return {
          kind: "text",
          isFree: schema["x-free-text"] === true,
          lengthMax: typeof maxLength === "number" ? Math.max(1, Math.min(maxLength, textLengthMax)) : textLengthMax,
          ...(typeof format === "string" ? { format } : {}),
        };
      }
      case "integer":
      case "number": {
        const bound = (keys: readonly [string, string], none: number) => {
          const values = keys.map((key) => schema[key]).filter((value) => typeof value === "number");
          if (values.length === 0) return none;
          return none < 0 ? Math.max(...values) : Math.min(...values);
        };
        const text = [schema["x-unit"], path.at(-1), schema.title, schema.description]
          .filter((part) => typeof part === "string").join(" ");
        const unit = unitNamed(text, [wordsEn, wordsZh]);
        return {
          kind: "number",
          min: bound(["minimum", "exclusiveMinimum"], -Infinity),
          max: bound(["maximum", "exclusiveMaximum"], Infinity),
          isWhole: typeOf(schema) === "integer",
          ...(unit === undefined ? {} : { unit }),
        };
      }
      case "boolean": {
        const words = isObject(schema["x-words"]) ? schema["x-words"] : {};
        return { kind: "flag", words: { yes: texts(words["true"]), no: texts(words["false"]) } };
      }
      default:
        unless(isRequired, `what ${nameOf(path)} is can't be told from its schema`);
        return undefined;
    }
  }

  try {
    visit(parameters, { path: [], isRequired: true, depth: 0 });
  } catch (error) {
    if (error instanceof Unsupported) return { kind: "unsupported", reason: error.message };
    throw error;
  }
  return { kind: "fields", fields: [...fields].sort((a, b) => Number(b.isRequired) - Number(a.isRequired)), constants };
}

/** The arguments that hold these values at their paths. */
export function argumentsOf(values: Iterable<Constant>): Readonly<Record<string, unknown>> {
  const root: Record<string, unknown> = {};
  for (const { path, value } of values) {
    // deno-lint-ignore no-explicit-any
    let at: any = root;
    path.forEach((step, index) => {
      if (index === path.length - 1) define(at, step, value);
      else {
        if (!Object.hasOwn(at, step)) define(at, step, typeof path[index + 1] === "number" ? [] : {});
        at = at[step];
      }
    });
  }
  return root;
}

/** A property of its own, also one called `__proto__`. */
function define(at: object, step: string | number, value: unknown): void {
  Object.defineProperty(at, step, { value, enumerable: true, configurable: true, writable: true });
}

/** How a name out of a schema is written in a line. */
export function written(name: string): string {
  return oneLine(name).replaceAll("|", "/").slice(0, nameLengthMax).trim();
}

function choiceOf(schema: Schema): FieldKind {
  const values = Array.isArray(schema.enum) ? schema.enum : optionsOfUnion(schema)!.map((option) => option.value);
  if (values.length === 0 || values.length > optionsMax) throw new Unsupported("it lets be chosen out of too many");
  const titles = new Map((optionsOfUnion(schema) ?? []).map(({ value, title }) => [value, title]));
  const words = isObject(schema["x-words"]) ? schema["x-words"] : {};
  const taken = new Set<string>();
  const options = values.filter((value) => value !== null && typeof value !== "object").map((value): Option => {
    const own = Object.hasOwn(words, `${value}`) ? texts(words[`${value}`]) : [];
    const names = [...new Set([`${value}`, titles.get(value) ?? "", ...own].map(written))].filter((name) =>
      name !== ""
    );
    // Two that are written alike can't be told apart: the later ones are numbered.
    let [first = "?"] = names;
    for (let count = 2; taken.has(first); count++) first = `${names[0] ?? "?"} (${count})`;
    taken.add(first);
    return { value, names: [first, ...names.slice(1)] };
  });
  return { kind: "choice", options };
}

/** `oneOf` or `anyOf` of single values, as some write an `enum`. */
function optionsOfUnion(schema: Schema): readonly { readonly value: unknown; readonly title?: string }[] | undefined {
  const union = Array.isArray(schema.oneOf) ? schema.oneOf : Array.isArray(schema.anyOf) ? schema.anyOf : undefined;
  if (union === undefined || !union.every((part) => isObject(part) && "const" in part)) return undefined;
  return union.map((part: Schema) => ({
    value: part.const,
    ...(typeof part.title === "string" ? { title: part.title } : {}),
  }));
}

/** What a schema refers to, and of several possibilities the first that is described. */
function resolve(schema: Schema, root: Schema): Schema {
  let known = schema;
  for (let steps = 0; steps < 8; steps++) {
    if (typeof known.$ref === "string") {
      const path = known.$ref.split("/");
      let target: unknown = path[0] === "#" ? root : undefined;
      for (const step of path.slice(1)) {
        const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
        target = isObject(target) && Object.hasOwn(target, name) ? target[name] : undefined;
      }
      if (!isObject(target)) throw new Unsupported("it refers to what isn't there");
      const { $ref: _, ...own } = known;
      known = { ...target, ...own };
      continue;
    }
    const union = [known.anyOf, known.oneOf, known.allOf].find(Array.isArray);
    if (union === undefined || optionsOfUnion(known) !== undefined) return known;
    const first = union.find((part) => isObject(part) && part.type !== "null");
    if (!isObject(first)) return known;
    const { anyOf: _, oneOf: __, allOf: ___, ...own } = known;
    known = { ...first, ...own };
  }
  throw new Unsupported("it refers to itself");
}

function typeOf(schema: Schema): string | undefined {
  const { type } = schema;
  if (typeof type === "string") return type;
  if (Array.isArray(type)) return type.find((one) => one !== "null");
  return isObject(schema.properties) ? "object" : undefined;
}

/** Whether a choice says what is done, and not with what. */
function isDoing(label: string, options: readonly Option[]): boolean {
  if (
    /\b(?:action|state|mode|command|operation|op|status|power|do)$/i.test(
      label,
    )
  ) {
    return true;
  }
  const doing = options.filter(({ names }) => names.some((name) => meaningsNamed(name).length > 0));
  return doing.length * 2 >= options.length;
}

/** The meanings that a name has as a whole. */
export function meaningsNamed(name: string): readonly string[] {
  return phrasesNamed.get(name.toLowerCase().replace(/[_-]/g, " ").trim())?.map(({ name }) => name) ?? [];
}

const phrasesNamed = Map.groupBy(
  [wordsEn, wordsZh].flatMap(({ meanings }) =>
    meanings.flatMap(({ name, phrases }) => phrases.map((phrase) => ({ name, phrase })))
  ),
  ({ phrase }) => phrase,
);

/** Tokens of a name, in each language that it may be in. */
export function nameTokens(name: string, words: Words | undefined): readonly Token[] {
  return tokensOf(name.replaceAll("_", " "), words);
}

function nameOf(path: Field["path"]): string {
  return path.filter((step) => typeof step === "string").map((step) => written(step.replaceAll("_", " "))).join(" ") ||
    "the argument";
}

function unless(isRequired: boolean, reason: string): void {
  if (isRequired) throw new Unsupported(reason);
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

function isObject(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
