import type { ReadTx } from "../ports/store.ts";
import { contextFromJson, contextToJson, type PromptContext } from "../prompt_context.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";

/** Turns of a session that are looked through for one that asked the model: the newest ones may have failed before. */
const turnsMax = 20;

/** What the model was given, as it stands in the row of the turn. */
export function sealContext(vault: Vault, turnId: string, context: PromptContext): Uint8Array {
  return vault.seal(contextField(turnId), contextToJson(context));
}

/** What the model was given for a turn; `undefined` when it wasn't asked, or that was before it was kept. */
export function openContext(vault: Vault, { id, contextEnc }: Tables["turns"]): PromptContext | undefined {
  return contextEnc === null ? undefined : contextFromJson(vault.openText(contextField(id), contextEnc));
}

/** The newest turn of a session for which the model was asked, and what it was given. */
export function newestContext(
  tx: ReadTx,
  vault: Vault,
  sessionId: string,
): { readonly turn: Tables["turns"]; readonly context: PromptContext } | undefined {
  const turns = tx.find("turns", { sessionId }, { order: [["sequence", "desc"]], limit: turnsMax });
  for (const turn of turns) {
    const context = openContext(vault, turn);
    if (context !== undefined) return { turn, context };
  }
  return undefined;
}

const contextField = (id: string) => ({ table: "turns", column: "context", id, version: 1 }) as const;
