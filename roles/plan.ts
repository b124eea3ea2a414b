import * as v from "valibot";
import { sha256Alone } from "../adapters/crypto/sha256.ts";
import { pipSettings } from "../adapters/models/pip_settings.ts";
import { type CatalogueModel, chatModels, modelByName } from "../core/catalogue.ts";
import { configBytesMax, formatProblem, jsonPointer, parseConfig, type ParsedConfig } from "../core/config.ts";
import { hostSite, type HostStartWire } from "../core/host_start.ts";
import { nearest } from "../core/nearest.ts";
import {
  embeddingMemoryBytesMax,
  indexHosts,
  type PackageIndex,
  planOf,
  type PlanProblem,
  type ProcessPlan,
  runnerMemoryBytesMax,
} from "../core/permissions.ts";
import { plannedPlugins } from "../core/plugins/planned.ts";
import { modelFile } from "../core/ports/models.ts";
import { resolvePath, type Site, siteOf } from "../core/site.ts";
import manifest from "../deno.json" with { type: "json" };
import type { Config, ModelServer } from "../schema/config.ts";
import { protocolSections } from "./channels.ts";

/** What only the launcher knows, as JSON on stdin: pip's settings may have a password. */
const requestSchema = v.strictObject({
  machine: v.strictObject({
    configPath: v.optional(v.string()),
    home: v.string(),
    xdgConfigHome: v.optional(v.string()),
    uid: v.number(),
    runtimeRoot: v.string(),
  }),
  program: v.strictObject({
    main: v.string(),
    cacheFolder: v.string(),
    flags: v.pipe(v.array(v.string()), v.readonly()),
    librariesFolder: v.string(),
    workerFiles: v.pipe(v.array(v.string()), v.readonly()),
  }),
  /** Read in place of the configuration, and what problems call it: what it would come to there. */
  source: v.optional(v.strictObject({ path: v.string(), label: v.string() })),
  /** What the command line says: a name of the catalogue or an absolute path. It wins over the configuration. */
  model: v.optional(v.string()),
  /** Names of the models whose files are here, of the catalogue or not. */
  modelsHere: v.pipe(v.array(v.string()), v.readonly()),
  /** Taken when neither says a model. Absent: the best of the catalogue that is here. */
  modelDefault: v.optional(v.string()),
  memoryBytes: v.number(),
  /** A copy of the database that this version is tried with, in place of the database. */
  trialDatabase: v.optional(v.string()),
  /**
   * What pip is set to, which says where models may be brought from while the site runs: its variables, and what its files
   * hold. Absent: from nowhere.
   */
  pip: v.optional(v.strictObject({
    os: v.picklist(["linux", "darwin"]),
    env: v.record(v.string(), v.string()),
    files: v.record(v.string(), v.string()),
  })),
});

/** See the schema's comments. */
export type PlanRequest = v.InferOutput<typeof requestSchema>;

/** A secret that the launcher looks up, or has already. */
export interface SecretWanted {
  /** The JSON pointer of the place in the configuration. */
  readonly pointer: string;
  readonly reference:
    | { readonly kind: "literal"; readonly value: string }
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "env"; readonly name: string };
}

/** What the role prints, as one line of JSON. */
export interface PlanAnswer {
  readonly site: Site;
  readonly processes: readonly ProcessPlan[];
  readonly secrets: readonly SecretWanted[];
  /** Files whose change may change what a host is started with. */
  readonly watched: readonly string[];
  /** The host's start frame, but for what only the launcher knows: it passes this on as it is. */
  readonly start: Omit<
    HostStartWire,
    "secrets" | "keyEncryptionKey" | "terminal" | "stderr" | "confinement" | "configuration"
  >;
}

