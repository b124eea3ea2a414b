import { deepStrictEqual, match, ok } from "node:assert/strict";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";
import { silent } from "../../tests/contract/model_runner_stand.ts";
import { device, number, oneOf, text, tool, whole } from "../../tests/tools/site.ts";
import type { GenerateRequest } from "../ports/engine.ts";
import type { Grammar } from "../ports/grammar.ts";
import { type Asked, createToolChooser } from "./choose.ts";
import type { InstalledTool } from "./types.ts";

const nowMs = Date.parse("2026-11-27T12:00:00Z");
const never = new AbortController().signal;

/** What a model that says this comes to. It is asked only where code leaves it a choice. */
async function choose(say: string, line: string | typeof eager, more: Partial<Asked> = {}) {
  const requests: GenerateRequest[] = [];
  const engine = createScriptedEngine({
    clock: { nowMs: () => nowMs, monotonicMs: () => 0, sleep: async () => {} } as never,
    answer: (request) => {
      requests.push(request);
      ok(request.format?.kind === "grammar");
      return { pieces: [typeof line === "string" ? line : line(request.format.grammar)] };
    },
  });
  const chooser = createToolChooser({ engine, clock: { nowMs: () => nowMs }, log: silent, timeZone: "UTC" });
  const choice = await chooser.choose({ text: say, locale: "en", tools: site, ...more }, never);
  return { choice, requests };
}

/** A model that always acts: the first line that the grammar lets it write. */
function eager(grammar: Grammar): string {
  const first = (part: Grammar): string => {
    switch (part.kind) {
      case "text":
        return part.text;
      case "choice":
        return first(part.options[0]!);
      case "sequence":
        return part.parts.map(first).join("");
      case "repeat":
        return first(part.of).repeat(part.min);
      case "line":
        return "x".repeat(part.min);
    }
  };
  ok(grammar.kind === "choice" && grammar.options.length === 2);
  return first(grammar.options[1]!);
}

async function called(say: string, line: string, more: Partial<Asked> = {}) {
  const { choice } = await choose(say, line, more);
  ok(choice.kind === "calls", JSON.stringify(choice));
  return choice.calls.map(({ tool, arguments: given, isSure }) => ({ tool: tool.name, given, isSure }));
}

const site: readonly InstalledTool[] = [
  tool("lights.switch", "Switches a lamp on or off.", {
    lamp: device({ l1: ["kitchen lamp", "厨房灯"], l2: ["bedroom lamp", "卧室灯"], l3: ["porch lamp"] }),
    state: oneOf({ on: ["开"], off: ["关"] }),
  }),
  tool("climate.set", "Sets the temperature of a room.", {
    room: device({ bath: ["bathroom"], study: ["study"] }),
    celsius: number(5, 30),
  }),
  tool("shopping.add", "Puts something on the shopping list.", { item: text("What to buy") }),
  tool("rooms.book", "Books a meeting room.", {
    room: oneOf(["Berlin", "Tokyo"]),
    date: { type: "string", format: "date" },
    "minutes?": whole(15, 480),
  }),
  tool("sensors.read", "Reads a sensor.", { sensor: device({ out: ["outside temperature"] }) }, { readOnly: true }),
];

Deno.test("choose() takes the model's line where it is all in the sentence", async () => {
  deepStrictEqual(await called("turn on the kitchen lamp", "lights.switch | kitchen lamp | on"), [
    { tool: "lights.switch", given: { lamp: "l1", state: "on" }, isSure: true },
  ]);
  deepStrictEqual(await called("把厨房灯关了", "lights.switch | 厨房灯 | 关"), [
    { tool: "lights.switch", given: { lamp: "l1", state: "off" }, isSure: true },
  ]);
  deepStrictEqual(await called("heat the study to twenty one degrees", "climate.set | study | twenty one"), [
    { tool: "climate.set", given: { room: "study", celsius: 21 }, isSure: true },
  ]);
});

Deno.test("choose() gives the model no line with what isn't in the sentence", async () => {
  const { requests } = await choose("turn on the kitchen lamp", "none");
  const grammar = JSON.stringify(requests[0]!.format);
  ok(grammar.includes("kitchen lamp"));
  for (const other of ["bedroom", "porch", '"off"', "study", "Berlin"]) ok(!grammar.includes(other), other);
});

const idle: [why: string, say: string][] = [
  ["a negation", "Don't turn on the kitchen lamp"],
  ["a negation in Chinese", "不要打开厨房灯"],
  ["a question", "Is the kitchen lamp on?"],
  ["a question in Chinese", "厨房灯关了吗？"],
  ["another time", "turn off the kitchen lamp at 10 pm"],
  ["a condition", "turn off the kitchen lamp when I leave"],
  ["an exception", "turn off everything except the kitchen lamp"],
  ["nothing that is here", "start the centrifuge"],
  ["a remark", "The kitchen lamp is broken"],
];
for (const [why, say] of idle) {
  Deno.test(`choose() does nothing for ${why}, whatever the model says`, async () => {
    deepStrictEqual((await choose(say, eager)).choice, { kind: "none" });
  });
}

Deno.test("choose() asks back which, and takes the place where somebody is, or the answer", async () => {
  const { choice } = await choose("turn on the lamp", "lights.switch | kitchen lamp | on");
  ok(choice.kind === "ask", JSON.stringify(choice));
  match(choice.text, /kitchen lamp, bedroom lamp, porch lamp/);
  deepStrictEqual(await called("turn on the lamp", "lights.switch | kitchen lamp | on", { place: "bedroom" }), [
    { tool: "lights.switch", given: { lamp: "l2", state: "on" }, isSure: true },
  ]);
  const previous = { asked: "turn on the lamp" };
  deepStrictEqual(await called("the bedroom one", "lights.switch | bedroom lamp | on", { previous }), [
    { tool: "lights.switch", given: { lamp: "l2", state: "on" }, isSure: true },
  ]);
  deepStrictEqual((await choose("never mind", "none", { previous })).choice, { kind: "none" });
});

Deno.test("choose() asks for a value that isn't said, isn't in range, or is a difference", async () => {
  for (
    const [say, reason] of [
      ["heat the study", /celsius.*5 to 30/],
      ["heat the study to 90", /can't be that/],
      ["heat the study by 2 degrees", /not by how much/],
      ["heat the study to 70 fahrenheit", /its own unit/],
    ] as const
  ) {
    const { choice } = await choose(say, "climate.set | study | ?");
    ok(choice.kind === "ask", `${say}: ${JSON.stringify(choice)}`);
    match(choice.text, reason);
  }
});

Deno.test("choose() doesn't take a neighbour for what isn't there", async () => {
  const { choice } = await choose("turn on the attic lamp", "lights.switch | kitchen lamp | on");
  ok(choice.kind === "ask", JSON.stringify(choice));
  match(choice.text, /no "attic"/);
});
