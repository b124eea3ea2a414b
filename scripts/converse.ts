/** How long a command may take unless it is said: a first answer loads the model. */
const commandMsMax = 120_000;

/** A program that one types to and that prints. */
export interface Conversation {
  type(keys: string): Promise<void>;
  /** Resolves with what was printed since the last call, up to and with the first text like this. */
  until(pattern: RegExp, msMax?: number): Promise<string>;
  end(): Promise<void>;
}

/**
 * Talks with a program whose stdin and stdout are pipes.
 * @param hasReturns What is printed keeps its carriage returns, by which progress bars are drawn over.
 */
export function converse(child: Deno.ChildProcess, hasReturns = false): Conversation {
  let said = "";
  let look = (): void => {};
  let over = (): void => {};
  const reading = (async () => {
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += hasReturns ? piece : piece.replaceAll("\r", "");
      look();
    }
    over();
  })();
  const writer = child.stdin.getWriter();
  return {
    type: (keys) => writer.write(new TextEncoder().encode(keys)),
    until: (pattern, msMax = commandMsMax) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Not seen: ${pattern} in ${said}`)), msMax);
        look = () => {
          const found = pattern.exec(said);
          if (found === null) return;
          clearTimeout(timer);
          look = over = () => {};
          const until = found.index + found[0].length;
          resolve(said.slice(0, until));
          said = said.slice(until);
        };
        over = () => {
          clearTimeout(timer);
          reject(new Error(`It ended, and ${pattern} wasn't seen in ${said}`));
        };
        look();
      }),
    async end() {
      await writer.close().catch(() => {}); // it may have ended by itself
      await Promise.all([child.status, reading]);
    },
  };
}
