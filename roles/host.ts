import { channels as channelRegistry } from "../adapters/channels/mod.ts";
import type { LocalChannel } from "../adapters/channels/local.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { engines } from "../adapters/engines/mod.ts";
import { objectStores } from "../adapters/objects/mod.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { runners as runnerRegistry } from "../adapters/runners/mod.ts";
import { storages } from "../adapters/storage/mod.ts";
import type { SqliteOptions } from "../adapters/storage/sqlite/mod.ts";
import { createApp } from "../adapters/web/app.ts";
import type { WebDeps } from "../adapters/web/deps.ts";
import { hostNamesOf, shownName } from "../adapters/web/host_names.ts";
import { type Listener, listenTcp, listenUnix } from "../adapters/web/listen.ts";
import { type ClawdbotDeps, createClawdbot } from "../core/clawdbot.ts";
import type { ResolvedSecrets } from "../core/config/secrets.ts";
import { modelByName } from "../core/catalogue.ts";
import { commandList } from "../core/commands.ts";
import { MendableError } from "../core/errors.ts";
import type { PeopleSettings } from "../core/message/admission.ts";
import { decodeFrames, type Frame } from "../core/frames.ts";
import { type HostStart, parseHostStart, parseLauncherMessage } from "../core/host_start.ts";
import { createIds } from "../core/ids.ts";
import { createLogins, type Logins } from "../core/logins.ts";
import { createLogs } from "../core/logs.ts";
import { measuredRunners, measuredStore } from "../core/metrics/measured.ts";
import type { Metrics } from "../core/metrics/metrics.ts";
import { createModelMemory, type ModelMemory, type ModelPlace } from "../core/model_memory.ts";
import type { Engine } from "../core/ports/engine.ts";
import type { Log } from "../core/ports/log.ts";
import type { LogLevel } from "../core/ports/log_tail.ts";
import { type Store, StoreError } from "../core/ports/store.ts";
import { resolvePath } from "../core/site.ts";
import { watchStore } from "../core/store_health.ts";
import { nameOwner } from "../core/owner_name.ts";
import { createTokens } from "../core/tokens.ts";
import { createModelStates, type SiteModelStates } from "../core/model_states.ts";
import type { ModelStates } from "../core/ports/model_states.ts";
import { openVault, type Vault } from "../core/vault.ts";
import type { Config } from "../schema/config.ts";
import { Secret } from "../schema/secret.ts";
import { createHostLog, type HostLog } from "./host_log.ts";
import { createRemoteChannels, type RemoteChannels } from "./channels.ts";
import { createHostMetrics, type HostMetrics } from "./host_metrics.ts";
import { openPlugins } from "./host_plugins.ts";
import { openTools } from "./host_tools.ts";
import { createSettings, type Settings } from "./host_settings.ts";
import { hostSetup } from "./host_setup.ts";
import { openConsole } from "./host_console.ts";
import { sequencesMax } from "./sequences.ts";

/** Running turns may take this long to finish when the host is asked to stop; all of the stop takes at most 10 s. */
const stopGraceMs = 8_000;
/** Requests that still run then are cut after this long. */
const listenerGraceMs = 500;

/** Exit codes that the launcher knows: asked to stop; a bug; can't start, and starting again doesn't help. */
const exitStopped = 0;
const exitBroken = 1;
const exitUnable = 2;
/** To be started again, with the configuration that it was told last. */
const exitAgain = 3;

/**
 * The role `host`: reads the launcher's start frame from stdin, serves until it is asked to stop or stdin ends.
 *
 * @param engine Instead of the configured one; the bench measures the message way with a scripted one.
 */
export async function host(engine?: Engine): Promise<void> {
  const frames = decodeFrames(Deno.stdin.readable);
  const first = await frames.next();
  if (first.done || first.value.kind !== "json") Deno.exit(exitUnable);
  const start = parseHostStart(first.value.value);
  const stop = Promise.withResolvers<number>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, () => stop.resolve(exitStopped));
  const settings = createSettings(start);
  const metrics = createHostMetrics();
  const counted = (level: LogLevel) => metrics.registry.count("clawdbot_log_entries_total", { level });
  const hostLog = createHostLog(start, settings.config().log, counted);
  const { log } = hostLog;
  const breakOff = breakingOff(hostLog);
  const opened = Promise.withResolvers<RunningHost>();
  const again = () => stop.resolve(exitAgain);
  const listening = listen(frames, { hostLog, metrics, settings, running: opened.promise, again });
  listening.catch(breakOff).finally(() => stop.resolve(exitStopped)); // The end of stdin: the launcher is gone.
  let code = exitStopped;
  try {
    const running = await openHost(start, settings, { ...hostLog, metrics }, engine);
    if (running === undefined) log.info("tried", { version: start.version, pid: Deno.pid });
    else {
      opened.resolve(running);
      log.info("started", { version: start.version, origin: running.origin, pid: Deno.pid });
      for (const { layer, enforced, detail } of start.confinement) {
        if (!enforced) log.warn("not enforced on this machine", { layer, reason: detail });
      }
      await greet(start, running);
      code = await stop.promise;
      await running.close();
    }
  } catch (error) {
    const problem = error instanceof StoreError
      ? new MendableError(`Cannot use the database ${start.site.databasePath}`, error.message)
      : error;
    if (!(problem instanceof MendableError)) return await breakOff(error);
    await hostLog.flushed();
    console.error(problem.message);
    Deno.exit(exitUnable);
  }
  log.info("stopped", { pid: Deno.pid });
  await hostLog.flushed();
  Deno.exit(code);
}

