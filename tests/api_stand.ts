import { createScriptedEngine, type ScriptedEngineOptions } from "../adapters/engines/scripted.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { createApp } from "../adapters/web/app.ts";
import { mergePolicy, type Policy } from "../core/access.ts";
import { createApi, type RunningApi } from "../core/api/api.ts";
import { createIds } from "../core/ids.ts";
import type { Engine, GenerateRequest } from "../core/ports/engine.ts";
import { type Store, StoreError } from "../core/ports/store.ts";
import type { Tables } from "../core/tables.ts";
import { createTokens, type TokenRequest, type Tokens } from "../core/tokens.ts";
import { openVault, type Vault } from "../core/vault.ts";
import { createFakeAssistant, depsAround } from "./fake_assistant.ts";
import { quickCrypto } from "./simulator/quick_crypto.ts";
import { VirtualClock } from "./simulator/virtual_clock.ts";

/** The API of a host in this process: the real core and routes over a scripted engine, under virtual time. */
export interface ApiStand {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly vault: Vault;
  readonly api: RunningApi;
  readonly tokens: Tokens;
  readonly engine: Engine;
  /** What the engine was asked, oldest first. */
  readonly asked: GenerateRequest[];
  /** How many generations ran, at each moment at which one began. */
  readonly running: readonly number[];
  /** Makes a token and returns its secret. */
  token(more?: Partial<TokenRequest>): Promise<{ readonly secret: string; readonly id: string }>;
  /** A request over TCP; `secret` goes into `Authorization`. */
  tcp(path: string, init?: RequestInit & { readonly secret?: string }): Promise<Response>;
  /** A request over the Unix socket. */
  local(path: string, init?: RequestInit): Promise<Response>;
  audit(): Promise<Tables["audit"][]>;
  /** Every write finds the disk full, until it is told otherwise. */
  fill(isFull: boolean): void;
  /** The host begins to stop: nothing new is taken. */
  close(): void;
  /** The host cuts what runs. */
  end(): void;
}

/** What differs from an engine that says "The answer." */
export interface ApiStandOptions {
  readonly answer?: ScriptedEngineOptions["answer"];
  readonly engine?: Engine;
  readonly info?: ScriptedEngineOptions["info"];
  readonly policy?: Policy;
}

/** The names of the models. */
export const chatModel = "scripted";
export const embeddingModel = "scripted-embedding";

/** Opens a stand. */
export async function openApiStand(options: ApiStandOptions = {}): Promise<ApiStand> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const memory = createMemoryStore();
  let isFull = false;
  const store: Store = {
    read: (work) => memory.read(work),
    close: () => memory.close(),
    write: async (work) => {
      if (isFull) throw new StoreError("full", "no room");
      return await memory.write(work);
    },
  };
  const keyEncryptionKey = new Uint8Array(32).fill(7);
  const opened = await openVault({ store, crypto: quickCrypto, random: systemRandom, clock, keyEncryptionKey });
  if (opened.kind !== "open") throw new Error("The vault must open");
  const { vault } = opened;
  const asked: GenerateRequest[] = [];
  const running: number[] = [];
  let runningNow = 0;
  const engine = options.engine ?? createScriptedEngine({
    clock,
    answer: (request) => options.answer?.(request) ?? { pieces: ["The", " answer", "."] },
    ...(options.info === undefined ? {} : { info: options.info }),
  });
  const [closing, ending] = [new AbortController(), new AbortController()];
  const log = { info() {}, warn() {}, error: (message: string, fields?: unknown) => console.error(message, fields) };
  const policy = () => options.policy ?? mergePolicy({});
  const ids = createIds({ clock, random: systemRandom });
  const api = createApi({
    store,
    vault,
    clock,
    ids,
    log,
    policy,
    engine: {
      ...engine,
      async *generate(request, signal) {
        asked.push(request);
        running.push(++runningNow);
        try {
          yield* engine.generate(request, signal);
        } finally {
          runningNow--;
        }
      },
    },
    embedder: engine,
    models: [{ id: chatModel, kind: "chat" }, { id: embeddingModel, kind: "embedding" }],
    closing: closing.signal,
    ending: ending.signal,
  });
  const tokens = createTokens({ store, vault, clock, random: systemRandom, ids, log, policy });
  const deps = depsAround(createFakeAssistant(), { api, tokens, clock, log });
  const host = "127.0.0.1:8080";
  const page = createApp(deps, { kind: "browser", hostNames: (name) => name === "127.0.0.1", secure: false });
  const socket = createApp(deps, { kind: "local" });
  return {
    clock,
    store,
    vault,
    api,
    tokens,
    engine,
    asked,
    running,
    async token(more = {}) {
      const wanted = { name: null, roles: ["user"], lifeMs: null, requestsPerMinute: null, ...more };
      const made = await tokens.create({ kind: "local" }, wanted);
      if (made.kind !== "created") throw new Error(`The token must be made: ${made.kind}`);
      return { secret: made.secret, id: made.token.id };
    },
    async tcp(path, { secret, ...init } = {}) {
      const request = new Request(`http://${host}${path}`, init);
      if (!request.headers.has("host")) request.headers.set("host", host);
      if (secret !== undefined) request.headers.set("authorization", `Bearer ${secret}`);
      return await page.fetch(request);
    },
    local: (path, init) => socket.fetch(new Request(`http://localhost${path}`, init)),
    audit: () => store.read((tx) => tx.find("audit", {})),
    fill: (full) => isFull = full,
    close: () => closing.abort(),
    end: () => ending.abort(),
  };
}

/** A JSON body to POST. */
export function post(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  };
}

/** The data of each server-sent event of a response. */
export async function eventsOf(response: Response): Promise<string[]> {
  return (await response.text()).split("\n\n").filter((event) => event !== "").map((event) => event.slice(6));
}
