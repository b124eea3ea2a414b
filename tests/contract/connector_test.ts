import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createConnector } from "../../adapters/connector/client.ts";
import { systemClock } from "../../adapters/clock/system.ts";
import { createSpawnedRunners } from "../../adapters/runners/spawned.ts";
import type { Connector, ConnectorRequest } from "../../core/ports/connector.ts";
import { plannedCommand } from "../../roles/program_here.ts";
import { connectorPlan } from "../connector_plan.ts";

const never = new AbortController().signal;
const log = { info() {}, warn() {}, error() {} };
const get = (url: string): ConnectorRequest => ({
  method: "GET",
  url,
  headers: {},
  answerBytesMax: 10_000,
  timeoutMs: 20_000,
});

/** How far the connector's clock is ahead. */
let laterMs = 0;

/** The real process with the rights of its plan, as a child of this test. */
async function withConnector(
  targets: readonly string[],
  body: (connector: Connector, processes: readonly Deno.ChildProcess[]) => Promise<void>,
): Promise<void> {
  const plan = connectorPlan(targets, Deno.env.get("HOME") ?? "/nowhere");
  const processes: Deno.ChildProcess[] = [];
  const runners = createSpawnedRunners([plan], (plan, stdio) => {
    const command = plannedCommand(plan, stdio);
    return { spawn: () => (processes.push(command.spawn()), processes.at(-1)!) } as Deno.Command;
  });
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + laterMs };
  const connector = createConnector({ runners, clock, log });
  try {
    await body(connector, processes);
  } finally {
    await connector.close();
    await runners.gone();
  }
}

Deno.test("the connector's process reaches what is granted and nothing else", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => new Response(new URL(url).pathname),
  );
  const { port } = server.addr;
  await withConnector([`127.0.0.1:${port}`, `localhost:${port}`], async (connector) => {
    const answer = await connector.request(get(`http://127.0.0.1:${port}/here`), never);
    ok(answer.kind === "answered", JSON.stringify(answer));
    strictEqual(new TextDecoder().decode(answer.body), "/here");
    const at = await connector.request({ ...get(`http://mes.example:${port}/there`), address: "127.0.0.1" }, never);
    ok(at.kind === "answered", JSON.stringify(at));
    strictEqual(new TextDecoder().decode(at.body), "/there");
    const byName = await connector.request(get(`http://localhost:${port}/`), never);
    ok(byName.kind === "refused");
    match(byName.reason, /^localhost is at /);
    deepStrictEqual(await connector.request(get(`http://127.0.0.2:${port}/`), never), {
      kind: "refused",
      reason: `127.0.0.2:${port} isn't among what is granted`,
    });
  });
});

Deno.test("a connector that is killed in the middle is said, and the next request starts another", async () => {
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<Response>();
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    if (url.endsWith("/well")) return new Response("well");
    asked.resolve();
    return held.promise;
  });
  const { port } = server.addr;
  await withConnector([`127.0.0.1:${port}`], async (connector, processes) => {
    const lost = connector.request(get(`http://127.0.0.1:${port}/hangs`), never);
    await asked.promise;
    processes[0]!.kill("SIGKILL");
    deepStrictEqual(await lost, { kind: "unreachable", reason: "the connector ended before there was an answer" });
    held.resolve(new Response());
    laterMs = 1_000; // it isn't started again at once
    const next = await connector.request(get(`http://127.0.0.1:${port}/well`), never);
    strictEqual(next.kind, "answered", JSON.stringify(next));
    strictEqual(processes.length, 2);
  });
});
