import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { playedSandbox } from "../../tests/plugin_scene.ts";
import type { CallOutcome, PluginCall } from "../ports/plugins.ts";
import { drainingPlugins } from "./draining.ts";
import { defaultLimits } from "./limits.ts";

const never = new AbortController().signal;
const noHost = () => Promise.resolve(new Uint8Array());
const call = (digest: string, entry: PluginCall["entry"] = "execute"): PluginCall => ({
  digest,
  module: () => Promise.resolve(new Uint8Array()),
  entry,
  input: new Uint8Array(),
  limits: defaultLimits,
});
const failed: CallOutcome = { kind: "failed", code: "trap", reason: "un\u001breachable\nhere", logs: [] };

Deno.test("what isn't granted isn't called, and a process ends with its last call", async () => {
  const sandbox = playedSandbox();
  const plugins = drainingPlugins(sandbox, { nowMs: () => 7 });
  const outcome = await plugins.call(call("a"), noHost, never);
  ok(outcome.kind === "failed" && outcome.code === "void");
  deepStrictEqual(sandbox.calls, []);

  plugins.grant(new Set(["a", "b"]));
  const [first, second] = [Promise.withResolvers<CallOutcome>(), Promise.withResolvers<CallOutcome>()];
  const waiting = [first, second];
  sandbox.answer = () => waiting.shift()?.promise;
  const calls = [plugins.call(call("a"), noHost, never), plugins.call(call("a"), noHost, never)];
  plugins.grant(new Set(["b"]));
  deepStrictEqual(sandbox.ended, []);
  first.resolve(failed);
  await calls[0];
  deepStrictEqual(sandbox.ended, [], "another call runs");
  second.resolve(failed);
  await calls[1];
  deepStrictEqual(sandbox.ended, ["a"]);
  plugins.grant(new Set());
  deepStrictEqual(sandbox.ended, ["a"], "of what was never called, there is no process");
});

Deno.test("why the last call failed is known until one succeeds, and each end is counted", async () => {
  const sandbox = playedSandbox();
  const counted: string[] = [];
  const plugins = drainingPlugins(sandbox, { nowMs: () => 7 }, (digest, { kind }) => counted.push(`${digest} ${kind}`));
  plugins.grant(new Set(["a"]));
  sandbox.answer = () => Promise.resolve(failed);
  strictEqual(plugins.failure("a"), undefined);
  await plugins.call(call("a"), noHost, never);
  deepStrictEqual(plugins.failure("a"), { code: "trap", reason: "un\\u001breachable here", atMs: 7 });
  sandbox.answer = () => Promise.resolve({ kind: "cancelled" });
  await plugins.call(call("a"), noHost, never);
  strictEqual(plugins.failure("a")?.code, "trap", "who was cancelled says nothing");
  sandbox.answer = undefined;
  await plugins.call(call("a"), noHost, never);
  strictEqual(plugins.failure("a"), undefined);
  sandbox.answer = () => Promise.resolve(failed);
  await plugins.call(call("a", "register"), noHost, never);
  strictEqual(plugins.failure("a"), undefined, "describing isn't a call of a tool");
  deepStrictEqual(counted, ["a failed", "a cancelled", "a done"]);
});

Deno.test("a sandbox that breaks leaves no call counted as running", async () => {
  const sandbox = playedSandbox();
  const plugins = drainingPlugins(sandbox, { nowMs: () => 7 });
  plugins.grant(new Set(["a"]));
  sandbox.answer = () => Promise.reject(new Error("broken"));
  await plugins.call(call("a"), noHost, never).catch(() => {});
  plugins.grant(new Set());
  deepStrictEqual(sandbox.ended, ["a"]);
});
