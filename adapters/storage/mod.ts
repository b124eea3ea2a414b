import type { Store } from "../../core/ports/store.ts";
import type { SqliteOptions } from "./sqlite/mod.ts";

/** What a kind of storage exports. Opening rejects with a `MendableError` for what a person can mend. */
export interface StorageModule {
  readonly open: (options: SqliteOptions) => Promise<Store>;
}

/** The kinds of storage that `storage.type` may name. Lazy, so that an unused one costs nothing. */
export const storages = {
  sqlite: () => import("./sqlite/mod.ts"),
} satisfies Record<string, () => Promise<StorageModule>>;
