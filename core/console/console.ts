import { type Action, decide, nameOf, type Policy, type Principal } from "../access.ts";
import type { Assistant, ConfigurationStatus, Refused } from "../assistant.ts";
import type { Approvals } from "../approvals.ts";
import { appendAudit } from "../audit.ts";
import type { Clock } from "../ports/clock.ts";
import type { Engine, EngineState } from "../ports/engine.ts";
import type { Log } from "../ports/log.ts";
import { type InstalledModel, modelFile } from "../ports/models.ts";
import type { Store } from "../ports/store.ts";
import type { People } from "../people.ts";
import { catalogue, type CatalogueModel } from "../catalogue.ts";
import type { ModelPuller } from "../ports/puller.ts";
import type { Vault } from "../vault.ts";
import { createAuditList } from "./audit_list.ts";
import { type ConfigurationState, type TileFacts, tilesOf } from "./board.ts";
import { createPulls } from "./pulls.ts";
import { createSince } from "./since.ts";
import {
  type ChannelView,
  type Console,
  type ConsolePart,
  consoleParts,
  type ModelUse,
  type ModelView,
  type PluginsView,
} from "./types.ts";

/** Between two looks at how things are, so that the board knows since when, in milliseconds. */
const lookEveryMs = 1_000;

/** An engine as far as the console drives it, and what is configured for it. */
export interface ConsoleModel {
  readonly name: string;
  /** Absent where a server answers. */
  readonly path?: string;
  readonly server?: string;
  readonly engine: Pick<Engine, "load" | "unload" | "state">;
}

/** What the console is made of. */
export interface ConsoleDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly policy: () => Policy;
  readonly status: Assistant["status"];
  readonly people: Pick<People, "pairings">;
  readonly approvals: Pick<Approvals, "waiting" | "concerns">;
  readonly models: Partial<Readonly<Record<ModelUse, ConsoleModel>>>;
  readonly modelsFolder: string;
  /** The model files in it. */
  readonly installed: () => Promise<readonly InstalledModel[]>;
  /** Absent: the site has no plugins. */
  readonly plugins?: () => PluginsView;
  readonly databaseBytes: () => Promise<number>;
  /** Memory of the host's own process. */
  readonly memoryBytes: () => number;
  /** What brings models here; absent where nothing does while the site runs. */
  readonly puller?: ModelPuller;
  /** Whether a configuration is proposed that nobody has accepted yet. */
  readonly isProposed: () => Promise<boolean>;
  /** Aborts when the host stops. */
  readonly closing: AbortSignal;
}

const resources: Readonly<Record<ConsolePart, string>> = {
  board: "admin:status",
  approvals: "admin:approvals",
  channels: "admin:channels",
  people: "admin:people",
  models: "admin:models",
  plugins: "admin:plugins",
  logs: "admin:logs",
  audit: "admin:audit",
};

const uses: readonly ModelUse[] = ["chat", "embedding"];

