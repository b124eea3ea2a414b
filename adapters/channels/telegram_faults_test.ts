import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Delivery } from "../../core/message/types.ts";
import type { ChannelHealth } from "../../core/ports/channel.ts";
import { createTelegram, startTelegram } from "../../tests/telegram/channel_stand.ts";
import { TelegramEmulator } from "../../tests/telegram_emulator.ts";

// Goal: what Telegram itself may do wrong, or be told wrong, is a value or a health; the suite has what any network does.

const soon = () => AbortSignal.timeout(20_000);
const textTo = ({ id }: { readonly id: number }, text: string): Delivery => ({
  kind: "text",
  id: "d",
  conversation: `${id}`,
  text,
  mayBeDuplicate: false,
});

/** A channel that runs, and a person who has written. */
function test(name: string, body: (on: On) => Promise<void>): void {
  Deno.test(`telegram ${name}`, async () => {
    await using telegram = await TelegramEmulator.start();
    const anna = telegram.person("Anna");
    anna.write("hello");
    await using stand = await startTelegram(telegram);
    await telegram.until(() => telegram.updates.waiting === 0 || undefined);
    await body({ telegram, anna, stand });
  });
}
type On = {
  readonly telegram: TelegramEmulator;
  readonly anna: ReturnType<TelegramEmulator["person"]>;
  readonly stand: Awaited<ReturnType<typeof startTelegram>>;
};
const untilKind = ({ telegram, stand }: On, kind: string) =>
  telegram.until(() => stand.channel.health().kind === kind ? stand.channel.health() : undefined, kind);

const unreachable = "Telegram can't be reached";
const reasonOf = (health: ChannelHealth) => "reason" in health ? health.reason : undefined;

for (const taken of [false, true]) {
  for (const shown of ["nothing", "headers", "half"] as const) {
    const when = taken ? "after it was taken in" : "before it was taken in";
    test(`sends once what is cut off ${when}, with ${shown} of its answer, and says that it may have arrived`, async (on) => {
      // Twice, so that the second goes over a connection that was open already.
      for (const times of [1, 2]) {
        on.telegram.faults.add({ kind: "cut", taken, shown, times: 1, methods: ["sendMessage"] });
        const result = await on.stand.channel.deliver(textTo(on.anna, `${times}`), soon());
        deepStrictEqual(result, {
          kind: "unreachable",
          reason: "the connection to Telegram broke",
          mayHaveArrived: true,
        });
        strictEqual(on.telegram.toldIn(on.anna).length, times, "it was told once more than it was sent");
      }
    });
  }
}

test("says that what nobody listened to hasn't arrived", async (on) => {
  await on.telegram.refuse();
  // Until a new connection was refused: before that, a kept one that is cut may still take what is sent.
  await on.telegram.until(
    () => reasonOf(on.stand.channel.health()) === unreachable || undefined,
    "a refused connection",
  );
  const result = await on.stand.channel.deliver(textTo(on.anna, "x"), soon());
  deepStrictEqual(result, { kind: "unreachable", reason: unreachable });
});

const answers:
  readonly (readonly [what: string, fault: Parameters<TelegramEmulator["faults"]["add"]>[0], is: object])[] = [
    ["a pause that it asks for", { kind: "retry", afterSeconds: 7 }, { kind: "unreachable", retryAfterMs: 7_000 }],
    ["a gateway's page", { kind: "gateway", code: 502 }, { kind: "unreachable", mayHaveArrived: true }],
    ["an error of its own", { kind: "error", code: 500, description: "Internal Server Error" }, {
      kind: "unreachable",
      mayHaveArrived: true,
    }],
    ["being blocked", { kind: "error", code: 403, description: "Forbidden: bot was blocked by the user" }, {
      kind: "refused",
      reason: "Telegram says: Forbidden: bot was blocked by the user",
    }],
  ];
