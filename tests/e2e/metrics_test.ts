import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { metricTable } from "../../core/metrics/table.ts";
import { checkout } from "../../roles/program_here.ts";
import { runCommand } from "../command_line.ts";
import { type Exposition, parseExposition } from "../exposition.ts";
import { type Site, startSite } from "../site.ts";

// Goal: what happened in a real site is what its metrics say, to those who may read them and to nobody else.

const scripted = `${checkout}/tests/bench/scripted_main.ts`;

async function scrape(site: Site): Promise<Exposition> {
  const response = await site.api("/metrics");
  deepStrictEqual([response.status, response.headers.get("content-type")], [
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  return parseExposition(await response.text());
}

async function post(site: Site, id: string): Promise<void> {
  const body = JSON.stringify({ conversation: "c", platform_id: id, text: "Hi" });
  const headers = { "content-type": "application/json" };
  strictEqual((await site.api("/api/messages", { method: "POST", body, headers })).status, 202);
}

async function until(seen: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 30_000; !await seen();) {
    if (Date.now() > endMs) throw new Error("never seen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test("metrics say what happened, and are told to whoever may read them", async (t) => {
  await using site = await startSite({ main: scripted });
  await site.untilReady();
  await site.untilListening();

  await t.step("messages, turns, tokens, deliveries, commits, requests", async () => {
    for (const id of ["1", "2", "2", "3"]) await post(site, id);
    await until(async () => (await scrape(site)).samples.get('clawdbot_turns_total{outcome="answered"}') === 3);
    await until(async () =>
      (await scrape(site)).samples.get('clawdbot_deliveries_ended_total{channel="terminal",outcome="delivered"}') === 3
    );
    const { samples, kinds } = await scrape(site);
    const value = (name: string) => samples.get(name);
    strictEqual(value('clawdbot_messages_total{channel="terminal",outcome="accepted"}'), 3);
    strictEqual(value('clawdbot_messages_total{channel="terminal",outcome="duplicate"}'), 1);
    strictEqual(value("clawdbot_turn_first_token_seconds_count"), 3);
    strictEqual(value("clawdbot_turn_answer_seconds_count"), 3);
    strictEqual(value('clawdbot_delivery_attempts_total{channel="terminal",outcome="accepted"}'), 3);
    strictEqual(value('clawdbot_generations_total{outcome="stop"}'), 3);
    ok(value('clawdbot_tokens_total{kind="answer"}')! > 0);
    ok(value("clawdbot_database_commits_total")! >= 3);
    ok(value("clawdbot_database_bytes")! + value("clawdbot_database_wal_bytes")! > 50_000);
    strictEqual(value('clawdbot_database_state{state="ready"}'), 1);
    strictEqual(value('clawdbot_channel_state{channel="web",state="ready"}'), 1);
    strictEqual(value('clawdbot_http_requests_total{route="api",status="202"}'), 4);
    strictEqual(value('clawdbot_log_entries_total{level="info"}'), 1);
    for (const role of ["launcher", "host"]) {
      // The executable's launcher is a small program.
      ok(value(`clawdbot_process_memory_bytes{role="${role}"}`)! > (role === "launcher" ? 1e6 : 10e6), role);
      ok(value(`clawdbot_process_descriptors{role="${role}"}`)! > 3, role);
    }
    for (const [name, kind] of kinds) strictEqual(kind, metricTable[name as keyof typeof metricTable].kind);
  });

  await t.step("a token with the role monitor reads them over TCP, and nothing else", async () => {
    const secretOf = async (role: string) => {
      const args = ["--config", `${site.folder}/config.yaml`, "token", "create", "--role", role, "--json"];
      const { stdout, code } = await runCommand(args, { home: `${site.folder}/home` });
      strictEqual(code, 0);
      return JSON.parse(stdout).secret;
    };
    const ask = async (path: string, secret?: string) => {
      const headers: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
      const response = await fetch(`${site.url}${path}`, { headers });
      return { status: response.status, text: await response.text(), headers: response.headers };
    };
    const monitor = await secretOf("monitor");
    const told = await ask("/metrics", monitor);
    strictEqual(told.status, 200);
    parseExposition(told.text);
    ok(!told.text.includes(monitor));
    strictEqual((await ask("/v1/models", monitor)).status, 403);
    strictEqual((await ask("/metrics", await secretOf("user"))).status, 403);
    const stranger = await ask("/metrics");
    deepStrictEqual([stranger.status, stranger.headers.get("www-authenticate")], [401, "Bearer"]);
    match(stranger.text, /clawdbot token create --role monitor/);
    strictEqual((await ask("/metrics", "cb_wrong")).status, 401);
  });

  await t.step("promtool, where it is installed, has nothing to say against them", async () => {
    const text = await (await site.api("/metrics")).text();
    let promtool: Deno.ChildProcess;
    try {
      promtool = new Deno.Command("promtool", {
        args: ["check", "metrics"],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      })
        .spawn();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    const writer = promtool.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
    const { code, stderr } = await promtool.output();
    deepStrictEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
  });
});

Deno.test("the dashboard asks for metrics and labels that exist, and for all of them", () => {
  const text = Deno.readTextFileSync(`${checkout}/docs/grafana_dashboard.json`);
  const dashboard = JSON.parse(text);
  const asked = new Set<string>();
  for (const { targets } of dashboard.panels) {
    for (const { expr, legendFormat } of targets) {
      const names = [...expr.matchAll(/clawdbot_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ""));
      ok(names.length > 0, expr);
      const labels = new Set(["instance", "le"]);
      for (const name of names) {
        ok(Object.hasOwn(metricTable, name), `${name} in ${expr}`);
        for (const label of metricTable[name as keyof typeof metricTable].labels) labels.add(label);
        asked.add(name);
      }
      const wanted = [
        ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list.split(", ")),
        ...[...expr.matchAll(/[{,]([a-z_]+)=~?"/g)].map(([, label]) => label),
        ...[...legendFormat.matchAll(/\{\{([a-z_]+)\}\}/g)].map(([, label]) => label),
      ];
      for (const label of wanted) ok(labels.has(label), `${label} in ${expr}`);
    }
  }
  deepStrictEqual(Object.keys(metricTable).filter((name) => !asked.has(name)), []);
});
