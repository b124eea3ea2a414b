import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type ApiStand, chatModel, embeddingModel, eventsOf, openApiStand, post } from "../../../tests/api_stand.ts";

// Every way in which a call ends before its answer does: the client leaves, its token is revoked, the time is up, the
// host stops, too many wait. Each frees its place, and the audit says how it ended.

const question = { model: chatModel, messages: [{ role: "user", content: "Hi" }] };
const path = "/v1/chat/completions";
/** Ten pieces, a second before each. */
const slow = () => ({ pieces: Array.from({ length: 10 }, (_, index) => `${index} `), delayMs: 1_000 });

const pass = (stand: ApiStand, ms: number) => stand.clock.run(stand.clock.nowMs() + ms);
const outcomes = async (stand: ApiStand) => (await stand.audit()).map(({ outcome }) => outcome);

async function codeOf(response: Response): Promise<string> {
  return (await response.json()).error.code;
}

Deno.test("a client that leaves before the first word ends the generation at once", async () => {
  for (const stream of [false, true]) {
    const stand = await openApiStand({ answer: slow });
    const leaving = new AbortController();
    const response = stand.local(path, { ...post({ ...question, stream }), signal: leaving.signal });
    await pass(stand, 500);
    deepStrictEqual(await outcomes(stand), ["accepted"]);
    leaving.abort();
    await pass(stand, 0);
    deepStrictEqual(await outcomes(stand), ["accepted", "cancelled"]);
    strictEqual((await response).status, 503);
    await stand.api.quiet();
  }
});

Deno.test("a client that leaves in the middle of a stream ends the generation at once", async () => {
  const stand = await openApiStand({ answer: slow });
  const response = stand.local(path, post({ ...question, stream: true }));
  await pass(stand, 3_000);
  const reader = (await response).body!.getReader();
  await reader.read();
  await reader.cancel();
  await pass(stand, 0);
  deepStrictEqual(await outcomes(stand), ["accepted", "cancelled"]);
  await stand.api.quiet();
});

Deno.test("a client that leaves a stream before it reads ends the generation too", async () => {
  const stand = await openApiStand({ answer: slow });
  const response = stand.local(path, post({ ...question, stream: true }));
  await pass(stand, 1_000);
  await (await response).body!.cancel();
  await pass(stand, 0);
  deepStrictEqual(await outcomes(stand), ["accepted", "cancelled"]);
  await stand.api.quiet();
});

Deno.test("a token that is revoked in mid-use ends its stream with an error object", async () => {
  const stand = await openApiStand({ answer: slow });
  const [used, other] = [await stand.token(), await stand.token()];
  const ended = stand.tcp(path, { ...post({ ...question, stream: true }), secret: used.secret });
  const kept = stand.tcp(path, { ...post({ ...question, stream: true }), secret: other.secret });
  await pass(stand, 3_000);
  const events = eventsOf(await ended);
  const others = eventsOf(await kept);
  await stand.tokens.revoke({ kind: "local" }, used.id);
  await pass(stand, 60_000);
  strictEqual(JSON.parse((await events).at(-1)!).error.code, "invalid_api_key");
  strictEqual((await others).at(-1), "[DONE]");
  deepStrictEqual((await outcomes(stand)).slice(2), ["accepted", "accepted", "revoked", "cancelled", "answered"]);
});

Deno.test("a token that is revoked while its answer is computed gets 401", async () => {
  const stand = await openApiStand({ answer: slow });
  const { secret, id } = await stand.token();
  const response = stand.tcp(path, { ...post(question), secret });
  await pass(stand, 3_000);
  await stand.tokens.revoke({ kind: "local" }, id);
  await pass(stand, 0);
  deepStrictEqual([(await response).status, await codeOf(await response)], [401, "invalid_api_key"]);
});

Deno.test("a whole answer may take minutes, but not more than ten", async () => {
  const long = (count: number) => () => ({ pieces: Array.from({ length: count }, () => "word "), delayMs: 1_000 });
  const patient = await openApiStand({ answer: long(599) });
  const answered = patient.local(path, post(question));
  await pass(patient, 599_000);
  strictEqual((await answered).status, 200);
  const late = await openApiStand({ answer: long(601) });
  const response = late.local(path, post(question));
  await pass(late, 600_000);
  deepStrictEqual([(await response).status, await codeOf(await response)], [504, "timeout"]);
  deepStrictEqual(await outcomes(late), ["accepted", "late"]);
});

Deno.test("a host that stops takes nothing new, lets answers finish, and cuts the rest", async () => {
  const stand = await openApiStand({ answer: slow });
  const running = stand.local(path, post(question));
  await pass(stand, 2_000);
  stand.close();
  const refused = await stand.local(path, post(question));
  deepStrictEqual([refused.status, refused.headers.get("retry-after"), await codeOf(refused)], [
    503,
    "1",
    "shutting_down",
  ]);
  await pass(stand, 2_000);
  stand.end();
  await pass(stand, 0);
  strictEqual(await codeOf(await running), "shutting_down");
  await stand.api.quiet();
  deepStrictEqual(await outcomes(stand), ["accepted", "closing"]);
});

Deno.test("one caller waits behind its own, not others behind it; and what is too much is told at once", async () => {
  const stand = await openApiStand({ answer: slow });
  const [busy, rare] = [await stand.token(), await stand.token()];
  const ask = (secret: string) => stand.tcp(path, { ...post(question), secret });
  const many = Array.from({ length: 6 + 64 }, () => ask(busy.secret));
  await pass(stand, 0);
  const excess = await ask(busy.secret);
  deepStrictEqual([excess.status, await codeOf(excess)], [429, "rate_limit_exceeded"]);
  let rareMs = Infinity;
  const began = stand.clock.nowMs();
  const answered = ask(rare.secret).then((response) => {
    rareMs = stand.clock.nowMs() - began;
    return response.status;
  });
  await pass(stand, 600_000);
  strictEqual(await answered, 200);
  ok(rareMs <= 20_000, `it waited ${rareMs} ms behind the other's`);
  deepStrictEqual(new Set((await Promise.all(many)).map(({ status }) => status)), new Set([200]));
  strictEqual(Math.max(...stand.running), 6);
});

Deno.test("choices that find no place fail the whole, and leave nothing running", async () => {
  const stand = await openApiStand({ answer: slow });
  const { secret } = await stand.token();
  const ask = (n: number) => stand.tcp(path, { ...post({ ...question, n }), secret });
  const narrow = Array.from({ length: 69 }, () => ask(1)); // One place in the queue is left.
  await pass(stand, 0);
  const wide = await ask(8);
  strictEqual(wide.status, 429);
  strictEqual((await outcomes(stand)).at(-1), "busy", "it had been begun");
  await pass(stand, 600_000);
  deepStrictEqual(new Set((await Promise.all(narrow)).map(({ status }) => status)), new Set([200]));
  const before = stand.running.length;
  const after = Array.from({ length: 6 }, () => ask(1));
  await pass(stand, 60_000);
  await Promise.all(after);
  deepStrictEqual(stand.running.slice(before), [1, 2, 3, 4, 5, 6], "no place was lost, nothing went on");
  await stand.api.quiet();
});

Deno.test("embeddings end when their client leaves", async () => {
  const stand = await openApiStand();
  const leaving = new AbortController();
  leaving.abort();
  const body = post({ model: embeddingModel, input: "Hi" });
  const response = await stand.local("/v1/embeddings", { ...body, signal: leaving.signal }).catch(() => undefined);
  ok(response === undefined || response.status === 503);
  await stand.api.quiet();
});
