import { Agent } from "node:http";
import { listenToAnswers, sendMessage } from "../message_client.ts";
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
  const to = { agent, socketPath: site.hostSocket };
  const post = (conversation: string, index: number) =>
    sendMessage(to, { conversation, platformId: `${conversation}-${index}`, text: `Question ${index}?` });

  const { session_id: session } = await post("lonely", -1);
  const answers = await listenToAnswers(to, session);
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
