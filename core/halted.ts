import { personWords } from "./approvals/rows.ts";
import { timeText } from "./approvals/words.ts";
import type { ReadTx } from "./ports/store.ts";
import { type Locale, text } from "./text/mod.ts";
import type { Vault } from "./vault.ts";

/** Under this id stands in the settings that everything is stopped, as {@link Halt} in JSON; no row: it isn't. */
export const haltSetting = "halt";

/** Who stopped everything, as the audit names them, and when. */
export interface Halt {
  readonly by: string;
  readonly atMs: number;
}

/** Whether everything is stopped; asked in the transaction that begins a call, and before each write. */
export function haltIn(tx: Pick<ReadTx, "get">): Halt | undefined {
  const row = tx.get("settings", haltSetting);
  if (row === undefined) return undefined;
  try {
    const { by, atMs } = JSON.parse(row.value);
    if (typeof by === "string" && Number.isSafeInteger(atMs)) return { by, atMs };
  } catch {
    // As of one that says something else.
  }
  return { by: "system", atMs: row.updatedMs }; // It stands there: what it says is only who and when.
}

/** Why nothing may be done, in one line, and whom to ask; `undefined` when everything may. */
export function haltReason(
  tx: ReadTx,
  deps: { readonly vault: Vault; readonly ownerId: () => string },
  locale: Locale,
): string | undefined {
  const halt = haltIn(tx);
  if (halt === undefined) return undefined;
  return text(locale).halt.halted(haltedBy(tx, deps, halt, locale), timeText(halt.atMs, locale));
}

/** Who stopped everything, as people read it. */
export function haltedBy(
  tx: ReadTx,
  deps: { readonly vault: Vault; readonly ownerId: () => string },
  { by }: Halt,
  locale: Locale,
): string {
  const said = text(locale).halt;
  if (by.startsWith("identity:")) return personWords(tx, deps, by.slice("identity:".length), locale);
  return by === "local" ? said.terminal : said.program;
}