for (const [what, fault, is] of answers) {
  test(`hands on ${what}`, async (on) => {
    on.telegram.faults.add({ ...fault, methods: ["sendMessage"], times: 1 });
    const { reason, ...result } = await on.stand.channel.deliver(textTo(on.anna, "x"), soon()) as { reason: string };
    const { reason: wanted, ...rest } = is as { reason?: string };
    deepStrictEqual(result, rest);
    ok(wanted === undefined || reason === wanted, reason);
  });
}

test("takes up what was written while another program polled with its token, and says so meanwhile", async (on) => {
  on.telegram.faults.add({
    kind: "error",
    code: 409,
    description: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    methods: ["getUpdates"],
    times: 2,
  });
  on.telegram.updates.wake();
  const health = await untilKind(on, "degraded");
  match((health as { reason: string }).reason, /^Telegram says: Conflict: terminated by other getUpdates request/);
  on.anna.write("meanwhile");
  await on.telegram.until(() => on.stand.taken.length === 2 || undefined);
  await untilKind(on, "ready");
});

test("waits as long as Telegram asks before it polls again", async (on) => {
  const before = on.telegram.polls;
  // The stand's clock takes a hundredth: 60 s are 600 ms.
  on.telegram.faults.add({ kind: "retry", afterSeconds: 60, methods: ["getUpdates"], times: 1 });
  const beganMs = performance.now();
  on.telegram.updates.wake();
  await untilKind(on, "degraded");
  await untilKind(on, "ready");
  ok(performance.now() - beganMs >= 590);
  ok(on.telegram.polls - before <= 4);
});

test("fails when its token is revoked, and then sends nothing any more", async (on) => {
  on.telegram.revokeToken();
  await untilKind(on, "failed");
  await on.stand.ended;
  const told = on.telegram.told.length;
  const result = await on.stand.channel.deliver(textTo(on.anna, "x"), soon());
  strictEqual(result.kind, "unreachable");
  strictEqual(on.telegram.told.length, told);
});

test("fails by a delivery, too, that finds the token refused", async (on) => {
  on.telegram.faults.add({ kind: "error", code: 401, description: "Unauthorized", methods: ["sendMessage"] });
  const result = await on.stand.channel.deliver(textTo(on.anna, "x"), soon());
  deepStrictEqual(result, {
    kind: "unreachable",
    reason: "Telegram refuses the token; put the one that @BotFather shows into protocol.telegram.token",
  });
  strictEqual(on.stand.channel.health().kind, "failed");
  await on.stand.ended;
});

Deno.test("telegram's token follows no redirect: whoever stands in between can't send it elsewhere", async () => {
  const asked: string[] = [];
  await using elsewhere = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    asked.push(request.url);
    return Response.json({ ok: true, result: [] });
  });
  await using between = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    return Response.redirect(`http://127.0.0.1:${elsewhere.addr.port}${pathname}`, 303);
  });
  const { channel } = createTelegram({ apiRoot: `http://127.0.0.1:${between.addr.port}`, token: "1:a" });
  const stop = new AbortController();
  const ended = channel.start(() => Promise.reject(new Error("nothing comes")), stop.signal);
  const result = await channel.deliver(textTo({ id: 1 }, "x"), soon());
  strictEqual(result.kind, "unreachable");
  stop.abort();
  await ended;
  deepStrictEqual(asked, []);
});

test("says of a file that can't be read here that nothing was sent", async (on) => {
  const file = {
    name: "a",
    mediaType: "text/plain",
    bytes: 10,
    async *open() {
      yield new Uint8Array(5);
      throw new Error("the disk is gone");
    },
  };
  const delivery: Delivery = { kind: "file", id: "f", conversation: `${on.anna.id}`, file, mayBeDuplicate: false };
  deepStrictEqual(await on.stand.channel.deliver(delivery, soon()), {
    kind: "unreachable",
    reason: "the file can't be read here",
  });
  deepStrictEqual(on.telegram.said(on.anna), []);
});

