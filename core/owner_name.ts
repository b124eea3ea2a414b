import { appendAudit } from "./audit.ts";
import type { Ids } from "./ids.ts";
import { cleanName, ensureOwner, renameIdentity } from "./message/identities.ts";
import type { Clock } from "./ports/clock.ts";
import type { Store } from "./ports/store.ts";
import type { Vault } from "./vault.ts";

/** Calls the administrator what the configuration says, unless they have a name already: people's own word counts more. */
export async function nameOwner(
  name: string,
  { store, vault, ids, clock }: {
    readonly store: Pick<Store, "write">;
    readonly vault: Vault;
    readonly ids: Ids;
    readonly clock: Pick<Clock, "nowMs">;
  },
): Promise<void> {
  const clean = cleanName(name);
  if (clean === "") return;
  const atMs = clock.nowMs();
  await store.write((tx) => {
    const id = ensureOwner(tx, vault, ids, atMs);
    if (tx.get("identities", id)!.nameEnc !== null) return;
    renameIdentity(tx, vault, id, clean);
    const entry = { atMs, principal: "system", action: "rename", resource: `identity:${id}`, outcome: "renamed" };
    appendAudit(tx, vault, { ...entry, detail: clean });
  });
}
