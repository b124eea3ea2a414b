import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { cleaned, parseHtml } from "./telegram/html.ts";
import { publishedRates, TelegramEmulator } from "./telegram_emulator.ts";

// Goal: what the adapter is tested against says what the published documentation says.

type Answer = { ok: boolean; result?: unknown; error_code?: number; description?: string; parameters?: unknown };

/** Calls a method as a bot does. */
async function call(
  telegram: TelegramEmulator,
  method: string,
  payload: object = {},
  token = telegram.token,
): Promise<Answer> {
  const response = await fetch(`${telegram.apiRoot}/bot${token}/${method}`, {
    method: "POST",
    // Of a body that it could send again, the runtime's fetch does: once more, unasked, when the connection breaks.
    body: ReadableStream.from([new TextEncoder().encode(JSON.stringify(payload))]),
    headers: { "content-type": "application/json" },
  });
  return await response.json();
}

function test(name: string, body: (telegram: TelegramEmulator) => Promise<void>): void {
  Deno.test(`telegram emulator: ${name}`, async () => {
    await using telegram = await TelegramEmulator.start();
    await body(telegram);
  });
}

test("a wrong token, an unknown method and an unknown chat are refused in the platform's words", async (telegram) => {
  deepStrictEqual(await call(telegram, "getMe", {}, "1:wrong"), {
    ok: false,
    error_code: 401,
    description: "Unauthorized",
  });
  strictEqual((await call(telegram, "sendNothing")).description, "Not Found: method not found");
  strictEqual(
    (await call(telegram, "sendMessage", { chat_id: 1, text: "x" })).description,
    "Bad Request: chat not found",
  );
});

test("nobody is written to who hasn't written, or who has blocked the bot", async (telegram) => {
  const anna = telegram.person("Anna");
  const send = async () => (await call(telegram, "sendMessage", { chat_id: anna.id, text: "x" })).description;
  strictEqual(await send(), "Forbidden: bot can't initiate conversation with a user");
  anna.write("hello");
  strictEqual(await send(), undefined);
  anna.block();
  strictEqual(await send(), "Forbidden: bot was blocked by the user");
});

