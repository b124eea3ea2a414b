import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { GenerateRequest, Tool } from "../../../core/ports/engine.ts";
import { createHeldTo } from "./held_to.ts";
import { plainCallSyntax } from "./template_calls.ts";

const tool = (name: string): Tool => ({
  name,
  parameters: { type: "object", properties: { at: { type: "integer" } } },
});
const request: GenerateRequest = { messages: [{ role: "user", content: "x" }], tokensMax: 1 };

Deno.test("createHeldTo() writes tools that came before as a grammar once, and others anew", () => {
  const heldTo = createHeldTo();
  const first = heldTo(plainCallSyntax, { ...request, tools: [tool("a")] });
  strictEqual(heldTo(plainCallSyntax, { ...request, tokensMax: 9, tools: [tool("a")] }), first);
  const required = heldTo(plainCallSyntax, { ...request, tools: [tool("a")], toolChoice: "required" });
  notStrictEqual(required, first);
  for (let index = 0; index < 8; index++) heldTo(plainCallSyntax, { ...request, tools: [tool(`b${index}`)] });
  const again = heldTo(plainCallSyntax, { ...request, tools: [tool("a")] });
  notStrictEqual(again, first, "only so many are kept");
  ok(again.kind === "held" && first.kind === "held");
  strictEqual(again.job.calls?.gbnfOf("own"), first.job.calls?.gbnfOf("own"));
});

Deno.test("createHeldTo() judges each request by itself, whatever it keeps", () => {
  const heldTo = createHeldTo();
  const toolCalls = [{ id: "1", name: "a", arguments: "no object" }];
  const bad = { ...request, messages: [{ role: "assistant", content: "", toolCalls }] as const, tools: [tool("a")] };
  const failed = heldTo(plainCallSyntax, bad);
  ok(failed.kind === "failed");
  match(failed.failure.reason, /aren't a JSON object/);
  strictEqual(heldTo(plainCallSyntax, { ...request, tools: [tool("a")] }).kind, "held");
  strictEqual(heldTo(plainCallSyntax, bad).kind, "failed");
});

Deno.test("createHeldTo() has grammars for calls that are written loosely, once some are", () => {
  const held = createHeldTo()(plainCallSyntax, { ...request, tools: [tool("a"), tool("b")] });
  ok(held.kind === "held" && held.job.calls !== undefined);
  const { gbnfOf } = held.job.calls;
  const all = (["own", "loose", "looseList"] as const).map(gbnfOf);
  deepStrictEqual(new Set(all).size, 3);
  for (const gbnf of all) match(gbnf ?? "", /^root ::=/m);
});
