import type { Principal } from "../access.ts";
import type { Refused } from "../assistant.ts";
import type { AuditVerdict } from "../audit.ts";
import type { ChannelStanding } from "../channels.ts";
import type { EngineState } from "../ports/engine.ts";
import type { CapabilitySite } from "../capabilities/capability.ts";
import type { ListedPlugin } from "../plugins/catalogue.ts";
import type { InstalledModel } from "../ports/models.ts";
import type { Board } from "./board.ts";
import type { PullView } from "./pulls.ts";

/** The parts of the console, in the order in which people see them. Who may read `admin:…` of a part sees it. */
export const consoleParts = ["board", "approvals", "channels", "people", "models", "plugins", "logs", "audit"] as const;

/** One of {@link consoleParts}. */
export type ConsolePart = typeof consoleParts[number];

/** What operators look after a site with. Every method asks `core/access.ts` on behalf of `by` first. */
export interface Console {
  /** Aborts when the host stops: live views end with it. */
  readonly closing: AbortSignal;
  /** The parts that a principal may see; none: the console isn't theirs. */
  parts(by: Principal): readonly ConsolePart[];
  /** Everything at a glance; `read` of `admin:status`. */
  board(by: Principal): Promise<{ readonly kind: "board"; readonly board: Board } | Refused>;
  /** Where each channel stands; `read` of `admin:channels`. */
  channels(by: Principal): Promise<{ readonly kind: "channels"; readonly channels: readonly ChannelView[] } | Refused>;
  /** The models that are here, configured, or can be brought here; `read` of `admin:models`. */
  models(by: Principal): Promise<{ readonly kind: "models"; readonly models: readonly ModelView[] } | Refused>;
  /**
   * Begins to load what is configured for a use; `manage` of `admin:models`. Where it stands then is told by
   * {@link models}. `unknown`: no model is configured for it.
   */
  load(by: Principal, use: ModelUse): Promise<{ readonly kind: "loading" | "loaded" | "unknown" } | Refused>;
  /** Gives its memory back; `manage` of `admin:models`. `busy`: somebody needs it now, so it stays. */
  unload(by: Principal, use: ModelUse): Promise<{ readonly kind: "unloaded" | "busy" | "unknown" } | Refused>;
  /**
   * Begins to bring a model of the catalogue here; `manage` of `admin:models`. How far it is, {@link models} tells.
   * `busy`: one is on its way already. `unknown`: there is none of this name that could be brought.
   */
  pull(by: Principal, name: string): Promise<{ readonly kind: "begun" | "busy" | "unknown" } | Refused>;
  /** Ends that; what came is kept on the disk, and the next pull goes on from it. */
  stopPull(by: Principal, name: string): Promise<{ readonly kind: "stopped" | "unknown" } | Refused>;
  /** The plugins that are here or configured, and the devices that their words are about; `read` of `admin:plugins`. */
  plugins(by: Principal): { readonly kind: "plugins"; readonly plugins: PluginsView } | Refused;
  /** The audit, newest first; `read` of `admin:audit`. */
  audit(by: Principal, page: AuditPage): Promise<AuditList | Refused>;
  /** One entry of it with all that is kept of it. */
  auditEntry(
    by: Principal,
    id: string,
  ): Promise<{ readonly kind: "entry"; readonly entry: AuditDetail } | { readonly kind: "unknown" } | Refused>;
  /** Begins to verify the whole chain, unless that is being done; `read` of `admin:audit`. */
  verifyAudit(by: Principal): Promise<{ readonly kind: "verification"; readonly verification: Verification } | Refused>;
  /** Where the last verification of this life of the host stands. */
  verification(): Verification;
  /** Keeps the time since when things are as they are, until `signal` aborts. Never rejects. */
  watch(signal: AbortSignal): Promise<void>;
}

/** A channel and what waits for it. */
export interface ChannelView {
  readonly name: string;
  readonly health: ChannelStanding;
  /** Deliveries that aren't ended. */
  readonly waiting: number;
  /** When the oldest of them was stored. */
  readonly oldestMs?: number;
}

/** What a model is configured for. */
export type ModelUse = "chat" | "embedding";

/** A model that is here, that is configured, or that can be brought here. */
export interface ModelView {
  readonly name: string;
  /** Its file; absent where it is missing, or lies elsewhere: in another folder, or on another machine. */
  readonly file?: InstalledModel;
  /** It belongs into the folder of models, and isn't there. */
  readonly isMissing?: boolean;
  /** Absent: it is only here. */
  readonly use?: {
    readonly use: ModelUse;
    readonly state: EngineState;
    readonly sinceMs: number;
    /** Whom is asked instead. */
    readonly server?: string;
  };
  /** It isn't here, and can be brought; where that stands, once it was begun. */
  readonly offer?: { readonly fileBytes: number; readonly licence: string; readonly pull?: PullView };
}

/** Every plugin, and what the site has that they may be granted. */
export interface PluginsView {
  readonly list: readonly ListedPlugin[];
  readonly site: CapabilitySite;
}

/** Which entries of the audit are wanted. */
export interface AuditPage {
  /** Only entries older than this one. */
  readonly before?: string;
  /** Only those that have this in one of their columns, or in the name of who it was, in any case. */
  readonly filter?: string;
  /** At most {@link auditPageMax}; also the default. */
  readonly limit?: number;
}

/** Entries that one page of the audit has, at most. */
export const auditPageMax = 100;
/** Entries that are looked through for one page; with a filter, a page may end before it is full. */
export const auditLookedMax = 5_000;

/** One page of the audit. `next`: what is older begins before this id; absent at the beginning of the chain. */
export interface AuditList {
  readonly kind: "audit";
  readonly entries: readonly AuditView[];
  readonly next?: string;
}

/** One entry as a list shows it. */
export interface AuditView {
  readonly id: string;
  readonly atMs: number;
  readonly principal: string;
  /** What the person behind it is called; absent where it is nobody, or they have no name. */
  readonly name?: string;
  readonly action: string;
  readonly resource: string;
  readonly outcome: string;
}

/** One entry with all that is kept of it. `detail`: absent when it had none or was erased. */
export interface AuditDetail extends AuditView {
  readonly detail?: string;
  readonly hash: string;
  readonly previousHash: string;
}

/** Where the verification of the chain stands. */
export type Verification =
  | { readonly kind: "never" }
  | { readonly kind: "running"; readonly sinceMs: number }
  | { readonly kind: "done"; readonly atMs: number; readonly verdict: AuditVerdict };
