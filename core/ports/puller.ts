import type { PullProgress } from "./models.ts";

/** What became of a model that was to be brought here. `cancelled`: what came is kept, and the next one goes on from it. */
export type Pulled =
  | { readonly kind: "pulled" | "present" | "cancelled" }
  | { readonly kind: "failed"; readonly reason: string };

/** Brings models of the catalogue to this site while it runs, by a process of its own. */
export interface ModelPuller {
  /** Resolves when it is here, verified, or why not. Abort of `signal` ends the process. Never rejects. */
  pull(name: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<Pulled>;
}
