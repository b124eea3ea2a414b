/**
 * Run in a network and a mount table of its own, where a resolver of ours is asked for names and an address of the public
 * internet is this machine's, too: prints what came of requests to names whose answers change, and how many arrived.
 */
import dgram from "node:dgram";
import { systemClock } from "../../adapters/clock/system.ts";
import { createConnector } from "../../adapters/connector/client.ts";
import { createSpawnedRunners } from "../../adapters/runners/spawned.ts";
import { plannedCommand } from "../../roles/program_here.ts";
import { connectorPlan } from "../connector_plan.ts";

/** Answers in turn, one a question for an address of version 4; there are none of version 6. */
const answers: readonly (readonly [name: string, addresses: readonly string[]])[] = [
  ["steady.example", ["93.184.216.34"]],
  ["rebind.example", ["93.184.216.34", "127.0.0.1", "93.184.216.34", "10.1.2.3", "169.254.169.254", "93.184.216.34"]],
  ["local.example", ["127.0.0.1"]],
  ["any.example", ["0.0.0.0"]],
];
const asked = new Map<string, number>();

const resolver = dgram.createSocket("udp4");
resolver.on("message", (question, from) => resolver.send(answerTo(question), from.port, from.address));
await new Promise<void>((resolve) => resolver.bind(53, "127.0.0.1", () => resolve()));

/** One answer of the domain name system. Source: RFC 1035, section 4. */
function answerTo(question: Uint8Array): Uint8Array {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at]!; length > 0; length = question[at]!) {
    labels.push(new TextDecoder().decode(question.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  const isFour = question[at + 2] === 1;
  const asks = question.subarray(12, at + 5);
  const name = labels.join(".");
  const turn = asked.get(name) ?? 0;
  if (isFour) asked.set(name, turn + 1);
  const addresses = answers.find(([known]) => known === name)?.[1] ?? [];
  const address = isFour ? addresses[Math.min(turn, addresses.length - 1)] : undefined;
  const found = address === undefined
    ? []
    : [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)];
  return new Uint8Array([
    question[0]!,
    question[1]!,
    0x81,
    0x80,
    0,
    1,
    0,
    found.length > 0 ? 1 : 0,
    0,
    0,
    0,
    0,
    ...asks,
    ...found,
  ]);
}

let arrived = 0;
const server = Deno.serve({ hostname: "0.0.0.0", port: 8080, onListen() {} }, () => {
  arrived++;
  return new Response("here");
});
const plan = connectorPlan(answers.map(([name]) => `${name}:8080`), Deno.env.get("HOME")!);
const runners = createSpawnedRunners([plan], plannedCommand);
const connector = createConnector({ runners, clock: systemClock, log: console });
const came: Record<string, string[]> = {};
for (const [name, addresses] of answers) {
  came[name] = [];
  for (const _ of addresses) {
    const request = {
      method: "GET",
      url: `http://${name}:8080/`,
      headers: {},
      answerBytesMax: 1_000,
      timeoutMs: 20_000,
    };
    const answer = await connector.request(request, new AbortController().signal);
    came[name].push("reason" in answer ? `${answer.kind}: ${answer.reason}` : answer.kind);
  }
}
console.log(JSON.stringify({ came, arrived }));
await connector.close();
await server.shutdown();
Deno.exit(0);
