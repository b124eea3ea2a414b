/** What code makes of each answer that a model might give: how far a choice is right whatever the model says. */
import { textsOf } from "../../adapters/engines/grammar/neutral.ts";
import { type Chosen, createToolChooser } from "../../core/tools/choose.ts";
import type { Grammar } from "../../core/ports/grammar.ts";
import type { InstalledTool } from "../../core/tools/types.ts";
import { silent } from "../contract/model_runner_stand.ts";
import type { MeasuredRequest } from "./request.ts";
import { todayMs } from "./tuned.ts";

/** Answers of one request that are tried, at most; a text that may be anything is tried as one word. */
const answersMax = 4_000;
const never = new AbortController().signal;

/** Each answer that the request's grammar allows, up to a bound, and what it comes to. */
export async function everyAnswer(
  { say }: MeasuredRequest,
  tools: readonly InstalledTool[],
): Promise<readonly { readonly answer: string; readonly chosen: Chosen }[]> {
  let answers: readonly string[] | undefined;
  let answer = "none";
  const chooser = createToolChooser({
    engine: {
      async *generate({ format }) {
        if (format?.kind !== "grammar") throw new Error("Nothing holds the answer");
        answers ??= someTexts(format.grammar);
        yield { kind: "text", text: answer };
        yield { kind: "end", reason: "stop", usage: { promptTokens: 0, promptReused: 0, answerTokens: 0 } };
      },
    },
    clock: { nowMs: () => todayMs },
    log: silent,
    timeZone: "UTC",
  });
  const locale = /\p{Script=Han}/u.test(say) ? "zh-CN" : "en";
  const chosen = await chooser.choose({ text: say, locale, tools }, never);
  const all = [{ answer, chosen }];
  for (answer of answers ?? []) all.push({ answer, chosen: await chooser.choose({ text: say, locale, tools }, never) });
  return all;
}

/** Without repetition and with one word for what is free, where all of it would be too many. */
function someTexts(grammar: Grammar): readonly string[] {
  const bounded = (part: Grammar, repeats: number): Grammar => {
    switch (part.kind) {
      case "text":
        return part;
      case "line":
        return { kind: "text", text: "anything" };
      case "choice":
        return { kind: "choice", options: part.options.map((option) => bounded(option, repeats)) };
      case "sequence":
        return { kind: "sequence", parts: part.parts.map((inner) => bounded(inner, repeats)) };
      case "repeat":
        return { ...part, of: bounded(part.of, repeats), max: Math.max(part.min, Math.min(part.max, repeats)) };
    }
  };
  for (const repeats of [3, 1, 0]) {
    const texts = textsOf(bounded(grammar, repeats), answersMax);
    if (texts !== undefined) return texts;
  }
  return [];
}
