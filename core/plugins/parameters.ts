import { harmless } from "../harmless.ts";
import { jsonFormats } from "../tools/check_arguments.ts";
import { isPattern } from "../tools/pattern.ts";

/** How large the JSON Schema of one tool's arguments may be, in bytes of JSON, and how deep. */
export const parametersBytesMax = 16 * 1024;
const depthMax = 8;

const isNumber = (value: unknown) => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (value: unknown) => typeof value === "string";
const isFlag = (value: unknown) => typeof value === "boolean";
const isScalar = (value: unknown) => value === null || isText(value) || isNumber(value) || isFlag(value);
const isAny = () => true;

/** Values of one argument that are named. */
const choicesMax = 256;

/**
 * What a plugin may say of its arguments, and how. What isn't here wouldn't be kept to, so it isn't taken. A `pattern` is a
 * stranger's regular expression, which could hold up whoever matches it: it is never given to JavaScript's own matcher.
 */
const keywords: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: isText,
  properties: isAny,
  required: isAny,
  additionalProperties: isAny,
  items: isAny,
  anyOf: isAny,
  minItems: isCount,
  maxItems: isCount,
  uniqueItems: isFlag,
  enum: (value) => Array.isArray(value) && value.length > 0 && value.length <= choicesMax && value.every(isScalar),
  const: isScalar,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && (value as number) > 0,
  minLength: isCount,
  maxLength: isCount,
  "x-from": isText,
  "x-words": (value) =>
    isNode(value) && Object.keys(value).length <= choicesMax &&
    Object.values(value).every((words) => Array.isArray(words) && words.length <= 32 && words.every(isText)),
  format: (value) => jsonFormats.has(`${value}`),
  pattern: (value) => typeof value === "string" && isPattern(value),
  "x-unit": isText,
  "x-free-text": isFlag,
  title: isText,
  description: isText,
  default: isAny,
  examples: isAny,
  $comment: isText,
  $schema: isText,
};

/** Keywords that only tell people something. */
const sayings: ReadonlySet<string> = new Set(["title", "description", "$comment"]);

/** A JSON Schema node. */
type Node = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of a tool's arguments, bounded and made harmless; or in one line, why it isn't taken. Only the part of
 * JSON Schema that everything here keeps to: no references, no conditions.
 * Source: https://json-schema.org/draft/2020-12
 */
export function readParameters(written: Node): { readonly kind: "read"; readonly schema: Node } | string {
  if (new TextEncoder().encode(JSON.stringify(written)).length > parametersBytesMax) {
    return `its schema has more than ${parametersBytesMax / 1024} KiB`;
  }
  if (written.type !== "object") return 'its schema isn\'t of type "object"';
  const problem = problemOf(written, "parameters", 0);
  return problem ?? { kind: "read", schema: { ...cleaned(written), additionalProperties: false } };
}

function problemOf(node: unknown, path: string, depth: number, isInAnyOf = false): string | undefined {
  if (!isNode(node)) return `${path} isn't a schema`;
  if (depth > depthMax) return `${path} is too deep`;
  for (const [keyword, value] of Object.entries(node)) {
    if (!Object.hasOwn(keywords, keyword)) {
      return `${path} has ${JSON.stringify(harmless(keyword.slice(0, 40)))}, which isn't understood`;
    }
    if (!keywords[keyword]!(value)) return `${path}.${keyword} isn't as JSON Schema has it`;
    if (!sayings.has(keyword) && keyword !== "properties" && keyword !== "items" && hasOddText(value)) {
      return `${path}.${keyword} has characters that can't be shown`;
    }
  }
  const { type, properties, required, items, anyOf, pattern } = node;
  if (pattern !== undefined && isInAnyOf) return `${path}.pattern isn't kept to within anyOf`;
  const from = node["x-from"];
  if (from !== undefined && (type !== "string" || (from !== "devices" && from !== "tags"))) {
    return `${path}.x-from is neither "devices" nor "tags" of a string`;
  }
  if (anyOf !== undefined) {
    if (!Array.isArray(anyOf) || anyOf.length === 0 || anyOf.length > 16) {
      return `${path}.anyOf isn't a list of schemas`;
    }
    const problem = first(anyOf.map((entry, index) => problemOf(entry, `${path}.anyOf.${index}`, depth + 1, true)));
    if (problem !== undefined) return problem;
  }
  if (type !== undefined && !types.has(type)) return `${path}.type isn't a type of JSON`;
  if (properties !== undefined && !isNode(properties)) return `${path}.properties isn't a mapping`;
  const names = Object.keys(properties ?? {});
  const odd = names.find((name) => !/^[A-Za-z][A-Za-z0-9_-]{0,47}$/.test(name) || name === "constructor");
  if (odd !== undefined) return `${path}.properties has a name that can't be used`;
  if (type === "object") {
    const needs = required ?? [];
    if (!Array.isArray(needs) || !needs.every((name) => names.includes(name))) {
      return `${path}.required names what isn't among its properties`;
    }
    if (node.additionalProperties !== undefined && node.additionalProperties !== false) {
      return `${path}.additionalProperties isn't false`;
    }
  }
  if (type === "array" && items === undefined) return `${path} has no items`;
  return first([
    ...names.map((name) => problemOf((properties as Node)[name], `${path}.${name}`, depth + 1, isInAnyOf)),
    ...items === undefined ? [] : [problemOf(items, `${path}.items`, depth + 1, isInAnyOf)],
  ]);
}

const types: ReadonlySet<unknown> = new Set(["object", "array", "string", "integer", "number", "boolean", "null"]);

/**
 * The same with nothing beyond what is named, and with its sayings made harmless. An argument that is an object of which
 * nothing is named has names that only its caller knows.
 */
function cleaned(node: Node): Node {
  return {
    ...Object.fromEntries(
      Object.entries(node).map(([keyword, value]) => {
        if (sayings.has(keyword)) return [keyword, harmless(String(value)).slice(0, 400).toWellFormed()];
        if (keyword === "properties") {
          return [
            keyword,
            Object.fromEntries(Object.entries(value as Node).map(([name, of]) => [name, cleaned(of as Node)])),
          ];
        }
        if (keyword === "items") return [keyword, cleaned(value as Node)];
        if (keyword === "anyOf") return [keyword, (value as Node[]).map(cleaned)];
        return [keyword, value];
      }),
    ),
    ...(node.type === "object" && node.properties !== undefined ? { additionalProperties: false } : {}),
  };
}

function first(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

/** Whether a text within it isn't what it looks like: values and their words are shown to people, and said by them. */
function hasOddText(value: unknown): boolean {
  if (typeof value === "string") return harmless(value) !== value || value.includes("\n") || !value.isWellFormed();
  if (Array.isArray(value)) return value.some(hasOddText);
  return isNode(value) && Object.entries(value).some(([key, entry]) => hasOddText(key) || hasOddText(entry));
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