/** The role `plan`: prints the plan and exits 0, or the configuration's problems on stderr, one a line, and exits 1. */
export async function plan(): Promise<void> {
  const request = v.parse(requestSchema, await new Response(Deno.stdin.readable).json());
  const path = request.source?.path ?? request.machine.configPath;
  const parsed = parseConfig(
    path === undefined ? "" : readBounded(path),
    labelOf(request) ?? "config.yaml",
    await protocolSections(),
  );
  const answer = parsed.kind === "refused"
    ? { kind: parsed.kind, lines: parsed.problems.map(formatProblem) }
    : planFor(request, parsed);
  if (answer.kind === "planned") return console.log(JSON.stringify(answer.answer));
  for (const line of answer.lines) console.error(line);
  Deno.exit(1);
}

/** What problems call the file; `undefined` without one. */
function labelOf({ source, machine }: PlanRequest): string | undefined {
  return source?.label ?? machine.configPath;
}

/** The file, as far as the parser takes it and a byte more. */
function readBounded(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(configBytesMax + 1);
  let length = 0;
  for (let count: number | null; (count = file.readSync(bytes.subarray(length)));) length += count;
  return bytes.subarray(0, length);
}

/**
 * The answer for a parsed configuration, or one line for each reason why there is none.
 *
 * @param hosts What protocols connect to besides what the configuration says.
 */
export function planFor(
  request: PlanRequest,
  { config, document, secrets, connects }: Extract<ParsedConfig, { kind: "parsed" }>,
  hosts: Readonly<Record<string, readonly string[]>> = {},
): { readonly kind: "planned"; readonly answer: PlanAnswer } | {
  readonly kind: "refused";
  readonly lines: readonly string[];
} {
  const { machine, program, memoryBytes } = request;
  const stood = siteOf({
    ...machine,
    ...(config.storage.path === undefined ? {} : { storagePath: config.storage.path }),
    ...(config.objects.path === undefined ? {} : { objectsPath: config.objects.path }),
    ...(config.security.atRest.key === undefined ? {} : { keyPath: config.security.atRest.key }),
  }, sha256Alone);
  const { trialDatabase } = request;
  const site = trialDatabase === undefined ? stood : { ...stood, databasePath: trialDatabase };
  const model = modelOf(request, config, site);
  const { server } = model;
  // What is on another machine may embed as well; what the command line names answers alone.
  const embedding = server?.embeddingModel === undefined ? embeddingOf(request, config, site) : undefined;
  const memoryLimitBytes = config.model.memoryLimitBytes ?? runnerMemoryBytesMax(memoryBytes);
  const { offline } = config.security;
  const { tls } = config.web;
  const planned = planOf({
    configuration: {
      offline,
      listen: config.web.listen,
      tlsFiles: tls === undefined ? [] : [tls.cert, tls.key].map((path) => resolvePath(site.baseFolder, path)),
      protocols: Object.keys(config.protocol),
      ...(server === undefined ? { modelPath: model.path } : {
        modelServer: {
          address: server.address,
          ...(server.ca === undefined ? {} : { caFile: resolvePath(site.baseFolder, server.ca) }),
        },
      }),
      ...(embedding === undefined ? {} : { embeddingPath: embedding.path }),
      memoryBytesMax: memoryLimitBytes,
      ...plannedPlugins(config, site),
      ...packageIndex(request),
    },
    site,
    program,
    channelHosts: { ...hosts, ...connects },
  });
  const problems: readonly PlanProblem[] = [
    ...[model, embedding].flatMap((one) => one?.problem ?? []),
    ...(planned.kind === "refused" ? planned.problems : []),
  ];
  if (planned.kind === "refused" || problems.length > 0) {
    const file = labelOf(request) ?? "Cannot start";
    return { kind: "refused", lines: problems.map(({ path, reason }) => `${file}: ${path}: ${reason}`) };
  }
  const watched = [
    ...(site.configPath === undefined ? [] : [site.configPath]),
    ...secrets.flatMap(({ reference }) =>
      reference.kind === "file" ? [resolvePath(site.baseFolder, reference.path)] : []
    ),
    ...planned.processes.find(({ role }) => role === "host")?.rights.readFiles ?? [],
  ];
  return {
    kind: "planned",
    answer: {
      site,
      processes: planned.processes,
      secrets: secrets.map(({ pointer, reference }) => ({
        pointer: jsonPointer(pointer),
        reference: reference.kind === "literal" ? { kind: "literal", value: reference.value.reveal() } : reference,
      })),
      watched,
      start: {
        version: manifest.version,
        site: hostSite(site),
        document,
        model: server === undefined
          ? { name: model.name, path: model.path, memoryLimitBytes }
          : { name: model.name, server: server.address },
        ...(embedding === undefined
          ? {}
          : { embedding: { name: embedding.name, path: embedding.path, memoryLimitBytes: embeddingMemoryBytesMax } }),
        pulls: planned.processes.some(({ role }) => role === "model-puller"),
        offline,
        memoryBytes,
      },
    },
  };
}

