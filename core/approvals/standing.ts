import type { ReadTx } from "../ports/store.ts";
import { type Locale, text } from "../text/mod.ts";
import { waitingText } from "./asking.ts";
import type { ApprovalDeps } from "./deps.ts";
import { endText } from "./ending.ts";
import { openOutcome } from "./rows.ts";
import { asCode } from "./words.ts";

/** How a card stands, for who asked for it. `refused`: it ended without having been done. */
export interface Standing {
  readonly kind: "waiting" | "done" | "failed" | "unknown" | "refused";
  readonly text: string;
}

/** What is said of a card to who asks for the same again: what became of it, and never what its tool said it would be. */
export function standingOf(
  tx: ReadTx,
  deps: Pick<ApprovalDeps, "vault" | "ownerId">,
  approvalId: string,
  locale: Locale,
): Standing {
  const row = tx.get("approvals", approvalId)!;
  if (row.state === "pending") return { kind: "waiting", text: waitingText(tx, deps, row, { locale }) };
  if (row.state === "doing") return { kind: "waiting", text: text(locale).approvals.doing(asCode(row.tool)) };
  const [denied] = tx.find("approvalVotes", { approvalId, vote: "denied" }, { limit: 1 });
  const words = openOutcome(deps.vault, row) ?? "";
  const sentence = endText(tx, deps, row, { locale, words, by: denied });
  const isDone = row.state === "done" || row.state === "failed" || row.state === "unknown";
  return { kind: isDone ? row.state : "refused", text: sentence };
}
