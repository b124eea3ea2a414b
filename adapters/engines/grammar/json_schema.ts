import type { JsonSchema } from "../../../core/ports/engine.ts";
import { createAlternatives, isOfType, typesOf } from "./alternatives.ts";
import { type Automaton, automatonOf, lengthsOf, reads, rulesOf, type StepBudget, withLength } from "./automaton.ts";
import { type Characters, complement, plainInJson, single } from "./characters.ts";
import { below, both, type Conjunction, type Located, readSchema, SchemaError, type Type } from "./conjunction.ts";
import { formats } from "./formats.ts";
import { integers, numbers } from "./numbers.ts";
import { parsePattern } from "./pattern.ts";
import {
  choice,
  empty,
  type Expression,
  GrammarError,
  never,
  oneOf,
  optional,
  repeat,
  rule,
  type Rules,
  sequence,
  text,
} from "./rules.ts";

/** Longer counts are cut down to it where that allows less, and refused where it would have to be reached. */
const countMax = 65_536;
const propertiesMax = 400;
const prefixItemsMax = 100;
const depthMax = 200;
const rulesMax = 20_000;
/** For the patterns of one grammar together: some tens of milliseconds. */
const stepsMax = 2_000_000;
/** Of a name that others must differ from, and of all of them. */
const nameLengthMax = 200;
const namesLengthMax = 4_000;

/** Rules in the making: several schemas share those for what JSON itself is made of. */
export interface SchemaRules {
  readonly rules: Rules;
  /**
   * What a schema allows, written as JSON: nothing but one space after a colon or a comma stands between its parts.
   * @param only Nothing but objects, whatever else the schema allows.
   * @throws {GrammarError} When the schema isn't supported; a {@link SchemaError} says where.
   */
  add(schema: JsonSchema, only?: "objects"): Expression;
  /** Keeps an expression as a rule. */
  name(name: string, expression: Expression): Expression;
}

/** The rules of JSON, to which schemas can be added. */
export function createSchemaRules(): SchemaRules {
  const rules = new Map(Object.entries(json));
  const made: Made = { rules, count: 0, steps: { left: stepsMax }, automata: new Map() };
  return {
    rules,
    add: (schema, only) => addSchema(schema, made, only),
    name(name, expression) {
      rules.set(name, expression);
      return rule(name);
    },
  };
}

/** What the schemas of one grammar share. */
interface Made {
  readonly rules: Map<string, Expression>;
  /** Names given so far. */
  count: number;
  readonly steps: StepBudget;
  /** The machines of patterns, by their source. */
  readonly automata: Map<string, Automaton>;
}

const space = optional(text(" "));
const colon = sequence(text(":"), space);
const comma = sequence(text(","), space);
const hexadecimal = oneOf([[0x30, 0x39], [0x41, 0x46], [0x61, 0x66]]);
const member = sequence(rule("string"), colon, rule("value"));

/** What JSON is made of. A \u escape never makes half a character. */
const json: Readonly<Record<string, Expression>> = {
  value: choice(
    rule("object"),
    rule("array"),
    rule("string"),
    rule("number"),
    text("true"),
    text("false"),
    text("null"),
  ),
  object: sequence(text("{"), optional(sequence(member, repeat(sequence(comma, member), 0, Infinity))), text("}")),
  array: sequence(
    text("["),
    optional(sequence(rule("value"), repeat(sequence(comma, rule("value")), 0, Infinity))),
    text("]"),
  ),
  string: sequence(text('"'), repeat(rule("char"), 0, Infinity), text('"')),
  char: choice(oneOf(plainInJson), sequence(text("\\"), rule("escape"))),
  escape: choice(
    oneOf([...'"/\\bfnrt'].map((character) => [character.charCodeAt(0), character.charCodeAt(0)] as const)),
    sequence(
      text("u"),
      choice(
        sequence(oneOf([[0x30, 0x39], [0x41, 0x43], [0x45, 0x46], [0x61, 0x63], [0x65, 0x66]]), hexadecimal),
        sequence(oneOf([[0x44, 0x44], [0x64, 0x64]]), oneOf([[0x30, 0x37]])),
      ),
      repeat(hexadecimal, 2, 2),
    ),
  ),
  number: numbers({}),
};