test("goes on after what isn't an update as documented", async (on) => {
  on.telegram.updates.push("message", on.anna.id, { message_id: "x", chat: null });
  on.telegram.updates.push("something_new", on.anna.id, {});
  on.anna.write("after it");
  await on.telegram.until(() => on.stand.taken.length === 2 || undefined);
  await on.telegram.until(() => on.telegram.updates.waiting === 0 || undefined);
  strictEqual(on.stand.lines.filter(({ message }) => message === "telegram told what can't be read").length, 1);
});

const hook = { url: "http://127.0.0.1:1/channels/telegram", secret: "s3cret" };
const pushed = (body: BodyInit, secret = hook.secret) =>
  new Request(hook.url, { method: "POST", body, headers: { "x-telegram-bot-api-secret-token": secret } });
const update = (id: number) =>
  JSON.stringify({
    update_id: id,
    message: {
      message_id: id,
      from: { id: 1, is_bot: false, first_name: "Anna" },
      chat: { id: 1, type: "private" },
      text: "pushed",
    },
  });

Deno.test("telegram's webhook answers after the commit, and asks to push again what wasn't taken in", async () => {
  await using telegram = await TelegramEmulator.start();
  let isFull = true;
  const order: string[] = [];
  await using stand = await startTelegram(telegram, {
    config: { webhook: hook },
    async sink() {
      if (isFull) throw new Error("not now");
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push("committed");
      return { kind: "accepted", sessionId: "s", messageId: "m", turnId: "t" };
    },
  });
  const receive = async (request: Request) => (await stand.channel.receive!(request)).status;
  strictEqual(await receive(pushed(update(7))), 503);
  isFull = false;
  strictEqual(await receive(pushed(update(7))).finally(() => order.push("answered")), 200);
  deepStrictEqual(order, ["committed", "answered"]);
});

Deno.test("telegram's webhook believes nobody without the secret, and reads no more than it must", async () => {
  await using telegram = await TelegramEmulator.start();
  await using stand = await startTelegram(telegram, { config: { webhook: hook } });
  const receive = async (request: Request) => (await stand.channel.receive!(request)).status;
  const cases: readonly (readonly [Request, number])[] = [
    [pushed(update(1), ""), 401],
    [pushed(update(1), "s3cre"), 401],
    [pushed(update(1), "S3cret"), 401],
    [new Request(hook.url, { headers: { "x-telegram-bot-api-secret-token": hook.secret } }), 404],
    // What can't be read is done with: Telegram would push it for ever.
    [pushed("not json"), 200],
    [pushed("{}"), 200],
    [pushed(`"${"x".repeat(2_000_000)}"`), 200],
    [pushed(Uint8Array.of(0xff, 0xfe)), 200],
    [pushed(update(1)), 200],
  ];
  for (const [request, status] of cases) strictEqual(await receive(request), status);
  deepStrictEqual(stand.taken.map(({ text }) => text), ["pushed"]);
  ok(!JSON.stringify(stand.lines).includes(hook.secret));
});

Deno.test("telegram's webhook isn't there without one in the configuration, nor before the start", async () => {
  await using telegram = await TelegramEmulator.start();
  const without = createTelegram(telegram).channel;
  strictEqual((await without.receive!(pushed(update(1)))).status, 404);
  const unstarted = createTelegram(telegram, { config: { webhook: hook } }).channel;
  strictEqual((await unstarted.receive!(pushed(update(1)))).status, 503);
});

Deno.test("telegram's webhook that nobody can reach is said, in Telegram's words, and set again when it was taken", async () => {
  await using telegram = await TelegramEmulator.start();
  const anna = telegram.person("Anna");
  await using stand = await startTelegram(telegram, { config: { webhook: hook } });
  anna.write("nobody hears it");
  const health = await telegram.until(() => {
    const health = stand.channel.health();
    return health.kind === "degraded" ? health : undefined;
  });
  match(health.reason, /^Telegram can't reach the webhook: Connection refused$/);
  telegram.updates.setWebhook({ url: "https://elsewhere.example.org/" });
  await telegram.until(() => telegram.updates.webhookInfo().url === hook.url || undefined, "it is set again");
});
