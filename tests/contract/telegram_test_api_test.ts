import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Channel } from "../../core/ports/channel.ts";
import type { InboundMessage } from "../../core/message/types.ts";
import { installClient } from "../e2e/clients/install_client.ts";
import { createTelegram } from "../telegram/channel_stand.ts";

// Goal: that the emulator and the channel don't agree with each other only: the same ways against a server that somebody
// else wrote. What it hasn't (files, typing, lists of commands, limits, refusals, faults) only the emulator plays.

const token = "1234:independent";

interface Stand {
  readonly channel: Channel;
  readonly taken: InboundMessage[];
  /** What a person does, by the server's own requests. */
  act(path: "sendMessage" | "sendCommand" | "sendCallback", body: object): Promise<void>;
  /** What the bot has said, as it is now. */
  said(): Promise<
    { readonly messageId: number; readonly message: { readonly text: string; readonly parse_mode?: string } }[]
  >;
}

function test(name: string, body: (stand: Stand) => Promise<void>): void {
  Deno.test(`telegram against telegram-test-api: ${name}`, async () => {
    const { command, env } = await installClient({
      name: "telegram-test-api",
      version: "4.2.1",
      language: "Node",
      program: "",
      checks: [],
    });
    const script = new URL("telegram_test_api.mjs", import.meta.url).pathname;
    await using server = new Deno.Command(command, { args: [script], env, stdin: "null", stdout: "piped" }).spawn();
    const stop = new AbortController();
    try {
      const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const apiRoot = (await reader.read()).value!.trim();
      const post = async (path: string, content: object) => {
        const headers = { "content-type": "application/json" };
        const response = await fetch(`${apiRoot}/${path}`, { method: "POST", body: JSON.stringify(content), headers });
        return await response.json();
      };
      const { channel } = createTelegram({ apiRoot, token });
      const taken: InboundMessage[] = [];
      const ended = channel.start(async (message) => {
        taken.push(message);
        return { kind: "accepted", sessionId: "s", messageId: "m", turnId: "t" };
      }, stop.signal);
      await body({
        channel,
        taken,
        act: async (path, content) => {
          const from = { id: 7, is_bot: false, first_name: "Anna", username: "anna" };
          strictEqual((await post(path, { botToken: token, date: 1, from, ...content })).ok, true);
        },
        said: async () =>
          (await post("getUpdatesHistory", { token })).result.filter((one: object) =>
            "message" in one && !("isBot" in one)
          ),
      });
      stop.abort();
      await ended;
      await reader.cancel();
    } finally {
      stop.abort();
      server.kill("SIGKILL");
      await server.status;
    }
  });
}

async function until<R>(look: () => R | undefined | Promise<R | undefined>): Promise<R> {
  for (const endMs = Date.now() + 20_000; Date.now() < endMs;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("Not within 20 s");
}

const chat = { id: 7, type: "private", first_name: "Anna", username: "anna" };
const textTo = (text: string, more: object = {}) =>
  ({ kind: "text", id: "d", conversation: "7", text, mayBeDuplicate: false, ...more }) as const;
const signal = () => AbortSignal.timeout(10_000);

test("takes messages and commands in, each once", async ({ taken, act }) => {
  await act("sendMessage", { chat, text: "hello 🛠" });
  await act("sendCommand", { chat, text: "/new", entities: [{ type: "bot_command", offset: 0, length: 4 }] });
  await until(() => taken.length === 2 || undefined);
  deepStrictEqual(
    taken.map((
      { account, accountName, conversation, place, text },
    ) => [account, accountName, conversation, place, text]),
    [
      ["7", "Anna (@anna)", "7", "direct", "hello 🛠"],
      ["7", "Anna (@anna)", "7", "direct", "/new"],
    ],
  );
  ok(taken[0]!.platformId !== taken[1]!.platformId);
});

test("sends a text as HTML, and changes it", async ({ channel, said, taken, act }) => {
  await act("sendMessage", { chat, text: "hello" });
  await until(() => taken.length === 1 || undefined);
  const sent = await channel.deliver(textTo("**bold** & more", { buttons: [{ label: "Yes", text: "y" }] }), signal());
  ok(sent.kind === "accepted", JSON.stringify(sent));
  const shown = async () => (await said()).find(({ messageId }) => `${messageId}` === sent.platformId)?.message;
  deepStrictEqual([(await shown())?.text, (await shown())?.parse_mode], ["<b>bold</b> &amp; more", "HTML"]);
  const edit = {
    kind: "edit",
    id: "e",
    conversation: "7",
    platformId: sent.platformId,
    text: "done",
    mayBeDuplicate: false,
  } as const;
  deepStrictEqual(await channel.deliver(edit, signal()), sent);
  strictEqual((await shown())?.text, "done");
});

test("hands over a pressed button, in a group too", async ({ taken, act }) => {
  const group = { id: -12, type: "group", title: "Shift" };
  await act("sendCallback", { message: { chat: group, message_id: 3, date: 1, text: "?" }, data: "/stop" });
  const pressed = await until(() => taken[0]);
  deepStrictEqual([pressed.conversation, pressed.place, pressed.account, pressed.text], ["-12", "group", "7", "/stop"]);
});
