import * as v from "valibot";
import type { Site } from "./site.ts";

/** A base64 text of exactly 32 bytes. */
const key = v.pipe(
  v.string(),
  v.base64(),
  v.transform((text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))),
  v.check((bytes) => bytes.length === 32, "a key of 32 bytes"),
);

/** One for each secret reference, by its JSON pointer: its value, or in one line why it has none. */
const secrets = v.array(v.union([
  v.strictObject({ pointer: v.string(), value: v.string() }),
  v.strictObject({ pointer: v.string(), failure: v.string() }),
]));

/** Why a changed configuration isn't in force, one line for each reason. */
const problem = v.strictObject({ atMs: v.number(), lines: v.array(v.string()) });

/** What the operating system enforces of one layer of the confinement, and by what; or why it doesn't. */
const enforcement = v.strictObject({ layer: v.string(), enforced: v.boolean(), detail: v.string() });

/** See the schema's comment. Layers are named by the launcher: `files`, `system-calls`, `memory` and others. */
export type Enforcement = v.InferOutput<typeof enforcement>;

/**
 * The first frame that the launcher writes to the host's stdin. Stdin then stays open for {@link LauncherMessage}s: its
 * end means that the launcher is gone, and the host ends. Nothing of it ever stands in an argument or in the environment.
 */
const schema = v.strictObject({
  /** The program's version. */
  version: v.string(),
  site: v.strictObject({
    /** What errors call the configuration file; absent without one. */
    configPath: v.optional(v.string()),
    /** What relative paths of the configuration are relative to. */
    baseFolder: v.string(),
    dataFolder: v.string(),
    databasePath: v.string(),
    modelsFolder: v.string(),
    pluginsFolder: v.string(),
    objectsFolder: v.string(),
    logsFolder: v.string(),
    proposalPath: v.string(),
    hostSocket: v.string(),
    runnerSockets: v.strictObject({
      "model-runner": v.string(),
      "embedding-runner": v.string(),
      "model-puller": v.string(),
      "plugin-runner": v.string(),
      "connector": v.string(),
    }),
  }),
  /** The parsed configuration document as plain JSON; references in it aren't resolved. */
  document: v.unknown(),
  secrets,
  /** The key-encryption key. */
  keyEncryptionKey: key,
  /**
   * The model that the runner may read; whether the file is there is the runner's to find out. Past the limit the
   * launcher ends the runner, so the engine refuses beforehand what would need more. Or the server that answers,
   * `host:port`: the only one that the host may connect to.
   */
  model: v.union([
    v.strictObject({ name: v.string(), path: v.string(), memoryLimitBytes: v.number() }),
    v.strictObject({ name: v.string(), server: v.string() }),
  ]),
  /** The model that turns texts into vectors, for its own runner. Absent where the server does that too. */
  embedding: v.optional(v.strictObject({ name: v.string(), path: v.string(), memoryLimitBytes: v.number() })),
  /** The machine's whole memory, which the host can't look up. */
  memoryBytes: v.number(),
  /** Stdout is a terminal: only then may a login code be printed. */
  terminal: v.boolean(),
  /** Where stderr leads: the log is written there for people, in their time zone, or as lines of JSON. */
  stderr: v.variant("kind", [
    v.strictObject({ kind: v.literal("lines") }),
    v.strictObject({ kind: v.literal("terminal"), colours: v.boolean(), timeZone: v.string() }),
  ]),
  /** Whether a process may bring models here: where the site has a package index, and isn't offline. */
  pulls: v.boolean(),
  /** `security.offline`: no right beyond loopback was given. */
  offline: v.boolean(),
  /** What of the confinement this machine enforces, as the launcher found it; from source, nothing. */
  confinement: v.array(enforcement),
  /**
   * The host is tried with a copy of the database: it opens and makes everything, lets nothing in, and ends with exit
   * code 0.
   */
  trial: v.optional(v.boolean()),
  /** How often the launcher was asked (SIGHUP) to read the configuration again, and why that changed nothing. */
  configuration: v.strictObject({ requests: v.number(), problem: v.optional(problem) }),
});

/** What the host is started with. */
export type HostStart = v.InferOutput<typeof schema>;

/** {@link HostStart} as it travels: the key is base64. */
export type HostStartWire = v.InferInput<typeof schema>;

/**
 * Reads what the launcher found of the confinement, in the order in which it told.
 * @throws {v.ValiError} On anything else.
 */
export function parseConfinement(value: unknown): readonly Enforcement[] {
  return v.parse(v.array(enforcement), value);
}

/**
 * Reads the start frame's JSON.
 * @throws {v.ValiError} On anything else: launcher and host aren't of one version.
 */
export function parseHostStart(value: unknown): HostStart {
  return v.parse(schema, value);
}

const messageSchema = v.variant("kind", [
  /** The configuration was read again, and nothing of what the host was started with differs but these. */
  v.strictObject({ kind: v.literal("reload"), document: v.unknown(), secrets, requests: v.number() }),
  /** It was read again and isn't in force. */
  v.strictObject({ kind: v.literal("refused"), problem, requests: v.number() }),
  /** What the living processes of the site take: the launcher's own, the host and the runners. */
  v.strictObject({
    kind: v.literal("processes"),
    processes: v.array(v.strictObject({ role: v.string(), memoryBytes: v.number(), descriptors: v.number() })),
  }),
  v.strictObject({
    kind: v.literal("said"),
    /** `launcher`, or the role of the process that wrote it to its stderr. */
    role: v.string(),
    pid: v.number(),
    text: v.string(),
    /** It stands on the launcher's stderr already. */
    shown: v.boolean(),
  }),
]);

/** What the launcher writes to the host's stdin after the start frame, one frame each. */
export type LauncherMessage = v.InferOutput<typeof messageSchema>;

/**
 * Reads a later frame's JSON.
 * @throws {v.ValiError} On anything else: launcher and host aren't of one version.
 */
export function parseLauncherMessage(value: unknown): LauncherMessage {
  return v.parse(messageSchema, value);
}

/** The part of the site that the host may know. */
export function hostSite(site: Site): HostStartWire["site"] {
  const {
    configPath,
    baseFolder,
    dataFolder,
    databasePath,
    modelsFolder,
    pluginsFolder,
    objectsFolder,
    logsFolder,
    proposalPath,
    hostSocket,
    runnerSockets,
  } = site;
  return {
    ...(configPath === undefined ? {} : { configPath }),
    baseFolder,
    dataFolder,
    databasePath,
    modelsFolder,
    pluginsFolder,
    objectsFolder,
    logsFolder,
    proposalPath,
    hostSocket,
    runnerSockets,
  };
}
