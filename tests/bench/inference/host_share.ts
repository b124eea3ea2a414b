import * as v from "valibot";
import { tokenCreated } from "../../../schema/api.ts";
import { startSite } from "../../site.ts";
import { quantile, type Row, row } from "../row.ts";
import { watchCores } from "./cores.ts";
import { type Effort, spread } from "./rounds.ts";

const streams = 8;
const tokens = 96;

/** How much of the processor time of a real host and its model the host has, while eight programs stream by `/v1`. */
export async function* hostShareRows(effort: Effort): AsyncGenerator<Row> {
  await using site = await startSite();
  await site.untilReady();
  await site.untilListening();
  const headers = { "content-type": "application/json" };
  const made = await site.api("/api/tokens", { method: "POST", headers, body: JSON.stringify({ roles: ["user"] }) });
  const { secret } = v.parse(tokenCreated, await made.json());
  const model: string = (await (await site.api("/v1/models")).json()).data[0].id;
  const stream = async (round: number, index: number) => {
    const content = `Round ${round}: tell me a long story about house number ${index}.`;
    const response = await fetch(`${site.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers, authorization: `Bearer ${secret}` },
      body: JSON.stringify({
        model,
        stream: true,
        temperature: 0,
        max_tokens: tokens,
        messages: [{ role: "user", content }],
      }),
    });
    if (!response.ok) throw new Error(`/v1 said ${response.status}: ${await response.text()}`);
    const text = await response.text();
    return text.split("\n").filter((line) => line.includes('"content":"')).length;
  };
  const together = (round: number) => Promise.all(Array.from({ length: streams }, (_, index) => stream(round, index)));
  await together(0); // the model is loaded and everything has run once
  const shares: number[] = [];
  const perToken: number[] = [];
  for (let round = 1; round <= effort.least; round++) {
    const look = watchCores([...site.pids("host"), ...site.pids("model-runner")]);
    const pieces = (await together(round)).reduce((sum, count) => sum + count, 0);
    const [host = NaN, runner = NaN] = look().ownMs;
    shares.push(host / (host + runner) * 100);
    perToken.push(host / pieces);
  }
  yield row({
    name: "cpu.host.share",
    value: quantile(shares, 0.5),
    unit: "%",
    goal: { most: 3 },
    detail: `of the processor time of host and model runner, ${streams} streams by /v1, ${tokens} tokens each, every ` +
      `token an event, the small model: ${spread(shares)}; ${spread(perToken)} ms of the host a token; ` +
      `median of ${shares.length}`,
  });
}
