import type { EngineFailure, GenerateRequest } from "../../../core/ports/engine.ts";
import { type CallSyntax, looseCallSyntax } from "../grammar/call_syntax.ts";
import { callsGrammarOf, grammarOf } from "../grammar/mod.ts";
import { toolProblem } from "../tool_problem.ts";
import type { Job } from "./job.ts";

/** What a job is to be held to; or why it can't be. */
export type Held =
  | { readonly kind: "held"; readonly job: Pick<Job, "gbnf" | "calls"> }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** What an answer is held to, by its format or its tools. */
export function heldTo(syntax: CallSyntax, request: GenerateRequest): Held {
  const problem = toolProblem(request);
  if (problem !== undefined) return { kind: "failed", failure: { kind: "invalid", reason: problem } };
  const { format, tools = [], toolChoice = "auto" } = request;
  if (format !== undefined) {
    const grammar = grammarOf(format);
    return grammar.kind === "failed" ? grammar : { kind: "held", job: { gbnf: grammar.gbnf } };
  }
  if (tools.length === 0 || toolChoice === "none") return { kind: "held", job: {} };
  const from = toolChoice === "auto" ? "trigger" : "start";
  const once = typeof toolChoice === "object";
  const callable = once ? tools.filter(({ name }) => name === toolChoice.name) : tools;
  const own = callsGrammarOf(callable, { syntax, from, once });
  if (own.kind === "failed") return own;
  const names = callable.map(({ name }) => name);
  if (from === "start") {
    return {
      kind: "held",
      job: { gbnf: own.gbnf, calls: { syntax, from, names, gbnfs: { own: own.gbnf, loose: own.gbnf } } },
    };
  }
  const loose = callsGrammarOf(callable, { syntax: looseCallSyntax, from, once: true });
  if (loose.kind === "failed") return loose;
  return { kind: "held", job: { calls: { syntax, from, names, gbnfs: { own: own.gbnf, loose: loose.gbnf } } } };
}
