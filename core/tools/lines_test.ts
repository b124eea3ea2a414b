import { deepStrictEqual, ok } from "node:assert/strict";
import { grammarOf } from "../../adapters/engines/grammar/mod.ts";
import { readGbnf } from "../../tests/gbnf.ts";
import { seeded } from "../../tests/seeded.ts";
import { device, number, oneOf, text, tool, whole } from "../../tests/tools/site.ts";
import { createCandidates } from "./candidates.ts";
import { argumentProblem } from "./check_arguments.ts";
import { argumentsOf } from "./fields.ts";
import { linesGrammar, readLines } from "./lines.ts";
import { readSentence } from "./sentence.ts";
import { wordsOf } from "./words.ts";

const names = ["kitchen lamp", "lamp | two", "厨房灯", "pump 7", "pump-70", 'a "quoted" one', "back\\slash", "on"];
const sayings = [
  "turn on the kitchen lamp and set pump 7 to 30 for 5 minutes",
  "把厨房灯打开，然后泵7调到百分之三十",
  "add oat milk to the list: eggs and flour",
  "lamp two off, pump 70 at 12.5 tomorrow at 7:15",
  '"quoted" back slash one',
];

// Goal: whatever the grammar lets a model write is read back, and what is read is valid or names what is missing.
seeded("each line that a model may write is read, and its values are those of the schema", (random) => {
  const whole1 = (below: number) => Math.floor(random() * below);
  const pick = <T>(from: readonly T[]) => from[whole1(from.length)]!;
  const some = () => names.filter(() => random() < 0.6);
  const schemaOf = () =>
    pick([
      () => device([...some(), "spare"]),
      () => oneOf(["on", "off", "stop"]),
      () => number(0, 50),
      () => whole(0, 50, { description: "percent" }),
      () => ({ type: "boolean" }),
      () => text("something"),
      () => text("anything", { "x-free-text": true }),
      () => ({ type: "string", format: "date" }),
      () => ({ type: "array", items: device([...some(), "spare"]), minItems: 1 }),
      () => ({ type: "object", properties: { inner: device([...some(), "spare"]) }, required: ["inner"] }),
    ])();
  const tools = Array.from(
    { length: 1 + whole1(4) },
    (_, index) =>
      tool(`plugin${index}.set`, "Sets a lamp or a pump.", {
        first: schemaOf(),
        "second?": schemaOf(),
        "__proto__?": schemaOf(),
      }),
  );
  const say = pick(sayings);
  const sentence = readSentence(say, wordsOf(say, "en"));
  const candidates = createCandidates(() => {}).of(sentence, tools, {
    form: "command",
    now: { nowMs: Date.parse("2026-11-27T12:00:00Z"), timeZone: "UTC" },
  });
  if (candidates.length === 0) return;
  const held = grammarOf({ kind: "grammar", grammar: linesGrammar(candidates, 3) });
  ok(held.kind === "grammar", JSON.stringify(held));
  const written = readGbnf(held.gbnf).draw(random, 60);
  const lines = readLines(written, candidates);
  ok(lines !== undefined, written);
  if (written === "none") deepStrictEqual(lines, []);
  for (const { candidate: { tool, fields, constants }, values } of lines) {
    if (fields.some(({ isRequired }, index) => isRequired && values[index] === undefined)) continue;
    const given = argumentsOf([
      ...constants,
      ...fields.flatMap(({ path, many }, index) => {
        const found = values[index];
        if (found === undefined) return [];
        return [{ path, value: many === undefined ? found[0]!.value : found.map(({ value }) => value) }];
      }),
    ]);
    deepStrictEqual(argumentProblem(tool.parameters, given), undefined, written);
  }
}, { runs: 300, long: 20_000 });
