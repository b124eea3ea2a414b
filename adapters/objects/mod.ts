import type { Objects } from "../../core/ports/objects.ts";

/** What a kind of object store exports. Opening rejects with a `MendableError` for what a person can mend. */
export interface ObjectsModule {
  readonly open: (options: { readonly path: string }) => Promise<Objects>;
}

/** The kinds of object store that `objects.type` may name. Lazy, so that an unused one costs nothing. */
export const objectStores = {
  fs: () => import("./fs.ts"),
} satisfies Record<string, () => Promise<ObjectsModule>>;
