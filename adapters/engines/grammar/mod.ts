/** From JSON Schema, and from grammars of the core, to the notation in which llama.cpp reads them. Pure: text in, text out. */
import type { AnswerFormat, EngineFailure, Tool } from "../../../core/ports/engine.ts";
import { type CallSyntax, idLength, idMark, triggerOf } from "./call_syntax.ts";
import { taggedArguments } from "./tagged_arguments.ts";
import { charactersOf } from "./characters.ts";
import { toGbnf } from "./gbnf.ts";
import { createSchemaRules } from "./json_schema.ts";
import { expressionOf } from "./neutral.ts";
import { sizeProblem } from "./limits.ts";
import { choice, type Expression, GrammarError, oneOf, repeat, rule, sequence, text } from "./rules.ts";

/** A grammar whose rule `root` is the whole; or why there is none. */
export type GrammarResult =
  | { readonly kind: "grammar"; readonly gbnf: string }
  | { readonly kind: "failed"; readonly failure: EngineFailure };

/** The grammar of all answers in a format. */
export function grammarOf(format: AnswerFormat): GrammarResult {
  return orFailure(() => {
    const schemas = createSchemaRules();
    if (format.kind === "json") {
      schemas.name("root", rule("object"));
    } else if (format.kind === "grammar") {
      return toGbnf(new Map([["root", expressionOf(format.grammar)]]));
    } else {
      const problem = sizeProblem(format.schema);
      if (problem !== undefined) throw new GrammarError(problem);
      schemas.name("root", schemas.add(format.schema));
    }
    return toGbnf(schemas.rules);
  }, format.kind === "grammar" ? "grammar" : "schema");
}

/** Of the end of a reason, where the reason itself stands after the place. */
const reasonLengthMax = 400;
/** Calls in one answer, at most. */
const callsMax = 16;

/**
 * The grammar of answers that call one of these tools once or, where the syntax has a `next`, several times.
 * @param from `start`: of the whole answer. `trigger`: of what follows the {@link triggerOf} the syntax.
 */
export function callsGrammarOf(
  tools: readonly Tool[],
  { syntax, from, once }: { readonly syntax: CallSyntax; readonly from: "start" | "trigger"; readonly once: boolean },
): GrammarResult {
  return orFailure(() => {
    const problem = sizeProblem(tools.map(({ parameters }) => parameters));
    if (problem !== undefined) throw new GrammarError(`${problem}, all tools together`);
    const { opening, between, closing, next, end, tags } = syntax;
    const schemas = createSchemaRules();
    const bodies = tools.map(({ name, parameters }, index) => {
      try {
        const written = tags === undefined
          ? schemas.add(parameters, "objects")
          : taggedArguments(parameters, { tags, add: schemas.add });
        return sequence(textWithId(name + between), schemas.name(`tool${index}`, written), textWithId(closing));
      } catch (error) {
        if (error instanceof GrammarError) throw new GrammarError(`of tool ${name}: ${error.message}`);
        throw error;
      }
    });
    const body = schemas.name("call", choice(...bodies));
    const more = next === undefined || once
      ? []
      : [repeat(schemas.name("more", sequence(textWithId(next), body)), 0, callsMax - 1)];
    const begun = from === "start" ? "" : triggerOf(syntax);
    schemas.name("root", sequence(textWithId(opening.slice(begun.length)), body, ...more, textWithId(end)));
    return toGbnf(schemas.rules);
  });
}

/** What `make` gives, or its {@link GrammarError} as a failure of the request. */
function orFailure(make: () => string, what: "schema" | "grammar" = "schema"): GrammarResult {
  try {
    return { kind: "grammar", gbnf: make() };
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    // On one line, whatever the names are that the place is made of.
    const why = error.message.replace(/\p{Cc}+/gu, " ");
    const short = why.length > reasonLengthMax ? `…${why.slice(-reasonLengthMax)}` : why;
    return { kind: "failed", failure: { kind: "invalid", reason: `this ${what} can't be held: ${short}` } };
  }
}

const idCharacters = charactersOf([[0x30, 0x39], [0x41, 0x5A], [0x61, 0x7A]]);

/** A text in which ids have any value. */
function textWithId(written: string): Expression {
  const id = repeat(oneOf(idCharacters), idLength, idLength);
  return sequence(...written.split(idMark).flatMap((part, index) => index === 0 ? [text(part)] : [id, text(part)]));
}
