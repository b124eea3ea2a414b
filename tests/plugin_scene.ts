import { ok } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { createIds } from "../core/ids.ts";
import { createPluginCatalogue, type PluginCatalogue, type PluginSettings } from "../core/plugins/catalogue.ts";
import { readCustomSections, withCustomSection } from "../core/plugins/custom_sections.ts";
import { type DrainingPlugins, drainingPlugins } from "../core/plugins/draining.ts";
import type { PluginFolder } from "../core/ports/plugin_folder.ts";
import type { CallOutcome, PluginCall, PluginRefusal, Plugins } from "../core/ports/plugins.ts";
import type { Store } from "../core/ports/store.ts";
import { openVault, type Vault } from "../core/vault.ts";
import type { PluginOptions } from "../schema/config.ts";
import { manifestSection } from "../schema/plugin.ts";
import { VirtualClock } from "./simulator/virtual_clock.ts";

/** The section that the played sandbox takes what `register` gives from. */
const registerSection = "played.register";

/** A tool as `register` gives it. */
export function playedTool(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { name: "stop", description: "Stops a pump", parameters: { type: "object", properties: {} }, ...changes };
}

/**
 * A plugin's file: a module without code, its manifest, and what the played sandbox gives for it.
 *
 * @param register Bytes, or what becomes JSON. Absent: one tool.
 */
export function playedPlugin(
  manifest: Readonly<Record<string, unknown>> = {},
  register: unknown = { tools: [playedTool()] },
): Uint8Array<ArrayBuffer> {
  const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const module = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  const content = register instanceof Uint8Array ? register : json(register);
  const described = withCustomSection(module, { name: registerSection, content });
  const whole = { name: "pump", version: "1.0.0", description: "Drives pumps", ...manifest };
  return withCustomSection(described, { name: manifestSection, content: json(whole) });
}

/** SHA-256 in hex. */
export function digestOf(bytes: Uint8Array): string {
  return createNodeCrypto().sha256(bytes).toHex();
}

/** What the configuration says of a plugin. */
export function grantOf(bytes: Uint8Array, options: Partial<PluginOptions> = {}): PluginOptions {
  return { digest: digestOf(bytes), grant: {}, limits: {}, ...options };
}

/** A folder of plugins in memory. */
export interface PlayedFolder extends PluginFolder {
  /** Puts a file there at once; it was last written `agoMs` ago. */
  put(name: string, bytes: Uint8Array<ArrayBuffer>, agoMs?: number): void;
  remove(name: string): void;
  /** How often a file was read whole. */
  reads(): number;
}

/** Makes a folder; the watch tells of nothing unless `isWatched`. */
export function playedFolder(clock: Pick<VirtualClock, "nowMs">, isWatched = false): PlayedFolder {
  const files = new Map<
    string,
    { readonly bytes: Uint8Array<ArrayBuffer>; readonly atMs: number; readonly print: string }
  >();
  const watchers = new Set<() => void>();
  let count = 0;
  let reads = 0;
  const tell = () => isWatched && watchers.forEach((watcher) => watcher());
  return {
    list: (elsewhere, filesMax) => {
      const all = [...files].map(([name, { bytes, atMs, print }]) => ({
        name: Object.entries(elsewhere).find(([, path]) => path === `/plugins/${name}.wasm`)?.[0] ?? name,
        path: `/plugins/${name}.wasm`,
        bytes: bytes.length,
        modifiedMs: atMs,
        print,
      }));
      return Promise.resolve({ files: all.slice(0, filesMax), left: Math.max(0, all.length - filesMax) });
    },
    read: ({ path, print }) => {
      reads++;
      const file = files.get(path.slice("/plugins/".length, -".wasm".length));
      return Promise.resolve(file?.print === print ? { kind: "read", bytes: file.bytes } : { kind: "changed" });
    },
    watch: (changed) => void watchers.add(changed),
    put(name, bytes, agoMs = 0) {
      files.set(name, { bytes, atMs: clock.nowMs() - agoMs, print: `${++count}` });
      tell();
    },
    remove(name) {
      files.delete(name);
      tell();
    },
    reads: () => reads,
  };
}

/** A sandbox that runs nothing. */
export interface PlayedSandbox extends Plugins {
  /** Digests whose process was ended. */
  readonly ended: string[];
  readonly prepared: string[];
  readonly calls: PluginCall[];
  /** What preparing a file comes to instead. */
  refuse?: (wasm: Uint8Array) => PluginRefusal | undefined;
  /** What a call comes to instead. */
  answer?: (call: PluginCall, signal: AbortSignal) => Promise<CallOutcome> | undefined;
}

