import { harmless } from "../../../core/harmless.ts";
import { type Message, sessionList } from "../../../schema/api.ts";
import { createAnswerPrinter } from "../answer_printer.ts";
import type { Command, ExitCode } from "../command.ts";
import type { CliContext, LineSource } from "../context.ts";
import { type Accepted, exchange, history, stopTurn } from "../exchange.ts";
import type { HostClient } from "../host_client.ts";
import { stdinBytesMax } from "../message_text.ts";
import { exchangeFailure, hostFailure, reportFailure } from "../report.ts";
import { paint } from "../terminal_text.ts";

/** How much of a conversation is shown when it goes on, in messages. */
const shownMessages = 6;

/** `clawdbot chat`: questions line by line, answers as they come. Exit code 1 if a piped question has no answer. */
export const command: Command = {
  options: { new: { kind: "flag" }, session: { kind: "value" } },
  operands: [],
  async run({ flags, values }, context) {
    const { text: { cli: said }, err, newId } = context;
    const host = context.host();
    const found = await findSession(host, { isNew: flags.has("new"), id: values.session }, context);
    if (typeof found === "string") return reportFailure(found, context);
    const earlier = found === undefined ? [] : await history(found.id, host, new AbortController().signal);
    if (context.input.isTerminal) {
      if (found !== undefined) showEarlier(found.title, earlier, context);
      err.write(`${said.chat.hint}\n`);
    }
    const typed = earlier.filter(({ author }) => author === "person").map(({ text }) => text);
    using lines = context.openLines(typed);
    return await converse(lines, { host, conversation: `chat-${newId()}`, sessionId: found?.id }, context);
  },
};

/** The session to go on with; `undefined` begins one; a text says why there is none. */
async function findSession(
  host: HostClient,
  { isNew, id }: { readonly isNew: boolean; readonly id: string | undefined },
  { text: { cli: said } }: CliContext,
): Promise<{ readonly id: string; readonly title: string } | string | undefined> {
  const answer = await host.call("GET", "/api/sessions", { schema: sessionList });
  if (answer.kind === "down" && host.isSupervised()) return undefined; // it restarts: the first question waits for it
  if (answer.kind !== "ok") return hostFailure(answer, said);
  if (id !== undefined) {
    return answer.value.sessions.find((session) => session.id === id) ?? said.chat.unknownSession(id);
  }
  return isNew ? undefined : answer.value.sessions[0];
}

function showEarlier(title: string, messages: readonly Message[], { text: { cli: said }, out, err }: CliContext): void {
  err.write(`${said.chat.goesOn(title)}\n`);
  const shown = messages.slice(-shownMessages);
  if (shown.length < messages.length) out.write(`${said.chat.earlier(messages.length - shown.length)}\n`);
  for (const { author, text } of shown) {
    const line = harmless(author === "person" ? `${said.chat.prompt}${text}` : text);
    out.draw(`${paint("quiet", line, out)}\n`);
  }
}

async function converse(
  lines: LineSource,
  { host, conversation: firstConversation, sessionId }: {
    readonly host: HostClient;
    readonly conversation: string;
    readonly sessionId: string | undefined;
  },
  context: CliContext,
): Promise<ExitCode> {
  const { text: { cli: said }, out, err, input, locale, clock, newId } = context;
  let session = sessionId;
  let conversation = firstConversation;
  const begin = () => {
    session = undefined;
    conversation = `chat-${newId()}`;
  };
  let exitCode: ExitCode = 0;
  for (let armed = false;;) {
    const line = await lines.next(said.chat.prompt);
    if (line.kind === "end") return exitCode;
    if (line.kind === "interrupt") {
      if (armed) return exitCode;
      armed = true;
      err.write(`${said.chat.leave}\n`);
      continue;
    }
    armed = false;
    if (line.text.trim() === "") continue;
    const outcome = await ask(line.text);
    if (outcome === "leave") return 1;
    // At a terminal the person saw it; a script needs to know.
    if (outcome === "failed" && !input.isTerminal) exitCode = 1;
  }

  async function ask(question: string): Promise<"answered" | "failed" | "leave"> {
    const problem = lineProblem(question, context);
    if (problem !== undefined) {
      err.write(`${problem}\n`);
      return "failed";
    }
    const printer = createAnswerPrinter(out, () => err.write(`${said.beganAnew}\n`));
    const leaving = new AbortController();
    let ids: Accepted | undefined;
    let interrupts = 0;
    using _interrupt = lines.onInterrupt(() => {
      if (++interrupts > 1 || ids === undefined) leaving.abort();
      else stopTurn(ids.turnId, host).catch(() => {}); // the turn's end is waited for in any case
    });
    try {
      const result = await exchange(
        {
          text: question,
          conversation,
          platformId: newId(),
          locale,
          ...(session === undefined ? {} : { sessionId: session }),
        },
        { host, clock },
        {
          accepted(accepted) {
            ids = accepted;
            session = accepted.sessionId;
          },
          partial: printer.show,
          waiting: () => err.write(`${said.waiting}\n`),
        },
        leaving.signal,
      );
      if (result.kind === "handled") {
        out.write(`${result.text}\n`);
        if (result.begins) begin();
        return "answered";
      }
      if (result.kind !== "answered") {
        printer.breakLine();
        reportFailure(exchangeFailure(result, said), context);
        return result.kind === "refused" ? "failed" : "leave";
      }
      printer.end(result.answer.text);
      return result.answer.author === "assistant" ? "answered" : "failed";
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
      printer.breakLine();
      if (ids !== undefined) err.write(`${said.stillAnswering}\n`);
      return "failed";
    }
  }
}

/** Why a line can't be a message; `\ufffd` stands where bytes weren't UTF-8. */
function lineProblem(line: string, { text: { cli: { stdin: said } }, input }: CliContext): string | undefined {
  if (!input.isTerminal && line.includes("\ufffd")) return said.notText;
  return new TextEncoder().encode(line).length > stdinBytesMax ? said.tooLong(stdinBytesMax) : undefined;
}
