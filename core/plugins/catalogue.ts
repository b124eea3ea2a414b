import type { Config } from "../../schema/config.ts";
import type { RegisteredTool } from "../../schema/plugin.ts";
import { appendAudit } from "../audit.ts";
import { InvariantError } from "../errors.ts";
import type { Ids } from "../ids.ts";
import { resolvePath } from "../site.ts";
import type { Clock } from "../ports/clock.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { Log } from "../ports/log.ts";
import type { PluginFile, PluginFolder } from "../ports/plugin_folder.ts";
import { type Store, StoreError, type Tx } from "../ports/store.ts";
import type { InstalledTool } from "../tools/types.ts";
import type { Vault } from "../vault.ts";
import { askTools, describeMsMax } from "./ask_tools.ts";
import type { CallFailure, DrainingPlugins } from "./draining.ts";
import { sizeRefusal } from "./file.ts";
import { seeFile } from "./see_file.ts";
import { installTools } from "./installed.ts";
import { type Described, earlierVersions, remember, rememberedModule, rememberedTools, touch } from "./rows.ts";
import { type EarlierVersion, type FileSeen, type PluginFacts, type PluginStanding, standingOf } from "./standing.ts";

/** How often files are looked at, whether or not the system tells of changes. */
const lookEveryMs = 2_000;

/** The least time between two looks: something that is written without end changes all the time. */
const lookEveryMsMin = 100;

/** A file that hasn't changed for this long isn't being written any more. */
const settledMs = 1_000;

/** The most files that are looked at. */
export const filesMax = 200;

/** When a plugin couldn't be asked for its tools, it is tried again after this long, then twice as long, and so on. */
const againMs = 10_000;
const againMsMax = 3_600_000;

/** What the configuration says of plugins. */
export type PluginSettings = Pick<Config, "plugins" | "devices"> & {
  readonly trust: Config["security"]["plugins"];
};

/** What the catalogue needs. */
export interface PluginCatalogueDeps {
  readonly folder: PluginFolder;
  readonly plugins: DrainingPlugins;
  readonly store: Store;
  readonly vault: Vault;
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly settings: () => PluginSettings;
  /** What paths in the configuration are relative to. */
  readonly baseFolder: string;
  /** The version of what prepares modules: what another version prepared is prepared anew. */
  readonly reader: string;
}

/** One plugin, with what is known of its tools. */
export interface ListedPlugin extends PluginStanding {
  /** Of a granted plugin that could be asked: its tools, by their whole names. */
  readonly tools?: readonly Pick<InstalledTool, "name" | "description" | "readOnly">[];
  /** What was granted under this name before, as far as it is remembered. */
  readonly earlier: readonly EarlierVersion[];
  /** Why its last call failed, where it did. Code `breaker`: it failed too often, and isn't called for a while. */
  readonly failure?: CallFailure;
}

/** The plugins of a site: which files there are, what each may do, and which tools that gives. */
export interface PluginCatalogue {
  /** Every plugin that has a file or is configured, by name. */
  list(): readonly ListedPlugin[];
  /** The tools of all plugins that are granted and ready, by name. A new list whenever one of them changes. */
  tools(): readonly InstalledTool[];
  /**
   * A module that was granted, as it is run.
   * @throws {InvariantError} When nothing was prepared for this digest.
   */
  module(digest: string): Promise<Uint8Array>;
  /** Calls `listener` after each change of {@link list} or {@link tools}. @returns What ends that. */
  changed(listener: () => void): () => void;
  /** Looks for the first time and goes on looking. Resolves when what was prepared in an earlier life is there. */
  start(): Promise<void>;
  /** Looks at once, by the settings of now: what isn't granted any more can't be called any more then. */
  follow(): Promise<void>;
  /** As {@link follow}; resolves when every plugin that is granted is ready, or can't be. */
  refresh(): Promise<void>;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** A file that was looked at. */
interface Looked {
  readonly file: PluginFile;
  readonly seen: FileSeen;
  /** Since when it has been the same, as far as it was looked at. */
  readonly sinceMs: number;
  /** What it was judged by: other keys are trusted, and it is judged anew. */
  readonly trust: string;
}

/** What came of describing one digest. `failed`: it couldn't be asked, which says nothing about it. */
type Description =
  | { readonly kind: "described"; readonly tools: readonly RegisteredTool[] }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly tries: number; readonly againAtMs: number };

