import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { checkout } from "../../roles/program_here.ts";
import { freePort } from "../free_port.ts";
import { type Site, type SiteOptions, startSite } from "../site.ts";
import { type Person, TelegramEmulator } from "../telegram_emulator.ts";

// Goal: Telegram as people meet it, with a real host under its real rights, from a stranger's first word on.

const main = `${checkout}/tests/telegram/echo_main.ts`;
const token = "110201543:a-token-that-nobody-may-ever-read";

/** A site whose token stands in a file, as the documentation says. */
async function siteOn(telegram: TelegramEmulator, options: SiteOptions & { folder: string }, more = ""): Promise<Site> {
  await Deno.mkdir(`${options.folder}/secrets`, { recursive: true });
  await Deno.writeTextFile(`${options.folder}/secrets/telegram`, `${telegram.token}\n`, { mode: 0o600 });
  const site = await startSite({
    main,
    config: `protocol:\n  telegram: { token: "file:secrets/telegram", api_root: "${telegram.apiRoot}"${more} }\n`,
    ...options,
  });
  await site.untilReady();
  return site;
}

interface ChannelStatus {
  readonly kind: string;
  readonly reason?: string;
}

async function telegramOf(site: Site): Promise<ChannelStatus> {
  return (await (await site.api("/api/status")).json()).channels.telegram;
}

async function until<R>(what: string, ask: () => Promise<R | undefined>): Promise<R> {
  for (const endMs = Date.now() + 30_000; Date.now() < endMs;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Not within 30 s: ${what}`);
}

const untilKind = (site: Site, kind: string) =>
  until(`telegram is ${kind}`, async () => {
    const status = await telegramOf(site);
    return status.kind === kind ? status : undefined;
  });

/** Lets a stranger in, as an administrator does with the code that they were told. */
async function letIn(site: Site, telegram: TelegramEmulator, person: Person, first: string): Promise<void> {
  person.write(first);
  const told = await telegram.untilSaid(person, /Ask the administrator/);
  const code = /code: (\S+)\./.exec(told.text)![1]!;
  const response = await site.api("/api/pairings/confirm", {
    method: "POST",
    body: JSON.stringify({ code }),
    headers: { "content-type": "application/json" },
  });
  strictEqual(response.status, 200, await response.text());
  await telegram.untilSaid(person, /You have been let in/);
}

Deno.test("a conversation on Telegram, from a stranger's first word to a token that is good no more", async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-telegram-" });
  await using telegram = await TelegramEmulator.start({ token });
  const anna = telegram.person("Anna");
  try {
    {
      await using site = await siteOn(telegram, { folder });
      await untilKind(site, "ready");
      await letIn(site, telegram, anna, "who are you?");
      await telegram.untilSaid(anna, /^You said: who are you\?$/);

      anna.write("slowly please");
      const grown = await telegram.untilSaid(anna, /You said: slowly please/);
      await telegram.until(() => telegram.said(anna).find(({ id, edits }) => id === grown.id && edits > 0), "it grows");
      await telegram.until(
        () => telegram.toldIn(anna).find(({ method }) => method === "sendChatAction"),
        "it is shown that an answer is being written",
      );
      anna.write("/stop");
      await telegram.untilSaid(anna, /^Stopped\.$/);
      anna.write("/help");
      match((await telegram.untilSaid(anna, /\/context/)).text, /^Write anything to ask the model/);
      anna.write("/new");
      await telegram.untilSaid(anna, /begins a new conversation/);
      ok(telegram.world.commands.get("")!.some(({ command }) => command === "context"));
      ok(telegram.world.commands.get("zh")!.some(({ command }) => command === "context"));

      const file = new TextEncoder().encode("pump 3: 71 degrees");
      anna.send({ name: "readings.txt", bytes: file, caption: "how warm is it?" });
      match((await telegram.untilSaid(anna, /how warm is it\?/)).text, /pump 3: 71 degrees/);

      const group = telegram.group("Night shift");
      const bob = telegram.person("Bob");
      anna.write("nobody asked you", { in: group });
      bob.write(`@${telegram.username} I am unknown`, { in: group });
      anna.write(`@${telegram.username} is pump 3 running?`, { in: group });
      await telegram.untilSaid(group, /is pump 3 running\?/);
      strictEqual(telegram.said(group).length, 1, "strangers aren't answered in groups, nor what isn't said to it");
      strictEqual(await site.stop(), 0);
    }
    anna.write("written while it was down");
    {
      await using site = await siteOn(telegram, { folder });
      await telegram.untilSaid(anna, /You said: written while it was down/);
      telegram.revokeToken();
      const { reason } = await untilKind(site, "failed");
      match(reason!, /^Telegram refuses the token; put the one that @BotFather shows into protocol\.telegram\.token$/);
      const body = JSON.stringify({ conversation: "c", platform_id: "1", text: "and the page?" });
      const headers = { "content-type": "application/json" };
      const accepted = await (await site.api("/api/messages", { method: "POST", body, headers })).json();
      await until("the page goes on", async () => {
        const { messages } = await (await site.api(`/api/sessions/${accepted.session_id}/messages`)).json();
        return messages.length === 2 ? messages : undefined;
      });
      const [host] = site.pids("host");
      await Deno.writeTextFile(`${folder}/secrets/telegram`, telegram.token);
      await untilKind(site, "ready");
      anna.write("with another token");
      await telegram.untilSaid(anna, /You said: with another token/);
      deepStrictEqual(site.pids("host"), [host], "it is taken up in place");
      strictEqual(await site.stop(), 0);
      ok(!site.stderr().includes(token), "the token stands on stderr");
    }
    const answers = telegram.said(anna).filter(({ text }) => /written while it was down/.test(text));
    strictEqual(answers.length, 1);
    for await (const { name } of Deno.readDir(`${folder}/data/logs`)) {
      const log = await Deno.readTextFile(`${folder}/data/logs/${name}`);
      ok(!log.includes(token) && !log.includes(token.split(":")[1]!), "the token stands in the log");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("by webhook: what is pushed with the right secret is answered, anything else is turned away", async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-telegram-" });
  await using telegram = await TelegramEmulator.start({ token });
  try {
    const port = freePort();
    const url = `http://127.0.0.1:${port}/channels/telegram`;
    await using site = await siteOn(
      telegram,
      { folder, port },
      `, webhook: { url: "${url}", secret: "s3cret_of-the_hook" }`,
    );
    await untilKind(site, "ready");
    const anna = telegram.person("Anna");
    await letIn(site, telegram, anna, "by webhook");
    await telegram.untilSaid(anna, /^You said: by webhook$/);
    strictEqual(telegram.polls, 0);
    const push = (headers: Record<string, string>, path = url) =>
      fetch(path, { method: "POST", body: '{"update_id":1}', headers }).then(async (response) => {
        await response.body?.cancel();
        return response.status;
      });
    const secretHeader = "x-telegram-bot-api-secret-token";
    deepStrictEqual([
      await push({}),
      await push({ [secretHeader]: "s3cret_of-the_hool" }),
      await push({ [secretHeader]: "s3cret_of-the_hook" }),
      await push({ [secretHeader]: "s3cret_of-the_hook" }, url.replace("telegram", "discord")),
    ], [401, 401, 200, 404]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
