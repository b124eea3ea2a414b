import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { seeded } from "../../../tests/seeded.ts";
import { type AnswerPart, type CallReading, createAnswerReader } from "./answer_reader.ts";
import { plainCallSyntax } from "./template_calls.ts";

const call = '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>';
const read = { kind: "call", name: "add", arguments: '{"a":1}' };

/** Texts and calls of an answer that comes in these pieces; texts that follow each other are one. */
function partsOf(pieces: readonly string[], calls?: CallReading, stop: readonly string[] = []) {
  const reader = createAnswerReader(stop, calls);
  const parts: AnswerPart[] = [];
  let stopped = false;
  for (const piece of pieces) {
    const pushed = reader.push(piece);
    parts.push(...pushed.parts);
    stopped = pushed.stopped;
    if (stopped) break;
  }
  if (!stopped) parts.push(...reader.flush());
  parts.reduce((before, { end }) => (ok(end > before), end), 0);
  return parts.reduce<Record<string, string>[]>((all, { end: _, ...part }) => {
    const last = all.at(-1);
    if (part.kind !== "text" || last?.kind !== "text") return [...all, part];
    return [...all.slice(0, -1), { kind: "text", text: `${last.text}${part.text}` }];
  }, []);
}
const start: CallReading = { syntax: plainCallSyntax, from: "start", hold: () => true, names: ["add", "get"] };
const trigger: CallReading = { ...start, from: "trigger" };

// Goal: how an answer is cut into tokens changes nothing of what is read.
seeded("createAnswerReader() reads the same from any pieces", (random) => {
  const cut = (text: string) => {
    const pieces: string[] = [];
    for (let at = 0; at < text.length;) {
      const length = 1 + Math.floor(random() * 9);
      pieces.push(text.slice(at, at + length));
      at += length;
    }
    return pieces;
  };
  deepStrictEqual(partsOf(cut("plain <tool text")), [{ kind: "text", text: "plain <tool text" }]);
  deepStrictEqual(partsOf(cut(`${call}\n${call}`), start), [read, read]);
  deepStrictEqual(partsOf(cut(`Sure. \n${call}\n${call}`), trigger), [{ kind: "text", text: "Sure." }, read, read]);
  deepStrictEqual(partsOf(cut("a <tool_ <b> \n"), trigger), [{ kind: "text", text: "a <tool_ <b> \n" }]);
  for (const opening of ['{"name": "add"', '```json\n{\n  "name": "add"', ' ```{"name":"add"']) {
    // What follows is held, so it has its spaces, whatever was written before.
    deepStrictEqual(partsOf([...cut(`${opening},`), ...cut(' "arguments": {"a": 1}}')], trigger), [read]);
    deepStrictEqual(partsOf([`${opening},  \n`, ' "argum', 'ents": {"a": 1}}'], trigger), [read]);
    const half = `${opening}, "arguments": {"a`;
    deepStrictEqual(partsOf([`${opening},`, ' "arguments": {"a'], trigger), [{ kind: "text", text: half }]);
  }
  deepStrictEqual(partsOf(cut('{"name": "adder"}'), trigger), [{ kind: "text", text: '{"name": "adder"}' }]);
  deepStrictEqual(partsOf(cut('```json\n{"a": 1}'), trigger), [{ kind: "text", text: '```json\n{"a": 1}' }]);
  deepStrictEqual(partsOf(cut("```"), trigger), [{ kind: "text", text: "```" }]);
  deepStrictEqual(partsOf(cut(call.slice(0, -3)), start), [{ kind: "text", text: call.slice(0, -3) }]);
  deepStrictEqual(partsOf(cut(`a STOP ${call}`), trigger, ["STOP"]), [{ kind: "text", text: "a " }]);
  deepStrictEqual(partsOf(cut(call.replace("1", '"STOP"')), start, ["STOP"]), [{ ...read, arguments: '{"a":"STOP"}' }]);
}, { runs: 300 });

Deno.test("createAnswerReader() asks to hold what was begun, and takes it for text when that can't be", () => {
  const begun: string[] = [];
  const hold = (text: string) => begun.push(text) > 1;
  const parts = partsOf(["a <tool_call>x", "y <tool", `_call>\n${call.slice("<tool_call>\n".length)}`], {
    ...trigger,
    hold,
  });
  deepStrictEqual(begun, ["x", `\n${call.slice("<tool_call>\n".length)}`]);
  deepStrictEqual(parts, [{ kind: "text", text: "a <tool_call>xy" }, read]);
});

Deno.test("createAnswerReader() gives text out as soon as it can't become a call", () => {
  const reader = createAnswerReader([], trigger);
  const texts = ["a", "<", "b", "<tool_", "x"].map((piece) =>
    reader.push(piece).parts.map((part) => part.kind === "text" ? part.text : "").join("")
  );
  deepStrictEqual(texts, ["a", "", "<b", "", "<tool_x"]);
  strictEqual(reader.flush().length, 0);
});