/**
 * What the launcher still has to say after the start. A configuration is brought into force when the host is open.
 *
 * @param again Called when this host can't take a configuration: it is to be started with it.
 */
async function listen(
  frames: AsyncIterable<Frame>,
  { hostLog, metrics, settings, running, again }: {
    readonly hostLog: HostLog;
    readonly metrics: HostMetrics;
    readonly settings: Settings;
    readonly running: Promise<RunningHost>;
    readonly again: () => void;
  },
): Promise<void> {
  const { log } = hostLog;
  let last = Promise.resolve();
  for await (const frame of frames) {
    if (frame.kind !== "json") throw new TypeError("The launcher speaks JSON");
    const message = parseLauncherMessage(frame.value);
    if (message.kind === "said") hostLog.heard(message);
    else if (message.kind === "processes") metrics.seen(message);
    else if (message.kind === "refused") {
      settings.refused(message);
      metrics.registry.count("clawdbot_reloads_total", { outcome: "refused" });
      log.error("configuration refused", { lines: message.problem.lines.join("\n") });
    } else {
      last = last.then(async () => {
        const host = await running;
        const reload = settings.take(message);
        if (reload.kind === "restart") {
          log.info("configuration needs a restart", { because: reload.because });
          return again();
        }
        hostLog.configure(settings.config().log, settings.secrets());
        await host.follow(reload.channels);
        metrics.registry.count("clawdbot_reloads_total", { outcome: "applied" });
        log.info("configuration applied", { channels: reload.channels.join(" ") });
      });
    }
  }
}

