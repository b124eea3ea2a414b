import { deepStrictEqual } from "node:assert/strict";
import { type ArgumentSpec, parseArguments, type UsageProblem } from "./arguments.ts";

const spec: ArgumentSpec = {
  options: { model: { kind: "value", short: "m" }, json: { kind: "flag" }, role: { kind: "list" } },
  operands: ["TEXT", "MORE?"],
};

const good: [args: string[], flags: string[], values: Record<string, string>, operands: string[]][] = [
  [["hi"], [], {}, ["hi"]],
  [["--model", "x", "hi"], [], { model: "x" }, ["hi"]],
  [["hi", "--model=a=b", "--json"], ["json"], { model: "a=b" }, ["hi"]],
  [["-m", "x", "-"], [], { model: "x" }, ["-"]],
  [["--model", "x", "--model", "y", "hi"], [], { model: "y" }, ["hi"]],
  [["--", "--json", "-m"], [], {}, ["--json", "-m"]],
  [["--model", "-x", "hi"], [], { model: "-x" }, ["hi"]],
];
for (const [args, flags, values, operands] of good) {
  Deno.test(`parseArguments() reads ${JSON.stringify(args)}`, () => {
    deepStrictEqual(parseArguments(args, spec), { kind: "parsed", flags: new Set(flags), values, lists: {}, operands });
  });
}

Deno.test("parseArguments() keeps all values of a list, in order", () => {
  const parsed = parseArguments(["--role", "b", "hi", "--role=a"], spec);
  deepStrictEqual(parsed.kind === "parsed" && [parsed.lists, parsed.values], [{ role: ["b", "a"] }, {}]);
});

const bad: [args: string[], problem: UsageProblem][] = [
  [[], { kind: "operand-missing", operand: "TEXT" }],
  [["a", "b", "c"], { kind: "operand-unexpected", operand: "c" }],
  [["hi", "--modle", "x"], { kind: "unknown-option", option: "--modle", nearest: "--model" }],
  [["hi", "--zzzzzzz"], { kind: "unknown-option", option: "--zzzzzzz" }],
  [["hi", "--constructor"], { kind: "unknown-option", option: "--constructor" }],
  [["hi", "--model"], { kind: "value-missing", option: "--model" }],
  [["hi", "--model="], { kind: "value-missing", option: "--model" }],
  [["hi", "--json=yes"], { kind: "value-unexpected", option: "--json" }],
];
for (const [args, problem] of bad) {
  Deno.test(`parseArguments() refuses ${JSON.stringify(args)}`, () => {
    deepStrictEqual(parseArguments(args, spec), { kind: "usage", problem });
  });
}