/** Makes a sandbox that gives for a file what stands in it. */
export function playedSandbox(): PlayedSandbox {
  const registers = new Map<string, Uint8Array>();
  const done = (output: Uint8Array): CallOutcome => ({ kind: "done", output, logs: [], fuelUsed: 1, tookMs: 1 });
  const sandbox: PlayedSandbox = {
    ended: [],
    prepared: [],
    calls: [],
    prepare: async (wasm) => {
      const digest = digestOf(wasm);
      sandbox.prepared.push(digest);
      const refusal = sandbox.refuse?.(wasm);
      if (refusal !== undefined) return refusal;
      const read = readCustomSections(wasm);
      ok(read.kind === "read");
      registers.set(digest, read.sections.find(({ name }) => name === registerSection)!.content);
      return { kind: "prepared", bytes: wasm.slice(), manifest: {}, imports: [], memoryBytesMax: 65_536 };
    },
    call: async (call, _host, signal) => {
      sandbox.calls.push(call);
      const other = sandbox.answer?.(call, signal);
      if (other !== undefined) return await other;
      return done(call.entry === "register" ? registers.get(call.digest)! : new TextEncoder().encode('{"text":"ok"}'));
    },
    endSession: () => {},
    end: (digest) => void sandbox.ended.push(digest),
    close: async () => {},
  };
  return sandbox;
}

/** A catalogue around a folder and a sandbox that are played, on a virtual clock. */
export interface PluginScene {
  readonly clock: VirtualClock;
  readonly folder: PlayedFolder;
  readonly sandbox: PlayedSandbox;
  readonly plugins: DrainingPlugins;
  readonly catalogue: PluginCatalogue;
  readonly store: Store;
  readonly vault: Vault;
  /** Log lines: `message plugin`. */
  readonly said: string[];
  /** What the configuration says from now on; the catalogue isn't told. */
  configure(changes: Partial<PluginSettings>): void;
  /** Lets time pass. */
  rest(ms?: number): Promise<void>;
  /** Name and state of each plugin, with the reason where there is one. */
  states(): Readonly<Record<string, string>>;
}

/** Makes one; nothing is started. `store`, `folder`: those of an earlier life. */
export async function pluginScene(
  { settings = {}, store = createMemoryStore(), watched = false, reader = "1", earlier }: {
    readonly settings?: Partial<PluginSettings>;
    readonly store?: Store;
    readonly watched?: boolean;
    readonly reader?: string;
    readonly earlier?: PluginScene;
  } = {},
): Promise<PluginScene> {
  const clock = earlier?.clock ?? new VirtualClock(Date.UTC(2026, 0, 1));
  const folder = earlier?.folder ?? playedFolder(clock, watched);
  const crypto = createNodeCrypto();
  const usedStore = earlier?.store ?? store;
  const opened = await openVault({
    store: usedStore,
    crypto,
    random: systemRandom,
    clock,
    keyEncryptionKey: new Uint8Array(32),
  });
  ok(opened.kind === "open");
  const sandbox = playedSandbox();
  const plugins = drainingPlugins(sandbox, clock);
  const said: string[] = [];
  const say = (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void said.push(`${message}: ${fields?.plugin}`);
  let now: PluginSettings = {
    plugins: {},
    devices: {},
    trust: { signed: false, keys: {}, revoked: [] },
    ...settings,
  };
  const catalogue = createPluginCatalogue({
    folder,
    plugins,
    store: usedStore,
    vault: opened.vault,
    crypto,
    clock,
    ids: createIds({ clock, random: systemRandom }),
    log: { info: say, warn: say, error: say },
    settings: () => now,
    baseFolder: "/site",
    reader,
  });
  return {
    clock,
    folder,
    sandbox,
    plugins,
    catalogue,
    store: usedStore,
    vault: opened.vault,
    said,
    configure: (changes) => void (now = { ...now, ...changes }),
    rest: (ms = 10_000) => clock.run(clock.nowMs() + ms),
    states: () =>
      Object.fromEntries(
        catalogue.list().map(({ name, state, reason }) => [name, reason === undefined ? state : `${state}: ${reason}`]),
      ),
  };
}
