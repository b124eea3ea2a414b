import { createMemoryStore, type MemoryBacking } from "../../adapters/storage/memory.ts";
import { createMemoryObjects } from "../../adapters/objects/memory.ts";
import { createScriptedEngine } from "../../adapters/engines/scripted.ts";
import { quickCrypto } from "./quick_crypto.ts";
import { mergePolicy } from "../../core/access.ts";
import { type Clawdbot, createClawdbot } from "../../core/clawdbot.ts";
import { openMessage } from "../../core/message/messages.ts";
import type { Channel } from "../../core/ports/channel.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Engine, EngineEvent } from "../../core/ports/engine.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Random } from "../../core/ports/random.ts";
import { type ReadTx, type Store, StoreError } from "../../core/ports/store.ts";
import { openVault, type Vault } from "../../core/vault.ts";
import { answerTo, isSlow, slowAnswerDelayMs } from "./answers.ts";
import type { PlantedBug } from "./bugs.ts";
import { linkTo } from "./link.ts";
import type { Platform } from "./platform.ts";
import { type Program, programSystem } from "./programs.ts";
import { type Counted, countingTools } from "./tools.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** What may go wrong at a step, each a chance in [0, 1]. */
export interface Faults {
  readonly crash: number;
  readonly commitRefused: number;
  readonly unreachable: number;
  readonly deliveryRefused: number;
  readonly acknowledgementLost: number;
  readonly frameDelayed: number;
  readonly connectionCut: number;
  readonly framesLost: number;
  readonly duplicateOffered: number;
  /** The platform wants nothing for a while, in a conversation or at all. */
  readonly flooded: number;
  /** A person deletes a message before it is edited. */
  readonly deleted: number;
  /** The platform falls silent for up to 100 s. */
  readonly silent: number;
}

/** What lives on when the host dies: disk, time, platforms, chance. */
export interface World {
  readonly clock: VirtualClock;
  readonly backing: MemoryBacking;
  readonly objects: Map<string, Uint8Array>;
  /** What tools did. */
  readonly counted: Counted;
  readonly platforms: readonly Platform[];
  readonly programs: readonly Program[];
  readonly random: () => number;
  readonly bug: PlantedBug | undefined;
  /** Read at each step: the faults end before the final check. */
  faults: Faults;
  /** Counts the steps of all lives. */
  steps: number;
  /** Crash exactly at this step. */
  readonly crashAt: number | undefined;
  /** What the log called broken: always a bug. */
  readonly broken: string[];
}

/** The key-encryption key of every simulated site. */
export const keyEncryptionKey = new Uint8Array(32).fill(7);

/** Everybody may chat. */
const policy = mergePolicy({
  bindings: { user: ["everyone"] },
  rules: [{ effect: "allow", roles: ["user"], resources: ["tool:world.*"] }],
});

/**
 * A process that died: nothing it waited for ever comes. A new one each time: who waits for it is kept by it, and goes
 * with it.
 */
const never = () => new Promise<never>(() => {});

/** One life of the host: the real core over ports that can fail, and that fall silent when it dies. */
export class Life {
  alive = true;
  readonly died: Promise<void>;
  readonly #world: World;
  #die: () => void = () => {};
  clawdbot: Clawdbot | undefined;

