import { deepStrictEqual, notStrictEqual, ok, strictEqual } from "node:assert/strict";
import { keptMax } from "../../../core/api/kept_answers.ts";
import { type ApiStand, chatModel, eventsOf, openApiStand, post } from "../../../tests/api_stand.ts";

const question = { model: chatModel, messages: [{ role: "user", content: "A secret question" }] };
const path = "/v1/chat/completions";
const keyed = (key: string, body: object = question) => post(body, { "idempotency-key": key });
const dayMs = 24 * 3_600_000;

async function codeOf(response: Response): Promise<unknown> {
  return [response.status, (await response.json()).error.code];
}

/** An engine that never says the same twice. */
async function openCounting(): Promise<ApiStand> {
  let count = 0;
  return await openApiStand({ answer: () => ({ pieces: [`answer ${++count}`, " of many"] }) });
}

Deno.test("the same key and body again get the very same answer, whole or as a stream", async () => {
  const stand = await openCounting();
  const first = await stand.local(path, keyed("a"));
  const again = await stand.local(path, keyed("a"));
  strictEqual(first.headers.get("idempotent-replayed"), null);
  strictEqual(again.headers.get("idempotent-replayed"), "true");
  strictEqual(await again.text(), await first.text());
  strictEqual(stand.asked.length, 1);
  const body = { ...question, stream: true, stream_options: { include_usage: true } };
  const said = async () => {
    const events = await eventsOf(await stand.local(path, keyed("b", body)));
    strictEqual(events.at(-1), "[DONE]");
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event));
    return {
      id: chunks[0].id,
      text: chunks.map(({ choices: [choice] }) => choice?.delta.content ?? "").join(""),
      usage: chunks.at(-1).usage,
    };
  };
  const streamed = await said();
  strictEqual(streamed.text, "answer 2 of many");
  deepStrictEqual(await said(), streamed);
  deepStrictEqual((await stand.audit()).map(({ outcome }) => outcome), [
    "accepted",
    "answered",
    "answered again",
    "accepted",
    "answered",
    "answered again",
  ]);
});

Deno.test("tool calls, choices and probabilities come again as well", async () => {
  const calls = [{ id: "call_1", name: "f", arguments: "{}" }];
  const stand = await openApiStand({ answer: () => ({ pieces: ["so"], calls }) });
  const body = { ...question, n: 2, tools: [{ type: "function", function: { name: "f" } }] };
  const first = await (await stand.local(path, keyed("a", body))).json();
  deepStrictEqual(await (await stand.local(path, keyed("a", body))).json(), first);
  strictEqual(first.choices.length, 2);
  strictEqual(stand.asked.length, 2);
});

Deno.test("the same key with another body is refused, and changes nothing", async () => {
  const stand = await openCounting();
  const first = await (await stand.local(path, keyed("a"))).text();
  const other = { ...question, seed: 1 };
  deepStrictEqual(await codeOf(await stand.local(path, keyed("a", other))), [400, "idempotency_key_reused"]);
  strictEqual(await (await stand.local(path, keyed("a"))).text(), first);
});

Deno.test("a key belongs to its caller", async () => {
  const stand = await openCounting();
  const [ann, bob] = [await stand.token(), await stand.token()];
  const ask = async (secret: string) => await (await stand.tcp(path, { ...keyed("a"), secret })).text();
  notStrictEqual(await ask(ann.secret), await ask(bob.secret));
});

Deno.test("a key that is being answered is refused until it is, then answered", async () => {
  const stand = await openApiStand({ answer: () => ({ pieces: ["slow"], delayMs: 1_000 }) });
  const first = stand.local(path, keyed("a"));
  await stand.clock.run(stand.clock.nowMs() + 500);
  deepStrictEqual(await codeOf(await stand.local(path, keyed("a"))), [409, "idempotency_key_in_use"]);
  const other = { ...question, seed: 1 };
  deepStrictEqual(await codeOf(await stand.local(path, keyed("a", other))), [400, "idempotency_key_reused"]);
  await stand.clock.run(stand.clock.nowMs() + 500);
  strictEqual(await (await first).text(), await (await stand.local(path, keyed("a"))).text());
});

Deno.test("a key whose answer failed, or whose client left, is free again", async () => {
  let fails = true;
  const failure = { kind: "crashed", reason: "it ended" } as const;
  const stand = await openApiStand({
    answer: () => fails ? { pieces: ["Half"], failure } : { pieces: ["whole"], delayMs: 1_000 },
  });
  strictEqual((await stand.local(path, keyed("a"))).status, 500);
  fails = false;
  const leaving = new AbortController();
  const left = stand.local(path, { ...keyed("a"), signal: leaving.signal });
  await stand.clock.run(stand.clock.nowMs() + 500);
  leaving.abort();
  await left.catch(() => {});
  await stand.api.quiet();
  const response = stand.local(path, keyed("a"));
  await stand.clock.run(stand.clock.nowMs() + 1_000);
  strictEqual((await (await response).json()).choices[0].message.content, "whole");
});

Deno.test("an answer that can't be kept isn't given: the key stays free", async () => {
  const stand = await openApiStand({ answer: () => ({ pieces: ["said"], delayMs: 1_000 }) });
  const response = stand.local(path, keyed("a"));
  await stand.clock.run(stand.clock.nowMs() + 500);
  stand.fill(true);
  await stand.clock.run(stand.clock.nowMs() + 500);
  deepStrictEqual(await codeOf(await response), [507, "disk_full"]);
  stand.fill(false);
  const again = stand.local(path, keyed("a"));
  await stand.clock.run(stand.clock.nowMs() + 1_000);
  strictEqual((await again).status, 200);
});

Deno.test("an answer is kept for a day, sealed, and then gone", async () => {
  const stand = await openCounting();
  const first = await (await stand.local(path, keyed("a"))).text();
  const [row] = await stand.store.read((tx) => tx.find("keptAnswers", {}));
  ok(row !== undefined);
  strictEqual(row.keyHash, stand.vault.keyedHash("idempotency-key", "local", path, "a"));
  await stand.clock.run(stand.clock.nowMs() + dayMs - 1);
  strictEqual(await (await stand.local(path, keyed("a"))).text(), first);
  await stand.clock.run(stand.clock.nowMs() + 1);
  notStrictEqual(await (await stand.local(path, keyed("a"))).text(), first);
  strictEqual(await stand.store.read((tx) => tx.count("keptAnswers", {})), 1, "what expired is removed");
});

Deno.test("so many answers are kept at most: one more drops the oldest", async () => {
  const stand = await openCounting();
  await stand.local(path, keyed("oldest"));
  await stand.store.write((tx) => {
    const [row] = tx.find("keptAnswers", {});
    for (let index = 1; index < keptMax; index++) {
      tx.insert("keptAnswers", {
        ...row!,
        id: `more ${index}`,
        keyHash: `${index}`,
        expiresMs: row!.expiresMs + index,
      });
    }
  });
  await stand.local(path, keyed("newest"));
  strictEqual(await stand.store.read((tx) => tx.count("keptAnswers", {})), keptMax);
  await stand.local(path, keyed("newest"));
  strictEqual(stand.asked.length, 2);
  await stand.local(path, keyed("oldest"));
  strictEqual(stand.asked.length, 3);
});
