/** From JSON Schema to the notation in which llama.cpp reads grammars. Pure: text in, text out. */
import type { AnswerFormat, EngineFailure } from "../../../core/ports/engine.ts";
import { toGbnf } from "./gbnf.ts";
import { createSchemaRules } from "./json_schema.ts";
import { sizeProblem } from "./limits.ts";
import { GrammarError, rule } from "./rules.ts";

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
    } else {
      const problem = sizeProblem(format.schema);
      if (problem !== undefined) throw new GrammarError(problem);
      schemas.name("root", schemas.add(format.schema));
    }
    return toGbnf(schemas.rules);
  });
}

/** What `make` gives, or its {@link GrammarError} as a failure of the request. */
function orFailure(make: () => string): GrammarResult {
  try {
    return { kind: "grammar", gbnf: make() };
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    return { kind: "failed", failure: { kind: "invalid", reason: `this schema can't be held: ${error.message}` } };
  }
}
