import type { EngineFailure, GenerateRequest } from "../../../core/ports/engine.ts";
import { type CallSyntax, looseCallSyntax } from "../grammar/call_syntax.ts";
import { isTextArgument } from "../grammar/tagged_arguments.ts";
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
  const schemas = new Map(callable.map(({ name, parameters }) => [name, parameters]));
  const calls = {
    syntax,
    from,
    names,
    isPlainText: (tool: string, name: string) => isTextArgument(schemas.get(tool) ?? false, name),
  } as const;
  if (from === "start") {
    const { gbnf } = own;
    return { kind: "held", job: { gbnf, calls: { ...calls, gbnfs: { own: gbnf, loose: gbnf, looseList: gbnf } } } };
  }
  const loose = callsGrammarOf(callable, { syntax: looseCallSyntax(syntax, false), from, once: true });
  if (loose.kind === "failed") return loose;
  const list = callsGrammarOf(callable, { syntax: looseCallSyntax(syntax, true), from, once });
  if (list.kind === "failed") return list;
  const gbnfs = { own: own.gbnf, loose: loose.gbnf, looseList: list.gbnf };
  return { kind: "held", job: { calls: { ...calls, gbnfs } } };
}