function addSchema(root: JsonSchema, made: Made, only: "objects" | undefined): Expression {
  const { rules } = made;
  const alternatives = createAlternatives(root);
  const names = new Map<string, string>();
  let depth = 0;
  const newName = () => {
    if (made.count >= rulesMax) throw new GrammarError("the grammar would be too large");
    return `r${made.count++}`;
  };

  /** The rule for a value that must satisfy these schemas; made once, so that a schema may hold itself. */
  function valueOf(schemas: readonly Located[]): Expression {
    if (schemas.length === 0) return rule("value");
    const key = JSON.stringify(schemas.map(({ pointer }) => pointer).sort());
    const known = names.get(key);
    if (known !== undefined) return rule(known);
    const name = newName();
    names.set(key, name);
    if (++depth > depthMax) throw new SchemaError(schemas[0]!.pointer, "its parts refer to each other too deeply");
    rules.set(name, choice(...alternatives.of(schemas).map(expressionOf)));
    depth--;
    return rule(name);
  }

  function expressionOf(one: Conjunction): Expression {
    if (one.values !== undefined) {
      return choice(
        ...one.values.filter((value) => isAllowed(one, value, made)).map((value) => literal(value, one.pointer)),
      );
    }
    const types = typesOf(one);
    return choice(...types.map((type) => ofType(one, type)));
  }

  function ofType(one: Conjunction, type: Type): Expression {
    switch (type) {
      case "object":
        return objectOf(one);
      case "array":
        return arrayOf(one);
      case "string":
        return stringOf(one);
      case "number":
        return Object.keys(one.range).length === 0 ? rule("number") : numbers(one.range);
      case "integer":
        return integers(one.range);
      case "boolean":
        return choice(text("true"), text("false"));
      case "null":
        return text("null");
    }
  }

  /**
   * Properties in their order, those that aren't required maybe left out. `from(i)` writes one of the properties from
   * the i-th on and then the rest: so every rule but the first begins after a comma.
   */
  function objectOf(one: Conjunction): Expression {
    const { properties, required, additional, pointer } = one;
    if (properties.size === 0 && required.length === 0 && additional === undefined) return rule("object");
    const others = additional === false ? [{ schema: false, pointer: "" }] : additional ?? [];
    const members = new Map(properties);
    for (const name of required) if (!members.has(name)) members.set(name, others);
    if (members.size > propertiesMax) {
      throw new SchemaError(below(pointer, "properties"), `at most ${propertiesMax} are supported`);
    }
    const all = [...members];
    const isRequired = new Set(required);
    const lastRequired = all.findLastIndex(([name]) => isRequired.has(name));
    const isOpen = additional !== undefined && additional !== false;
    const other = isOpen ? sequence(otherName([...members.keys()], pointer), colon, valueOf(additional)) : never;

    const after = (index: number): Expression => {
      if (index === all.length) return isOpen ? repeat(sequence(comma, other), 0, Infinity) : empty;
      const more = sequence(comma, from(index));
      return index <= lastRequired ? more : optional(more);
    };
    const made = new Map<number, Expression>();
    const from = (index: number): Expression => made.get(index)!;
    for (let index = all.length; index >= 0; index--) {
      const name = newName();
      made.set(index, rule(name));
      const entry = all[index];
      if (entry === undefined) {
        rules.set(name, sequence(other, after(index)));
        continue;
      }
      const [key, schemas] = entry;
      const written = sequence(literal(key, pointer), colon, valueOf(schemas), after(index + 1));
      const isLast = index + 1 === all.length && !isOpen;
      rules.set(name, isRequired.has(key) || isLast ? written : choice(written, from(index + 1)));
    }
    return sequence(text("{"), lastRequired >= 0 ? from(0) : optional(from(0)), text("}"));
  }

  /** Any name but these, each character written in one way. */
  function otherName(names: readonly string[], pointer: string): Expression {
    const length = names.reduce((sum, name) => sum + name.length, 0);
    if (length > namesLengthMax || names.some((name) => name.length > nameLengthMax)) {
      const reason = `beside others, names have at most ${nameLengthMax} characters, and ${namesLengthMax} together`;
      throw new SchemaError(below(pointer, "properties"), reason);
    }
    const states: { accepts: boolean; ways: { characters: Characters; to: number }[] }[] = [{
      accepts: true,
      ways: [],
    }];
    const any = 0;
    states[any]!.ways.push({ characters: complement([]), to: any });
    const build = (rest: readonly string[]): number => {
      const state = { accepts: !rest.includes(""), ways: [] as { characters: Characters; to: number }[] };
      const number = states.push(state) - 1;
      const byFirst = Map.groupBy(rest.filter((name) => name !== ""), (name) => name.codePointAt(0)!);
      let unnamed: Characters = complement([]);
      for (const [codePoint, some] of byFirst) {
        unnamed = unnamed.flatMap(([low, high]): Characters =>
          codePoint < low || codePoint > high ? [[low, high]] : [[low, codePoint - 1], [codePoint + 1, high]]
        ).filter(([low, high]) => low <= high);
        const to = build(some.map((name) => name.slice(String.fromCodePoint(codePoint).length)));
        state.ways.push({ characters: single(codePoint), to });
      }
      state.ways.push({ characters: unnamed, to: any });
      return number;
    };
    return textOf({ states }, build(names));
  }

  function arrayOf(one: Conjunction): Expression {
    const { prefixItems, pointer } = one;
    if (prefixItems.length > prefixItemsMax) {
      throw new SchemaError(below(pointer, "prefixItems"), `at most ${prefixItemsMax} are supported`);
    }
    if (one.minItems > countMax) throw new SchemaError(below(pointer, "minItems"), `at most ${countMax} is supported`);
    const { minItems: min } = one;
    const max = one.maxItems === Infinity ? Infinity : Math.min(one.maxItems, countMax);
    if (min > max) return never;
    // What follows the listed ones is left out where nothing is said of it.
    const isClosed = one.items === false ||
      (one.items === undefined && prefixItems.length > 0 && min <= prefixItems.length);
    const others = isClosed ? never : valueOf(one.items || []);
    const after = (index: number): Expression => {
      if (index >= max) return empty;
      if (index >= prefixItems.length) return repeat(sequence(comma, others), Math.max(0, min - index), max - index);
      const more = sequence(comma, valueOf(prefixItems[index]!), after(index + 1));
      return index < min ? more : optional(more);
    };
    if (max === 0) return text("[]");
    const [first] = prefixItems;
    const items = sequence(first === undefined ? others : valueOf(first), after(1));
    return sequence(text("["), min > 0 ? items : optional(items), text("]"));
  }

  function stringOf(one: Conjunction): Expression {
    const { pointer, pattern, format } = one;
    const { min, max } = textLengthOf(one);
    if (min > max) return never;
    if (pattern === undefined && format === undefined) {
      if (min === 0 && max === Infinity) return rule("string");
      return sequence(text('"'), repeat(rule("char"), min, max), text('"'));
    }
    if (pattern !== undefined && format !== undefined) {
      throw new SchemaError(below(pointer, "format"), '"format" beside "pattern" can\'t be held');
    }
    if (format !== undefined && !Object.hasOwn(formats, format)) {
      const known = Object.keys(formats).join(", ");
      throw new SchemaError(below(pointer, "format"), `"${format.slice(0, 40)}" can't be held; these can: ${known}`);
    }
    const [keyword, source] = pattern === undefined
      ? ["format", formats[format!]!] as const
      : ["pattern", pattern] as const;
    return textOf(automatonAt(one, made, keyword, source, { min, max }), 0);
  }

  function textOf(automaton: Automaton, start: number): Expression {
    const base = newName();
    const nameOf = (state: number) => `${base}s${state}`;
    made.count += automaton.states.length;
    for (const [name, expression] of rulesOf(automaton, nameOf)) rules.set(name, expression);
    return sequence(text('"'), rule(nameOf(start)));
  }

  const whole = [{ schema: root, pointer: "#" }];
  if (only === undefined) return valueOf(whole);
  const { own } = readSchema({ schema: { type: "object" }, pointer: "#" });
  return choice(...alternatives.of(whole).flatMap((one) => both(one, own) ?? []).map(expressionOf));
}

