import { ok, strictEqual } from "node:assert/strict";
import { createLocalChannel } from "../../../adapters/channels/local.ts";
import { createScriptedEngine } from "../../../adapters/engines/scripted.ts";
import { systemRandom } from "../../../adapters/random/system.ts";
import { createMemoryStore } from "../../../adapters/storage/memory.ts";
import { mergePolicy } from "../../../core/access.ts";
import { createClawdbot } from "../../../core/clawdbot.ts";
import { createIds } from "../../../core/ids.ts";
import { linkAccount } from "../../../core/message/identities.ts";
import type { Delivery, DeliveryResult } from "../../../core/message/types.ts";
import type { Channel } from "../../../core/ports/channel.ts";
import { openVault } from "../../../core/vault.ts";
import { memoryFiles } from "../../memory_files.ts";
import { quickCrypto } from "../../simulator/quick_crypto.ts";
import { seededRandom } from "../../seeded.ts";
import { ready, type Stage, write } from "./stage.ts";
import type { Written } from "./under_test.ts";

/** What the model says to `long`: more than any platform shows in one message, in lines that don't repeat each other. */
export const long = longText();
/** What the model says to anything else. */
export const short = (question: string) => `Answer to ${question}.`;

/** The real core on a stage: with the channel under test, and another beside it. */
export interface Core extends AsyncDisposable {
  /** Where `ann` writes directly, in the platform's words. */
  readonly conversation: string;
  /** What the channel was given and its platform took, in order. */
  readonly taken: readonly Delivery[];
  /** What the channel answered to deliveries that didn't get through. */
  readonly failures: readonly DeliveryResult[];
  /** What is read in `ann`'s conversation: on the platform, or where it shows nothing of its own, in what it took. */
  read(): readonly string[];
  /** Nothing is being answered, and nothing waits to be delivered. */
  owesNothing(): boolean;
  /** Lets time pass, which stands still while anything is being delivered, until nothing is owed. */
  rest(): Promise<void>;
  /** Asks on the channel beside, and waits for the answer. */
  askBeside(text: string): Promise<void>;
  /** Called before each delivery. */
  beforeDelivery: () => Promise<void>;
}

/** Who is on the stage besides `ann`, and what else differs. */
export interface CoreOptions {
  readonly others?: readonly Pick<Written, "by" | "group">[];
  /** A further channel, `silent`. */
  readonly silent?: Channel;
  /** Time passes while something is being delivered. */
  readonly goesOn?: boolean;
}

