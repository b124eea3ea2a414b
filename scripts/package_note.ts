/** Says what is being done; with how much of how much, where that is known. */
export type Note = (what: string, have?: number, total?: number) => void;

/**
 * Notes on stderr. On a terminal the newest takes the place of the one before, with its share; elsewhere each kind of
 * work is one line.
 */
export function stderrNotes(): { readonly note: Note; readonly clear: () => void } {
  const terminal = Deno.stderr.isTerminal();
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const said = new Set<string>();
  let shown = "";
  return {
    note(what, have = 0, total = 0) {
      if (!terminal) {
        if (!said.has(what)) write(`${what}\n`);
        said.add(what);
        return;
      }
      const line = total > 0
        ? `${what}: ${Math.floor((have / total) * 100)} % of ${(total / 1e6).toFixed(0)} MB`
        : what;
      if (line !== shown) write(`\r${line}\x1b[K`);
      shown = line;
    },
    clear() {
      if (terminal && shown !== "") write("\r\x1b[K");
      shown = "";
    },
  };
}