/** Where pip would take packages from; nothing where its settings have a password, which nobody else is to see. */
function packageIndex({ pip }: PlanRequest): { readonly index?: PackageIndex } {
  if (pip === undefined) return {};
  const { indexUrls: urls, certPath, idleMsMax } = pipSettings({
    env: (name) => pip.env[name],
    readText: (path) => pip.files[path],
    os: pip.os,
  });
  if (indexHosts(urls).length === 0) return {};
  return { index: { urls, ...(certPath === undefined ? {} : { certPath }), idleMsMax } };
}

/** The best of the catalogue that is here, or that would be the best. */
function bestOf(modelsHere: readonly string[]): string {
  return (chatModels.find(({ name }) => modelsHere.includes(name)) ?? chatModels[0]!).name;
}

/** A model's name and file or server; `problem` says why it can't be used. */
interface PlannedModel {
  readonly name: string;
  readonly path: string;
  readonly server?: ModelServer;
  readonly problem?: PlanProblem;
}

/** The model that answers: what the command line says, else the configuration, else the launcher's choice. */
function modelOf({ model, modelDefault, modelsHere }: PlanRequest, config: Config, site: Site): PlannedModel {
  const { server } = config.model;
  if (model === undefined && server !== undefined) return { name: server.model ?? server.address, path: "", server };
  const path = model?.startsWith("/") ? model : model === undefined ? config.model.path : undefined;
  if (path !== undefined) return modelAt(path, site);
  const key = model === undefined ? "model.name" : "--model";
  return modelNamed(model ?? config.model.name ?? modelDefault ?? bestOf(modelsHere), {
    kind: "chat",
    key,
    site,
    modelsHere,
  });
}

/** The model that turns texts into vectors. */
function embeddingOf(
  { modelsHere }: PlanRequest,
  { model: { embedding } }: Config,
  site: Site,
): PlannedModel {
  const isFile = embedding.includes("/") || embedding.endsWith(".gguf");
  if (isFile) return modelAt(embedding, site);
  return modelNamed(embedding, { kind: "embedding", key: "model.embedding", site, modelsHere });
}

function modelAt(path: string, { baseFolder }: Site): PlannedModel {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.gguf$/, "");
  return { name, path: resolvePath(baseFolder, path) };
}

function modelNamed(
  name: string,
  { kind, key, site: { modelsFolder }, modelsHere }: {
    readonly kind: CatalogueModel["kind"];
    /** Where a problem is reported. */
    readonly key: string;
    readonly site: Site;
    readonly modelsHere: readonly string[];
  },
): PlannedModel {
  const known = modelByName(name);
  const named = { name, path: modelFile(modelsFolder, name) };
  const problem = (reason: string) => ({ ...named, problem: { path: key, reason } });
  if (known.kind === "unknown") {
    // What such a file is for, its own process finds out.
    if (modelsHere.includes(name)) return named;
    const near = known.nearest ?? nearest(name, modelsHere);
    const meant = near === undefined ? "" : `; did you mean "${near}"?`;
    return problem(`there is no model "${name}"${meant} (\`clawdbot model list\` prints them)`);
  }
  if (known.model.kind === kind) return named;
  const what = {
    chat: "answers and doesn't turn texts into vectors",
    embedding: "turns texts into vectors and doesn't answer",
  };
  return problem(`"${name}" ${what[known.model.kind]}`);
}
