import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import * as v from "valibot";
import * as api from "../../schema/api.ts";
import { type Site, startSite } from "../site.ts";

// Goal: what people did with a conversation is as they left it after `kill -9` of the host, in the real database.
// Method: a real site, host process and socket, with a scripted engine.

const main = new URL("../bench/scripted_main.ts", import.meta.url).pathname;

async function call<Schema extends v.GenericSchema>(
  site: Site,
  schema: Schema,
  [method, path]: readonly [method: string, path: string],
  body?: unknown,
): Promise<v.InferOutput<Schema>> {
  const response = await site.api(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const json = await response.json();
  ok(response.ok, JSON.stringify(json));
  return v.parse(schema, json);
}

/** Asks, and waits for the end of the turn. */
async function ask(site: Site, body: object): Promise<api.MessageAccepted> {
  const accepted = await call(site, api.messageAccepted, ["POST", "/api/messages"], { conversation: "c", ...body });
  await untilEnded(site, accepted.turn_id);
  return accepted;
}

async function untilEnded(site: Site, turnId: string): Promise<void> {
  for (;;) {
    const { state } = await call(site, api.turn, ["GET", `/api/turns/${turnId}`]);
    if (state !== "queued" && state !== "running") return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function killHost(site: Site): Promise<void> {
  const before = site.pids("host");
  for (const pid of before) Deno.kill(pid, "SIGKILL");
  await site.untilStarted("host", before);
  await site.untilReady();
}

Deno.test("branches, titles and removals are as they were left, through kill -9 of the host", async () => {
  await using site = await startSite({ main });
  await site.untilReady();
  const { session_id: id, message_id: first } = await ask(site, { platform_id: "1", text: "one" });
  await ask(site, { platform_id: "2", text: "two" });
  const { message_id: edited } = await ask(site, { platform_id: "3", text: "ONE", replaces: first });
  const again = await call(site, api.answerAgainResult, ["POST", `/api/messages/${edited}/answer-again`]);
  ok(again.result === "accepted");
  await untilEnded(site, again.turn_id);
  await call(site, api.sessionSummary, ["PATCH", `/api/sessions/${id}`], { title: "Renamed", pinned: true });
  const shown = async () => {
    const { messages } = await call(site, api.messageList, ["GET", `/api/sessions/${id}/messages`]);
    return messages.map(({ author, text, sibling_ids }) => `${author} ${text} (${sibling_ids.length})`);
  };
  const listed = async () => {
    const { sessions } = await call(site, api.sessionList, ["GET", "/api/sessions?query=rename"]);
    return sessions.map(({ title, pinned }) => `${title} ${pinned}`);
  };
  const before = await shown();
  deepStrictEqual(before, ["person ONE (2)", "assistant The answer of the script. (2)"]);

  await killHost(site);
  deepStrictEqual([await shown(), await listed()], [before, ["Renamed true"]]);
  await call(site, api.branchShown, ["POST", `/api/messages/${first}/show`]);
  const other = await shown();
  strictEqual(other.length, 4);
  await call(site, api.sessionRemoved, ["DELETE", `/api/sessions/${id}`]);

  await killHost(site);
  deepStrictEqual(await listed(), []);
  strictEqual((await site.api(`/api/sessions/${id}/messages`)).status, 403);
  const { session_id: next } = await ask(site, { platform_id: "4", text: "three" });
  ok(next !== id);
  deepStrictEqual(await call(site, api.restoreResult, ["POST", `/api/sessions/${id}/restore`]), { result: "restored" });
  deepStrictEqual([await shown(), await listed()], [other, ["Renamed true"]]);
  const exported = await call(site, api.exportedConversation, ["GET", `/api/sessions/${id}/export`]);
  strictEqual(exported.messages.length, 7);
});
