import type { WebDeps } from "./deps.ts";
import { createFakeApprovals, waitingCard } from "../../tests/fake_approvals.ts";
import { deepStrictEqual, match, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import { StoreError } from "../../core/ports/store.ts";
import type { Pairing, People } from "../../core/people.ts";
import { createFakeAssistant, depsAround, fakeCode, fakeHelp } from "../../tests/fake_assistant.ts";
import { fakePeople, fakePerson } from "../../tests/fake_people.ts";
import { csrfOf, lineOf, openBrowser, origin, submitForm } from "../../tests/web_app.ts";
import * as api from "../../schema/api.ts";
import { createApp } from "./app.ts";
import { requestMsMax } from "./guard.ts";

const message = (text: string, platformId = "p1") =>
  JSON.stringify({ conversation: "c1", platform_id: platformId, text });

// ---- Who is let in

for (const name of ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "", "127.0.0.2:8080"]) {
  Deno.test(`a request for host "${name}" is refused, before anything is looked at`, async () => {
    const { ask } = await openBrowser();
    for (const path of ["/", "/login", "/api/status", "/healthz", "/readyz"]) {
      strictEqual((await ask(path, { headers: { host: name } })).status, 421);
    }
  });
}

Deno.test("the host is recognised without its port, in any case, and as IPv6", async () => {
  const { ask } = await openBrowser();
  for (const name of ["127.0.0.1", "127.0.0.1:9", "[::1]:8080"]) {
    strictEqual((await ask("/healthz", { headers: { host: name } })).status, 200);
  }
});

for (const from of ["http://evil.example", "null", "https://127.0.0.1:8080", "http://127.0.0.1:8081", ""]) {
  Deno.test(`a change from origin "${from}" is refused although cookie and token are right`, async () => {
    const { change, assistant } = await openBrowser();
    const response = await change("/api/messages", message("hello"), { origin: from });
    strictEqual(response.status, 403);
    match(await lineOf(response), /another site/);
    strictEqual(assistant.taken.length, 0);
  });
}

Deno.test("a change without the token, or with another's, is refused", async () => {
  const { ask, assistant } = await openBrowser();
  const other = await openBrowser();
  for (const token of [undefined, "", "0".repeat(64), await csrfOf(other.ask, "/")]) {
    const headers: Record<string, string> = token === undefined ? {} : { "x-csrf-token": token };
    for (const path of ["/api/messages", "/api/turns/t/stop", "/api/login-codes"]) {
      strictEqual((await ask(path, { method: "POST", body: message("hello"), headers })).status, 403);
    }
    for (const path of ["/messages", "/logout", "/preferences", "/login"]) {
      const body = new URLSearchParams({ csrf: token ?? "", text: "x", conversation: "c", platform_id: "p" });
      strictEqual((await ask(path, { method: "POST", body })).status, 403);
    }
  }
  strictEqual(assistant.taken.length, 0);
});

Deno.test("without a login there is no page and no API, only the login and the health", async () => {
  const { ask } = await openBrowser({ loggedIn: false });
  const page = await ask("/c/some-session", { headers: { accept: "text/html" } });
  strictEqual(page.status, 303);
  strictEqual(page.headers.get("location"), "/login?next=%2Fc%2Fsome-session");
  for (const path of ["/api/status", "/api/sessions", "/api/sessions/s/messages", "/api/sessions/s/events"]) {
    const response = await ask(path);
    strictEqual(response.status, 401);
    match(await lineOf(response), /login-code/);
  }
  for (const path of ["/c/s/messages", "/conversations", "/conversations/list"]) {
    strictEqual((await ask(path)).status, 401);
  }
  for (const path of ["/login", "/healthz", "/readyz"]) strictEqual((await ask(path)).status, 200);
});

Deno.test("a cookie that was made up lets nobody in", async () => {
  const { ask } = await openBrowser({ loggedIn: false });
  strictEqual((await ask("/api/status", { headers: { cookie: "clawdbot_login=abc" } })).status, 401);
});

Deno.test("the login's cookie is out of reach of scripts and other sites; with TLS also of plain HTTP", async () => {
  for (const secure of [false, true]) {
    const { ask } = await openBrowser({ loggedIn: false, secure });
    const response = await submitForm(ask, "/login", { code: fakeCode, next: "/c/s1" }, "/login");
    strictEqual(response.headers.get("location"), "/c/s1");
    const [cookie = ""] = response.headers.getSetCookie();
    match(cookie, secure ? /^__Host-clawdbot_login=/ : /^clawdbot_login=/);
    match(cookie, /; HttpOnly/);
    match(cookie, /; SameSite=Strict/);
    match(cookie, /; Path=\/(;|$)/);
    strictEqual(/; Secure/.test(cookie), secure);
    strictEqual((await ask("/api/status")).status, 200);
  }
});