/** Makes the console of a site. */
export function createConsole(deps: ConsoleDeps): Console {
  const { store, vault, clock, log, policy, status, models } = deps;
  const since = createSince(clock, clock.nowMs());
  const list = createAuditList(deps);
  const pulls = deps.puller === undefined ? undefined : createPulls({
    puller: deps.puller,
    clock,
    closing: deps.closing,
    ended: (name, outcome) => {
      // A host that stops has closed its store; the next pull goes on from what came.
      audit("system", "pull", name, outcome).catch((error) =>
        log.warn("the end of a pull isn't in the audit", { name, outcome, error: String(error) })
      );
    },
  });

  function refusal(by: Principal, action: Action, part: ConsolePart): Refused | undefined {
    const decision = decide(by, action, resources[part], policy(), clock.nowMs());
    return decision.effect === "allow" ? undefined : { kind: "refused", reason: decision.reason };
  }

  function statusNow() {
    const result = status({ kind: "local" });
    if (result.kind === "refused") throw new Error(`The status can't be read: ${result.reason}`);
    return result.status;
  }

  const engineSince = (use: ModelUse, { kind }: EngineState) => since.note(`engine:${use}`, kind);

  /** What is told without asking the database. */
  function quickFacts(waiting: ReadonlyMap<string, number>): readonly TileFacts[] {
    const { version, uptimeMs, channels, turns, deliveries, plugins } = statusNow();
    return [
      { kind: "host", version, uptimeMs, memoryBytes: deps.memoryBytes() },
      ...uses.flatMap((use): TileFacts[] => {
        const model = models[use];
        if (model === undefined) return [];
        const { name, server, engine } = model;
        return [{ kind: "model", use, name, engine: engine.state(), ...(server === undefined ? {} : { server }) }];
      }),
      ...Object.entries(channels).map(([name, health]) =>
        ({ kind: "channel", name, health, waiting: waiting.get(name) ?? 0 }) as const
      ),
      { kind: "queue", ...turns },
      { kind: "deliveries", pending: deliveries.pending },
      ...(plugins.granted + plugins.known + plugins.wrong === 0 ? [] : [{ kind: "plugins", ...plugins } as const]),
    ];
  }

  /** Counted by the store: after a long outage there are many, and this is asked each second by each open page. */
  async function channelViews(): Promise<readonly ChannelView[]> {
    const { channels, deliveries } = statusNow();
    const all = Object.entries(channels);
    if (deliveries.pending === 0) return all.map(([name, health]) => ({ name, health, waiting: 0 }));
    return await store.read((tx) =>
      all.map(([name, health]) => {
        const unfinished = { channel: name, state: { in: ["pending", "sending"] } } as const;
        const waiting = tx.count("deliveries", unfinished);
        const [oldest] = waiting === 0 ? [] : tx.find("deliveries", unfinished, { limit: 1 });
        return { name, health, waiting, ...(oldest === undefined ? {} : { oldestMs: oldest.createdMs }) };
      })
    );
  }

  async function modelViews(): Promise<readonly ModelView[]> {
    const files = await deps.installed();
    const configured = uses.flatMap((use): ModelView[] => {
      const model = models[use];
      if (model === undefined) return [];
      const { name, path, server, engine } = model;
      const state = engine.state();
      const file = files.find((file) => file.path === path);
      const isMissing = file === undefined && path !== undefined && path === modelFile(deps.modelsFolder, name);
      return [{
        name,
        ...(file === undefined ? {} : { file }),
        ...(isMissing ? { isMissing } : {}),
        use: { use, state, sinceMs: engineSince(use, state), ...(server === undefined ? {} : { server }) },
      }];
    });
    const others = files.filter(({ path }) => !configured.some(({ file }) => file?.path === path));
    const all: readonly ModelView[] = [...configured, ...others.map((file) => ({ name: file.name, file }))];
    if (pulls === undefined) return all;
    const missing = catalogue.filter(({ name }) => !files.some((file) => file.name === name));
    const offerOf = ({ name, fileBytes, licence }: CatalogueModel) => {
      const pull = pulls.view(name);
      return { offer: { fileBytes, licence, ...(pull === undefined ? {} : { pull }) } };
    };
    return [
      ...all.map((view) => {
        const model = view.isMissing ? missing.find(({ name }) => name === view.name) : undefined;
        return model === undefined ? view : { ...view, ...offerOf(model) };
      }),
      ...missing.filter(({ name }) => !all.some((view) => view.isMissing && view.name === name))
        .map((model) => ({ name: model.name, ...offerOf(model) })),
    ];
  }

  const audit = (principal: string, action: string, what: string, outcome: string) =>
    store.write((tx) =>
      appendAudit(tx, vault, { atMs: clock.nowMs(), principal, action, resource: `admin:models:${what}`, outcome })
    );

  return {
    closing: deps.closing,
    parts: (by) =>
      consoleParts.filter((part) =>
        refusal(by, "read", part) === undefined || (part === "approvals" && deps.approvals.concerns(by))
      ),

    async board(by) {
      const refused = refusal(by, "read", "board");
      if (refused !== undefined) return refused;
      const { database, offline, confinement, configuration, halted } = statusNow();
      const [waiting, channels, bytes, pairings, isProposed] = await Promise.all([
        deps.approvals.waiting(),
        channelViews(),
        deps.databaseBytes(),
        deps.people.pairings({ kind: "local" }),
        deps.isProposed(),
      ]);
      const open = pairings.kind === "refused" ? [] : pairings.pairings.filter(({ refusedMs }) => refusedMs === null);
      const facts: readonly TileFacts[] = [
        ...quickFacts(new Map(channels.map(({ name, waiting }) => [name, waiting]))),
        { kind: "database", health: database, bytes },
        { kind: "pairings", count: open.length },
        { kind: "approvals", count: waiting, ...(halted === undefined ? {} : { haltedMs: halted.atMs }) },
        { kind: "configuration", configuration: configurationState(configuration, isProposed) },
      ];
      return { kind: "board", board: { atMs: clock.nowMs(), offline, confinement, tiles: tilesOf(facts, since.note) } };
    },

    async channels(by) {
      return refusal(by, "read", "channels") ?? { kind: "channels", channels: await channelViews() };
    },

    async models(by) {
      return refusal(by, "read", "models") ?? { kind: "models", models: await modelViews() };
    },

    async load(by, use) {
      const refused = refusal(by, "manage", "models");
      if (refused !== undefined) return refused;
      const engine = models[use]?.engine;
      if (engine === undefined) return { kind: "unknown" };
      if (engine.state().kind === "ready") return { kind: "loaded" };
      await audit(nameOf(by), "load", use, "begun");
      // Why it couldn't be loaded is the engine's state from then on; one that hangs ends by itself.
      engine.load(deps.closing).catch((error) => log.error("loading a model broke", { use, error: String(error) }));
      return { kind: "loading" };
    },

    async unload(by, use) {
      const refused = refusal(by, "manage", "models");
      if (refused !== undefined) return refused;
      const engine = models[use]?.engine;
      if (engine === undefined) return { kind: "unknown" };
      const result = await engine.unload();
      if (result.kind === "unloaded") await audit(nameOf(by), "unload", use, "unloaded");
      return result;
    },

    async pull(by, name) {
      const refused = refusal(by, "manage", "models");
      if (refused !== undefined) return refused;
      const { offer } = (await modelViews()).find((view) => view.name === name && view.offer !== undefined) ?? {};
      const model = catalogue.find((model) => model.name === name);
      if (offer === undefined || model === undefined || pulls === undefined) return { kind: "unknown" };
      const kind = pulls.begin(model);
      if (kind === "begun") await audit(nameOf(by), "pull", name, kind);
      return { kind };
    },

    async stopPull(by, name) {
      const refused = refusal(by, "manage", "models");
      if (refused !== undefined) return refused;
      return { kind: pulls?.stop(name) ? "stopped" : "unknown" };
    },

    plugins(by) {
      const none: PluginsView = { list: [], site: { devices: {} } };
      return refusal(by, "read", "plugins") ?? { kind: "plugins", plugins: deps.plugins?.() ?? none };
    },

    async audit(by, page) {
      return refusal(by, "read", "audit") ?? await list.page(page);
    },

    async auditEntry(by, id) {
      return refusal(by, "read", "audit") ?? await list.entry(id);
    },

    async verifyAudit(by) {
      const refused = refusal(by, "read", "audit");
      if (refused !== undefined) return refused;
      return { kind: "verification", verification: list.verify() };
    },

    verification: list.verification,

    async watch(signal) {
      while (!signal.aborted) {
        tilesOf(quickFacts(new Map()), since.note);
        for (const use of uses) {
          const engine = models[use]?.engine;
          if (engine !== undefined) engineSince(use, engine.state());
        }
        await clock.sleep(lookEveryMs, signal);
      }
    },
  };
}

function configurationState({ problem, loadedMs }: ConfigurationStatus, isProposed: boolean): ConfigurationState {
  if (problem !== undefined) return { kind: "refused", problems: problem.lines, sinceMs: problem.atMs };
  return isProposed ? { kind: "proposed" } : { kind: "in-force", sinceMs: loadedMs };
}