/** Makes the catalogue of a site. Nothing happens before {@link PluginCatalogue.start}. */
export function createPluginCatalogue(deps: PluginCatalogueDeps): PluginCatalogue {
  const { folder, plugins, store, vault, clock, log, settings, reader } = deps;
  const closing = new AbortController();
  const looked = new Map<string, Looked>();
  const descriptions = new Map<string, Description>();
  const earlier = new Map<string, readonly EarlierVersion[]>();
  const listeners = new Set<() => void>();
  let standings: readonly ListedPlugin[] = [];
  let tools: readonly InstalledTool[] = [];
  let left = 0;
  /** Counts what standings are made of, so that they aren't made again of the same. */
  let facts = 0;
  let madeOf: readonly unknown[] = [];
  let isWoken = false;
  let wake = new AbortController();
  let looking = Promise.resolve();
  let describing: Promise<void> | undefined;
  let auditing = Promise.resolve();
  let running: Promise<void> | undefined;

  function set<V>(map: Map<string, V>, key: string, value: V): void {
    map.set(key, value);
    facts++;
  }

  /** Looks at every file, and sets what follows. Looks come one after the other. */
  function look(): Promise<void> {
    looking = looking.then(lookNow);
    return looking;
  }

  async function lookNow(): Promise<void> {
    if (closing.signal.aborted) return;
    const { plugins: configured, trust } = settings();
    const { files, left: more } = await folder.list(elsewhereOf(configured, deps.baseFolder), filesMax);
    if (more > left) log.warn("more files of plugins than are looked at", { files: files.length, left: more });
    left = more;
    for (const name of looked.keys()) {
      if (files.some((file) => file.name === name)) continue;
      looked.delete(name);
      facts++;
    }
    const judged = JSON.stringify(trust);
    for (const file of files) {
      const next = await lookAt(file, looked.get(file.name), { judged, granted: configured[file.name]?.digest });
      if (next !== undefined) set(looked, file.name, next);
      if (closing.signal.aborted) return;
    }
    const names = new Set([...Object.keys(configured), ...files.map((file) => file.name)]);
    for (const name of earlier.keys()) if (!names.has(name)) earlier.delete(name);
    for (const name of names) {
      if (!earlier.has(name)) set(earlier, name, await store.read((tx) => earlierVersions(tx, name)));
    }
    const digests = new Set(Object.values(configured).map(({ digest }) => digest));
    for (const digest of descriptions.keys()) if (!digests.has(digest)) descriptions.delete(digest);
    await recall();
    settle();
  }

  /** What a file is now; `undefined` when nothing changed. */
  async function lookAt(
    file: PluginFile,
    before: Looked | undefined,
    { judged, granted }: { readonly judged: string; readonly granted: string | undefined },
  ): Promise<Looked | undefined> {
    const isSame = before?.file.print === file.print;
    if (isSame && before.seen.kind !== "unsettled" && before.trust === judged) return undefined;
    const nowMs = clock.nowMs();
    const sinceMs = isSame ? before.sinceMs : nowMs;
    const looked = (seen: FileSeen): Looked => ({ file, seen, sinceMs, trust: judged });
    const tooLarge = sizeRefusal(file.bytes);
    if (tooLarge !== undefined) return looked({ kind: "refused", reason: tooLarge.reason });
    const ageMs = nowMs - file.modifiedMs;
    const isSettled = (ageMs >= settledMs) || (isSame && nowMs - sinceMs >= settledMs);
    // Of what may be half of a file, only its digest counts: it may be the one that was granted, whole.
    if (!isSettled && granted === undefined) return looked({ kind: "unsettled" });
    const read = await folder.read(file);
    if (read.kind === "changed") return looked({ kind: "unsettled" });
    if (read.kind === "unreadable") return looked({ kind: "refused", reason: read.reason });
    const seen = seeFile(read.bytes, { crypto: deps.crypto, trust: settings().trust });
    if (!isSettled && seen.digest !== granted) return looked({ kind: "unsettled" });
    return looked(seen);
  }

  /** Takes up what is remembered of digests that are granted now. */
  async function recall(): Promise<void> {
    for (const { facts } of grantedNow()) {
      const { digest } = facts;
      if (descriptions.has(digest)) continue;
      const known = await store.read((tx) => rememberedTools(tx, vault, { digest, reader }));
      if (known === undefined) continue;
      set(descriptions, digest, known);
      await write((tx) => touch(tx, digest, clock.nowMs()));
    }
  }

  function standingsNow(): PluginStanding[] {
    const { plugins: configured } = settings();
    const names = [...new Set([...Object.keys(configured), ...looked.keys()])].sort();
    return names.map((name) => {
      const options = Object.hasOwn(configured, name) ? configured[name] : undefined;
      const seen = looked.get(name)?.seen;
      return standingOf({
        name,
        ...(options === undefined ? {} : { options }),
        ...(seen === undefined ? {} : { file: seen }),
        earlier: earlier.get(name) ?? [],
      });
    });
  }

  function grantedNow(): (PluginStanding & { readonly facts: PluginFacts })[] {
    return standingsNow().filter((one): one is PluginStanding & { facts: PluginFacts } => one.state === "granted");
  }

  /** Computes list and tools anew, tells what changed, and begins to describe what isn't yet. */
  function settle(): void {
    const site = settings();
    const now = [facts, site.plugins, site.devices, site.trust];
    if (now.some((one, index) => one !== madeOf[index])) {
      madeOf = now;
      make(site);
    }
    describing ??= describeAll().finally(() => describing = undefined);
  }

  function make(site: PluginSettings): void {
    const nextTools: InstalledTool[] = [];
    const next = standingsNow().map((found): ListedPlugin => {
      const standing = { ...found, earlier: earlier.get(found.name) ?? [] };
      if (standing.state !== "granted") return standing;
      const described = descriptions.get(standing.facts!.digest);
      if (described === undefined) return { ...standing, reason: "it is being prepared" };
      if (described.kind === "refused") return { ...standing, state: "refused", reason: described.reason };
      if (described.kind === "failed") return { ...standing, reason: described.reason };
      const { tools, unusable } = installTools(standing, described.tools, site);
      nextTools.push(...tools);
      return {
        ...standing,
        tools: tools.map(({ name, description, readOnly }) => ({ name, description, readOnly })),
        notes: [...standing.notes, ...(unusable.length === 0 ? [] : [{ kind: "unusable", tools: unusable } as const])],
      };
    });
    if (JSON.stringify([next, nextTools]) === JSON.stringify([standings, tools])) return;
    const before = standings;
    standings = next;
    tools = nextTools.sort((a, b) => a.name < b.name ? -1 : 1);
    plugins.grant(
      new Set(next.flatMap(({ state, facts }) => state === "granted" && facts !== undefined ? [facts.digest] : [])),
    );
    tell(before, next);
    for (const listener of listeners) listener();
  }

  /** Says in the log what became of plugins, and in the audit that a grant isn't in force any more. */
  function tell(before: readonly ListedPlugin[], now: readonly ListedPlugin[]): void {
    for (const plugin of now) {
      const { name, state, facts, reason } = plugin;
      const old = before.find((one) => one.name === name);
      if (old?.state === state && old.facts?.digest === facts?.digest && old.reason === reason) continue;
      const fields = {
        plugin: name,
        ...(facts === undefined ? {} : { digest: facts.digest, version: facts.manifest.version }),
      };
      switch (state) {
        case "known":
          if (facts !== undefined) log.info("plugin known, nothing is granted to it", fields);
          break;
        case "granted":
          if (plugin.tools !== undefined) log.info("plugin ready", { ...fields, tools: plugin.tools.length });
          break;
        case "void":
          log.warn("plugin's grant is void", { ...fields, granted: plugin.grantedDigest, reason });
          break;
        case "refused":
          log.warn("plugin refused", { ...fields, reason });
          break;
        case "missing":
          log.warn("plugin's file is missing", { ...fields, granted: plugin.grantedDigest });
          break;
      }
      if (old?.state === "granted" && state !== "granted") auditEnd(plugin, old.facts!.digest);
    }
    for (const { name, state, facts } of before) {
      if (now.some((one) => one.name === name)) continue;
      log.info("plugin gone", { plugin: name });
      if (state === "granted") auditEnd({ name, state: "missing" }, facts!.digest);
    }
  }

  function auditEnd({ name, state }: Pick<PluginStanding, "name" | "state">, digest: string): void {
    const atMs = clock.nowMs();
    const entry = { atMs, principal: "system", action: "withdraw", resource: `plugin:${name}`, outcome: state };
    const stored = write((tx) => appendAudit(tx, vault, { ...entry, detail: digest }));
    auditing = Promise.all([auditing, stored]).then(() => {});
  }

  /** Whether it was stored: a full disk doesn't stop the catalogue. */
  async function write(work: (tx: Tx) => void): Promise<boolean> {
    try {
      await store.write(work);
      return true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return false;
    }
  }

  /** Prepares and describes what is granted and isn't described, one after the other. */
  async function describeAll(): Promise<void> {
    for (;;) {
      const nowMs = clock.nowMs();
      const next = grantedNow().find(({ facts: { digest } }) => {
        const known = descriptions.get(digest);
        return known === undefined || (known.kind === "failed" && known.againAtMs <= nowMs);
      });
      if (next === undefined || closing.signal.aborted) return;
      const { digest } = next.facts;
      const before = descriptions.get(digest);
      const came = await describe(next.name, next.facts);
      if (closing.signal.aborted) return;
      if (came.kind === "failed") {
        const tries = before?.kind === "failed" ? before.tries + 1 : 1;
        const waitMs = Math.min(againMsMax, againMs * 2 ** Math.min(tries - 1, 20));
        set(descriptions, digest, { ...came, tries, againAtMs: clock.nowMs() + waitMs });
        log.warn("plugin couldn't be asked for its tools", { plugin: next.name, digest, reason: came.reason });
      } else {
        set(descriptions, digest, came.kind === "refused" ? came : { kind: "described", tools: came.tools });
      }
      settle();
    }
  }

  async function describe(
    name: string,
    facts: PluginFacts,
  ): Promise<Described | { readonly kind: "failed"; readonly reason: string }> {
    const { digest } = facts;
    const file = looked.get(name)?.file;
    const read = file === undefined ? undefined : await folder.read(file);
    if (read?.kind !== "read") return { kind: "failed", reason: "its file changed while it was read" };
    const now = seeFile(read.bytes, { crypto: deps.crypto, trust: settings().trust });
    if (now.digest !== digest) return { kind: "failed", reason: "its file changed while it was read" };
    const described = await ask(digest, read.bytes);
    if (described.kind === "failed") return described;
    const isStored = await write((tx) => {
      const isFirst = remember(tx, { vault, ids: deps.ids, nowMs: clock.nowMs() }, { name, facts, described, reader });
      if (!isFirst) return;
      appendAudit(tx, vault, {
        atMs: clock.nowMs(),
        principal: "system",
        action: "install",
        resource: `plugin:${name}`,
        outcome: described.kind === "refused" ? "refused" : "installed",
        detail: digest,
      });
    });
    if (!isStored) return { kind: "failed", reason: "what was prepared couldn't be stored" };
    set(earlier, name, await store.read((tx) => earlierVersions(tx, name)));
    return described;
  }

  /** Has a file checked, rewritten and asked for its tools, in the sandbox. */
  async function ask(
    digest: string,
    bytes: Uint8Array,
  ): Promise<Described | { readonly kind: "failed"; readonly reason: string }> {
    const deadline = new AbortController();
    const signal = AbortSignal.any([closing.signal, deadline.signal]);
    const done = new AbortController();
    void clock.sleep(describeMsMax, AbortSignal.any([closing.signal, done.signal])).then(() => {
      if (!done.signal.aborted) deadline.abort();
    });
    try {
      const prepared = await plugins.prepare(bytes, signal);
      if (prepared.kind === "refused") return { kind: "refused", reason: prepared.reason };
      if (prepared.kind === "cancelled") return { kind: "failed", reason: "preparing it took too long" };
      const asked = await askTools(plugins, { digest, module: prepared.bytes }, signal);
      return asked.kind === "described" ? { ...asked, module: prepared.bytes } : asked;
    } finally {
      done.abort();
    }
  }

  async function run(): Promise<void> {
    folder.watch(() => {
      isWoken = true;
      wake.abort();
    }, closing.signal);
    while (!closing.signal.aborted) {
      wake = new AbortController();
      if (isWoken) wake.abort();
      const isUnsettled = [...looked.values()].some(({ seen }) => seen.kind === "unsettled");
      await clock.sleep(
        isUnsettled ? settledMs / 2 : lookEveryMs,
        AbortSignal.any([wake.signal, closing.signal]),
      );
      await clock.sleep(lookEveryMsMin, closing.signal);
      isWoken = false;
      await look();
    }
  }

  return {
    list: () =>
      standings.map((plugin) => {
        const failure = plugin.state === "granted" ? plugins.failure(plugin.facts!.digest) : undefined;
        return failure === undefined ? plugin : { ...plugin, failure };
      }),
    tools: () => tools,
    async module(digest) {
      const module = await store.read((tx) => rememberedModule(tx, vault, digest));
      if (module === undefined) throw new InvariantError(`No module was prepared for ${digest}`);
      return module;
    },
    changed(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      await look();
      running = run();
    },
    follow: look,
    async refresh() {
      await look();
      while (describing !== undefined) await describing;
    },
    async stop() {
      closing.abort();
      await looking;
      await describing;
      await running;
      await auditing;
    },
  };
}

/** Files that the configuration names, by plugin. */
export function elsewhereOf(plugins: Config["plugins"], baseFolder: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(plugins).flatMap(([name, { path }]) =>
      path === undefined ? [] : [[name, resolvePath(baseFolder, path)]]
    ),
  );
}