for (const next of ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a?b"]) {
  Deno.test(`a login never leads to ${next}`, async () => {
    const { ask } = await openBrowser({ loggedIn: false });
    const response = await submitForm(ask, "/login", { code: fakeCode, next }, "/login");
    strictEqual(response.headers.get("location"), "/");
  });
}

Deno.test("a wrong code is said in words, and too many with the time to wait", async () => {
  const { ask } = await openBrowser({ loggedIn: false });
  const wrong = await submitForm(ask, "/login", { code: "NOPE" }, "/login");
  strictEqual(wrong.status, 403);
  match(await wrong.text(), /That code isn&#39;t right/);
  const wait = await submitForm(ask, "/login", { code: "WAIT" }, "/login");
  strictEqual(wait.status, 429);
  strictEqual(wait.headers.get("retry-after"), "30");
});

Deno.test("logging out ends the login itself, not only the cookie", async () => {
  const { ask, cookies } = await openBrowser();
  const before = cookies();
  strictEqual((await submitForm(ask, "/logout", {})).headers.get("location"), "/login");
  strictEqual((await ask("/api/status", { headers: { cookie: before } })).status, 401);
});

Deno.test("login codes are given out on the Unix socket only", async () => {
  const { change } = await openBrowser();
  const response = await change("/api/login-codes", "");
  strictEqual(response.status, 403);
  match(await lineOf(response), /at the terminal only/);
});

Deno.test("on the Unix socket the caller is local: no cookie, no token, no page, messages from the terminal", async () => {
  const assistant = createFakeAssistant();
  const app = createApp(depsAround(assistant), { kind: "local" });
  const ask = (path: string, init?: RequestInit) => app.fetch(new Request(`http://localhost${path}`, init));
  const code = v.parse(api.loginCode, await (await ask("/api/login-codes", { method: "POST" })).json());
  deepStrictEqual([code.code, code.url], [fakeCode, `${origin}/login`]);
  const sent = await ask("/api/messages", { method: "POST", body: message("hello") });
  strictEqual(sent.status, 202);
  deepStrictEqual([assistant.taken[0]?.channel, assistant.taken[0]?.account], ["terminal", "local"]);
  strictEqual((await ask("/")).status, 404);
  strictEqual((await ask("/login")).status, 404);
});

// ---- What every answer carries

Deno.test("every answer, also an error, carries the protective headers", async () => {
  const { ask } = await openBrowser();
  for (const path of ["/", "/login", "/nothing", "/api/status", "/api/nothing", "/healthz"]) {
    const { headers } = await ask(path);
    const policy = headers.get("content-security-policy") ?? "";
    match(policy, /default-src 'none'/);
    match(policy, /frame-ancestors 'none'/);
    ok(!policy.includes("unsafe"));
    strictEqual(headers.get("x-content-type-options"), "nosniff");
    strictEqual(headers.get("referrer-policy"), "no-referrer");
    strictEqual(headers.get("cache-control"), "no-store");
    strictEqual(headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("no page has script, style or event handlers in its markup", async () => {
  const { ask, assistant } = await openBrowser();
  const id = assistant.begin("One");
  assistant.add(id, "assistant", "**bold** [link](https://example.com)");
  for (const path of ["/", `/c/${id}`, "/conversations", "/nothing"]) {
    const html = await (await ask(path, { headers: { accept: "text/html" } })).text();
    match(html, /^\s*<!doctype html>/i);
    ok(!/<style|<script(?! type="module" src=)|\son\w+=|\sstyle=/i.test(html), path);
  }
});

Deno.test("assets are kept for good under their version, and only there", async () => {
  const { ask } = await openBrowser({ loggedIn: false });
  const html = await (await ask("/login")).text();
  const addresses = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address]) => address!);
  ok(addresses.length > 3);
  for (const address of addresses) {
    const response = await ask(address);
    strictEqual(response.status, 200);
    match(response.headers.get("cache-control") ?? "", /immutable/);
    notStrictEqual(response.headers.get("content-type"), "text/plain");
  }
  strictEqual((await ask("/assets/old/base.css")).headers.get("cache-control"), "no-cache");
  strictEqual((await ask("/assets/x/..%2f..%2fapp.ts")).status, 404);
});

// ---- Messages

Deno.test("a message is answered with 202 after intake, and its copy is said to be one", async () => {
  const { change, assistant } = await openBrowser();
  const first = await change("/api/messages", message("hello"));
  strictEqual(first.status, 202);
  const accepted = v.parse(api.messageAccepted, await first.json());
  strictEqual(accepted.duplicate, false);
  deepStrictEqual(await (await change("/api/messages", message("hello"))).json(), { ...accepted, duplicate: true });
  strictEqual(assistant.taken.length, 1);
  deepStrictEqual([assistant.taken[0]?.channel, assistant.taken[0]?.account], ["web", "owner"]);
});

const badBodies: readonly [name: string, body: BodyInit, status: number, line: RegExp][] = [
  ["that isn't JSON", "{", 400, /isn't JSON/],
  ["of another shape", "[]", 400, /conversation is missing/],
  ["with a missing field", '{"conversation":"c","platform_id":"p"}', 400, /text is missing/],
  ["with an unknown field", '{"conversation":"c","platform_id":"p","text":"t","role":"owner"}', 400, /no field "role"/],
  ["with an empty name", '{"conversation":"","platform_id":"p","text":"t"}', 400, /conversation/],
  ["with half a character", '{"conversation":"c","platform_id":"p","text":"\\ud83d"}', 400, /text/],
  ["that isn't UTF-8", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]), 400, /isn't valid UTF-8/],
  ["cut off inside a character", new Uint8Array([0x22, 0xe4, 0xb8]), 400, /isn't valid UTF-8/],
  ["of 1 MB", message("a".repeat(1_000_000)), 413, /too large: at most 1 MB/],
  ["of 1 MB that doesn't say its length", new Blob(["a".repeat(1_100_000)]).stream(), 413, /too large/],
];
for (const [name, body, status, line] of badBodies) {
  Deno.test(`a message ${name} is answered with ${status} and one line`, async () => {
    const { change, assistant } = await openBrowser();
    const response = await change("/api/messages", body);
    strictEqual(response.status, status);
    match(await lineOf(response), line);
    strictEqual(assistant.taken.length, 0);
  });
}

Deno.test("a message of 100 KB of 4-byte characters is taken as it is", async () => {
  const { change, assistant } = await openBrowser();
  const text = "🦞".repeat(25_600);
  strictEqual((await change("/api/messages", message(text))).status, 202);
  strictEqual(assistant.taken[0]?.text, text);
});

Deno.test("a refusal of intake is passed on with its reason", async () => {
  const { change, assistant } = await openBrowser();
  assistant.refusal = "Your role may not chat at night; ask the shift lead";
  const response = await change("/api/messages", message("hello"));
  strictEqual(response.status, 403);
  strictEqual(await lineOf(response), assistant.refusal);
});

// ---- Conversations

Deno.test("every change of a conversation needs login and token, whatever its method", async () => {
  const browser = await openBrowser();
  const stranger = await openBrowser({ loggedIn: false });
  const id = browser.assistant.begin("kept");
  const headers = { "x-csrf-token": "0".repeat(64) };
  const changes = [
    ["PATCH", `/api/sessions/${id}`],
    ["DELETE", `/api/sessions/${id}`],
    ["POST", `/api/sessions/${id}/restore`],
    ["POST", "/api/messages/m/answer-again"],
    ["POST", "/api/messages/m/show"],
  ] as const;
  for (const [method, path] of changes) {
    strictEqual((await browser.ask(path, { method, body: '{"title":"x"}' })).status, 403);
    strictEqual((await browser.ask(path, { method, body: '{"title":"x"}', headers })).status, 403);
    strictEqual((await browser.change(path, "{}", { origin: "http://evil.example" }, method)).status, 403);
    strictEqual((await stranger.ask(path, { method, body: "{}" })).status, 401);
  }
  strictEqual((await stranger.ask(`/api/sessions/${id}/export`)).status, 401);
  const { sessions } = v.parse(api.sessionList, await (await browser.ask("/api/sessions")).json());
  deepStrictEqual(sessions.map(({ title }) => title), ["kept"]);
});

Deno.test("sessions are renamed, pinned, sought, removed and restored", async () => {
  const { ask, change, assistant } = await openBrowser();
  const id = assistant.begin("Pump");
  assistant.begin("Valve");
  const patch = (body: unknown) => change(`/api/sessions/${id}`, JSON.stringify(body), {}, "PATCH");
  const titles = async (query = "") => {
    const response = await ask(`/api/sessions?query=${encodeURIComponent(query)}`);
    return v.parse(api.sessionList, await response.json()).sessions.map(({ title }) => title);
  };
  deepStrictEqual(await titles(), ["Valve", "Pump"]);
  const changed = v.parse(api.sessionSummary, await (await patch({ title: "  Pump 7 ", pinned: true })).json());
  deepStrictEqual([changed.title, changed.pinned], ["Pump 7", true]);
  deepStrictEqual(await titles(), ["Pump 7", "Valve"]);
  deepStrictEqual(await titles("pump"), ["Pump 7"]);
  for (const bad of [{}, { title: " " }, { title: "x".repeat(201) }, { pinned: "yes" }, { owner: "me" }]) {
    const response = await patch(bad);
    strictEqual(response.status, 400, JSON.stringify(bad));
    await lineOf(response);
  }
  const removed = await change(`/api/sessions/${id}`, null, {}, "DELETE");
  ok(v.parse(api.sessionRemoved, await removed.json()).restorable_until_ms > 0);
  deepStrictEqual(await titles(), ["Valve"]);
  strictEqual((await patch({ pinned: false })).status, 403);
  const restored = await change(`/api/sessions/${id}/restore`, null);
  deepStrictEqual(v.parse(api.restoreResult, await restored.json()), { result: "restored" });
  deepStrictEqual(await titles(), ["Pump 7", "Valve"]);
});

Deno.test("a question is edited and answered again, and another branch is shown", async () => {
  const { ask, change, assistant } = await openBrowser();
  const accept = async (body: object) => {
    const response = await change("/api/messages", JSON.stringify({ conversation: "c1", ...body }));
    return v.parse(api.messageAccepted, await response.json());
  };
  const { session_id: id, message_id: first, turn_id } = await accept({ platform_id: "p1", text: "one" });
  const turn = async () => v.parse(api.turn, await (await ask(`/api/turns/${turn_id}`)).json());
  deepStrictEqual(await turn(), { id: turn_id, message_id: first, state: "queued", answer: null });
  const history = async () => {
    const response = await ask(`/api/sessions/${id}/messages`);
    return v.parse(api.messageList, await response.json()).messages;
  };
  const again = async () => {
    const response = await change(`/api/messages/${first}/answer-again`, null);
    return [response.status, v.parse(api.answerAgainResult, await response.json()).result];
  };
  deepStrictEqual(await again(), [200, "busy"]);
  assistant.say(id, "first");
  assistant.finish(id);
  deepStrictEqual(await again(), [202, "accepted"]);
  assistant.say(id, "second");
  assistant.finish(id);
  deepStrictEqual([(await turn()).state, (await turn()).answer!.text], ["answered", "first"]);
  strictEqual((await ask("/api/turns/none")).status, 403);
  const [question, answer] = await history();
  deepStrictEqual([answer!.text, answer!.parent_id, answer!.sibling_ids.length], ["second", first, 2]);
  strictEqual(question!.turn!.state, "answered");
  ok(answer!.answer!.answer_tokens > 0);
  await accept({ platform_id: "p2", text: "ONE", replaces: first });
  const [edited] = await history();
  deepStrictEqual([edited!.text, edited!.parent_id, edited!.sibling_ids], ["ONE", null, [first, edited!.id]]);
  const shown = await change(`/api/messages/${first}/show`, null);
  deepStrictEqual(v.parse(api.branchShown, await shown.json()), { result: "shown" });
  deepStrictEqual((await history()).map(({ text }) => text), ["one", "second"]);
  for (const path of ["answer-again", "show"]) {
    strictEqual((await change(`/api/messages/none/${path}`, null)).status, 403);
  }
});

Deno.test("what changes in branches and lists reaches an open stream", async () => {
  const { ask, change, assistant } = await openBrowser();
  const id = assistant.begin("one");
  assistant.add(id, "person", "hello");
  const [{ id: messageId }] = v.parse(
    api.messageList,
    await (await ask(`/api/sessions/${id}/messages`)).json(),
  ).messages as [api.ShownMessage];
  const response = await ask(`/api/sessions/${id}/events`);
  await change(`/api/messages/${messageId}/show`, null);
  await change(`/api/sessions/${assistant.begin("two")}`, '{"pinned":true}', {}, "PATCH");
  assistant.endViews();
  const kinds = [];
  for await (const event of eventsOf(response)) kinds.push(event.kind);
  deepStrictEqual(kinds, ["branch", "sessions", "sessions"]);
});

Deno.test("a conversation is exported whole as JSON, and its shown branch as Markdown", async () => {
  const { ask, change, assistant } = await openBrowser();
  const id = assistant.begin('A "title"/ 水泵');
  const code = "Run:\n\n```sh\nls # > all\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |";
  assistant.add(id, "person", "# How?\n\n```\nx\n```");
  assistant.add(id, "assistant", code);
  assistant.add(id, "person", "More");
  assistant.add(id, "assistant", "```js\ncut off");
  assistant.add(id, "notice", "Stopped.");
  const json = await ask(`/api/sessions/${id}/export?format=json`);
  const exported = v.parse(api.exportedConversation, await json.json());
  strictEqual(exported.messages.length, 5);
  strictEqual(exported.messages[1]!.text, code);
  strictEqual(exported.head_id, exported.messages[4]!.id);
  match(json.headers.get("content-type")!, /^application\/json/);
  const markdown = await ask(`/api/sessions/${id}/export?format=markdown`);
  strictEqual(
    await markdown.text(),
    '# A "title"/ 水泵\n' +
      "\n## You\n\n> # How?\n>\n> ```\n> x\n> ```\n" +
      `\n## Assistant\n\n${code}\n` +
      "\n## You\n\n> More\n" +
      "\n## Assistant\n\n```js\ncut off\n```\n" +
      "\n## Note\n\n> Stopped.\n",
  );
  const name = encodeURIComponent("A title 水泵.md");
  strictEqual(
    markdown.headers.get("content-disposition"),
    `attachment; filename="conversation.md"; filename*=UTF-8''${name}`,
  );
  strictEqual((await ask(`/api/sessions/${id}/export?format=pdf`)).status, 400);
  await change(`/api/sessions/${id}`, null, {}, "DELETE");
  strictEqual((await ask(`/api/sessions/${id}/export`)).status, 403);
});

// ---- What goes wrong

for (
  const [name, error, status, line] of [
    ["a full disk", new StoreError("full", "SQLITE_FULL at /secret/path"), 507, /disk is full/],
    ["a store that is closed", new StoreError("closed", "closed"), 503, /starting or stopping/],
    ["a bug", new TypeError("undefined is not a function at /secret/path"), 500, /Something went wrong/],
  ] as const
) {
  Deno.test(`${name} is answered in one line that tells nothing of the inside`, async () => {
    const lines: unknown[] = [];
    const { change, ask } = await openBrowser({
      deps: {
        submit: { web: () => Promise.reject(error), terminal: () => Promise.reject(error) },
        log: { info() {}, warn() {}, error: (...line) => lines.push(line) },
      },
    });
    const response = await change("/api/messages", message("hello"));
    strictEqual(response.status, status);
    const said = await lineOf(response);
    match(said, line);
    ok(!said.includes("/secret"));
    strictEqual(lines.length, status === 500 ? 1 : 0);
    const html = await (await submitForm(ask, "/messages", { conversation: "c", platform_id: "p", text: "t" })).text();
    ok(!html.includes("/secret"));
  });
}

Deno.test("a channel that isn't open answers 503, so that the message is offered again", async () => {
  const closed = async () => ({ kind: "closed" }) as const;
  const { change } = await openBrowser({ deps: { submit: { web: closed, terminal: closed } } });
  const response = await change("/api/messages", message("hello"));
  strictEqual(response.status, 503);
  strictEqual(response.headers.get("retry-after"), "1");
});

Deno.test("a request that takes too long is answered with 503", async () => {
  let waitedMs = 0;
  const clock = {
    nowMs: () => 0,
    sleep: async (ms: number) => {
      waitedMs = ms;
    },
  };
  const never = () => new Promise<never>(() => {});
  const app = createApp(depsAround(createFakeAssistant(), { clock, submit: { web: never, terminal: never } }), {
    kind: "local",
  });
  const body = message("hello");
  const response = await app.fetch(new Request("http://localhost/api/messages", { method: "POST", body }));
  strictEqual(response.status, 503);
  match(await lineOf(response), /took too long/);
  strictEqual(waitedMs, requestMsMax);
});

// ---- Live events

Deno.test("events begin with what is unfinished and follow as they happen", async () => {
  const { change, ask, assistant } = await openBrowser();
  const { session_id: id } = v.parse(api.messageAccepted, await (await change("/api/messages", message("hi"))).json());
  assistant.say(id, "He");
  const response = await ask(`/api/sessions/${id}/events`);
  strictEqual(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const events = eventsOf(response);
  const begun = [await events.next(), await events.next()].map(({ value }) => value!);
  deepStrictEqual(begun.map(({ kind }) => kind), ["turn", "partial"]);
  assistant.say(id, "llo\n\ndata: <script>");
  const partial = (await events.next()).value;
  ok(partial?.kind === "partial");
  deepStrictEqual([partial.offset, partial.text], [2, "llo\n\ndata: <script>"]);
  assistant.finish(id);
  const ended = [await events.next(), await events.next()].map(({ value }) => value!.kind);
  deepStrictEqual(ended, ["message", "turn"]);
  await events.return(undefined);
});

Deno.test("live views are bounded, and one that is closed makes room", async () => {
  const { ask, assistant } = await openBrowser();
  const id = assistant.begin("One");
  const views: Response[] = [];
  for (;;) {
    const view = await ask(`/api/sessions/${id}/events`);
    views.push(view);
    if (view.status !== 200) break;
    ok(views.length < 100);
  }
  strictEqual(views.at(-1)!.status, 429);
  await views[0]!.body!.cancel();
  const view = await ask(`/api/sessions/${id}/events`);
  strictEqual(view.status, 200);
  for (const { body } of [...views.slice(1), view]) if (body?.locked === false) await body.cancel();
});

Deno.test("events of somebody else's session are refused", async () => {
  const { ask } = await openBrowser();
  strictEqual((await ask("/api/sessions/not-mine/events")).status, 403);
});

async function* eventsOf(response: Response): AsyncGenerator<api.FeedEvent> {
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) yield v.parse(api.feedEvent, JSON.parse(data));
    }
  }
}

// ---- Answers of the API have the shape that callers parse

Deno.test("status, sessions, messages, stop and readiness have the shape of the schema", async () => {
  const { ask, change, assistant } = await openBrowser();
  const { session_id: id, turn_id } = v.parse(
    api.messageAccepted,
    await (await change("/api/messages", message("hi"))).json(),
  );
  v.parse(api.status, await (await ask("/api/status")).json());
  const { sessions } = v.parse(api.sessionList, await (await ask("/api/sessions")).json());
  deepStrictEqual(sessions.map(({ title }) => title), ["hi"]);
  assistant.say(id, "Hello");
  deepStrictEqual(await (await change(`/api/turns/${turn_id}/stop`, "")).json(), { result: "stopped" });
  deepStrictEqual(await (await change(`/api/turns/${turn_id}/stop`, "")).json(), { result: "ended" });
  const { messages } = v.parse(api.messageList, await (await ask(`/api/sessions/${id}/messages?after=1`)).json());
  deepStrictEqual(messages.map(({ author, text }) => [author, text]), [["assistant", "Hello"]]);
  const readiness = v.parse(api.readiness, await (await ask("/readyz")).json());
  deepStrictEqual(readiness, { ready: true, channels: { web: "ready", terminal: "ready", telegram: "failed" } });
});

Deno.test("the host isn't ready before page and terminal are", async () => {
  const assistant = createFakeAssistant();
  const standing = assistant.status({ kind: "local" });
  ok(standing.kind === "status");
  const channels = { ...standing.status.channels, terminal: { kind: "connecting", sinceMs: 1 } as const };
  assistant.status = () => ({ kind: "status", status: { ...standing.status, channels } });
  const app = createApp(depsAround(assistant), { kind: "local" });
  strictEqual((await app.fetch(new Request("http://localhost/readyz"))).status, 503);
});

// ---- Languages and the way without script

Deno.test("the page speaks the browser's language, or the one that was chosen", async () => {
  const { ask } = await openBrowser({ loggedIn: false });
  const titleIn = async (language: string) =>
    /<title>([^<]*)/.exec(await (await ask("/login", { headers: { "accept-language": language } })).text())?.[1];
  strictEqual(await titleIn("de-DE,de;q=0.9"), "Log in · Clawdbot");
  strictEqual(await titleIn("zh-CN,zh;q=0.9,en;q=0.8"), "登录 · Clawdbot");
  const chosen = await submitForm(ask, "/preferences", { locale: "zh-CN", theme: "dark", back: "/login" }, "/login");
  strictEqual(chosen.headers.get("location"), "/login");
  strictEqual(await titleIn("en"), "登录 · Clawdbot");
  match(await (await ask("/login")).text(), /<html lang="zh-CN" data-theme="dark">/);
});

Deno.test("without script a question is sent by the form and shown on its page", async () => {
  const { ask, assistant } = await openBrowser();
  const html = await (await ask("/")).text();
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)![1]!;
  const fields = {
    conversation: field("conversation"),
    platform_id: field("platform_id"),
    session_id: "",
    text: "a < b?",
  };
  const sent = await submitForm(ask, "/messages", fields);
  strictEqual(sent.status, 303);
  match(await (await ask(sent.headers.get("location")!)).text(), /<p class="text typed">a &lt; b\?<\/p>/);
  await submitForm(ask, "/messages", fields);
  strictEqual(assistant.taken.length, 1);
});

