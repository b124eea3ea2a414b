import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { device as deviceSchema } from "../schema/devices.ts";
import type { Tag, TagValue } from "./devices.ts";
import { isSameValue, nameOf, writableValue } from "./tag_values.ts";

const tagOf = (type: "modbus" | "mqtt", tag: Record<string, unknown>): Tag =>
  v.parse(deviceSchema, { type, address: "plc:502", tags: { it: tag } }).tags["it"]!;

const speed = tagOf("modbus", { register: 1, min: 0, max: 1500 });
const mode = tagOf("modbus", { register: 1, values: { 0: "stopped", 1: "running", 7: "cleaning" } });
const run = tagOf("modbus", { table: "coil", register: 1 });
const valve = tagOf("modbus", { table: "coil", register: 1, values: { true: "open", false: "shut" } });
const heat = tagOf("modbus", { register: 1, type: "float32", min: -20 });
const lamp = tagOf("mqtt", { topic: "lamp", type: "boolean" });
const note = tagOf("mqtt", { topic: "note", type: "text" });
const scene = tagOf("mqtt", { topic: "scene", type: "text", values: { a: "b", b: "a", c: "evening" } });
const level = tagOf("mqtt", { topic: "level", max: 0.5 });

const written: [name: string, Tag, wanted: TagValue, value: TagValue][] = [
  ["the least", speed, 0, 0],
  ["the greatest", speed, 1500, 1500],
  ["no negative zero", speed, -0, 0],
  ["a value that has a name", mode, 7, 7],
  ["a name", mode, "running", 1],
  ["a switch", run, true, true],
  ["a switch by its name", valve, "shut", false],
  ["a broken number", heat, -19.5, -19.5],
  ["what a broker says", lamp, false, false],
  ["a text", note, "七号泵 ok", "七号泵 ok"],
  ["a text that is a value before it is a name", scene, "a", "a"],
  ["a text by its name", scene, "evening", "c"],
  ["a number in JSON of any precision", level, 0.1234567890123, 0.1234567890123],
];

for (const [name, tag, wanted, value] of written) {
  Deno.test(`a tag takes ${name}`, () => deepStrictEqual(writableValue(tag, wanted), { kind: "value", value }));
}

const refused: [name: string, Tag, wanted: TagValue, reason: string][] = [
  ["less than the least", speed, -1, "-1 is less than 0"],
  ["more than the greatest", speed, 1501, "1501 is more than 1500"],
  ["what would be rounded", speed, 1.5, "it holds whole numbers, not 1.5"],
  ["a number in text", speed, "5", "it takes a number"],
  ["a switch for a number", speed, true, "it takes a number"],
  ["no number at all", heat, NaN, "it takes a number"],
  ["an infinite number", level, -Infinity, "it takes a number"],
  ["a value without a name", mode, 2, "it takes 0 (stopped), 1 (running), 7 (cleaning)"],
  ["a name that isn't one", mode, "constructor", "it takes 0 (stopped), 1 (running), 7 (cleaning)"],
  ["a number for a switch", run, 1, "it takes true or false"],
  ["a text for a switch", run, "true", "it takes true or false"],
  ["a number for a text", note, 5, "it takes text"],
  ["a text with control characters", note, "a\u001b[2J", "a text has no control characters"],
  ["half a character", note, "\ud800", "a text has no control characters"],
  ["a text that is too long", note, "x".repeat(1_001), "a text has at most 1000 characters"],
  ["a text without a name", scene, "d", "it takes a (b), b (a), c (evening)"],
];

for (const [name, tag, wanted, reason] of refused) {
  Deno.test(`a tag refuses ${name}`, () => deepStrictEqual(writableValue(tag, wanted), { kind: "refused", reason }));
}

Deno.test("values are compared by what the device's registers hold", () => {
  strictEqual(isSameValue(heat, 0.1, Math.fround(0.1)), false); // the second is another decimal: it can't be written
  strictEqual(isSameValue(heat, 0.1, 0.1), true);
  strictEqual(isSameValue(heat, 0, -0), true);
  strictEqual(isSameValue(speed, 1, 2), false);
  strictEqual(isSameValue(speed, 1, "1"), false);
  strictEqual(isSameValue(run, true, 1), false);
  strictEqual(isSameValue(note, "1", "1"), true);
  strictEqual(isSameValue(level, NaN, NaN), false);
});

Deno.test("a value has the name that the configuration gives it", () => {
  deepStrictEqual([nameOf(mode, 1), nameOf(mode, 2), nameOf(valve, true), nameOf(scene, "c"), nameOf(speed, 1)], [
    "running",
    undefined,
    "open",
    "evening",
    undefined,
  ]);
});
