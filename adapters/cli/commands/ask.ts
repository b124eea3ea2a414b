import { MendableError } from "../../../core/errors.ts";
import { createAnswerPrinter } from "../answer_printer.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { type Accepted, exchange, stopTurn } from "../exchange.ts";
import { readMessage } from "../message_text.ts";
import { askOwnEngine } from "../own_answer.ts";
import { exchangeFailure, reportFailure } from "../report.ts";
import { uploadFiles } from "../upload.ts";

/** `clawdbot ask TEXT`: one question in a conversation of its own, with files if there are some, or to a model file without any host. */
export const command: Command = {
  options: { file: { kind: "list", short: "f" }, model: { kind: "value", short: "m" }, json: { kind: "flag" } },
  operands: ["TEXT?"],
  async run({ values, flags, lists: { file: files = [] }, operands: [given] }, context) {
    const { text, input, err } = context;
    if (files.length > 0 && values.model !== undefined) {
      err.write(`${text.cli.usageProblem(text.cli.fileAndModel, "clawdbot ask")}\n`);
      return 2;
    }
    const hasWords = given !== undefined || files.length === 0;
    if (hasWords && given === undefined && input.isTerminal) {
      err.write(`${text.cli.usageProblem(text.cli.problem["operand-missing"]("TEXT"), "clawdbot ask")}\n`);
      return 2;
    }
    const message = !hasWords
      ? { kind: "text", text: "" } as const
      : given === undefined || given === "-"
      ? await readMessage(input, text.cli.stdin)
      : given.trim() === ""
      ? { kind: "bad", reason: text.cli.stdin.empty } as const
      : { kind: "text", text: given } as const;
    if (message.kind === "bad") {
      err.write(`${message.reason}\n`);
      return 1;
    }
    const options = { json: flags.has("json") };
    return values.model === undefined
      ? await askHost(message.text, files, options, context)
      : await askOwnEngine(values.model, message.text, options, context);
  },
};

async function askHost(
  question: string,
  files: readonly string[],
  { json }: { readonly json: boolean },
  context: CliContext,
): Promise<ExitCode> {
  const { text: { cli: said }, out, err, locale, clock, newId, onInterrupt } = context;
  const host = context.host();
  const printer = createAnswerPrinter(out, () => err.write(`${said.beganAnew}\n`));
  const leaving = new AbortController();
  let ids: Accepted | undefined;
  let interrupts = 0;
  using _interrupt = onInterrupt(() => {
    if (++interrupts > 1 || ids === undefined) leaving.abort();
    else stopTurn(ids.turnId, host).catch(() => {}); // the turn's end is waited for in any case
  });
  const id = newId();
  try {
    const uploads = await uploadFiles(files, { host, said, signal: leaving.signal });
    if (uploads.kind !== "uploaded") return reportFailure(exchangeFailure(uploads, said), context);
    const { attachmentIds } = uploads;
    const result = await exchange(
      {
        text: question,
        ...(files.length === 0 ? {} : { attachmentIds }),
        conversation: `ask-${id}`,
        platformId: id,
        locale,
      },
      { host, clock },
      {
        accepted: (accepted) => ids = accepted,
        partial: (soFar) => json || printer.show(soFar),
        waiting: () => err.write(`${said.waiting}\n`),
      },
      leaving.signal,
    );
    if (result.kind === "handled") {
      out.write(json ? `${JSON.stringify({ handled: true, text: result.text })}\n` : `${result.text}\n`);
      return 0;
    }
    if (result.kind !== "answered") {
      printer.breakLine();
      return reportFailure(exchangeFailure(result, said), context);
    }
    const { answer } = result;
    if (json) {
      const { sessionId: session_id, messageId: message_id, turnId: turn_id } = result.ids;
      const { text: answerText, author, created_ms } = answer;
      out.write(`${JSON.stringify({ answer: answerText, author, session_id, message_id, turn_id, created_ms })}\n`);
    } else if (answer.author === "assistant") printer.end(answer.text);
    else {
      printer.breakLine();
      err.write(`${answer.text}\n`);
    }
    return answer.author === "assistant" && interrupts === 0 ? 0 : 1;
  } catch (error) {
    if (!leaving.signal.aborted || error instanceof MendableError) throw error;
    printer.breakLine();
    if (ids !== undefined) err.write(`${said.stillAnswering}\n`);
    return 1;
  }
}