/** Gets everybody known, then starts the core with the channel. */
export async function openCore(stage: Stage, { others = [], silent, goesOn = false }: CoreOptions = {}): Promise<Core> {
  const { clock, name } = stage;
  const people = await meet(stage, [{ by: "ann" }, ...others]);
  const before = stage.platform.shown?.(people[0]!.conversation).length ?? 0;
  const store = createMemoryStore();
  const ports = { store, clock, random: systemRandom };
  const opened = await openVault({ ...ports, crypto: quickCrypto, keyEncryptionKey: new Uint8Array(32) });
  ok(opened.kind === "open");
  const { vault } = opened;
  const ids = createIds(ports);
  const accounts = [...people, { channel: "beside", account: "eve" }, { channel: "silent", account: "eve" }];
  const eve = { kind: "identity", id: ids(), owner: false, accounts: ["beside:eve"] } as const;
  await store.write((tx) => {
    for (const { channel, account } of accounts) {
      const identityId = channel === "beside" ? eve.id : ids();
      const createdMs = clock.nowMs();
      tx.insert("identities", { id: identityId, nameEnc: null, currentSessionId: null, version: 1, createdMs });
      linkAccount(tx, vault, { id: ids(), identityId, channel, account, createdMs });
    }
  });

  const taken: Delivery[] = [];
  const failures: DeliveryResult[] = [];
  const watched: Channel = {
    ...stage.channel,
    async deliver(delivery, signal) {
      // That an answer is being written is shown beside it, whenever there is room.
      if (delivery.kind === "typing") return await stage.channel.deliver(delivery, signal);
      await core.beforeDelivery();
      const delivering = stage.channel.deliver(delivery, signal);
      const result = await (goesOn ? delivering : stage.during(delivering));
      if (result.kind === "accepted") taken.push(delivery);
      else failures.push(result);
      return result;
    },
  };
  const beside = createLocalChannel("beside");
  const clawdbot = createClawdbot({
    ...ports,
    vault,
    log: { info: () => {}, warn: () => {}, error: (message, fields) => broken.push(JSON.stringify([message, fields])) },
    engine: createScriptedEngine({
      clock,
      answer: ({ messages }) => {
        const question = messages.at(-1)!.content;
        // In a group it says who asks.
        return { pieces: /(?:^|\s)long$/.test(question) ? long.match(/[^]{1,1000}/gu)! : [short(question)] };
      },
    }),
    files: memoryFiles(),
    channels: { [name]: watched, beside, ...(silent === undefined ? {} : { silent }) },
    failedChannels: {},
    policy: () => mergePolicy({ bindings: { user: ["everyone"] } }),
    facts: { version: "0", modelName: "scripted", offline: false },
  });
  const broken: string[] = [];
  const status = () => {
    const result = clawdbot.assistant.status({ kind: "local" });
    ok(result.kind === "status");
    return result.status;
  };
  const { conversation } = people[0]!;
  const core: Core = {
    conversation,
    taken,
    failures,
    beforeDelivery: () => Promise.resolve(),
    read: () => {
      const shown = stage.platform.shown?.(conversation).slice(before).map(({ text }) => text);
      return shown ??
        taken.flatMap((sent) => sent.kind === "text" && sent.conversation === conversation ? [sent.text] : []);
    },
    owesNothing: () => {
      const { turns, deliveries } = status();
      return turns.running + turns.queued + deliveries.pending === 0;
    },
    rest: () => stage.pass("nothing is owed any more", core.owesNothing),
    async askBeside(text) {
      const conversation = crypto.randomUUID();
      const asked = { account: "eve", conversation, platformId: "1", text, locale: "en" } as const;
      const result = await beside.submit(asked);
      ok(result.kind === "accepted", JSON.stringify(result));
      const answered = async () => {
        const history = await clawdbot.assistant.history(eve, result.sessionId);
        return history.kind === "history" && history.messages.at(-1)?.text === short(text);
      };
      let isThere = false;
      await stage.pass("the answer beside is there", () => {
        void answered().then((is) => isThere ||= is);
        return isThere;
      });
    },
    async [Symbol.asyncDispose]() {
      const stopped = clawdbot.stop(0);
      let isStopped = false;
      void stopped.finally(() => isStopped = true);
      await stage.pass("the core has stopped", () => isStopped);
      await store.close();
      strictEqual(broken.join("\n"), "");
    },
  };
  await clawdbot.start();
  await stage.become("the channel is ready", () => stage.channel.health().kind === "ready");
  return core;
}

/** Everybody says hello, so that their accounts are known. */
async function meet(stage: Stage, people: readonly Pick<Written, "by" | "group">[]): Promise<
  readonly { readonly channel: string; readonly account: string; readonly conversation: string }[]
> {
  const { taken, run } = await ready(stage);
  const greet = (person: Pick<Written, "by" | "group">, index: number) =>
    write(stage, { key: `hello ${index}`, text: "hello", ...person });
  await greet(people[0]!, 0);
  await Promise.all(people.slice(1).map((person, index) => greet(person, index + 1)));
  await run.stop();
  return taken;
}

function longText(): string {
  const random = seededRandom({ seed: 1, run: 0 });
  const letters = [..."abcdefghijklmnopqrstuvwxyzäéñ日本語報告🛠"];
  const word = () =>
    Array.from({ length: 3 + random() * 9 }, () => letters[Math.floor(random() * letters.length)]).join("");
  // The scripted engine's tokens are what stands between spaces, and an answer has at most 1,024.
  return Array.from({ length: 900 }, () => Array.from({ length: 14 }, word).join("/")).join("\n");
}