  constructor(world: World) {
    this.#world = world;
    this.died = new Promise((resolve) => this.#die = resolve);
  }

  /** The process begins: opens the vault, recovers, connects the platforms. Resolves when it accepts messages. */
  async begin(): Promise<void> {
    const world = this.#world;
    const clock = this.#clock();
    const random = randomOf(world.random);
    const plain = this.#store(createMemoryStore({ backing: world.backing }));
    const opened = await openVault({ store: plain, crypto: quickCrypto, random, clock, keyEncryptionKey });
    if (opened.kind !== "open") throw new Error("the vault didn't open");
    const { vault } = opened;
    const store = world.bug?.store?.(plain, vault) ?? plain;
    const clawdbot = createClawdbot({
      store,
      vault,
      clock,
      random,
      log: this.#log(),
      files: { objects: createMemoryObjects({ backing: world.objects }), crypto: quickCrypto, bytesMax: 1_000_000 },
      engine: this.#engine(clock, vault),
      channels: Object.fromEntries(world.platforms.map((platform) => [platform.name, this.#channel(platform)])),
      failedChannels: {},
      policy: () => policy,
      tools: countingTools(world.counted, () => this.#step()),
      facts: { version: "0", modelName: "scripted", offline: true },
    });
    await clawdbot.start();
    this.clawdbot = clawdbot;
  }

  crash(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const platform of this.#world.platforms) platform.disconnect();
    this.#die();
  }

  /** A moment at which the process may die. */
  #step(): Promise<void> {
    const world = this.#world;
    if (!this.alive) return never();
    world.steps++;
    if (world.steps !== world.crashAt && world.random() >= world.faults.crash) return Promise.resolve();
    this.crash();
    return never();
  }

  #clock(): Clock {
    const { clock } = this.#world;
    return {
      nowMs: () => clock.nowMs(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        if (!this.alive) await never();
      },
    };
  }

  #store(inner: Store): Store {
    const world = this.#world;
    return {
      write: async (work) => {
        await this.#step();
        if (world.random() < world.faults.commitRefused) throw new StoreError("full", "no room left");
        const result = await inner.write(work);
        await this.#step();
        return result;
      },
      read: (work) => this.alive ? inner.read(work) : never(),
      close: () => inner.close(),
    };
  }

  #channel(platform: Platform): Channel {
    return linkTo(platform, { world: this.#world, step: () => this.#step(), isAlive: () => this.alive });
  }

  #engine(clock: Clock, vault: Vault): Engine {
    const plain = createMemoryStore({ backing: this.#world.backing });
    const inner = createScriptedEngine({
      clock,
      answer: ({ messages }) => {
        // In a group, the prompt says who wrote what.
        const [system, ...said] = messages.map(({ content }) => content.replace(/^Someone: /, ""));
        const question = said.at(-1)!;
        if (system === programSystem) return { pieces: answerTo(question), delayMs: 5 };
        // Reading memory, nothing is waited for.
        void plain.read((tx) => {
          const branch = branchOf(question, tx, vault);
          if (`${branch}` !== `${said}`) this.#world.broken.push(`a prompt says "${said}" and its branch "${branch}"`);
        });
        return { pieces: answerTo(question), delayMs: isSlow(question) ? slowAnswerDelayMs : 5 };
      },
    });
    return { ...inner, generate: (request, signal) => this.#link(inner.generate(request, signal), clock, signal) };
  }

  /** The connection to the runner: frames come late, or the connection is cut, or nothing comes any more. */
  async *#link(events: AsyncIterable<EngineEvent>, clock: Clock, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    const { random } = this.#world;
    for await (const event of events) {
      await this.#step();
      const { faults } = this.#world;
      if (random() < faults.frameDelayed) await clock.sleep(random() * 20_000, signal);
      if (random() < faults.connectionCut) {
        return yield { kind: "failed", failure: { kind: "crashed", reason: "the model process ended" } };
      }
      if (random() < faults.framesLost) {
        await clock.sleep(30_000, signal);
        return yield { kind: "failed", failure: { kind: "hung", reason: "no step for 30 s" } };
      }
      yield event;
    }
  }

  #log(): Log {
    const broken = (message: string, fields: unknown) => {
      if (this.alive && message.includes("broke")) this.#world.broken.push(`${message} ${JSON.stringify(fields)}`);
    };
    return { info: () => {}, warn: () => {}, error: broken };
  }
}

/** What the branch of a question says, as the disk has it at this moment: the question is the last. */
function branchOf(question: string, tx: ReadTx, vault: Vault): string[] {
  const messages = tx.find("messages", {}).map((row) => openMessage(vault, row));
  const above = new Map(messages.map((message) => [message.id, message]));
  const texts: string[] = [];
  let at = messages.find(({ author, text }) => author === "person" && text === question);
  for (; at !== undefined; at = above.get(at.parentId ?? "")) {
    if (at.author !== "notice") texts.unshift(at.text);
  }
  return texts;
}

/** The random port on a seed. */
export function randomOf(random: () => number): Random {
  return {
    unit: random,
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
  };
}

/** Opens the vault of a simulated site without a life, to look at what is stored. */
export async function lookAt(world: World): Promise<{ store: Store; vault: Vault }> {
  const store = createMemoryStore({ backing: world.backing });
  const options = {
    store,
    crypto: quickCrypto,
    random: randomOf(Math.random),
    clock: world.clock,
    keyEncryptionKey,
  };
  const opened = await openVault(options);
  if (opened.kind !== "open") throw new Error("the vault didn't open");
  return { store, vault: opened.vault };
}