// ---- People

/** People who answer as they are told to, and remember what was asked. */
function recordingPeople(answers: Partial<People>): { readonly people: People; readonly asked: unknown[][] } {
  const asked: unknown[][] = [];
  const people = { ...fakePeople, ...answers };
  const recorded = Object.entries(people).map(([name, method]) => [name, (...args: unknown[]) => {
    asked.push([name, ...args.slice(1)]);
    return (method as (...args: unknown[]) => unknown)(...args);
  }]);
  return { people: Object.fromEntries(recorded) as People, asked };
}

const pairing: Pairing = {
  code: "ABC-DEF",
  channel: "telegram",
  account: "4711",
  name: "Bob",
  createdMs: 1,
  expiresMs: 2,
  refusedMs: null,
};

Deno.test("the API tells what waits for approval, takes a person's word on it, and stops everything", async () => {
  const acting = createFakeApprovals();
  acting.views = [waitingCard, { ...waitingCard, id: "no", may: { approve: false, deny: true, why: "not yours" } }];
  const { approvals, halts } = acting;
  const { ask, change } = await openBrowser({ deps: { approvals, halts } });
  const { approvals: waiting } = v.parse(api.approvalList, await (await ask("/api/approvals")).json());
  const [card] = waiting;
  deepStrictEqual([card?.tool, card?.writes[0]?.present, card?.may], ["pump.stop", 1450, {
    approve: true,
    deny: true,
  }]);
  strictEqual((await change(`/api/approvals/no/approve`, null)).status, 403);
  strictEqual((await change(`/api/approvals/unknown/deny`, null)).status, 404);
  strictEqual((await ask("/api/approvals?of=all")).status, 400);
  const voted = await change(`/api/approvals/${waitingCard.id}/approve`, null);
  strictEqual(v.parse(api.approvalVoted, await voted.json()).result, "approved");
  const ended = v.parse(api.approvalList, await (await ask("/api/approvals?of=ended")).json());
  deepStrictEqual(ended.approvals.map(({ state }) => state), ["done"]);
  strictEqual(v.parse(api.haltChanged, await (await change("/api/halt", null)).json()).result, "changed");
  await change("/api/resume", null);
  deepStrictEqual(acting.done, [`approve ${waitingCard.id}`, "halt", "resume"]);
  const forged = await ask(`/api/approvals/no/deny`, { method: "POST" });
  strictEqual(forged.status, 403, "without the page's token nothing is decided");
});

