import { MendableError } from "./errors.ts";
import type { Crypto } from "./ports/crypto.ts";
import type { RunnerRole } from "./ports/runner.ts";

/** Every role that is started for a connection, in the order that people read them. */
export const runnerRoles: readonly RunnerRole[] = [
  "model-runner",
  "embedding-runner",
  "model-puller",
  "plugin-runner",
  "connector",
];

/** The longest path of a Unix socket, in bytes of UTF-8. `sun_path` has 104 on macOS and 108 on Linux, with its zero. */
export const socketPathBytesMax = 100;

/** What the machine and the command line say. Paths are absolute; `configPath` is absent without a configuration file. */
export interface SiteFacts {
  readonly configPath?: string;
  /** The person's home folder. */
  readonly home: string;
  /** `XDG_CONFIG_HOME`, when it is set. Source: https://specifications.freedesktop.org/basedir-spec/ */
  readonly xdgConfigHome?: string;
  readonly uid: number;
  /** Where private runtime folders are made: `/run/user/UID` where the system has it, else `/tmp`. */
  readonly runtimeRoot: string;
  /** `storage.path` as the configuration says it, relative to the configuration file. */
  readonly storagePath?: string;
  /** `objects.path` as the configuration says it. */
  readonly objectsPath?: string;
  /** `security.at_rest.key` as the configuration says it. */
  readonly keyPath?: string;
}

/** Where everything of one site stands. All paths are absolute and normal. */
export interface Site {
  readonly configPath?: string;
  /** What relative paths of the configuration are relative to. */
  readonly baseFolder: string;
  readonly dataFolder: string;
  readonly databasePath: string;
  readonly modelsFolder: string;
  /** Plugins that are known to the site, `NAME.wasm` each. */
  readonly pluginsFolder: string;
  /** Files that people sent, sealed. */
  readonly objectsFolder: string;
  readonly logsFolder: string;
  /** What the page proposes as the configuration, in a folder of its own; only `config apply` makes it the one that counts. */
  readonly proposalPath: string;
  /** Held (flock) by the one launcher of this data folder; its content is that launcher's process id. */
  readonly lockPath: string;
  /** Sockets only; 0700. */
  readonly runtimeFolder: string;
  /** The host listens here for local commands. */
  readonly hostSocket: string;
  /** The launcher listens here, one socket a role. */
  readonly runnerSockets: Readonly<Record<RunnerRole, string>>;
  /** The key-encryption key: 32 random bytes, 0600, outside the data folder. */
  readonly keyPath: string;
}

/** Where a person's own configuration lies, which counts when neither the command line nor the working folder has one. */
export function ownConfigPath(home: string): string {
  return join(normalPath(home), ".clawdbot/config.yaml");
}

/**
 * Where everything of a site stands. Pure: nothing is looked up, made or checked on the disk.
 *
 * @throws {MendableError} When a path isn't absolute, or a socket's path would be longer than
 *   {@link socketPathBytesMax}.
 */
export function siteOf(facts: SiteFacts, { sha256 }: Pick<Crypto, "sha256">): Site {
  const home = normalPath(facts.home);
  const configPath = facts.configPath === undefined ? undefined : normalPath(facts.configPath);
  const baseFolder = configPath === undefined ? home : parentOf(configPath);
  const ownFolder = join(home, ".clawdbot");
  // Whoever ran without a configuration keeps the data when one is written beside it.
  const isBeside = configPath !== undefined && baseFolder !== ownFolder;
  const dataFolder = isBeside ? join(baseFolder, "data") : ownFolder;
  const privateName = facts.runtimeRoot.startsWith("/run/user/") ? "clawdbot-" : `clawdbot-${facts.uid}-`;
  const hash = Array.from(
    sha256(new TextEncoder().encode(dataFolder)).subarray(0, 4),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
  const runtimeFolder = join(normalPath(facts.runtimeRoot), `${privateName}${hash}`);
  return {
    ...(configPath === undefined ? {} : { configPath }),
    baseFolder,
    dataFolder,
    databasePath: facts.storagePath === undefined
      ? join(dataFolder, "clawdbot.db")
      : resolvePath(baseFolder, facts.storagePath),
    modelsFolder: join(dataFolder, "models"),
    pluginsFolder: join(dataFolder, "plugins"),
    objectsFolder: facts.objectsPath === undefined
      ? join(dataFolder, "objects")
      : resolvePath(baseFolder, facts.objectsPath),
    logsFolder: join(dataFolder, "logs"),
    proposalPath: join(dataFolder, "proposal/config.proposed.yaml"),
    lockPath: join(dataFolder, "clawdbot.lock"),
    runtimeFolder,
    hostSocket: socketPath(runtimeFolder, "host"),
    runnerSockets: {
      "model-runner": socketPath(runtimeFolder, "model-runner"),
      "embedding-runner": socketPath(runtimeFolder, "embedding-runner"),
      "model-puller": socketPath(runtimeFolder, "model-puller"),
      "plugin-runner": socketPath(runtimeFolder, "plugin-runner"),
      "connector": socketPath(runtimeFolder, "connector"),
    },
    keyPath: facts.keyPath === undefined
      ? join(normalPath(facts.xdgConfigHome || join(home, ".config")), "clawdbot/key")
      : resolvePath(baseFolder, facts.keyPath),
  };
}

/** `path` as the configuration means it: absolute ones stay, `~/` isn't expanded, the rest is relative to `folder`. */
export function resolvePath(folder: string, path: string): string {
  return normalPath(path.startsWith("/") ? path : `${folder}/${path}`);
}

function socketPath(folder: string, name: string): string {
  const path = join(folder, `${name}.sock`);
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > socketPathBytesMax) {
    throw new MendableError(
      "Cannot place the sockets",
      `"${path}" has ${bytes} bytes, and a socket's path at most ${socketPathBytesMax}`,
    );
  }
  return path;
}

/** Without `.`, `..` and doubled slashes. Symbolic links aren't followed: this is text only. */
function normalPath(path: string): string {
  if (!path.startsWith("/")) throw new MendableError("Cannot use a path", `"${path}" isn't absolute`);
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function join(folder: string, name: string): string {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** The folder that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}
