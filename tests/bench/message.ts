import { Agent, request } from "node:http";
import { startSite } from "../site.ts";
import { quantile, type Row, row } from "./row.ts";

const warmUpCount = 50;
const lonelyCount = 500;
const rateSeconds = 60;
const rateConversations = 64;
const main = new URL("scripted_main.ts", import.meta.url).pathname;

/**
 * The message way with a scripted engine, by the host's Unix socket and a real process: from the first byte of the
 * request to the answer's event, one message after the other; then as many as are acknowledged in a minute.
 */
export async function* messageRows(): AsyncGenerator<Row> {
  await using site = await startSite({ main });
  await site.untilReady();
  const agent = new Agent({ keepAlive: true, maxSockets: rateConversations + 2 });
  const post = (conversation: string, index: number) =>
    send({ agent, socketPath: site.hostSocket, conversation, index });

  const { session_id: session } = await post("lonely", -1);
  const answers = await listen({ agent, socketPath: site.hostSocket, session });
  const overheadsMs: number[] = [];
  for (let index = 0; index < warmUpCount + lonelyCount; index++) {
    const beganMs = performance.now();
    const answered = answers.next();
    await post("lonely", index);
    await answered;
    if (index >= warmUpCount) overheadsMs.push(performance.now() - beganMs);
  }
  answers.close();
  const detail = `${lonelyCount} messages one after the other, request to the answer's event`;
  yield row({ name: "message.overhead.p50", value: quantile(overheadsMs, 0.5), unit: "ms", goal: { most: 2 }, detail });
  yield row({
    name: "message.overhead.p99",
    value: quantile(overheadsMs, 0.99),
    unit: "ms",
    goal: { most: 10 },
    detail,
  });

  const endMs = performance.now() + rateSeconds * 1_000;
  let acknowledged = 0;
  await Promise.all(Array.from({ length: rateConversations }, async (_, conversation) => {
    for (let index = 0; performance.now() < endMs; index++, acknowledged++) await post(`rate-${conversation}`, index);
  }));
  yield row({
    name: "message.rate",
    value: acknowledged / rateSeconds,
    unit: "/s",
    goal: { least: 500 },
    detail:
      `${acknowledged} acknowledged in ${rateSeconds} s over ${rateConversations} connections, turns answered beside`,
  });
  agent.destroy();
}

interface Call {
  readonly agent: Agent;
  readonly socketPath: string;
}

/** Sends one message; resolves when it is acknowledged. */
function send(
  { agent, socketPath, conversation, index }: Call & { readonly conversation: string; readonly index: number },
): Promise<{ session_id: string }> {
  const body = JSON.stringify({ conversation, platform_id: `${conversation}-${index}`, text: `Question ${index}?` });
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ agent, socketPath, path: "/api/messages", method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => text += chunk);
      response.on("end", () => {
        if (response.statusCode === 202) resolve(JSON.parse(text));
        else reject(new Error(`${response.statusCode}: ${text}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The answers of a session, as its stream of events brings them. */
async function listen(
  { agent, socketPath, session }: Call & { readonly session: string },
): Promise<{ next(): Promise<void>; close(): void }> {
  const wakers: (() => void)[] = [];
  return await new Promise((resolve, reject) => {
    const asked = request({ agent, socketPath, path: `/api/sessions/${session}/events` }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("error", () => {});
      response.on("data", (chunk) => {
        text += chunk;
        for (let end: number; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
          if (text.slice(0, end).includes('"author":"assistant"')) wakers.shift()?.();
        }
      });
      resolve({ next: () => new Promise<void>((wake) => wakers.push(wake)), close: () => asked.destroy() });
    });
    asked.on("error", reject);
    asked.end();
  });
}