Deno.test("the API explains a decision, and says what is wrong with a question about one", async () => {
  const question = { principal: "local", roles: ["administrator"], action: "use", resource: "tool:a.b" } as const;
  const explainer: WebDeps["explainer"] = {
    explain: async (_by, { who }) =>
      who === "local"
        ? {
          kind: "explained",
          decision: {
            effect: "ask",
            fourEyes: true,
            rules: [{ effect: "ask", resources: ["*"] }],
            reason: "asked",
            question,
          },
          lines: ["asked"],
        }
        : { kind: "unknown" },
  };
  const { ask } = await openBrowser({ deps: { explainer } });
  const path = "/api/access/explain?resource=tool:a.b";
  const said = v.parse(api.accessExplanation, await (await ask(`${path}&who=local`)).json());
  deepStrictEqual([said.effect, said.four_eyes, said.rules], ["ask", true, ["ask · everyone · everything · on *"]]);
  for (
    const [more, status] of [["&who=x", 404], ["&who=local&action=eat", 400], ["&who=local&at_ms=soon", 400]] as const
  ) {
    strictEqual((await ask(`${path}${more}`)).status, status, more);
  }
});

Deno.test("the API tells who is known and who asks, and changes it", async () => {
  const { people, asked } = recordingPeople({
    pairings: async () => ({ kind: "pairings", pairings: [pairing] }),
    pair: async () => ({ kind: "paired", person: fakePerson }),
    refuse: async () => ({ kind: "turned-away", pairing: { ...pairing, refusedMs: 3 } }),
    rename: async () => ({ kind: "renamed", person: fakePerson }),
  });
  const { ask, change } = await openBrowser({ deps: { people } });
  const read = async <S extends v.GenericSchema>(schema: S, response: Response) => {
    strictEqual(response.status, 200);
    return v.parse(schema, await response.json());
  };
  const { people: list } = await read(api.personList, await ask("/api/people"));
  deepStrictEqual(list[0]!.accounts.map(({ channel }) => channel), ["web", "terminal", "telegram"]);
  await read(api.personShown, await ask("/api/people/self"));
  const { pairings } = await read(api.pairingList, await ask("/api/pairings"));
  deepStrictEqual([pairings[0]!.code, pairings[0]!.refused_ms], ["ABC-DEF", null]);
  await read(api.pairingConfirmed, await change("/api/pairings/confirm", JSON.stringify({ code: "abc", name: "Bob" })));
  await read(api.pairingConfirmed, await change("/api/pairings/confirm", JSON.stringify({ code: "abc" })));
  await read(api.pairingRefused, await change("/api/pairings/refuse", JSON.stringify({ code: "abc" })));
  await read(api.personShown, await change("/api/people/p1/rename", JSON.stringify({ name: "Ann" })));
  await read(api.accountUnlinked, await change("/api/people/accounts/chat/unlink", "{}"));
  await read(api.linkCode, await change("/api/people/self/link-code", "{}"));
  await read(api.linkCode, await change("/api/people/p1/link-code", "{}"));
  deepStrictEqual(asked, [
    ["list"],
    ["self"],
    ["pairings"],
    ["pair", { code: "abc" }, { name: "Bob" }],
    ["pair", { code: "abc" }, {}],
    ["refuse", "abc"],
    ["rename", "p1", "Ann"],
    ["unlink", "chat"],
    ["linkCode"],
    ["linkCode", "p1"],
  ]);
});

