import * as v from "valibot";
import { create, options } from "../../adapters/channels/telegram.ts";
import type { ChannelDeps } from "../../adapters/channels/module.ts";
import type { Channel } from "../../core/ports/channel.ts";
import { FaultyProxy } from "../faulty_proxy.ts";
import { type Chat, type Person, type ShownMessage, TelegramEmulator } from "../telegram_emulator.ts";
import type { ChannelSuite, ChannelUnderTest, Fault, Shown, Written } from "./channel/under_test.ts";

const cannot: ChannelSuite["cannot"] = { telling: "why a message was refused is a message of its own" };
const webhookSecret = "planted-secret-that-nobody-may-read_7";

/** What a person wrote, so that it can be offered again. */
interface Sent {
  readonly chat: Chat;
  readonly message: ShownMessage;
}

/** Telegram, played by an emulator of its Bot API behind a network that fails. The bot asks for messages, or is told. */
export const telegramSuites: readonly ChannelSuite[] = [
  { name: "telegram", cannot, create: (deps) => createUnderTest(deps, {}) },
  {
    name: "telegram",
    how: "by webhook",
    cannot,
    async create(deps) {
      const listener = new WebhookListener();
      const webhook = { url: listener.url, secret: webhookSecret };
      const under = await createUnderTest(deps, { webhook });
      listener.channel = under.channel;
      return {
        ...under,
        secrets: [...under.secrets, webhookSecret],
        async close() {
          await under.close();
          await listener.close();
        },
      };
    },
  },
];

/** Hands what is pushed to the channel, as the host's page does. */
class WebhookListener {
  channel: Channel | undefined;
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => this.channel!.receive!(request),
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/channels/telegram`;
  }

  close(): Promise<void> {
    return this.#server.shutdown();
  }
}

async function createUnderTest(
  deps: ChannelDeps,
  more: { readonly webhook?: { readonly url: string; readonly secret: string } },
): Promise<ChannelUnderTest> {
  const telegram = await TelegramEmulator.start({ nowMs: () => deps.clock.nowMs() });
  const way = await FaultyProxy.start(Number(new URL(telegram.apiRoot).port));
  const { token } = telegram;
  const channel = create(v.parse(options, { token, api_root: `http://127.0.0.1:${way.port}`, ...more }), deps);
  const people = new Map<string, Person>();
  const groups = new Map<string, Chat>();
  const sent = new Map<string, Sent>();
  let isClosed = false;
  const chatOf = (conversation: string) => telegram.world.chats.get(Number(conversation))!;

  const personOf = (name: string): Person => {
    const person = people.get(name) ?? telegram.person(name);
    people.set(name, person);
    return person;
  };

  /** Writes, or offers once more what was written; the update's id. */
  function offer({ key, text, by = "ann", group: name, files = [] }: Written): number {
    const before = sent.get(key);
    if (before !== undefined) {
      const json = telegram.world.messageJson(before.chat, before.message);
      return telegram.updates.push("message", before.chat.id, json);
    }
    const person = personOf(by);
    const group = name === undefined ? undefined : groups.get(name) ?? telegram.group(name);
    if (name !== undefined && group !== undefined) groups.set(name, group);
    const where = group === undefined ? {} : { in: group };
    const words = group === undefined ? text : `@${telegram.username} ${text}`;
    const [file] = files;
    const message = file === undefined ? person.write(words, where) : person.send({
      name: file.name,
      bytes: file.content,
      caption: words,
      ...(file.declaredBytes === undefined ? {} : { saidBytes: file.declaredBytes }),
    }, where);
    sent.set(key, { chat: group ?? person.chat, message });
    return telegram.updates.lastId;
  }

  return {
    channel,
    secrets: [token, token.split(":")[1]!],
    platform: {
      async write(written) {
        const id = offer(written);
        const isOver = () => isClosed || !telegram.updates.isWaiting(id);
        await telegram.until(() => isOver() || undefined, `update ${id} is confirmed`, Infinity);
        // Nobody is told any more.
        return isClosed ? await new Promise<never>(() => {}) : "acknowledged";
      },
      shown: (conversation) => telegram.said(chatOf(conversation)).map(shownOf),
      typed: (conversation) =>
        telegram.toldIn(chatOf(conversation)).filter(({ method }) => method === "sendChatAction").length,
      async press({ conversation, platformId, label }) {
        const chat = chatOf(conversation);
        const person = [...people.values()].find((person) => person.chat === chat)!;
        person.press(chat.messages.get(Number(platformId))!, label);
      },
      remove: ({ conversation, platformId }) => void chatOf(conversation).messages.delete(Number(platformId)),
      async fault(fault: Fault) {
        telegram.faults.clear();
        if (fault.kind === "busy") telegram.faults.add({ kind: "retry", afterSeconds: fault.retryAfterMs / 1_000 });
        else if (fault.kind === "revoked") telegram.revokeToken();
        else await way.fault(fault.kind);
      },
      carried: () => way.carried,
      limits: {
        perSecond: 30,
        directEveryMs: 1_000,
        groupEveryMs: 3_000,
        sends: () =>
          telegram.told
            .filter(({ method }) => /^(?:send(?:Message|Document|Photo)|editMessageText)$/.test(method))
            .map(({ atMs, chatId }) => ({ atMs, conversation: `${chatId}`, isGroup: chatId! < 0 })),
      },
    },
    async close() {
      isClosed = true;
      await way.close();
      await telegram.close();
    },
  };
}

function shownOf({ id, text, replyTo, buttons, file }: ShownMessage): Shown {
  return {
    platformId: `${id}`,
    text,
    ...(replyTo === undefined ? {} : { replyTo: `${replyTo}` }),
    buttons: buttons.flat().map(({ text }) => text),
    ...(file === undefined ? {} : { file: { name: file.name, content: file.bytes } }),
  };
}