test("texts: at most 4,096 after entities, never empty, and HTML must be whole", async (telegram) => {
  const anna = telegram.person("Anna");
  anna.write("hello");
  const send = async (text: string) =>
    (await call(telegram, "sendMessage", { chat_id: anna.id, text, parse_mode: "HTML" })).description;
  strictEqual(await send(`<b>${"x".repeat(4_096)}</b>`), undefined);
  strictEqual(await send("x".repeat(4_097)), "Bad Request: message is too long");
  strictEqual(await send("<b> </b>"), "Bad Request: message text is empty");
  match(await send("<b>x") ?? "", /can't parse entities: Can't find end tag corresponding to start tag "b"/);
  match(await send("é<h1>x</h1>") ?? "", /can't parse entities: Unsupported start tag "h1" at byte offset 2/);
  match(await send("<b><i>x</b></i>") ?? "", /Unmatched end tag .*, expected "<\/i>", found "<\/b>"/);
  match(await send("a < b") ?? "", /can't parse entities/);
});

test("edits: only what is there, is the bot's and changes something", async (telegram) => {
  const anna = telegram.person("Anna");
  const { id } = anna.write("hello");
  const sent = (await call(telegram, "sendMessage", { chat_id: anna.id, text: "one" })).result as {
    message_id: number;
  };
  const edit = async (message_id: number, text: string) =>
    (await call(telegram, "editMessageText", { chat_id: anna.id, message_id, text })).description;
  match(await edit(sent.message_id, "one") ?? "", /^Bad Request: message is not modified/);
  strictEqual(await edit(sent.message_id, "two"), undefined);
  strictEqual(await edit(99, "two"), "Bad Request: message to edit not found");
  strictEqual(await edit(id, "two"), "Bad Request: message can't be edited");
  deepStrictEqual(telegram.said(anna).map(({ text, edits }) => [text, edits]), [["two", 1]]);
});

test("updates are told until they are confirmed, and once more where copies are wanted", async (telegram) => {
  const anna = telegram.person("Anna");
  anna.write("one");
  anna.write("two");
  const poll = async (payload: object) =>
    (await call(telegram, "getUpdates", payload)).result as { update_id: number }[];
  const first = await poll({ limit: 1 });
  deepStrictEqual(await poll({ limit: 1 }), first);
  telegram.updates.copies = 1;
  const second = await poll({ offset: first[0]!.update_id + 1 });
  deepStrictEqual(second.map(({ update_id }) => update_id).sort(), [first[0]!.update_id, first[0]!.update_id + 1]);
  telegram.updates.copies = 0;
  deepStrictEqual(await poll({ offset: first[0]!.update_id + 2 }), []);
});

test("of two polls the earlier is ended with 409, and a webhook ends both", async (telegram) => {
  const first = call(telegram, "getUpdates", { timeout: 20 });
  await telegram.until(() => telegram.polls === 1 || undefined);
  const second = call(telegram, "getUpdates", { timeout: 20 });
  match((await first).description ?? "", /^Conflict: terminated by other getUpdates request/);
  await call(telegram, "setWebhook", { url: "https://bot.example.org/hook" });
  strictEqual((await second).description, "Conflict: terminated by setWebhook request");
  match((await call(telegram, "getUpdates")).description ?? "", /^Conflict: can't use getUpdates method/);
});

test("a webhook is pushed to in order with its secret, again until it says 2xx", async (telegram) => {
  const seen: [secret: string | null, text: string][] = [];
  let failures = 2;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    if (failures-- > 0) return new Response(null, { status: 503 });
    seen.push([request.headers.get("x-telegram-bot-api-secret-token"), (await request.json()).message.text]);
    return new Response();
  });
  const anna = telegram.person("Anna");
  anna.write("one");
  const url = `http://127.0.0.1:${server.addr.port}/hook`;
  await call(telegram, "setWebhook", { url, secret_token: "s-1" });
  anna.write("two");
  await telegram.until(() => seen.length === 2 || undefined);
  deepStrictEqual(seen, [["s-1", "one"], ["s-1", "two"]]);
  deepStrictEqual(telegram.updates.pushes.map(({ status }) => status).slice(0, 3), [503, 503, 200]);
});

test("published rates are kept with 429 and when to come again", async (telegram) => {
  telegram.rates = publishedRates;
  const anna = telegram.person("Anna");
  anna.write("hello");
  const answers = [];
  for (let count = 0; count < 4; count++) {
    answers.push(await call(telegram, "sendMessage", { chat_id: anna.id, text: `${count}` }));
  }
  deepStrictEqual(answers.map(({ ok }) => ok), [true, true, true, false]);
  deepStrictEqual([answers[3]!.error_code, answers[3]!.parameters], [429, { retry_after: 3 }]);
});

test("a cut connection: before it is taken in nothing is shown, after it the message is there", async (telegram) => {
  const anna = telegram.person("Anna");
  anna.write("hello");
  for (const taken of [false, true]) {
    for (const shown of ["nothing", "headers", "half"] as const) {
      telegram.faults.add({ kind: "cut", taken, shown, times: 1, methods: ["sendMessage"] });
      await rejects(call(telegram, "sendMessage", { chat_id: anna.id, text: `${taken} ${shown}` }));
    }
  }
  deepStrictEqual(telegram.said(anna).map(({ text }) => text), ["true nothing", "true headers", "true half"]);
  deepStrictEqual(telegram.told.map(({ taken, answered }) => [taken, answered]), [
    ...Array(3).fill([false, false]),
    ...Array(3).fill([true, false]),
  ]);
});

test("refused connections come back at the same port; a revoked token ends a poll with 401", async (telegram) => {
  await telegram.refuse();
  await rejects(call(telegram, "getMe"));
  await telegram.accept();
  strictEqual((await call(telegram, "getMe")).ok, true);
  const poll = call(telegram, "getUpdates", { timeout: 20 });
  await telegram.until(() => telegram.polls === 1 || undefined);
  telegram.revokeToken();
  strictEqual((await poll).error_code, 401);
});

test("files go both ways, and a large one can't be downloaded", async (telegram) => {
  const anna = telegram.person("Anna");
  const bytes = new TextEncoder().encode("pump 3");
  anna.send({ name: "log.txt", bytes, caption: "read it" });
  anna.send({ name: "film.mp4", bytes, saidBytes: 20_000_001 });
  const [first, second] = (await call(telegram, "getUpdates")).result as {
    message: { caption?: string; document: { file_id: string } };
  }[];
  strictEqual(first!.message.caption, "read it");
  const file = (await call(telegram, "getFile", { file_id: first!.message.document.file_id })).result as {
    file_path: string;
  };
  const download = await fetch(`${telegram.apiRoot}/file/bot${telegram.token}/${file.file_path}`);
  strictEqual(await download.text(), "pump 3");
  const large = await call(telegram, "getFile", { file_id: second!.message.document.file_id });
  strictEqual(large.description, "Bad Request: file is too big");

  const form = new FormData();
  form.set("chat_id", `${anna.id}`);
  form.set("document", new File(["answer"], "answer.txt"));
  const url = `${telegram.apiRoot}/bot${telegram.token}/sendDocument`;
  strictEqual((await (await fetch(url, { method: "POST", body: form })).json()).ok, true);
  strictEqual(new TextDecoder().decode(telegram.said(anna)[0]!.file!.bytes), "answer");
});

test("buttons carry 1 to 64 bytes, and pressing one asks for an answer once", async (telegram) => {
  const anna = telegram.person("Anna");
  anna.write("hello");
  const send = (data: string) =>
    call(telegram, "sendMessage", {
      chat_id: anna.id,
      text: "Stop?",
      reply_markup: { inline_keyboard: [[{ text: "Yes", callback_data: data }]] },
    });
  strictEqual((await send("x".repeat(65))).description, "Bad Request: BUTTON_DATA_INVALID");
  await send("/stop");
  const query = anna.press(telegram.said(anna)[0]!, "Yes");
  strictEqual((await call(telegram, "answerCallbackQuery", { callback_query_id: query })).ok, true);
  strictEqual((await call(telegram, "answerCallbackQuery", { callback_query_id: query })).ok, false);
});

Deno.test("parseHtml() shows entities where they stand, and cleaned() moves them with the text", () => {
  const shown = parseHtml('  <b>a &lt; <i>b</i></b> <a href="https://x.org/?a=1&amp;b=2">link</a>\u202e!  ');
  strictEqual(shown.text, "  a < b link\u202e!  ");
  deepStrictEqual(cleaned(shown), {
    text: "a < b link!",
    entities: [
      { type: "bold", offset: 0, length: 5 },
      { type: "italic", offset: 4, length: 1 },
      { type: "text_link", offset: 6, length: 4, url: "https://x.org/?a=1&b=2" },
    ],
  });
  deepStrictEqual(parseHtml('<pre><code class="language-ts">x</code></pre>').entities.map(({ type }) => type), [
    "pre",
    "code",
  ]);
});
