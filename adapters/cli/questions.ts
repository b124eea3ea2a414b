import type { Text } from "../../core/text/mod.ts";
import type { CliContext, LineSource } from "./context.ts";

/** Thrown out of a question: the person left, or the answers ended. Nothing was done yet. */
export class AnswersEnded extends Error {
  constructor(readonly why: "stopped" | "ended") {
    super(why);
  }
}

/** What became of an answer: taken, or asked for again with one line why. */
export type Taken<T> = { readonly kind: "taken"; readonly value: T } | { readonly kind: "again"; readonly why: string };

/** Questions to whoever runs a command: at a terminal with editing, from a pipe one line an answer. */
export interface Questions extends Disposable {
  /** Asks until `take` has a value. An empty answer is `initial`, where there is one. @throws {AnswersEnded} */
  ask<T>(
    question: string,
    take: (answer: string) => Taken<T> | Promise<Taken<T>>,
    options?: { readonly initial?: string; readonly isSecret?: boolean },
  ): Promise<T>;
  /** @throws {AnswersEnded} */
  confirm(question: string, initial: boolean): Promise<boolean>;
  /** Calls `work` with a signal that Ctrl-C aborts. @throws {AnswersEnded} When it did. */
  during<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
}

/** @param said Words of the questions themselves. */
export function openQuestions(
  context: Pick<CliContext, "openLines" | "out" | "input">,
  said: Text["setup"]["ask"],
): Questions {
  const { out, input } = context;
  const lines: LineSource = context.openLines([]);
  const isEchoed = input.isTerminal && out.isTerminal;

  async function read(prompt: string, isSecret: boolean): Promise<string> {
    // From a pipe the questions are told too: what was written then reads as a conversation.
    if (!isEchoed) out.write(`${prompt.trimEnd()}\n`);
    const line = await (isSecret ? lines.secret(prompt) : lines.next(prompt));
    if (line.kind === "line") return line.text.trim();
    throw new AnswersEnded(line.kind === "interrupt" || isEchoed ? "stopped" : "ended");
  }

  const questions: Questions = {
    async ask(question, take, { initial, isSecret = false } = {}) {
      for (;;) {
        const answer = await read(`${question}${initial === undefined ? "" : ` [${initial}]`}: `, isSecret);
        const taken = await take(answer === "" ? initial ?? "" : answer);
        if (taken.kind === "taken") return taken.value;
        out.write(`${taken.why}\n`);
      }
    },
    confirm: (question, initial) =>
      questions.ask(`${question} [${said.yesNo(initial)}]`, (answer) => {
        const word = answer.toLowerCase();
        if (word === "") return { kind: "taken", value: initial };
        if (said.yes.includes(word)) return { kind: "taken", value: true };
        if (said.no.includes(word)) return { kind: "taken", value: false };
        return { kind: "again", why: said.yesOrNo };
      }),
    async during<T>(work: (signal: AbortSignal) => Promise<T>) {
      const stop = new AbortController();
      using _interrupt = lines.onInterrupt(() => stop.abort());
      const result = await work(stop.signal).catch((error) => stop.signal.aborted ? undefined : Promise.reject(error));
      if (stop.signal.aborted) throw new AnswersEnded("stopped");
      return result as T;
    },
    [Symbol.dispose]: () => lines[Symbol.dispose](),
  };
  return questions;
}
