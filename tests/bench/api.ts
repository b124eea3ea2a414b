import { Agent, request } from "node:http";
import { checkout } from "../../roles/program_here.ts";
import { tokenCreated } from "../../schema/api.ts";
import { startSite } from "../site.ts";
import { quantile, type Row, row } from "./row.ts";
import * as v from "valibot";

const connections = 64;
const rounds = 5;
const roundSeconds = 3;
const streams = 200;
const main = new URL("api_main.ts", import.meta.url).pathname;
const bareMain = new URL("bare_hono_main.ts", import.meta.url).pathname;

/**
 * `/v1` of a real host with a scripted engine: requests a second beside a bare handler, in turns, and how long the
 * first word of a stream is under way. Everything goes over loopback TCP between processes; each request is audited
 * twice in the encrypted database.
 */
export async function* apiRows(): AsyncGenerator<Row> {
  await using site = await startSite({ main });
  await site.untilReady();
  await site.untilListening();
  const headers = { "content-type": "application/json" };
  const made = await site.api("/api/tokens", { method: "POST", headers, body: JSON.stringify({ roles: ["user"] }) });
  const { secret } = v.parse(tokenCreated, await made.json());
  const model: string = (await (await site.api("/v1/models")).json()).data[0].id;
  const port = Number(new URL(site.url).port);
  const ours = { port, secret, agent: new Agent({ keepAlive: true, maxSockets: connections }) };
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "What is the answer?" }] });

  await using bare = await startBare((await post(ours, body)).text);
  const peer = { port: bare.port, secret, agent: new Agent({ keepAlive: true, maxSockets: connections }) };
  const [rates, peerRates]: [number[], number[]] = [[], []];
  await rate(ours, body, 1);
  await rate(peer, body, 1);
  for (let round = 0; round < rounds; round++) {
    rates.push(await rate(ours, body, roundSeconds));
    peerRates.push(await rate(peer, body, roundSeconds));
  }
  const detail = `${connections} connections, median of ${rounds} rounds of ${roundSeconds} s in turns`;
  const [ourRate, peerRate] = [quantile(rates, 0.5), quantile(peerRates, 0.5)];
  yield row({ name: "api.rate", value: ourRate, unit: "/s", detail });
  yield row({ name: "api.rate.bare", value: peerRate, unit: "/s", detail: `a bare Hono handler, ${detail}` });
  yield row({
    name: "api.ratio",
    value: ourRate / peerRate,
    unit: "",
    detail: "of the two; /v1 commits two audits each",
  });

  const timed = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: "time" }] });
  const underWayMs: number[] = [];
  for (let index = 0; index < streams; index++) {
    const { firstMs, text } = await post(ours, timed);
    const leftMs = Number(/"content":"([\d.]+)"/.exec(text)![1]);
    underWayMs.push(firstMs - leftMs);
  }
  const first = `${streams} streams one after the other, from the engine's first token to the client's first byte`;
  const [p50, p99] = [quantile(underWayMs, 0.5), quantile(underWayMs, 0.99)];
  yield row({ name: "api.first_byte.p50", value: p50, unit: "ms", goal: { most: 2 }, detail: first });
  yield row({ name: "api.first_byte.p99", value: p99, unit: "ms", detail: first });
  ours.agent.destroy();
  peer.agent.destroy();
}

interface Server {
  readonly port: number;
  readonly secret: string;
  readonly agent: Agent;
}

/** Sends one request; `firstMs` is when the first byte of the answer's body came, in milliseconds since 1970. */
function post({ port, secret, agent }: Server, body: string): Promise<{ readonly text: string; firstMs: number }> {
  return new Promise((resolve, reject) => {
    const headers = {
      "authorization": `Bearer ${secret}`,
      "content-type": "application/json",
      "content-length": `${body.length}`,
    };
    const path = "/v1/chat/completions";
    const sent = request({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      let text = "";
      let firstMs = 0;
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        firstMs ||= performance.timeOrigin + performance.now();
        text += chunk;
      });
      response.on("end", () => {
        if (response.statusCode === 200) resolve({ text, firstMs });
        else reject(new Error(`${response.statusCode}: ${text}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Requests a second over all connections. */
async function rate(server: Server, body: string, seconds: number): Promise<number> {
  const beganMs = performance.now();
  const endMs = beganMs + seconds * 1_000;
  let count = 0;
  await Promise.all(Array.from({ length: connections }, async () => {
    for (; performance.now() < endMs; count++) await post(server, body);
  }));
  return count / ((performance.now() - beganMs) / 1_000);
}

async function startBare(answer: string): Promise<AsyncDisposable & { readonly port: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", `--config=${checkout}/deno.json`, "--allow-net=127.0.0.1", bareMain, answer],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return {
    port: Number(new TextDecoder().decode(value)),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await reader.cancel();
      await child.status;
    },
  };
}