/** A bug ends the host, as the runtime would, but not before it stands in the log. Wherever it happens, this is called. */
function breakingOff({ log, flushed }: HostLog): (error: unknown) => Promise<never> {
  const breakOff = async (error: unknown) => {
    log.error("host broke", { error: error instanceof Error ? error.stack ?? error.message : String(error) });
    await flushed();
    Deno.exit(exitBroken);
  };
  const caught = (event: Event, error: unknown) => {
    event.preventDefault();
    void breakOff(error);
  };
  globalThis.addEventListener("error", (event) => caught(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => caught(event, event.reason));
  return breakOff;
}

interface RunningHost {
  readonly origin: string;
  readonly logins: Logins;
  /** Follows settings that changed: these protocols are started, replaced or stopped. */
  follow(channels: readonly string[]): Promise<void>;
  /** Takes nothing new, finishes or journals what runs, closes the database. */
  close(): Promise<void>;
}

/**
 * Wires a whole host and starts it. Everything that was opened is closed again when a later step fails, and when this
 * is a trial: then nothing is started, and there is no host.
 *
 * @throws {MendableError} For what a person can mend: the port, the database, the key.
 */
async function openHost(
  start: HostStart,
  settings: Settings,
  { log, tail, metrics }: HostLog & { readonly metrics: HostMetrics },
  engine?: Engine,
): Promise<RunningHost | undefined> {
  const config = settings.config();
  const { policy } = settings;
  await using opened = new AsyncDisposableStack();
  const { registry } = metrics;
  const { store: stored, vault } = await openStore(start, config, registry);
  opened.defer(() => stored.close());
  const { store, health: storeHealth, watch } = watchStore({
    store: measuredStore(stored, registry),
    clock: systemClock,
    log,
  });
  const closing = new AbortController();
  opened.defer(() => closing.abort());
  void watch(closing.signal);

  const ports = { store, vault, clock: systemClock, random: systemRandom, log };
  const local = await createLocalChannels();
  const remote = await remoteChannels(settings, log);
  const memory = createModelMemory({ limitBytes: modelMemoryBytes(start), clock: systemClock });
  const modelStates = "server" in start.model ? undefined : await openModelStates(start, config, ports);
  const answering = metrics.measured(
    engine ?? await createEngine(start, config, { log, registry }, memory, modelStates),
  );
  const embedder = await createEmbedder(start, config, { log, registry }, answering, memory);
  opened.defer(() => embedder.close());
  const { createSocketRunners } = await runnerRegistry.socket();
  const plugins = await openPlugins({
    ...ports,
    start,
    settings,
    runners: measuredRunners(createSocketRunners(start.site.runnerSockets), registry),
    registry,
  });
  opened.defer(() => plugins.close());
  const { tools, close: closeTools } = await openTools({
    ...ports,
    plugins,
    settings,
    secrets: () => resolvedSecrets({ secrets: settings.secrets() }),
    engine: answering,
    runners: measuredRunners(createSocketRunners(start.site.runnerSockets), registry),
  });
  opened.defer(closeTools);
  const embeddingModelName = start.embedding?.name ?? config.model.server?.embeddingModel;
  const clawdbot = createClawdbot({
    ...ports,
    storeHealth,
    files: await openFiles(start, config, vault),
    engine: answering,
    ...(modelStates === undefined ? {} : { modelStates }),
    embedder,
    channels: { ...local, ...remote.channels },
    failedChannels: remote.failed,
    plugins: plugins.catalogue,
    tools,
    policy,
    metrics: registry,
    configuration: settings.status,
    people: () => peopleOf(settings.config()),
    approvalMs: () => settings.config().access.approvalMsMax,
    tokenRoles: async (id) => {
      const list = await tokens.list({ kind: "local" });
      return list.kind === "refused" ? undefined : list.tokens.find((token) => token.id === id)?.roles;
    },
    facts: {
      version: start.version,
      modelName: start.model.name,
      ...(embeddingModelName === undefined ? {} : { embeddingModelName }),
      ...("server" in start.model ? { modelServer: start.model.server } : {}),
      offline: start.offline,
      confinement: start.confinement,
    },
  });
  const logins = createLogins({ ...ports, crypto: createNodeCrypto(), codes: clawdbot.codes });
  const tokens = createTokens({ ...ports, ids: createIds(ports), policy });

  let origin = "";
  const web: WebDeps = {
    ...ports,
    assistant: clawdbot.assistant,
    api: clawdbot.api,
    tokens,
    attachments: clawdbot.attachments,
    logs: createLogs({ tail, policy, clock: systemClock }),
    metrics: registry,
    siteMetrics: metrics.site({
      policy,
      clock: systemClock,
      store,
      status: clawdbot.status,
      databasePath: start.site.databasePath,
    }),
    setup: hostSetup(start, config, { ...ports, policy }),
    people: clawdbot.people,
    approvals: clawdbot.approvals,
    halts: clawdbot.halts,
    explainer: clawdbot.explainer,
    console: openConsole({
      ...ports,
      start,
      policy,
      assistant: clawdbot.assistant,
      people: clawdbot.people,
      approvals: clawdbot.approvals,
      engine: answering,
      embedder,
      plugins: plugins.view,
      runners: createSocketRunners(start.site.runnerSockets),
      ...(embeddingModelName === undefined ? {} : { embeddingModelName }),
      closing: closing.signal,
    }),
    submit: { web: local.web.submit, terminal: local.terminal.submit },
    logins,
    webhook: (name) => clawdbot.channels.get(name)?.receive,
    origin: () => origin,
  };
  const localApp = createApp(web, { kind: "local" });
  if (start.trial === true) return undefined;
  await plugins.catalogue.start();
  await clawdbot.start();
  await nameOwner(config.access.ownerName ?? "", { ...ports, ids: createIds(ports) });
  opened.defer(() => clawdbot.stop(stopGraceMs));
  const page = listenPage(web, config, start.site.baseFolder);
  opened.defer(() => page.close(listenerGraceMs));
  origin = originOf(config, page);
  const socket = listenUnix(localApp, start.site.hostSocket);
  opened.defer(() => socket.close(listenerGraceMs));

  const running = opened.move();
  return {
    origin,
    logins,
    async follow(names) {
      await plugins.catalogue.follow();
      await nameOwner(settings.config().access.ownerName ?? "", { ...ports, ids: createIds(ports) });
      const { channels, failed } = await remoteChannels(settings, log);
      for (const name of names) {
        await clawdbot.channels.stop(name);
        const channel = channels[name];
        const reason = failed[name];
        if (channel !== undefined) clawdbot.channels.start(name, channel);
        else if (reason !== undefined) clawdbot.channels.fail(name, reason);
      }
    },
    async close() {
      // While turns end, whoever still comes is told to come again.
      await clawdbot.stop(stopGraceMs);
      await running.disposeAsync();
    },
  };
}

function peopleOf({ access, session }: Config): PeopleSettings {
  return { unknown: access.unknown, scope: session.scope };
}

async function openStore(
  start: HostStart,
  config: Config,
  metrics: Metrics,
): Promise<{ store: Store; vault: Vault }> {
  const { open } = await storages[config.storage.type]();
  const path = start.site.databasePath;
  const committed: SqliteOptions["committed"] = ({ tookMs, writes }) => {
    metrics.count("clawdbot_database_commits_total");
    metrics.count("clawdbot_database_writes_total", {}, writes);
    metrics.observe("clawdbot_database_commit_seconds", tookMs / 1_000);
  };
  const store = await open({ path, programVersion: start.version, nowMs: systemClock.nowMs(), committed });
  const keyEncryptionKey = start.keyEncryptionKey;
  const ports = { store, crypto: createNodeCrypto(), random: systemRandom, clock: systemClock };
  const opened = await openVault({ ...ports, keyEncryptionKey });
  if (opened.kind === "open") return { store, vault: opened.vault };
  await store.close();
  throw new MendableError(
    `Cannot open the database ${path}`,
    "its content was sealed with another key; put the right key file back, or name it in security.at_rest.key",
  );
}

/** Where files lie: in a folder that is this database's own, so that sites which share one don't sweep each other's. */
async function openFiles(
  { site }: HostStart,
  { objects }: Config,
  vault: Vault,
): Promise<ClawdbotDeps["files"]> {
  const { open } = await objectStores[objects.type]();
  const { fileBytesMax: bytesMax } = objects;
  const own = vault.keyedHash("objects", "folder").slice(0, 16);
  return { objects: await open({ path: `${site.objectsFolder}/${own}` }), crypto: createNodeCrypto(), bytesMax };
}

async function createLocalChannels(): Promise<Record<"web" | "terminal", LocalChannel>> {
  const [web, terminal] = await Promise.all([channelRegistry.web(), channelRegistry.terminal()]);
  return { web: web.create(), terminal: terminal.create() };
}

/** Where what the model computed of conversations lies: in a folder of its own beside that of the files. */
async function openModelStates(
  { site, model }: HostStart,
  { objects }: Config,
  ports: Pick<ClawdbotDeps, "store" | "vault" | "clock" | "random" | "log">,
): Promise<SiteModelStates> {
  const { open } = await objectStores[objects.type]();
  const own = ports.vault.keyedHash("objects", "model states").slice(0, 16);
  return createModelStates({
    ...ports,
    crypto: createNodeCrypto(),
    ids: createIds(ports),
    objects: await open({ path: `${site.objectsFolder}/${own}` }),
    model: "path" in model ? model.path : model.name,
  });
}

/** What runners say and do is told. */
interface Told {
  readonly log: Log;
  readonly registry: Metrics;
}

/** What all models of this machine may take together. */
function modelMemoryBytes({ model, embedding }: HostStart): number {
  return "server" in model ? embedding?.memoryLimitBytes ?? 0 : model.memoryLimitBytes;
}

/** A model's part in that: what the catalogue says of it, until it was loaded once. */
function placeOf(memory: ModelMemory, { name, memoryLimitBytes }: NonNullable<HostStart["embedding"]>): ModelPlace {
  const known = modelByName(name);
  return memory.place({
    limitBytes: memoryLimitBytes,
    ...(known.kind === "found" ? { needBytes: known.model.memoryBytes } : {}),
  });
}

async function createEngine(
  start: HostStart,
  config: Config,
  { log, registry }: Told,
  memory: ModelMemory,
  states: ModelStates | undefined,
): Promise<Engine> {
  if ("server" in start.model) return await createServerEngine(start, config);
  const [{ createSocketRunners }, { createLlamaEngine }] = await Promise.all([
    runnerRegistry.socket(),
    engines.llama(),
  ]);
  const place = placeOf(memory, start.model);
  return place.keep(createLlamaEngine({
    runners: measuredRunners(createSocketRunners(start.site.runnerSockets), registry),
    runnerFailed: (role, kind) => registry.count("clawdbot_runner_failures_total", { role, kind }),
    clock: systemClock,
    random: systemRandom,
    log,
    sequencesMax,
    ...config.model,
    memoryLimitBytes: start.model.memoryLimitBytes,
    room: place.room,
    ...(states === undefined ? {} : { states }),
  }));
}

/** The engine of `model.server`. Without its key or certificate it is told as failed, and the rest runs. */
async function createServerEngine(start: HostStart, { model: { server, contextTokens } }: Config): Promise<Engine> {
  const { url, model, embeddingModel, key: place, ca } = server!;
  const [{ createOpenAiEngine }, { createFailedEngine }] = await Promise.all([
    engines.openai(),
    import("../adapters/engines/failed.ts"),
  ]);
  const refused = (reason: string) => createFailedEngine({ kind: "refused", reason, mend: "clawdbot config check" });
  const key = place === undefined ? undefined : resolvedSecrets(start)[place.secret];
  if (key?.kind === "failed") return refused(`model.server.key: ${key.reason}`);
  const caCerts: string[] = [];
  try {
    if (ca !== undefined) caCerts.push(Deno.readTextFileSync(resolvePath(start.site.baseFolder, ca)));
  } catch {
    return refused(`model.server.ca: ${JSON.stringify(ca)} can't be read`);
  }
  return createOpenAiEngine({
    url,
    caCerts,
    ...(model === undefined ? {} : { model }),
    ...(embeddingModel === undefined ? {} : { embeddingModel }),
    ...(key === undefined ? {} : { key: key.value }),
    ...(contextTokens === undefined ? {} : { contextTokens }),
    sequencesMax,
    clock: systemClock,
    random: systemRandom,
  });
}

/**
 * What turns texts into vectors: the server where it has a model for it, else a model and a process of its own, which
 * isn't started before it is needed.
 */
async function createEmbedder(
  start: HostStart,
  config: Config,
  { log, registry }: Told,
  engine: Engine,
  memory: ModelMemory,
): Promise<Pick<Engine, "embed" | "load" | "unload" | "state" | "close">> {
  if (start.embedding === undefined) return engine;
  const { keepAliveMs, threads } = config.model;
  const [{ createSocketRunners }, { createLlamaEngine }] = await Promise.all([
    runnerRegistry.socket(),
    engines.llama(),
  ]);
  const place = placeOf(memory, start.embedding);
  return place.keep(createLlamaEngine({
    runners: measuredRunners(createSocketRunners(start.site.runnerSockets), registry),
    runnerFailed: (role, kind) => registry.count("clawdbot_runner_failures_total", { role, kind }),
    role: "embedding-runner",
    clock: systemClock,
    random: systemRandom,
    log,
    sequencesMax: 1,
    keepAliveMs,
    ...(threads === undefined ? {} : { threads }),
    memoryLimitBytes: start.embedding.memoryLimitBytes,
    room: place.room,
  }));
}

/** The configured channels as the settings are now. */
async function remoteChannels({ config, secrets }: Settings, log: Log): Promise<RemoteChannels> {
  return await createRemoteChannels(config(), resolvedSecrets({ secrets: secrets() }), {
    clock: systemClock,
    random: systemRandom,
    log,
    commands: (locale) => commandList(locale).map(({ name, does }) => ({ command: name, description: does })),
  });
}

function resolvedSecrets({ secrets }: Pick<HostStart, "secrets">): ResolvedSecrets {
  return Object.fromEntries(
    secrets.map((secret) => [
      secret.pointer,
      "value" in secret
        ? { kind: "resolved", value: new Secret(secret.value) }
        : { kind: "failed", reason: secret.failure },
    ]),
  );
}

function listenPage(web: WebDeps, config: Config, baseFolder: string): Listener {
  const { listen: { hostname, port }, names, tls } = config.web;
  const hostNames = hostNamesOf(hostname, names);
  const app = createApp(web, { kind: "browser", hostNames, secure: tls !== undefined });
  const read = (path: string) => Deno.readTextFileSync(resolvePath(baseFolder, path));
  const pem = tls && { cert: read(tls.cert), key: read(tls.key) };
  return listenTcp(app, { hostname, port, ...(pem === undefined ? {} : { tls: pem }) });
}

function originOf(config: Config, { port }: Listener): string {
  const { listen: { hostname }, names, tls } = config.web;
  return `${tls === undefined ? "http" : "https"}://${shownName(hostname, names)}:${port}`;
}

/** The first words of a start. A login code is a secret: it is only for the eyes at a terminal. */
async function greet({ terminal }: HostStart, { origin, logins }: RunningHost): Promise<void> {
  if (!terminal) return console.log(`Clawdbot is ready at ${origin} (\`clawdbot login-code\` prints a login code)`);
  const { code } = await logins.issue({ kind: "local" });
  console.log(`Clawdbot is ready at ${origin}\nLogin code, good for 5 minutes: ${code}`);
}
