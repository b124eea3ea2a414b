import type { Clock } from "../../core/ports/clock.ts";
import type { Engine, EngineFailure } from "../../core/ports/engine.ts";
import type { DescribeModel, ModelLibrary } from "../../core/ports/models.ts";
import type { Site } from "../../core/site.ts";
import type { Locale, Text } from "../../core/text/mod.ts";
import type { HostClient } from "./host_client.ts";

/** Where something is written. */
export interface Output {
  /** Writes text, whoever it came from: on a terminal, what could steer it is shown instead. */
  write(text: string): void;
  /** Writes as it is: colours, and a line that is redrawn. What came from elsewhere must be harmless already. */
  draw(text: string): void;
  readonly isTerminal: boolean;
  /** Width of the terminal; 80 where there is none. */
  readonly columns: number;
  /** Whether colours may be used: on a terminal, and not against `NO_COLOR`. */
  readonly colours: boolean;
}

/** Where something is read. */
export interface Input {
  readonly isTerminal: boolean;
  /** Everything that comes, once. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** A model file that this program runs by itself, without a host. */
export interface OwnEngine extends AsyncDisposable {
  readonly engine: Engine;
}

/** What `config check` finds: nothing, or lines that each say where and what. */
export type ConfigCheck =
  | { readonly kind: "good"; readonly file: string | undefined }
  | { readonly kind: "bad"; readonly problems: readonly string[] };

/** All that a command may use. Nothing in a command reaches past it. */
export interface CliContext {
  readonly version: string;
  readonly locale: Locale;
  readonly text: Text;
  readonly out: Output;
  readonly err: Output;
  readonly input: Input;
  readonly clock: Clock;
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  /** Calls `then` at each Ctrl-C until it is disposed; without any, Ctrl-C ends the program. */
  readonly onInterrupt: (then: () => void) => Disposable;
  /** @throws {MendableError} Without a home folder, or when `--config` names no file. */
  readonly site: () => Site;
  /** The running host, reached through its socket. @throws {MendableError} As {@link site}. */
  readonly host: () => HostClient;
  readonly models: ModelLibrary;
  readonly describeModel: DescribeModel;
  /** The files of the models that the configuration names; `undefined` when it can't be read. */
  readonly configuredModels: () => Promise<readonly string[] | undefined>;
  /** Runs this model file in a confined process of its own. Needs neither a host nor a home folder. */
  readonly ownEngine: (
    modelPath: string,
  ) => Promise<{ readonly kind: "started"; readonly own: OwnEngine } | { kind: "failed"; failure: EngineFailure }>;
  /** Reads the configuration and resolves the references in it. */
  readonly checkConfig: () => Promise<ConfigCheck>;
  /** The JSON Schema of the configuration. */
  readonly configSchema: () => Promise<unknown>;
  /** Text lines with editing and history on a terminal. Used by `chat` only. */
  readonly openLines: (history: readonly string[]) => LineSource;
}

/** Lines that a person types. */
export interface LineSource extends Disposable {
  /** Shows the prompt and resolves with the next line; `interrupt` for Ctrl-C, `end` for Ctrl-D. */
  next(
    prompt: string,
  ): Promise<
    { readonly kind: "line"; readonly text: string } | { readonly kind: "interrupt" } | { readonly kind: "end" }
  >;
  /** Calls `then` at each Ctrl-C while no line is read. */
  onInterrupt(then: () => void): Disposable;
}
