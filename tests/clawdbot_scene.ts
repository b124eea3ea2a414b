import { ok } from "node:assert/strict";
import { createLocalChannel, type LocalChannel } from "../adapters/channels/local.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { createScriptedEngine, type ScriptedAnswer } from "../adapters/engines/scripted.ts";
import { createMemoryObjects, type MemoryObjects } from "../adapters/objects/memory.ts";
import { systemRandom } from "../adapters/random/system.ts";
import { createMemoryStore } from "../adapters/storage/memory.ts";
import { mergePolicy, type Policy } from "../core/access.ts";
import { type Clawdbot, type ClawdbotDeps, createClawdbot } from "../core/clawdbot.ts";
import { defaultPeople, type PeopleSettings } from "../core/message/admission.ts";
import type { InboundMessage } from "../core/message/types.ts";
import type { Channel } from "../core/ports/channel.ts";
import type { GenerateRequest, ModelInfo } from "../core/ports/engine.ts";
import type { Store } from "../core/ports/store.ts";
import { openVault, type Vault } from "../core/vault.ts";
import { VirtualClock } from "./simulator/virtual_clock.ts";

/** Whoever reaches the Unix socket: the owner. */
export const local = { kind: "local" } as const;

/** The whole core with a scripted model and one local channel, on a virtual clock. */
export interface Scene {
  readonly clawdbot: Clawdbot;
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly vault: Vault;
  readonly objects: MemoryObjects;
  readonly terminal: LocalChannel;
  /** What the model was asked. */
  readonly requests: GenerateRequest[];
  /** Asks in the terminal; resolves, on the virtual clock, when the host has come to rest. */
  ask(
    text: string,
    conversation?: string,
    more?: Partial<
      Pick<InboundMessage, "sessionId" | "replaces" | "files" | "attachmentIds" | "locale" | "platformId">
    >,
  ): Promise<{ sessionId: string; messageId: string; turnId: string }>;
  /** Asks, and doesn't wait for the answer. */
  send: Scene["ask"];
  /** Lets time pass. */
  rest(ms?: number): Promise<void>;
  /** The shown branch. */
  texts(sessionId: string): Promise<string[]>;
}

/** What a scene may be given. */
export interface SceneOptions {
  readonly info?: Partial<ModelInfo>;
  readonly policy?: () => Policy;
  readonly people?: Partial<PeopleSettings>;
  /** Channels besides the terminal. */
  readonly channels?: Readonly<Record<string, Channel>>;
  readonly store?: Store;
  readonly objects?: MemoryObjects;
  readonly fileBytesMax?: number;
  readonly performer?: ClawdbotDeps["performer"];
  readonly tools?: ClawdbotDeps["tools"];
  readonly modelStates?: ClawdbotDeps["modelStates"];
  readonly approvalMs?: () => number;
}

/** Starts a core whose model says what `answer` says. */
export async function startScene(
  answer: (request: GenerateRequest) => ScriptedAnswer,
  { info = {}, policy = () => mergePolicy({}), people = {}, store = createMemoryStore(), ...given }: SceneOptions = {},
): Promise<Scene> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const crypto = createNodeCrypto();
  const keyEncryptionKey = new Uint8Array(32);
  const opened = await openVault({ store, crypto, random: systemRandom, clock, keyEncryptionKey });
  ok(opened.kind === "open");
  const { vault } = opened;
  const { channels = {}, objects = createMemoryObjects(), fileBytesMax = 1_000_000, ...acting } = given;
  const requests: GenerateRequest[] = [];
  const terminal = createLocalChannel("terminal");
  const clawdbot = createClawdbot({
    store,
    vault,
    clock,
    random: systemRandom,
    log: { info: () => {}, warn: () => {}, error: (message, fields) => console.error(message, fields) },
    files: { objects, crypto, bytesMax: fileBytesMax },
    engine: createScriptedEngine({
      clock,
      info,
      answer: (request) => {
        requests.push(request);
        return answer(request);
      },
    }),
    channels: { terminal, ...channels },
    failedChannels: { telegram: "token missing" },
    policy,
    people: () => ({ ...defaultPeople, ...people }),
    ...acting,
    facts: { version: "1.2.3", modelName: "scripted", offline: false },
  });
  await clawdbot.start();
  const rest = (ms = 60_000) => clock.run(clock.nowMs() + ms);
  const send: Scene["send"] = async (text, conversation = "main", more = {}) => {
    const platformId = globalThis.crypto.randomUUID();
    const result = await terminal.submit({ account: "local", conversation, platformId, text, locale: "en", ...more });
    ok(result.kind === "accepted", JSON.stringify(result));
    return result;
  };
  return {
    clawdbot,
    clock,
    store,
    vault,
    objects,
    terminal,
    requests,
    send,
    rest,
    async ask(text, conversation, more) {
      const result = await send(text, conversation, more);
      await rest();
      return result;
    },
    async texts(sessionId) {
      const result = await clawdbot.assistant.history(local, sessionId);
      ok(result.kind === "history");
      return result.messages.map(({ author, text }) => `${author}: ${text}`);
    },
  };
}
