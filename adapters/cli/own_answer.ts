import type { EngineFailure } from "../../core/ports/engine.ts";
import { buildPrompt, greedy, promptBudget, systemMessage } from "../../core/prompt.ts";
import { createAnswerPrinter } from "./answer_printer.ts";
import type { ExitCode } from "./command.ts";
import type { CliContext } from "./context.ts";
import { findModel } from "./find_model.ts";
import { reportFailure } from "./report.ts";

/** Answers by a model that this program runs itself: no host, no configuration, nothing stored. */
export async function askOwnEngine(
  model: string,
  question: string,
  { json }: { readonly json: boolean },
  context: CliContext,
): Promise<ExitCode> {
  const { text: { cli: said, turn }, out, err, onInterrupt } = context;
  const path = await findModel(model, "answer", context);
  const started = await context.ownEngine(path);
  if (started.kind === "failed") return failed(started.failure);
  await using own = started.own;
  const { engine } = own;
  const stopping = new AbortController();
  using _interrupt = onInterrupt(() => stopping.abort());
  const loaded = await engine.load(stopping.signal);
  if (loaded.kind === "failed") return failed(loaded.failure);
  const system = systemMessage("");
  const counted = await engine.countTokens([system.content, question], stopping.signal);
  if (counted.kind === "failed") return failed(counted.failure);
  const [systemTokens = 0, questionTokens = 0] = counted.counts;
  const budget = promptBudget(loaded.info.contextTokens);
  const prompt = buildPrompt({
    system: { message: system, tokens: systemTokens },
    history: [],
    question: { text: question, tokens: questionTokens },
    budget,
  });
  if (prompt.kind === "overflow") return reportFailure(turn.overflow(""), context);
  const printer = createAnswerPrinter(out, () => {});
  let answer = "";
  const request = { messages: prompt.messages, tokensMax: budget.answerTokensMax, sampling: greedy };
  for await (const event of engine.generate(request, stopping.signal)) {
    if (event.kind === "tool_call") continue; // It was given no tools.
    if (event.kind === "failed") {
      printer.breakLine();
      return failed(event.failure);
    }
    if (event.kind === "text") {
      answer += event.text;
      if (!json) printer.show(answer);
      continue;
    }
    if (json) out.write(`${JSON.stringify(wire(loaded.info.name, answer, event))}\n`);
    else printer.end(answer);
    return event.reason === "cancelled" ? 1 : 0;
  }
  printer.breakLine();
  return reportFailure(said.engineFailed("the runner ended"), context);

  function failed({ reason, mend }: EngineFailure): ExitCode {
    err.write(`${said.engineFailed(reason)}${mend === undefined ? "" : said.mend(mend)}\n`);
    return 1;
  }
}

/** The JSON that `ask --model --json` prints. */
function wire(
  model: string,
  answer: string,
  { reason, usage }: {
    readonly reason: string;
    readonly usage: Record<"promptTokens" | "promptReused" | "answerTokens", number>;
  },
): unknown {
  const { promptTokens: prompt_tokens, answerTokens: answer_tokens } = usage;
  return { answer, author: "assistant", model, reason, usage: { prompt_tokens, answer_tokens } };
}
