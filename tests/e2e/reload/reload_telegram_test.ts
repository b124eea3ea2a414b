import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Status } from "../../../schema/api.ts";
import { checkout } from "../../../roles/program_here.ts";
import { type Site, startSite } from "../../site.ts";
import { type Person, TelegramEmulator } from "../../telegram_emulator.ts";

// Goal: people on Telegram don't notice that the configuration changes: each message is answered, once.

const main = `${checkout}/tests/telegram/echo_main.ts`;
const changes = 12;
const people = 8;
/** The platform bears one message a second in a conversation: more would only wait. */
const writeMs = 1_100;

async function until<R>(what: string, ask: () => Promise<R | undefined | false>): Promise<R> {
  for (const endMs = Date.now() + 60_000;;) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer;
    if (Date.now() > endMs) throw new Error(`Never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function statusOf(site: Site): Promise<Status> {
  return await (await site.api("/api/status")).json();
}

async function letIn(site: Site, telegram: TelegramEmulator, person: Person): Promise<void> {
  person.write("hello");
  const code = /code: (\S+)\./.exec((await telegram.untilSaid(person, /Ask the administrator/)).text)![1]!;
  const body = JSON.stringify({ code });
  const headers = { "content-type": "application/json" };
  strictEqual((await site.api("/api/pairings/confirm", { method: "POST", body, headers })).status, 200);
  await telegram.untilSaid(person, /^You said: hello$/);
}

Deno.test(`people write on Telegram through ${changes} changes, also of the bot's token: each is answered once`, async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-reload-" });
  await using telegram = await TelegramEmulator.start({ token: "110201543:first" });
  Deno.writeTextFileSync(`${folder}/token`, telegram.token);
  const config = `protocol: { telegram: { token: "file:token", api_root: "${telegram.apiRoot}" } }`;
  await using site = await startSite({ folder, main, config });
  try {
    await site.untilReady();
    await site.untilListening();
    const { port } = new URL(site.url);
    const persons = Array.from({ length: people }, (_, index) => telegram.person(`Person ${index}`));
    for (const person of persons) await letIn(site, telegram, person);
    const written = new Map<Person, number>(persons.map((person) => [person, 0]));
    let isOver = false;
    const writing = persons.map(async (person) => {
      while (!isOver) {
        const number = written.get(person)! + 1;
        person.write(`message ${number}.`);
        written.set(person, number);
        await new Promise((resolve) => setTimeout(resolve, writeMs));
      }
    });
    let names = "";
    for (let change = 0; change < changes; change++) {
      const before = await until("the status", () => statusOf(site));
      const kind = (["log", "rights", "token"] as const)[change % 3]!;
      if (kind === "token") {
        const token = `110201543:token-${change}`;
        telegram.revokeToken(token);
        Deno.writeTextFileSync(`${folder}/token`, token);
      } else {
        if (kind === "rights") names = `, names: [n${change}.local]`;
        const text = `${config}\nlog: { files: ${change + 2} }\nweb: { listen: "127.0.0.1:${port}"${names} }\n`;
        Deno.writeTextFileSync(`${folder}/config.yaml`, text);
      }
      const after = await until(`change ${change}`, async () => {
        const status = await statusOf(site);
        return status.configuration.loaded_ms > before.configuration.loaded_ms && status;
      });
      strictEqual(after.configuration.applied, kind === "rights" ? "start" : "in_place");
      await until("Telegram", async () => (await statusOf(site)).channels.telegram?.kind === "ready");
    }
    isOver = true;
    await Promise.all(writing);
    for (const person of persons) {
      const count = written.get(person)!;
      ok(count >= 5, `${count} messages`);
      for (let number = 1; number <= count; number++) {
        const answer = new RegExp(`You said: message ${number}\\.`);
        await telegram.untilSaid(person, answer, 60_000);
        const answers = telegram.said(person).filter(({ text }) => answer.test(text));
        const unmarked = answers.filter(({ text }) => text === `You said: message ${number}.`);
        ok(unmarked.length <= 1, `unsaid copies: ${JSON.stringify(answers)}`);
      }
    }
    const { deliveries, turns, possible_copies } = await until("rest", async () => {
      const status = await statusOf(site);
      return status.deliveries.pending + status.turns.queued + status.turns.running === 0 && status;
    });
    deepStrictEqual([deliveries.pending, turns.queued], [0, 0]);
    const total = [...written.values()].reduce((sum, count) => sum + count, 0);
    console.log(`${total} messages of ${people} people through ${changes} changes; ${possible_copies} possible copies`);
  } finally {
    await site.stop();
    await Deno.remove(folder, { recursive: true });
  }
});
