import { strictEqual } from "node:assert/strict";
import { type Form, formOf, objectionTo } from "./gate.ts";
import { readSentence } from "./sentence.ts";
import { wordsOf } from "./words.ts";

const read = (say: string) => readSentence(say, wordsOf(say, "en"));

const forms: Record<Exclude<Form, "unknown">, string[]> = {
  command: [
    "turn on the lamp",
    "Could you turn on the lamp?",
    "would you mind closing the door",
    "lamp on",
    "It is too dark in here, turn on the lamp",
    "I want the lamp on",
    "please check the door and lock it",
    "把灯打开",
    "能不能把灯打开？",
    "可以把窗户关上吗？",
    "太暗了，打开灯",
  ],
  question: [
    "Is the lamp on?",
    "did you turn off the lamp",
    "Can you tell me whether the lamp is on?",
    "how do I turn on the lamp",
    "Should I open the valve?",
    "what happens if I stop the pump",
    "灯关了吗？",
    "为什么灯不亮",
    "我应该打开灯吗？",
    "温度是多少",
  ],
  statement: [
    "the lamp is broken",
    "I turned off the lamp",
    "My sister opened the blinds yesterday",
    "Pump 12 was replaced last year",
    "it's a nice lamp",
    "这盏灯很漂亮",
    "我昨天关了灯",
  ],
};
for (const [form, sayings] of Object.entries(forms)) {
  for (const say of sayings) Deno.test(`a ${form}: ${say}`, () => strictEqual(formOf(read(say)), form));
}

Deno.test("a language without lists has no form", () => {
  for (const say of ["Schalte das Licht aus", "éteins la lampe", "照明をつけて", "불 켜줘"]) {
    strictEqual(formOf(read(say)), "unknown", say);
  }
});

Deno.test("a name with marks makes no sentence foreign", () => {
  strictEqual(formOf(read("turn on the Küche lamp")), "command");
  strictEqual(formOf(read("Is the Café lamp on?")), "question");
});

const objections: [say: string, objection: ReturnType<typeof objectionTo>][] = [
  ["turn on the lamp", undefined],
  ["don't turn on the lamp", "negation"],
  ["do not, under any circumstances, open the valve", "negation"],
  ["never open the valve", "negation"],
  ["leave the lamp on", "negation"],
  ["turn off all lamps except the desk lamp", "except"],
  ["turn on the lamp at 7 pm", "schedule"],
  ["turn on the lamp in 10 minutes", "schedule"],
  ["turn on the lamp when I come home", "schedule"],
  ["set the room to 21 degrees", undefined],
  ["set the valve at 20 percent", undefined],
  ["不要打开灯", "negation"],
  ["别关灯", "negation"],
  ["特别亮的灯打开", undefined],
  ["明天早上七点打开灯", "schedule"],
  ["如果下雨就关窗", "schedule"],
  ["除了卧室灯都关掉", "except"],
  ["打开别墅的灯", undefined],
];
for (const [say, objection] of objections) {
  Deno.test(`${objection ?? "no objection"}: ${say}`, () =>
    strictEqual(objectionTo(read(say), { texts: [], takesTime: false }), objection));
}

Deno.test("what is written somewhere is no objection, and a tool that takes a time takes one", () => {
  const say = 'tell Anna "never turn off the lamp"';
  const start = say.indexOf('"') + 1;
  strictEqual(objectionTo(read(say), { texts: [{ start, end: say.length - 1 }], takesTime: false }), undefined);
  strictEqual(objectionTo(read("book a room tomorrow"), { texts: [], takesTime: true }), undefined);
  strictEqual(objectionTo(read("water the beds when it is dry"), { texts: [], takesTime: true }), "schedule");
});
