import { openAuditDetail, verifyAudit } from "../audit.ts";
import { nameOfIdentity } from "../message/identities.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { ReadTx, Store } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { type Vault, VaultError } from "../vault.ts";
import {
  type AuditDetail,
  type AuditList,
  auditLookedMax,
  type AuditPage,
  auditPageMax,
  type AuditView,
  type Verification,
} from "./types.ts";

/** Entries that are read at once. */
const readAtOnce = 500;

/** What the list needs. `closing`: nothing is begun any more. */
export interface AuditListDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly closing: AbortSignal;
}

/** The audit as people read it. */
export interface AuditPages {
  page(page: AuditPage): Promise<AuditList>;
  entry(id: string): Promise<{ readonly kind: "entry"; readonly entry: AuditDetail } | { readonly kind: "unknown" }>;
  /** Begins to verify the chain unless that is being done, and says where it stands. */
  verify(): Verification;
  verification(): Verification;
}

/** Makes the list of a site. */
export function createAuditList({ store, vault, clock, log, closing }: AuditListDeps): AuditPages {
  let verification: Verification = { kind: "never" };

  /** A link with the name of the person behind it; `names` keeps what was looked up. */
  function viewOf(tx: ReadTx, link: Tables["audit"], names: Map<string, string>): AuditView {
    const { id, atMs, principal, action, resource, outcome } = link;
    const identityId = /^identity:(.+)$/.exec(principal)?.[1];
    let name = "";
    if (identityId !== undefined) {
      name = names.get(identityId) ?? nameOfIdentity(tx, vault, identityId);
      names.set(identityId, name);
    }
    return { id, atMs, principal, ...(name === "" ? {} : { name }), action, resource, outcome };
  }

  async function verifyNow(): Promise<void> {
    // Whoever waits for the store gets their turn between two pages of a long chain.
    const verdict = await verifyAudit(store, vault, undefined, () => clock.sleep(0, closing));
    verification = { kind: "done", atMs: clock.nowMs(), verdict };
  }

  return {
    async page({ before, filter = "", limit = auditPageMax }) {
      const wanted = filter.trim().toLowerCase();
      const most = Math.max(1, Math.min(limit, auditPageMax));
      const entries: AuditView[] = [];
      const names = new Map<string, string>();
      let last = before;
      for (let looked = 0; looked < auditLookedMax;) {
        const found = await store.read((tx) =>
          tx.find("audit", last === undefined ? {} : { id: { lt: last } }, {
            order: [["id", "desc"]],
            limit: readAtOnce,
          }).map((link) => viewOf(tx, link, names))
        );
        for (const view of found) {
          last = view.id;
          looked++;
          if (wanted === "" || textOf(view).includes(wanted)) entries.push(view);
          if (entries.length === most) break;
        }
        if (entries.length === most) break;
        if (found.length < readAtOnce) return { kind: "audit", entries };
        await clock.sleep(0, closing);
      }
      const isEnd = last === undefined || Number(last) <= 1;
      return { kind: "audit", entries, ...(isEnd ? {} : { next: last }) };
    },

    entry: (id) =>
      store.read((tx) => {
        const link = tx.get("audit", id);
        if (link === undefined) return { kind: "unknown" } as const;
        const { hash, previousHash } = link;
        const detail = detailOf(link);
        const entry = { ...viewOf(tx, link, new Map()), hash, previousHash };
        return { kind: "entry", entry: detail === undefined ? entry : { ...entry, detail } } as const;
      }),

    verify() {
      if (verification.kind !== "running") {
        verification = { kind: "running", sinceMs: clock.nowMs() };
        verifyNow().catch((error) => {
          verification = { kind: "never" };
          log.error("the audit couldn't be verified", { error: String(error) });
        });
      }
      return verification;
    },

    verification: () => verification,
  };

  /** One that was tampered with isn't shown; verifying says so. */
  function detailOf(link: Tables["audit"]): string | undefined {
    try {
      return openAuditDetail(vault, link);
    } catch (error) {
      if (error instanceof VaultError) return undefined;
      throw error;
    }
  }
}

function textOf({ id, principal, name = "", action, resource, outcome }: AuditView): string {
  return [id, principal, name, action, resource, outcome].join("\n").toLowerCase();
}
