import { createInterface } from "node:readline";
import process from "node:process";
import { Writable } from "node:stream";
import { harmless } from "../../core/harmless.ts";
import type { Input, LineSource } from "./context.ts";

/** How many lines the arrow keys reach back. */
const historyMax = 500;

/**
 * Lines with editing and history from the terminal that this process runs at. While no line is asked for, what is
 * typed is kept for the next one and not shown, so that it doesn't mix with an answer.
 *
 * @param history Earlier lines, oldest first; they may come from another channel, so they are made harmless.
 */
export function openTerminalLines(history: readonly string[]): LineSource {
  let isQuiet = true;
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (!isQuiet) process.stdout.write(chunk);
      done();
    },
  });
  // What the editor needs to know to break long lines.
  Object.defineProperties(output, {
    columns: { get: () => process.stdout.columns },
    isTTY: { value: true },
  });
  const editor = createInterface(
    {
      input: process.stdin,
      output,
      terminal: true,
      history: history.map((line) => harmless(line.replaceAll(/[\n\t]/g, " "))).reverse().slice(0, historyMax),
      historySize: historyMax,
      removeHistoryDuplicates: true,
    } as Parameters<typeof createInterface>[0],
  );
  const typed: string[] = [];
  const interrupts = new Set<() => void>();
  let isEnded = false;
  let waiting: ((line: Awaited<ReturnType<LineSource["next"]>>) => void) | undefined;
  const settle = (line: Awaited<ReturnType<LineSource["next"]>>): void => {
    const resolve = waiting;
    waiting = undefined;
    isQuiet = true;
    resolve?.(line);
  };
  editor.on("line", (text: string) => waiting === undefined ? typed.push(text) : settle({ kind: "line", text }));
  editor.on("close", () => {
    isEnded = true;
    if (waiting !== undefined) process.stdout.write("\n");
    settle({ kind: "end" });
  });
  let isSecret = false;
  editor.on("SIGINT", () => {
    if (waiting === undefined) {
      for (const then of interrupts) then();
      return;
    }
    process.stdout.write("\n");
    if (editor.line === "" || isSecret) return settle({ kind: "interrupt" });
    editor.write(null, { ctrl: true, name: "e" }); // to the end, then erase all: the line is given up, not the chat
    editor.write(null, { ctrl: true, name: "u" });
    editor.prompt(false);
  });
  return {
    next(prompt) {
      const early = typed.shift();
      if (early !== undefined) {
        process.stdout.write(`${prompt}${harmless(early)}\n`);
        return Promise.resolve({ kind: "line", text: early });
      }
      if (isEnded) return Promise.resolve({ kind: "end" });
      return new Promise((resolve) => {
        waiting = resolve;
        isQuiet = false;
        editor.setPrompt(prompt);
        editor.prompt(true);
      });
    },
    async secret(prompt) {
      const early = typed.shift();
      process.stdout.write(prompt);
      if (early !== undefined || isEnded) {
        process.stdout.write("\n");
        return early === undefined ? { kind: "end" } : { kind: "line", text: early };
      }
      isSecret = true;
      const line = await new Promise<Awaited<ReturnType<LineSource["next"]>>>((resolve) => waiting = resolve);
      isSecret = false;
      if (line.kind !== "line") return line;
      process.stdout.write("\n");
      // The editor remembers every line; this one it must not.
      const { history } = editor as unknown as { history: string[] };
      for (let at; (at = history.indexOf(line.text)) >= 0;) history.splice(at, 1);
      return line;
    },
    onInterrupt(then) {
      interrupts.add(then);
      return { [Symbol.dispose]: () => interrupts.delete(then) };
    },
    [Symbol.dispose]: () => editor.close(),
  };
}

/**
 * Lines from a pipe, without prompt, editing or history.
 * @param onInterrupt How Ctrl-C reaches this process.
 */
export function openPipedLines(input: Input, onInterrupt: LineSource["onInterrupt"], bytesMax: number): LineSource {
  const lines = splitLines(input.chunks(), bytesMax);
  const next = async (): ReturnType<LineSource["next"]> => {
    const { done, value } = await lines.next();
    return done ? { kind: "end" } : { kind: "line", text: value };
  };
  return {
    next,
    secret: next,
    onInterrupt,
    [Symbol.dispose]: () => {},
  };
}

/**
 * The lines in a stream of bytes; the last one needs no line end. What isn't UTF-8 becomes U+FFFD. Of a line that is
 * longer than `bytesMax` a little more than that is kept, so that it can be refused without holding it all.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = decoder.decode(chunk, { stream: true }).split("\n");
    for (const [index, line] of lines.entries()) {
      if (index > 0) {
        yield rest.replace(/\r$/, "");
        rest = "";
      }
      if (rest.length <= bytesMax) rest += line;
    }
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