/** How many characters a text may have: no bound above, or one that can be counted to. @throws {SchemaError} */
export function textLengthOf(
  { pointer, minLength: min, maxLength }: Conjunction,
): { readonly min: number; readonly max: number } {
  if (min > countMax) throw new SchemaError(below(pointer, "minLength"), `at most ${countMax} is supported`);
  return { min, max: maxLength === Infinity ? Infinity : Math.min(maxLength, countMax) };
}

/** The machine of a pattern, for texts of these lengths. @throws {SchemaError} That says where the pattern stands. */
function automatonAt(
  { pointer }: Conjunction,
  { steps, automata }: Made,
  keyword: "pattern" | "format",
  source: string,
  { min, max } = { min: 0, max: Infinity },
): Automaton {
  try {
    const automaton = automata.get(source) ?? automatonOf(parsePattern(source), steps);
    automata.set(source, automaton);
    const lengths = lengthsOf(automaton);
    return lengths.min >= min && lengths.max <= max ? automaton : withLength(automaton, min, max);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw new SchemaError(below(pointer, keyword), error.message);
  }
}

/** Whether one of the values that a schema lists satisfies what else it demands. */
function isAllowed(one: Conjunction, value: unknown, made: Made): boolean {
  if (one.types !== undefined && !one.types.some((type) => isOfType(value, type))) return false;
  if (typeof value === "string") {
    const length = [...value].length;
    if (one.format !== undefined) {
      throw new SchemaError(below(one.pointer, "format"), 'it can\'t be held beside "enum"');
    }
    return length >= one.minLength && length <= one.maxLength &&
      (one.pattern === undefined || reads(automatonAt(one, made, "pattern", one.pattern), value));
  }
  if (typeof value === "number") {
    const { minimum = value, maximum = value, exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = one.range;
    return value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum;
  }
  if (typeof value !== "object" || value === null) return true;
  const isPlain = one.properties.size === 0 && one.required.length === 0 && one.additional === undefined &&
    one.prefixItems.length === 0 && one.items === undefined && one.minItems === 0 && one.maxItems === Infinity;
  if (!isPlain) throw new SchemaError(one.pointer, 'objects or lists in "enum" can\'t be held beside other keywords');
  return true;
}

/** A value as it stands. */
function literal(value: unknown, pointer: string): Expression {
  const written = JSON.stringify(value);
  if (/\\ud[89a-f]/i.test(written.replaceAll("\\\\", ""))) {
    throw new SchemaError(pointer, "half a character can't be written");
  }
  return text(written);
}
