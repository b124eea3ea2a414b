import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { serverSentData } from "../../adapters/cli/server_sent_data.ts";
import * as api from "../../schema/api.ts";
import { runCommand } from "../command_line.ts";
import { type Site, startSite } from "../site.ts";
import { logIn } from "./browser_session.ts";
import { ask, until } from "./talk.ts";

// Goal: one person is the same person in the terminal and on the page, through real processes, sockets and HTTP.
// Method: a real site with a scripted engine. People of other channels: the channels' own tests.

const main = new URL("../bench/scripted_main.ts", import.meta.url).pathname;
const answer = "The answer of the script.";

/** The texts of messages as a live view shows them, until `count` have come. */
async function textsOf(response: Response, count: number): Promise<string[]> {
  strictEqual(response.status, 200);
  const texts: string[] = [];
  for await (const data of serverSentData(response.body!)) {
    const event = v.parse(api.feedEvent, JSON.parse(data));
    if (event.kind !== "message") continue;
    texts.push(`${event.message.author}: ${event.message.text}`);
    if (texts.length === count) break;
  }
  return texts;
}

async function historyOf(site: Site, sessionId: string): Promise<string[]> {
  const { messages } = v.parse(
    api.messageList,
    await (await site.api(`/api/sessions/${sessionId}/messages`)).json(),
  );
  return messages.map(({ author, text }) => `${author}: ${text}`);
}

Deno.test("terminal and page write into one conversation at once: one order, which both see live and the record keeps", async () => {
  await using site = await startSite({ main });
  await site.untilReady();
  const { session_id: sessionId } = await ask(site, "begun in the terminal");
  await until(site, "answered", async () => (await historyOf(site, sessionId)).length === 2);
  const browser = await logIn(site);
  const list = v.parse(api.sessionList, await (await browser.fetch("/api/sessions")).json());
  deepStrictEqual(list.sessions.map(({ title }) => title), ["begun in the terminal"]);

  const each = 15;
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path: site.hostSocket } });
  const leave = new AbortController();
  const { signal } = leave;
  const views = [
    await fetch(`http://localhost/api/sessions/${sessionId}/events`, { client, signal }),
    await browser.fetch(`/api/sessions/${sessionId}/events`, { signal }),
  ];
  const seen = Promise.all(views.map((view) => textsOf(view, 4 * each)));
  const send = async (from: "terminal" | "page", index: number) => {
    const text = `${from} ${index}`;
    const body = JSON.stringify({ conversation: from, platform_id: text, session_id: sessionId, text });
    const response = from === "page"
      ? await browser.fetch("/api/messages", { method: "POST", body })
      : await site.api("/api/messages", { method: "POST", body });
    strictEqual(response.status, 202, await response.text());
  };
  const sending = Array.from({ length: each }, (_, index) => [send("terminal", index), send("page", index)]).flat();
  await Promise.all(sending);
  const [inTerminal, onPage] = await seen;
  leave.abort();
  deepStrictEqual(inTerminal, onPage);
  const questions = inTerminal!.filter((line) => line.startsWith("person"));
  strictEqual(new Set(questions).size, 2 * each);
  const history = (await historyOf(site, sessionId)).slice(2);
  deepStrictEqual(history, questions.flatMap((line) => [line, `assistant: ${answer}`]));
});

Deno.test("a person's code logs in on the page, once; what the page begins, the terminal goes on with", async () => {
  await using site = await startSite({ main });
  await site.untilReady();
  const home = `${site.folder}/home`;
  const flags = ["--config", `${site.folder}/config.yaml`];
  const { code, stdout } = await runCommand([...flags, "identity", "link", "--json"], { home });
  strictEqual(code, 0);
  const link = v.parse(api.linkCode, JSON.parse(stdout));
  const browser = await logIn(site, link.code);
  const self = v.parse(api.personShown, await (await browser.fetch("/api/people/self")).json());
  strictEqual(self.person.owner, true);
  await logIn(site, link.code).then(() => ok(false), (error) => match(String(error), /The login answered 403/));

  const body = JSON.stringify({ conversation: "c", platform_id: "1", text: "begun on the page" });
  const sent = await browser.fetch("/api/messages", { method: "POST", body });
  const { session_id: sessionId } = v.parse(api.messageAccepted, await sent.json());
  await until(site, "answered", async () => (await historyOf(site, sessionId)).length === 2);
  const chat = await runCommand([...flags, "chat"], { home, stdin: "/whoami\nand here\n/new\nanother\n" });
  strictEqual(chat.code, 0, chat.stderr);
  match(chat.stdout, /with these roles: administrator, user/);
  match(chat.stdout, /What you write next begins a new conversation\./);
  deepStrictEqual(await historyOf(site, sessionId), [
    "person: begun on the page",
    `assistant: ${answer}`,
    "person: and here",
    `assistant: ${answer}`,
  ]);
  const { sessions } = v.parse(api.sessionList, await (await browser.fetch("/api/sessions")).json());
  deepStrictEqual(sessions.map(({ title }) => title), ["another", "begun on the page"]);
});

Deno.test("identity: each command does what it says, in a line for people and in JSON for programs", async () => {
  await using site = await startSite({ main });
  await site.untilReady();
  const run = (...args: string[]) =>
    runCommand(["--config", `${site.folder}/config.yaml`, "identity", ...args], { home: `${site.folder}/home` });
  const listed = JSON.parse((await run("list", "--json")).stdout);
  const [owner] = v.parse(api.personList, listed).people;
  deepStrictEqual(v.parse(api.pairingList, listed).pairings, []);
  const terminal = owner!.accounts.find(({ channel }) => channel === "terminal")!;

  const renamed = await run("rename", owner!.id, "Ann\u001b[2J Lee");
  deepStrictEqual([renamed.code, renamed.stdout], [0, "From now on they are called Ann [2J Lee.\n"]);
  const list = await run("list");
  match(list.stdout, /Ann \[2J Lee {2}administrator, user\n/);
  match(list.stdout, /\nNobody asks to be let in\.\n$/);
  match((await run("link")).stdout, /^Send this from the other account within 5 minutes: \/link \S{3}-\S{3}-\S{3}\n$/);

  for (
    const [args, code, said] of [
      [["unlink", terminal.id], 1, "This account can't be taken away: the terminal is the owner's"],
      [["unlink", "nothing"], 1, "There is no such account; run `clawdbot identity list`"],
      [["rename", "nothing", "Ann"], 1, "There is no such person; run `clawdbot identity list`"],
      [["rename", owner!.id, " \u202e"], 1, "The name can't be used: nothing can be seen of it"],
      [["link", "nothing"], 1, "There is no such person; run `clawdbot identity list`"],
      [["pair", "ABC-DEF"], 1, "Nobody asks to be let in with this code"],
      [["refuse", "ABC-DEF"], 1, "Nobody asks to be let in with this code"],
      [["pair"], 2, "CODE"],
    ] as const
  ) {
    const result = await run(...args);
    strictEqual(result.code, code, args.join(" "));
    ok(result.stderr.includes(said), result.stderr);
    strictEqual(result.stderr.trimEnd().split("\n").length, 1);
  }
});
