import type { RegisteredTool } from "../../schema/plugin.ts";
import type { Ids } from "../ids.ts";
import type { ReadTx, Tx } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import { type Vault, VaultError } from "../vault.ts";
import type { EarlierVersion, PluginFacts } from "./standing.ts";
import { compareVersions } from "./version.ts";

/** What came of preparing and describing one file, by one version of the reader. */
export type Described =
  | { readonly kind: "described"; readonly tools: readonly RegisteredTool[]; readonly module: Uint8Array }
  | { readonly kind: "refused"; readonly reason: string };

/** Files of one name that are remembered, besides the one of the greatest version. */
const rowsMax = 20;

/** Prepared modules of one name that are kept: to go back to an earlier version takes no time. */
const modulesMax = 3;

/** What was granted under a name before, as far as it is remembered. */
export function earlierVersions(tx: ReadTx, name: string): readonly EarlierVersion[] {
  return tx.find("plugins", { name, reason: null }).map(({ digest, version }) => ({ digest, version }));
}

/**
 * What is remembered of a file: the tools that it described, or why it isn't taken. `undefined`: nothing, or by another
 * version of the reader, or it can't be opened.
 */
export function rememberedTools(
  tx: ReadTx,
  vault: Vault,
  { digest, reader }: { readonly digest: string; readonly reader: string },
): { readonly kind: "described"; readonly tools: readonly RegisteredTool[] } | {
  readonly kind: "refused";
  readonly reason: string;
} | undefined {
  const [row] = tx.find("plugins", { digest });
  if (row === undefined || row.reader !== reader) return undefined;
  if (row.reason !== null) return { kind: "refused", reason: row.reason };
  if (row.toolsEnc === null || row.moduleEnc === null) return undefined;
  try {
    return { kind: "described", tools: JSON.parse(vault.openText(fieldOf(row.id, "tools"), row.toolsEnc)) };
  } catch (error) {
    if (error instanceof VaultError) return undefined; // it is made anew from the file
    throw error;
  }
}

/**
 * The module of a file as it is run.
 * @throws {VaultError} When it isn't what was sealed.
 */
export function rememberedModule(tx: ReadTx, vault: Vault, digest: string): Uint8Array | undefined {
  const [row] = tx.find("plugins", { digest });
  return row?.moduleEnc ? vault.openBytes(fieldOf(row.id, "module"), row.moduleEnc) : undefined;
}

/** Remembers what a file turned out to be. @returns Whether it is the first time for this digest. */
export function remember(
  tx: Tx,
  { vault, ids, nowMs }: { readonly vault: Vault; readonly ids: Ids; readonly nowMs: number },
  { name, facts, described, reader }: {
    /** What the site calls it. */
    readonly name: string;
    readonly facts: PluginFacts;
    readonly described: Described;
    readonly reader: string;
  },
): boolean {
  const { digest, bytes, manifest, signer } = facts;
  const { version } = manifest;
  const [known] = tx.find("plugins", { digest });
  const id = known?.id ?? ids();
  const changes = {
    toolsEnc: described.kind === "described" ? vault.seal(fieldOf(id, "tools"), JSON.stringify(described.tools)) : null,
    moduleEnc: described.kind === "described" ? vault.seal(fieldOf(id, "module"), described.module) : null,
    reason: described.kind === "refused" ? described.reason : null,
    reader,
    seenMs: nowMs,
  };
  if (known !== undefined) tx.update("plugins", id, changes);
  else {
    tx.insert("plugins", {
      id,
      name,
      digest,
      version,
      signer: signer?.key ?? null,
      bytes,
      manifestEnc: vault.seal(fieldOf(id, "manifest"), JSON.stringify(manifest)),
      ...changes,
      createdMs: nowMs,
    });
  }
  forgetOld(tx, name);
  return known === undefined;
}

/** Says that a file that is remembered was taken into use again. */
export function touch(tx: Tx, digest: string, nowMs: number): void {
  const [row] = tx.find("plugins", { digest });
  if (row !== undefined) tx.update("plugins", row.id, { seenMs: nowMs });
}

function forgetOld(tx: Tx, name: string): void {
  const rows = tx.find("plugins", { name }, { order: [["seenMs", "desc"], ["id", "desc"]] });
  const greatest = rows.reduce((most, row) => compareVersions(row.version, most.version) > 0 ? row : most, rows[0]!);
  for (const [index, row] of rows.entries()) {
    if (index >= rowsMax && row !== greatest) tx.remove("plugins", row.id);
    else if (index >= modulesMax && row.moduleEnc !== null) {
      tx.update("plugins", row.id, { moduleEnc: null, toolsEnc: null });
    }
  }
}

function fieldOf(id: string, column: "manifest" | "tools" | "module"): {
  readonly table: keyof Pick<Tables, "plugins">;
  readonly column: string;
  readonly id: string;
  readonly version: number;
} {
  return { table: "plugins", column, id, version: 1 };
}
