import type { JsonSchema } from "../../../core/ports/engine.ts";
import type { ArgumentTags } from "./call_syntax.ts";
import { charactersOf, complement, single } from "./characters.ts";
import { below, type Conjunction, isObject, readSchema } from "./conjunction.ts";
import { textLengthOf } from "./json_schema.ts";
import { choice, type Expression, GrammarError, oneOf, optional, repeat, sequence, text } from "./rules.ts";

/** What may stand beside the type of an argument that is a text, as the grammar of texts in tags knows nothing else. */
const textKeywords = ["type", "enum", "minLength", "maxLength", "title", "description", "default", "examples"];
/** Of the whole: its arguments, and what changes none of them. */
const objectKeywords = ["type", "properties", "required", "additionalProperties", "title", "description", "$schema"];

type Keywords = { readonly [keyword: string]: unknown };

const notTagOpening = complement(single(0x3C));
const afterTagOpening = complement(charactersOf([[0x2F, 0x2F], [0x3C, 0x3C]]));

/** Whether arguments of this schema can be written in tags: a plain list of them, whose texts are held by little. */
export function canBeTagged(schema: JsonSchema): boolean {
  if (!isObject(schema) || schema["type"] !== "object" || JSON.stringify(schema).includes('"$ref"')) return false;
  const { properties = {}, required = [] } = schema;
  if (!Object.keys(schema).every((keyword) => objectKeywords.includes(keyword)) || !isObject(properties)) return false;
  if (!Array.isArray(required)) return false;
  if (!required.every((name) => typeof name === "string" && Object.hasOwn(properties, name))) return false;
  return Object.entries(properties).every(([name, one]) => {
    if (!/^[\w.-]+$/.test(name)) return false;
    if (!isText(one)) return !mayBeText(one);
    const { enum: values } = one;
    const isPlain = values === undefined ||
      Array.isArray(values) && values.every((value) => typeof value === "string" && !value.includes("</"));
    return isPlain && Object.keys(one).every((keyword) => textKeywords.includes(keyword));
  });
}

/** Whether the argument of this name is a text. */
export function isTextArgument(schema: JsonSchema, name: string): boolean {
  const { properties } = isObject(schema) ? schema : {};
  return isObject(properties) && Object.hasOwn(properties, name) && isText(properties[name]);
}

/**
 * Arguments in tags, in the order of the schema.
 * @throws {GrammarError} When they can't be written so, or a keyword has a value that isn't the keyword's.
 */
export function taggedArguments(
  schema: JsonSchema,
  { tags, add }: { readonly tags: ArgumentTags; readonly add: (schema: JsonSchema) => Expression },
): Expression {
  if (!canBeTagged(schema) || !isObject(schema)) throw new GrammarError("its arguments can't be written in tags");
  const { properties = {}, required = [] } = schema as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  return sequence(
    ...Object.entries(properties).map(([name, one]) => {
      const value = isText(one) ? textValue(read(one, name)) : add(one);
      const written = sequence(text(tags.key + name + tags.value), value, text(tags.closing));
      return required.includes(name) ? written : optional(written);
    }),
  );
}

/** What is demanded of a text, read as in every other schema. */
function read(schema: Keywords, name: string): Conjunction {
  return readSchema({ schema, pointer: below("#/properties", name) }).own;
}

/** Any text in which no tag closes. Where characters are counted, none in which a tag opens either. */
function textValue(one: Conjunction): Expression {
  const { min, max } = textLengthOf(one);
  if (one.values !== undefined) {
    const texts = one.values.filter((value) => typeof value === "string");
    return choice(...texts.filter((value) => min <= [...value].length && [...value].length <= max).map(text));
  }
  if (min > 0 || max < Infinity) return repeat(oneOf(notTagOpening), min, max);
  const some = choice(oneOf(notTagOpening), sequence(text("<"), oneOf(afterTagOpening)));
  return repeat(some, 0, Infinity);
}

function isText(schema: unknown): schema is Keywords {
  return isObject(schema) && schema["type"] === "string";
}

/** Whether a value may be a text or something else: then it couldn't be told which was written. */
function mayBeText(schema: unknown): boolean {
  if (!isObject(schema)) return true;
  const { type } = schema;
  return Array.isArray(type) ? type.includes("string") : typeof type !== "string";
}
