/**
 * The same requests with tools through this engine, node-llama-cpp and llama-server: how many of the calls come out
 * right. Each as it stands: its own prompt, its own way to find calls, greedy, as it likes to call. The peers must be
 * there: `scripts/fetch_node_llama_cpp.ts`, `scripts/build_llama_server.ts`.
 *
 *     ./scripts/deno run -A scripts/measure_calls.ts --model FILE
 */
import { parseArgs } from "node:util";
import * as v from "valibot";
import { createModelRunners, createTestEngine } from "../tests/contract/model_runner_stand.ts";
import { freePort } from "../tests/free_port.ts";
import { testModel } from "../tests/site.ts";
import { llamaPeerFolder } from "./build_llama_server.ts";
import { fetchNodeLlamaCpp } from "./fetch_node_llama_cpp.ts";

const { values } = parseArgs({ options: { model: { type: "string", default: testModel() } } });
const path = new URL("../tests/peers/calls.json", import.meta.url);
const set = v.parse(
  v.object({
    system: v.string(),
    tools: v.array(v.object({
      name: v.string(),
      description: v.string(),
      parameters: v.record(v.string(), v.unknown()),
    })),
    requests: v.array(v.object({
      say: v.string(),
      call: v.nullable(v.string()),
      arguments: v.optional(v.record(v.string(), v.unknown())),
    })),
  }),
  JSON.parse(await Deno.readTextFile(path)),
);
type Outcome = {
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  readonly tookMs: number;
};
const never = new AbortController().signal;
const tokensMax = 96;
const threads = navigator.hardwareConcurrency;
const messagesOf = (say: string) => [{ role: "system", content: set.system }, { role: "user", content: say }] as const;

async function thisEngine(): Promise<Outcome[]> {
  await using runners = createModelRunners(values.model);
  const engine = createTestEngine(runners, { sequencesMax: 1 });
  const outcomes: Outcome[] = [];
  try {
    await engine.load(never);
    for (const { say } of set.requests) {
      const startMs = performance.now();
      const calls = [];
      const request = { messages: messagesOf(say), tools: set.tools, tokensMax, sampling: { temperature: 0 } };
      for await (const event of engine.generate(request, never)) {
        if (event.kind === "failed") throw new Error(event.failure.reason);
        if (event.kind === "tool_call") {
          calls.push({ name: event.call.name, arguments: JSON.parse(event.call.arguments) });
        }
      }
      outcomes.push({ calls, tookMs: performance.now() - startMs });
    }
  } finally {
    await engine.close();
  }
  return outcomes;
}

const completion = v.object({
  choices: v.array(v.object({
    message: v.object({
      tool_calls: v.nullish(v.array(v.object({ function: v.object({ name: v.string(), arguments: v.string() }) })), []),
    }),
  })),
});

async function llamaServer(): Promise<Outcome[]> {
  const port = freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = new Deno.Command(`${llamaPeerFolder}/llama-server`, {
    args: ["--model", values.model, "--port", `${port}`, "--threads", `${threads}`, "--parallel", "1", "--jinja"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    while (
      !await fetch(`${url}/health`).then((response) => response.body?.cancel().then(() => response.ok), () => false)
    ) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const outcomes: Outcome[] = [];
    const tools = set.tools.map((tool) => ({ type: "function", function: tool }));
    for (const { say } of set.requests) {
      const startMs = performance.now();
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        body: JSON.stringify({ messages: messagesOf(say), tools, temperature: 0, max_tokens: tokensMax }),
      });
      const [choice] = v.parse(completion, await response.json()).choices;
      const calls = (choice?.message.tool_calls ?? []).map(({ function: { name, arguments: text } }) => ({
        name,
        arguments: jsonOf(text),
      }));
      outcomes.push({ calls, tookMs: performance.now() - startMs });
    }
    return outcomes;
  } finally {
    child.kill();
    await child.status;
  }
}

async function nodeLlamaCpp(): Promise<Outcome[]> {
  const script = new URL("../tests/peers/node_llama_calls.mjs", import.meta.url).pathname;
  const child = new Deno.Command("node", {
    args: [script, await fetchNodeLlamaCpp(), values.model, `${threads}`],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(await Deno.readFile(path));
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => JSON.parse(line) as Outcome);
}

/** Null where it is no JSON: then the call is wrong. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRight({ calls }: Outcome, { call, arguments: wanted = {} }: typeof set.requests[number]): boolean {
  if (call === null) return calls.length === 0;
  const [first] = calls;
  if (calls.length !== 1 || first?.name !== call || typeof first.arguments !== "object") return false;
  const given = Object.entries(first.arguments ?? {}).map(([key, value]) => [
    key,
    typeof value === "string" ? value.toLowerCase() : value,
  ]);
  return JSON.stringify(given.sort()) === JSON.stringify(Object.entries(wanted).sort());
}

for (
  const [name, run] of [["this engine", thisEngine], ["llama-server", llamaServer], [
    "node-llama-cpp",
    nodeLlamaCpp,
  ]] as const
) {
  const outcomes = await run();
  const right = (needsCall: boolean) => {
    const some = set.requests.map((request, index) => [request, outcomes[index]!] as const)
      .filter(([{ call }]) => (call !== null) === needsCall);
    return `${
      some.filter(([request, outcome]) => outcome !== undefined && isRight(outcome, request)).length
    } of ${some.length}`;
  };
  const times = outcomes.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const median = ((times[times.length >> 1] ?? 0) / 1_000).toFixed(2);
  console.log(`${name}: calls ${right(true)} right, no call ${right(false)}, ${median} s median`);
  for (const [index, outcome] of outcomes.entries()) {
    const request = set.requests[index]!;
    if (!isRight(outcome, request)) console.log(`  ${request.say} → ${JSON.stringify(outcome.calls)}`);
  }
}
