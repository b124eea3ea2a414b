import type { ChannelDeps } from "../../../adapters/channels/module.ts";
import type { Channel } from "../../../core/ports/channel.ts";

/** One channel as the suite is told of it. */
export interface ChannelSuite {
  /** As the registry calls it. */
  readonly name: string;
  /** Which way of several, where it has them; for the tests' names. */
  readonly how?: string;
  /** What the platform can't do, each with the reason: the tests of it are skipped, and say so. */
  readonly cannot: Readonly<Partial<Record<Ability, string>>>;
  /** Makes a channel that was never started, and the platform behind it. */
  create(deps: ChannelDeps): Promise<ChannelUnderTest>;
}

/** What a platform may be able to do, or the suite to play. */
export type Ability =
  | "telling" // who writes is told when a message was refused
  | "shown" // the platform shows what it was given, apart from the record of this host
  | "edits"
  | "replies"
  | "buttons"
  | "typing"
  | "groups"
  | "files in"
  | "files out"
  | "limits" // it bears only so much
  | "secret" // it is reached by a secret, which it may refuse
  | "network" // there is a network in between, which may fail
  | "retry after"; // it says how long to wait

/** A channel and the platform behind it, as the suite plays it. */
export interface ChannelUnderTest {
  readonly channel: Channel;
  readonly platform: PlayedPlatform;
  /** What the channel was configured with and nobody may ever read. Empty where it needs none. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** What a platform does of itself, and what people do on it. Optional parts are there where the platform has the ability. */
export interface PlayedPlatform {
  /**
   * A person writes. Resolves with what the platform was told of it: a platform that keeps what nobody took resolves
   * late, one that doesn't says `unavailable` and the person writes the same message again.
   */
  write(message: Written): Promise<"acknowledged" | "refused" | "unavailable">;
  /** What is read in a conversation (the platform's word for it), in its order, without what people wrote. */
  shown?(conversation: string): readonly Shown[];
  /** How often it was shown there that an answer is being written. */
  typed?(conversation: string): number;
  /** A person presses a button of what is shown. */
  press?(button: { readonly conversation: string; readonly platformId: string; readonly label: string }): Promise<void>;
  /** Somebody removes what is shown. */
  remove?(message: { readonly conversation: string; readonly platformId: string }): void;
  /** Resolves when it holds, also for connections that are open. */
  fault?(fault: Fault): Promise<void>;
  /** Bytes that the network has carried so far to the channel (`in`) and from it (`out`). */
  carried?(): { readonly in: number; readonly out: number };
  /** What it bears, by its own documentation, and all that it was sent, timed by the clock that it was created with. */
  readonly limits?: {
    readonly perSecond: number;
    readonly directEveryMs: number;
    readonly groupEveryMs: number;
    sends(): readonly { readonly atMs: number; readonly conversation: string; readonly isGroup: boolean }[];
  };
}

/** What a person writes. The same key is the same message, offered again. */
export interface Written {
  readonly key: string;
  readonly text: string;
  /** Who writes, and where: names that the played platform makes its own of. Absent: `ann`, directly. */
  readonly by?: string;
  /** A group of several people, by its name; they address the assistant there. */
  readonly group?: string;
  readonly files?: readonly WrittenFile[];
}

/** A file that a person sends. */
export interface WrittenFile {
  readonly name: string;
  readonly content: Uint8Array;
  /** What the platform says its size is, when that isn't true. */
  readonly declaredBytes?: number;
}

/** One message as people see it. */
export interface Shown {
  readonly platformId: string;
  /** As read, without marks that the platform turned into looks. */
  readonly text: string;
  readonly replyTo?: string;
  readonly buttons: readonly string[];
  readonly file?: { readonly name: string; readonly content: Uint8Array };
}

/** What is wrong with the platform, or with the way to it. */
export type Fault =
  | { readonly kind: "none" }
  /** Nobody listens. */
  | { readonly kind: "refuses" }
  /** Answers that it is broken (5xx). */
  | { readonly kind: "fails" }
  /** Takes what it is sent and breaks off in the middle of its answer. */
  | { readonly kind: "cuts" }
  /** Takes what it is sent and never answers, nor closes. */
  | { readonly kind: "silent" }
  /** Asks for a pause. */
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  /** The secret is good no more. */
  | { readonly kind: "revoked" };
