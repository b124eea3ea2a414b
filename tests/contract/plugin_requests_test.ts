/** A request's whole way: out of a guest in the sandbox, through the host, and out of the machine by the connector. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createConnector } from "../../adapters/connector/client.ts";
import { systemClock } from "../../adapters/clock/system.ts";
import { createSpawnedRunners } from "../../adapters/runners/spawned.ts";
import { plannedCommand } from "../../roles/program_here.ts";
import { connectorPlan } from "../connector_plan.ts";
import { openStand, type Replied, type StandCall, type StandPlugin } from "../host_calls_stand.ts";
import { wat, withManifest } from "../wat.ts";
import { silent } from "./model_runner_stand.ts";
import { createPluginRunners, createTestPlugins } from "./plugin_runner_stand.ts";

const env = (name: string, type: string) => `(import "extism:host/env" "${name}" (func $${name} ${type}))`;

/** A plugin that passes its input, but for the first letter, to the function that the letter means, and gives its reply. */
const asks = withManifest(wat(`(module
  ${env("input_length", "(result i64)")}
  ${env("input_load_u8", "(param i64) (result i32)")}
  ${env("alloc", "(param i64) (result i64)")}
  ${env("length", "(param i64) (result i64)")}
  ${env("store_u8", "(param i64 i32)")}
  ${env("output_set", "(param i64 i64)")}
  (import "extism:host/user" "http" (func $http (param i64) (result i64)))
  (import "extism:host/user" "kv" (func $kv (param i64) (result i64)))
  (import "extism:host/user" "files" (func $files (param i64) (result i64)))
  (memory (export "memory") 1)
  (func (export "register") (result i32) (i32.const 0))
  (func (export "execute") (result i32) (local $at i64) (local $block i64) (local $letter i32) (local $reply i64)
    (local.set $letter (call $input_load_u8 (i64.const 0)))
    (local.set $block (call $alloc (i64.sub (call $input_length) (i64.const 1))))
    (local.set $at (i64.const 1))
    (block $done (loop $next
      (br_if $done (i64.ge_u (local.get $at) (call $input_length)))
      (call $store_u8 (i64.sub (i64.add (local.get $block) (local.get $at)) (i64.const 1))
        (call $input_load_u8 (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $next)))
    (if (i32.eq (local.get $letter) (i32.const ${"h".charCodeAt(0)})) (then
      (local.set $reply (call $http (local.get $block)))))
    (if (i32.eq (local.get $letter) (i32.const ${"k".charCodeAt(0)})) (then
      (local.set $reply (call $kv (local.get $block)))))
    (if (i32.eq (local.get $letter) (i32.const ${"f".charCodeAt(0)})) (then
      (local.set $reply (call $files (local.get $block)))))
    (call $output_set (local.get $reply) (call $length (local.get $reply)))
    (i32.const 0)))`));

const limits = {
  fuel: 1e9,
  memory_bytes: 16 * 1024 * 1024,
  deadline_ms: 20_000,
  output_bytes: 1024 * 1024,
  host_calls: 8,
  log_bytes: 1_024,
};

Deno.test("a guest's requests go through sandbox, host and connector, and every refusal comes back to it", async () => {
  const never = new AbortController().signal;
  const runners = createPluginRunners();
  const sandbox = createTestPlugins(runners);
  const prepared = await sandbox.prepare(asks, never);
  ok(prepared.kind === "prepared", JSON.stringify(prepared));
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url, headers }) => new Response(`${new URL(url).pathname} ${headers.get("x-a")}`),
  );
  const { port } = server.addr;
  const spawned = createSpawnedRunners(
    [connectorPlan([`127.0.0.1:${port}`, `localhost:${port}`], Deno.env.get("HOME") ?? "/nowhere")],
    plannedCommand,
  );
  const connector = createConnector({ runners: spawned, clock: systemClock, log: silent });
  const stand = await openStand({ answer: (request, signal) => connector.request(request, signal) });
  const http = [{ url: `http://127.0.0.1:${port}/v1/*` }, { url: `http://localhost:${port}/v1/*` }];
  const plugin: StandPlugin = { asked: { http, kv: {}, files: { write: [""] } }, granted: { http, kv: {} } };
  const execute = async (letter: string, request: unknown, call: StandCall = {}): Promise<Replied> => {
    const outcome = await sandbox.call(
      {
        digest: "d1",
        module: () => Promise.resolve(prepared.bytes),
        entry: "execute",
        input: new TextEncoder().encode(`${letter}${JSON.stringify(request)}`),
        limits,
      },
      stand.hostOf(plugin, call),
      never,
    );
    ok(outcome.kind === "done", JSON.stringify(outcome));
    return JSON.parse(new TextDecoder().decode(outcome.output));
  };
  try {
    const answer = await execute("h", { url: `http://127.0.0.1:${port}/v1/a`, headers: { "x-a": "é" } });
    ok("error" in answer && answer.error.code === "refused"); // a header that could be read in two ways
    const right = await execute("h", { url: `http://127.0.0.1:${port}/v1/a`, headers: { "x-a": "1" } });
    ok("ok" in right, JSON.stringify(right));
    strictEqual(right.ok["body"], "/v1/a 1");
    const other = await execute("h", { url: `http://127.0.0.1:${port}/v2/a` });
    ok("error" in other && other.error.code === "refused");
    match(
      other.error.message,
      /^the plugin doesn't ask for GET of http:\/\/127\.0\.0\.1:\d+ with this path; ask its author$/i,
    );
    const named = await execute("h", { url: `http://localhost:${port}/v1/a` });
    ok("error" in named);
    match(named.error.message, /^localhost is at .* isn't an address of the public internet/);
    // Each call is a fresh instance: what it kept is with the host.
    deepStrictEqual(await execute("k", { op: "set", entries: { "größe": "7 m³" } }), { ok: { done: true } });
    deepStrictEqual(await execute("k", { op: "get", key: "größe" }), { ok: { value: "7 m³" } });
    const withheld = await execute("k", { op: "set", entries: { "größe": "8" } }, { mode: "plan" });
    ok("error" in withheld && withheld.error.code === "withheld");
    const files = await execute("f", { op: "list" });
    ok("error" in files && files.error.code === "refused");
  } finally {
    await connector.close();
    await spawned.gone();
    await sandbox.close();
    await runners[Symbol.asyncDispose]();
  }
});
