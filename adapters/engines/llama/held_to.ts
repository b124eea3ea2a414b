import type { EngineFailure, GenerateRequest } from "../../../core/ports/engine.ts";
import { type CallSyntax, looseCallSyntax } from "../grammar/call_syntax.ts";
import { isTextArgument } from "../grammar/tagged_arguments.ts";
import { callsGrammarOf, grammarOf, type GrammarResult } from "../grammar/mod.ts";
import { toolProblem } from "../tool_problem.ts";
import type { HeldAs } from "./answer_reader.ts";
import type { Job } from "./job.ts";

/** What a job is to be held to; or why it can't be. */
export type Held =
  | { readonly kind: "held"; readonly job: Pick<Job, "gbnf" | "calls"> }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** So much is kept of what was made, by the length of what it was made of. */
const keptMax = 8;
const keptLengthMax = 131_072;

/** What an answer is held to, by its format or its tools. */
export function heldTo(syntax: CallSyntax, request: GenerateRequest, make = makeHeld): Held {
  const problem = toolProblem(request);
  if (problem !== undefined) return { kind: "failed", failure: { kind: "invalid", reason: problem } };
  return make(syntax, request);
}

/**
 * The same, for one model, which keeps what was made last: an agent sends its tools with each of its steps, and 20 of
 * them take a tenth of a second to write as a grammar, in which nobody's answer goes on.
 */
export function createHeldTo(): (syntax: CallSyntax, request: GenerateRequest) => Held {
  const kept = new Map<string, Held>();
  const makeOnce: typeof makeHeld = (syntax, request) => {
    const { tools, toolChoice, format } = request;
    // Those of the core are made for one sentence.
    if (format?.kind === "grammar") return makeHeld(syntax, request);
    const key = JSON.stringify([tools, toolChoice, format]);
    const held = kept.get(key) ?? makeHeld(syntax, request);
    kept.delete(key);
    if (key.length > keptLengthMax) return held;
    kept.set(key, held);
    if (kept.size > keptMax) kept.delete(kept.keys().next().value!);
    return held;
  };
  return (syntax, request) => heldTo(syntax, request, makeOnce);
}

function makeHeld(syntax: CallSyntax, request: GenerateRequest): Held {
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
  const { gbnf } = own;
  if (from === "start") return { kind: "held", job: { gbnf, calls: { ...calls, gbnfOf: () => gbnf } } };
  // Few models write loosely, and each of these takes as long as the first.
  const made: Partial<Record<HeldAs, GrammarResult>> = { own };
  const make = (isList: boolean) =>
    callsGrammarOf(callable, { syntax: looseCallSyntax(syntax, isList), from, once: !isList || once });
  const gbnfOf = (how: HeldAs) => {
    const grammar = made[how] ??= make(how === "looseList");
    return grammar.kind === "grammar" ? grammar.gbnf : undefined;
  };
  return { kind: "held", job: { calls: { ...calls, gbnfOf } } };
}
