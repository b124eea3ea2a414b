import type { AuditVerdict } from "../../core/audit.ts";
import type { Enforcement } from "../../core/host_start.ts";
import type { ProcessPlan } from "../../core/permissions.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Engine, EngineFailure } from "../../core/ports/engine.ts";
import type { MeasureModel } from "../../core/ports/measure.ts";
import type { DescribeModel, ModelLibrary, QuantiseModel } from "../../core/ports/models.ts";
import type { Site } from "../../core/site.ts";
import type { Locale, Text } from "../../core/text/mod.ts";
import type { Config } from "../../schema/config.ts";
import type { HostClient } from "./host_client.ts";
import type { PluginAuthorTools } from "./plugin_author_tools.ts";
import type { PluginTools } from "./plugin_tools.ts";
import type { SitePlugins } from "./site_plugins.ts";
import type { ServiceTools } from "./service/tools.ts";
import type { UpgradeTools } from "./upgrade_tools.ts";

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

/** A file that is read in place of the configuration. Problems call it `label`. */
export interface ConfigSource {
  readonly path: string;
  readonly label: string;
}

/** What a configuration comes to: the rights that it gives and the secrets that it refers to, or all that is wrong with it. */
export type ConfigPlan =
  | {
    readonly kind: "planned";
    readonly processes: readonly ProcessPlan[];
    readonly secrets: readonly PlannedSecret[];
  }
  | { readonly kind: "bad"; readonly problems: readonly string[] };

/** A secret of a configuration. `path` is its place as people write it, `protocol.telegram.token`. */
export interface PlannedSecret {
  readonly path: string;
  /** `file` is absolute. A literal's value is only for comparing. */
  readonly reference:
    | { readonly kind: "literal"; readonly value: string }
    | { readonly kind: "file"; readonly file: string; readonly isHere: boolean }
    | { readonly kind: "env"; readonly name: string };
  /** What is tried at the platform with it; absent where nothing can be. */
  readonly test?: { readonly protocol: string; readonly apiRoot?: string };
}

/** What a platform says of a token. `name` is what it calls whose token it is. No reason has the token in it. */
export type TokenTest =
  | { readonly kind: "good"; readonly name: string }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string };

/** What `doctor` looks with, where the command line's own means don't reach. */
export interface DoctorTools {
  /** The site as the configuration says it; as far as it is known without one that is wrong. */
  readonly site: Site;
  readonly plan:
    | {
      readonly kind: "planned";
      readonly processes: readonly ProcessPlan[];
      readonly config: Config;
      /** The models' files. `server`: who answers instead, `host:port`. */
      readonly model: { readonly name: string; readonly path: string } | {
        readonly name: string;
        readonly server: string;
      };
      readonly embedding?: { readonly name: string; readonly path: string };
      /** Every secret that is referred to, and why it has no value where it hasn't. */
      readonly secrets: readonly (PlannedSecret & { readonly failure?: string })[];
    }
    | { readonly kind: "bad"; readonly problems: readonly string[] };
  /** Whether a launcher has this site. */
  readonly isLive: boolean;
  /** What the operating system enforces of the plan on this machine; from source, nothing. */
  readonly confinement: readonly Enforcement[];
  readonly versions: { readonly deno: string; readonly llama: string; readonly platform: string };
  /** Where llama.cpp's libraries are, and the pinned SHA-256 of each; absent for a platform that has none. */
  readonly libraries: { readonly folder: string; readonly digests?: Readonly<Record<string, string>> };
  /** A file of the program itself: the clock can't be before it. */
  readonly programFile: string;
  /** The value of a secret, for trying it. */
  revealSecret(path: string): string | undefined;
  /** @throws {Error} When the file can't be opened as a database. */
  lookAtDatabase(path: string): Promise<DatabaseLook>;
}

/** A database that is looked at while its owner may have it open. */
export interface DatabaseLook extends Disposable {
  readonly fileBytes: number;
  readonly schema: { readonly found: number; readonly known: number };
  problems(): readonly string[];
  hasChanged(): boolean;
  /** Follows the audit chain. `atMs`: when the last link was made. */
  audit(
    key: Uint8Array,
  ): Promise<(AuditVerdict & { readonly atMs?: number }) | { readonly kind: "wrong-key" | "empty" }>;
}

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
  /** The site as it will be: of a configuration that may still be to be written. @throws {MendableError} Without a home folder. */
  readonly plannedSite: () => Site;
  /** The running host, reached through its socket. @throws {MendableError} As {@link site}. */
  readonly host: () => HostClient;
  /** Has the running launcher read the configuration again (SIGHUP); false when none runs. */
  readonly signalLauncher: () => boolean;
  readonly models: ModelLibrary;
  readonly describeModel: DescribeModel;
  /** Makes a smaller model in a confined process of its own. Needs no host. */
  readonly quantiseModel: QuantiseModel;
  /** Measures a model, or this machine. Needs no host. */
  readonly measureModel: MeasureModel;
  /** The files of the models that the configuration names; `undefined` when it can't be read. */
  readonly configuredModels: () => Promise<readonly string[] | undefined>;
  /** Runs this model file in a confined process of its own. Needs neither a host nor a home folder. */
  readonly ownEngine: (
    modelPath: string,
  ) => Promise<{ readonly kind: "started"; readonly own: OwnEngine } | { kind: "failed"; failure: EngineFailure }>;
  /** Reads the configuration and resolves the references in it. */
  readonly checkConfig: () => Promise<ConfigCheck>;
  /** Computes what the configuration would come to, or what `source` would in its place. */
  readonly planConfig: (source?: ConfigSource) => Promise<ConfigPlan>;
  /** Asks a protocol's platform whose token this is; within 15 s, and never longer than `signal`. */
  readonly testToken: (
    token: string,
    at: NonNullable<PlannedSecret["test"]>,
    signal: AbortSignal,
  ) => Promise<TokenTest>;
  /** Looks the site up for `doctor`. */
  readonly doctorTools: () => Promise<DoctorTools>;
  /** What plugins are begun and tried with. */
  readonly pluginAuthorTools: () => PluginAuthorTools;
  /** What another version is put in the place of this one with. */
  readonly upgradeTools: () => UpgradeTools;
  /** Where plugins stand without a host. */
  readonly sitePlugins: () => Promise<SitePlugins>;
  /** What plugins are made and looked at with. */
  readonly pluginTools: () => Promise<PluginTools>;
  /** What services of the machine are made with; of another configuration than `--config`, where one is named. */
  readonly serviceTools: (configPath?: string) => ServiceTools;
  /** Of the environment: only what a person was told that it is read. */
  readonly env: (name: "USER" | "LANG") => string | undefined;
  /** The JSON Schema of the configuration. */
  readonly configSchema: () => Promise<unknown>;
  /** Text lines with editing and history on a terminal. */
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
  /** As `next`, but what is typed isn't shown, nor kept for the arrow keys. */
  secret(prompt: string): ReturnType<LineSource["next"]>;
  /** Calls `then` at each Ctrl-C while no line is read. */
  onInterrupt(then: () => void): Disposable;
}
