import { Validator } from "@cfworker/json-schema";
import { oneLine } from "../harmless.ts";
import { isPattern, matcherOf, patternStepsMax } from "./pattern.ts";

/** Arguments as JSON, at most: they travel to a plugin and stand on cards. */
const argumentsLengthMax = 256 * 1024;
const reasonLengthMax = 200;

type Json = Readonly<Record<string, unknown>>;

/**
 * Why a schema doesn't take these arguments, with the argument's name, in English; undefined when it does. Ends soon
 * whatever the schema says: a plugin wrote it. What can't be judged isn't taken.
 */
export function argumentProblem(parameters: Json, given: Json): string | undefined {
  if (JSON.stringify(given).length > argumentsLengthMax) return "the arguments are too long";
  try {
    const schema = judged(parameters);
    const { valid, errors } = new Validator(schema as object, "2020-12", false).validate(given);
    if (!valid) {
      // The innermost says what is wrong; those around it only that something is.
      const worst = [...errors].sort((a, b) => depthOf(b.instanceLocation) - depthOf(a.instanceLocation))[0];
      return worst === undefined
        ? "the arguments don't fit"
        : short(`${nameOf(worst.instanceLocation)}: ${worst.error}`);
    }
    return patternProblem(parameters, given, createTests());
  } catch (error) {
    return short(`the schema can't be judged: ${error instanceof Error ? error.message : "it is broken"}`);
  }
}

const depthMax = 32;

/**
 * The schema without its patterns, which are tested by {@link patternProblem}, and without the formats that it may hang
 * in. `isDirect`: only properties and items lead here, so that a pattern is found again.
 */
function judged(schema: unknown, depth = 0, isDirect = true): unknown {
  if (depth > depthMax) throw new Error("it is nested too deep");
  if (Array.isArray(schema)) return schema.map((part) => judged(part, depth + 1, false));
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
      if (key === "enum" || key === "const" || key === "default" || key === "examples") return [[key, value]];
      if (key.startsWith("x-")) return [];
      if (key === "pattern") {
        if (!isDirect || typeof value !== "string" || !isPattern(value)) {
          throw new Error("a pattern in it isn't supported");
        }
        return [];
      }
      if (key === "patternProperties") throw new Error("patternProperties aren't supported");
      if (key === "format" && !jsonFormats.has(`${value}`)) return [];
      if (!namings.has(key) || typeof value !== "object" || value === null) {
        return [[key, judged(value, depth + 1, isDirect && key === "items")]];
      }
      // Here the keys are names and no keywords.
      const inner = Object.entries(value).map(([name, part]) =>
        [name, judged(part, depth + 1, isDirect && key === "properties")] as const
      );
      return [[key, Object.fromEntries(inner)]];
    }),
  );
}

const namings: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "dependentSchemas"]);
/** The formats that are kept to. */
export const jsonFormats: ReadonlySet<string> = new Set([
  "date",
  "time",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uri",
  "uuid",
]);

/** The first text that its property's pattern doesn't take, where the schema describes it directly. */
function patternProblem(
  schema: unknown,
  value: unknown,
  tests: PatternTests,
  path = "",
  depth = 0,
): string | undefined {
  if (depth > depthMax || typeof schema !== "object" || schema === null) return undefined;
  const { pattern, properties, items } = schema as Json;
  if (typeof pattern === "string" && typeof value === "string" && !tests(pattern, value)) {
    return short(`${nameOf(path)}: the text doesn't fit the pattern ${pattern}`);
  }
  if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) {
      const problem = patternProblem(items, one, tests, `${path}/${index}`, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (typeof value !== "object" || value === null || typeof properties !== "object" || properties === null) {
    return undefined;
  }
  for (const [name, one] of Object.entries(value)) {
    if (!Object.hasOwn(properties, name)) continue;
    const problem = patternProblem((properties as Json)[name], one, tests, `${path}/${name}`, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Whether a text fits a pattern. */
type PatternTests = (pattern: string, text: string) => boolean;

/** Each pattern is read once, and what they take together is bounded: a list has many texts. */
function createTests(): PatternTests {
  const steps = { left: patternStepsMax };
  const known = new Map<string, (text: string) => boolean>();
  return (pattern, text) => {
    const matches = known.get(pattern) ?? matcherOf(pattern, steps);
    known.set(pattern, matches);
    const isFit = matches(text);
    if (steps.left <= 0) throw new Error("its patterns take too long");
    return isFit;
  };
}

function depthOf(location: string): number {
  return location.split("/").length;
}

/** The argument at a place, as people read it. */
function nameOf(location: string): string {
  const path = location.replace(/^#?\/?/, "");
  return path === "" ? "the arguments" : path.replaceAll("~1", "/").replaceAll("~0", "~").replaceAll("/", ".");
}

function short(reason: string): string {
  const line = oneLine(reason);
  return line.length > reasonLengthMax ? `${line.slice(0, reasonLengthMax)}…` : line;
}