Deno.test("what the core refuses of people, or doesn't know, is said in one line", async () => {
  const refusal = { kind: "refused", reason: "No rule of this site allows it; ask its administrator" } as const;
  const refusing = Object.fromEntries(Object.keys(fakePeople).map((name) => [name, async () => refusal]));
  const calls = [
    ["/api/people/p/rename", { name: "x" }],
    ["/api/people/p/link-code", {}],
    ["/api/people/accounts/a/unlink", {}],
    ["/api/pairings/confirm", { code: "x" }],
    ["/api/pairings/refuse", { code: "x" }],
  ] as const;
  const refused = await openBrowser({ deps: { people: refusing as unknown as People } });
  const unknown = await openBrowser({
    deps: { people: { ...fakePeople, linkCode: async () => ({ kind: "unknown" }) } },
  });
  for (const [path, body] of calls) {
    const no = await refused.change(path, JSON.stringify(body));
    deepStrictEqual([no.status, await lineOf(no)], [403, refusal.reason]);
    const none = await unknown.change(path, JSON.stringify(body));
    strictEqual(none.status, 404, path);
    await lineOf(none);
    strictEqual(
      (await unknown.ask(path, { method: "POST", body: JSON.stringify(body) })).status,
      403,
      "without the token",
    );
  }
  for (const path of ["/api/people", "/api/people/self", "/api/pairings"]) {
    strictEqual((await refused.ask(path)).status, 403);
    strictEqual((await (await openBrowser({ loggedIn: false })).ask(path)).status, 401);
  }
  const longName = JSON.stringify({ name: "x".repeat(401) });
  strictEqual((await unknown.change("/api/people/p/rename", longName)).status, 400);
});

