import { readSentence, type Sentence, type Span } from "./sentence.ts";

/** What a sentence is by its form. Only of a command may anything be changed; a question may be looked up. */
export type Form = "command" | "question" | "statement" | "unknown";

/** The form of a sentence; `unknown` without a language's lists. */
export function formOf({ small, words, meanings }: Sentence): Form {
  if (words === undefined) return "unknown";
  const text = small.trim();
  const isPolite = words.polite.test(text) && !words.surelyQuestion.test(text);
  if (!isPolite && (words.question.test(text) || words.surelyQuestion.test(text))) return "question";
  if (isPolite) return "command";
  const clauses = text.split(words.clause).map((clause) => clause.trim()).filter((clause) => clause !== "");
  const states = clauses.filter((clause) => {
    if (words.statement.test(clause)) return true;
    if (!words.finite.test(clause)) return false;
    const verb = clause.replace(words.lead, "");
    return ![...readSentence(verb, words).meanings.values()].flat().some(({ start }) => start === 0);
  });
  if (states.length === 0) return "command";
  if (states.length === clauses.length) return "statement";
  // What is told beside it may be the reason of a command: one of the other clauses says what to do.
  const others = clauses.filter((clause) => !states.includes(clause));
  return meanings.size > 0 && others.some((clause) => clause.split(/\s+/).length > 1 || words.language === "zh")
    ? "command"
    : "statement";
}

/** Why nothing may be done of a command, by words of it that aren't inside `texts`, what is written somewhere. */
export function objectionTo(
  { small, words }: Sentence,
  { texts, takesTime }: { readonly texts: readonly Span[]; readonly takesTime: boolean },
): "negation" | "schedule" | "except" | undefined {
  if (words === undefined) return undefined;
  const rest = without(small, texts);
  if (words.negation.test(rest)) return "negation";
  if (words.except.test(rest)) return "except";
  if (words.condition.test(rest) || (!takesTime && words.schedule.test(rest))) return "schedule";
  return undefined;
}

/** A text with some of its stretches blanked out. */
export function without(text: string, spans: readonly Span[]): string {
  return spans.reduce((rest, { start, end }) => rest.slice(0, start) + " ".repeat(end - start) + rest.slice(end), text);
}
