import { match, strictEqual } from "node:assert/strict";
import type { GenerateRequest } from "../../core/ports/engine.ts";
import { toolProblem } from "./tool_problem.ts";

const tool = { name: "get", parameters: {} };
const request: GenerateRequest = { messages: [{ role: "user", content: "x" }], tokensMax: 1 };
const calling = (written: string): GenerateRequest => ({
  ...request,
  messages: [{ role: "assistant", content: "", toolCalls: [{ id: "1", name: "get", arguments: written }] }],
});

const wrong: [request: GenerateRequest, reason: RegExp][] = [
  [{ ...request, tools: [tool], format: { kind: "json" } }, /tools and a format/],
  [{ ...request, tools: [tool, tool] }, /same name/],
  [{ ...request, toolChoice: "required" }, /there is none/],
  [{ ...request, tools: [tool], toolChoice: { name: "put" } }, /tool "put" .* isn't there/],
  [calling("[]"), /of "get" aren't a JSON object/],
  [calling("{"), /of "get" aren't a JSON object/],
];
for (const [one, reason] of wrong) {
  Deno.test(`toolProblem() says ${reason.source}`, () => match(toolProblem(one) ?? "", reason));
}

Deno.test("toolProblem() has nothing against what is right", () => {
  const right = [
    request,
    { ...request, toolChoice: "none" as const },
    { ...request, tools: [tool], toolChoice: { name: "get" } },
    calling("{}"),
  ];
  for (const one of right) strictEqual(toolProblem(one), undefined);
});