Deno.test("the page of accounts shows each as it is, and forms link and unlink without script", async () => {
  const name = "<b>\u202eEve</b>\u001b[2J";
  const person = { ...fakePerson, name, accounts: [{ ...fakePerson.accounts[2]!, name }] };
  const { ask } = await openBrowser({
    deps: { people: { ...fakePeople, self: async () => ({ kind: "person", person }) } },
  });
  const html = await (await ask("/account")).text();
  ok(!html.includes("<b>") && !html.includes("\u202e") && !html.includes("\u001b"));
  ok(html.includes("telegram: <bdi>&lt;b&gt;\\u202eEve"));
  const code = await submitForm(ask, "/account/code", {}, "/account");
  strictEqual(code.status, 200);
  ok((await code.text()).includes(`/link ${fakeCode}`));
  strictEqual((await submitForm(ask, "/account/chat/unlink", {}, "/account")).headers.get("location"), "/account");
  strictEqual((await submitForm(ask, "/account/nothing/unlink", {}, "/account")).status, 404);
  for (const path of ["/account/code", "/account/chat/unlink"]) {
    strictEqual((await ask(path, { method: "POST", body: new URLSearchParams({ csrf: "no" }) })).status, 403);
  }
});

Deno.test("a command's words are the answer to its message, as JSON and as a page", async () => {
  const { change, ask, assistant } = await openBrowser();
  const response = await change("/api/messages", message("/help"));
  strictEqual(response.status, 200);
  const handled = v.parse(api.messageHandled, await response.json());
  deepStrictEqual([handled.text, handled.begins], [fakeHelp, false]);
  match(handled.html!, /<li><code>\/new<\/code>/);
  const begun = v.parse(api.messageHandled, await (await change("/api/messages", message("/new"))).json());
  strictEqual(begun.begins, true);
  strictEqual(assistant.taken.length, 0);
  const fields = { text: "/help", conversation: "c", platform_id: "p9", session_id: "", replaces: "" };
  const page = await submitForm(ask, "/messages", fields);
  strictEqual(page.status, 200);
  match(await page.text(), /<code>\/new<\/code>/);
});

Deno.test("in a group's conversation each message says who wrote it", async () => {
  const { ask, assistant } = await openBrowser();
  const id = assistant.begin("Room");
  assistant.add(id, "person", "hello");
  const history = assistant.history.bind(assistant);
  assistant.history = async (...args) => {
    const result = await history(...args);
    if (result.kind === "refused") return result;
    return { ...result, messages: result.messages.map((one) => ({ ...one, authorName: "Ann <i>" })) };
  };
  match(await (await ask(`/c/${id}`)).text(), /<h2 class="who">Ann &lt;i&gt;<\/h2>/);
  const { messages } = v.parse(api.messageList, await (await ask(`/api/sessions/${id}/messages`)).json());
  strictEqual(messages[0]!.author_name, "Ann <i>");
});
