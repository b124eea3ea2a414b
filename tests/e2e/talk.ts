import { strictEqual } from "node:assert/strict";
import type { Site } from "../site.ts";

/** How long a site may take over anything before a test calls it hung. */
export const hangMs = 90_000;

/** What the host said to a message that it took in. */
export interface Accepted {
  readonly session_id: string;
  readonly message_id: string;
  readonly turn_id: string;
}

/** A message as the API shows it. */
export interface Message {
  readonly author: string;
  readonly text: string;
}

/** Sends a message as the command line does; `id` is the platform's. */
export async function post(site: Site, text: string, id: string, conversation = "e2e"): Promise<Response> {
  const body = JSON.stringify({ conversation, platform_id: id, text });
  return await site.api("/api/messages", { method: "POST", body, headers: { "content-type": "application/json" } });
}

/** Sends a message that must be taken in. */
export async function ask(site: Site, text: string, conversation?: string): Promise<Accepted> {
  const response = await post(site, text, text.slice(0, 100), conversation);
  strictEqual(response.status, 202, await response.clone().text());
  return await response.json();
}

/** The shown messages of a session. */
export async function messagesOf(site: Site, { session_id }: Accepted): Promise<Message[]> {
  return (await (await site.api(`/api/sessions/${session_id}/messages`)).json()).messages;
}

/** Resolves with the last message once there are `count` of them. */
export async function untilMessages(site: Site, accepted: Accepted, count: number): Promise<Message> {
  let messages: Message[] = [];
  await until(site, `${count} messages`, async () => (messages = await messagesOf(site, accepted)).length >= count);
  return messages.at(-1)!;
}

/** Resolves when something holds; rejects with what the site wrote when it doesn't. */
export async function until(site: Site, what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + hangMs; Date.now() < endMs; await new Promise((resolve) => setTimeout(resolve, 50))) {
    if (await holds()) return;
  }
  throw new Error(`Not ${what} after ${hangMs} ms; stderr:\n${site.stderr()}`);
}

/** Runs with a new folder, which goes afterwards. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-e2e-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
