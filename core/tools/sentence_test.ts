import { deepStrictEqual } from "node:assert/strict";
import { inFormat, momentsIn } from "./moments.ts";
import { readSentence, tokensOf } from "./sentence.ts";
import { wordsOf } from "./words.ts";
import { wordsEn } from "./words_en.ts";
import { wordsZh } from "./words_zh.ts";

const read = (say: string) => readSentence(say, wordsOf(say, "en"));

const numbers: [say: string, numbers: [number, string?][]][] = [
  ["set it to 21.5 degrees celsius", [[21.5, "celsius"]]],
  ["twenty one percent for half an hour", [[21, "percent"]]],
  ["1,450 rpm", [[1_450, "rpm"]]],
  ["minus 4", [[-4]]],
  ["a hundred and five litres", [[105, "litre"]]],
  ["pump-7 at 12 bar", [[7], [12, "bar"]]],
  ["at 10:30 on 2026-12-01", []],
  ["one minute, and the kitchen one", [[1, "minute"]]],
  ["调到二十六度", [[26, "celsius"]]],
  ["百分之三十五", [[35, "percent"]]],
  ["两千五百转", [[2_500, "rpm"]]],
  ["一万零三", [[10_003]]],
  ["零点五", [[0.5]]],
  ["看一下", []],
];
for (const [say, expected] of numbers) {
  Deno.test(`numbers in "${say}"`, () =>
    deepStrictEqual(
      read(say).numbers.map(({ value, unit }) => unit === undefined ? [value] : [value, unit]),
      expected,
    ));
}

const meanings: [say: string, meanings: string[]][] = [
  ["turn the big lamp off", ["off"]],
  ["shutting down pump 7", ["off"]],
  ["switch on the fan", ["on"]],
  ["unlock the door", ["unlock"]],
  ["turn up the volume", ["up"]],
  ["把灯关掉", ["off", "close"]],
  ["解锁大门", ["unlock"]],
];
for (const [say, expected] of meanings) {
  Deno.test(`what "${say}" asks for`, () => deepStrictEqual([...read(say).meanings.keys()].sort(), expected.sort()));
}

Deno.test("words that mean the same have one key", () => {
  const keys = (text: string, words = wordsEn) => tokensOf(text, words).map(({ key }) => key);
  deepStrictEqual(keys("lamps"), keys("Light"));
  deepStrictEqual(keys("Pump7"), keys("pump seven"));
  deepStrictEqual(keys("P-101"), keys("p 101"));
  deepStrictEqual(keys("七号泵", wordsZh), keys("7号泵", wordsZh));
});

const now = { nowMs: Date.parse("2026-11-27T12:00:00Z"), timeZone: "Europe/Berlin" }; // a Friday
const moments: [say: string, format: string, values: string[]][] = [
  ["tomorrow", "date", ["2026-11-28"]],
  ["on Monday", "date", ["2026-11-30"]],
  ["on Friday", "date", ["2026-12-04"]],
  ["3 March", "date", ["2027-03-03"]],
  ["December 24th", "date", ["2026-12-24"]],
  ["2026-02-30", "date", []],
  ["at 7:15 pm", "time", ["19:15:00+01:00"]],
  ["tomorrow at 9 am", "date-time", ["2026-11-28T09:00:00+01:00"]],
  ["on July 1 at 14:00", "date-time", ["2027-07-01T14:00:00+02:00"]],
  ["后天", "date", ["2026-11-29"]],
  ["12月24日", "date", ["2026-12-24"]],
  ["明天下午三点半", "date-time", ["2026-11-28T15:30:00+01:00"]],
];
for (const [say, format, expected] of moments) {
  Deno.test(`"${say}" as ${format}`, () =>
    deepStrictEqual(inFormat(momentsIn(read(say), now), format, now).map(({ value }) => value), expected));
}
