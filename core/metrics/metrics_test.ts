import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { parseExposition } from "../../tests/exposition.ts";
import { seeded } from "../../tests/seeded.ts";
import { expose } from "./exposition.ts";
import { createMetrics } from "./metrics.ts";
import { type MetricName, metricTable, seriesMax } from "./table.ts";

Deno.test("counters add up, by their labels, in whatever order these are written", () => {
  const metrics = createMetrics();
  metrics.count("clawdbot_messages_total", { channel: "web", outcome: "accepted" });
  metrics.count("clawdbot_messages_total", { outcome: "accepted", channel: "web" }, 2);
  metrics.count("clawdbot_messages_total", { channel: "web", outcome: "duplicate" });
  const { samples } = parseExposition(expose(metrics, {}));
  deepStrictEqual(samples.get('clawdbot_messages_total{channel="web",outcome="accepted"}'), 3);
  deepStrictEqual(samples.get('clawdbot_messages_total{channel="web",outcome="duplicate"}'), 1);
  deepStrictEqual(samples.get("clawdbot_turns_again_total"), 0, "what never happened is told as 0");
});

Deno.test("a histogram counts in each bucket what is at most its bound", () => {
  const metrics = createMetrics();
  for (const seconds of [0, 0.1, 0.11, 7, 1_000]) metrics.observe("clawdbot_turn_answer_seconds", seconds);
  const { samples } = parseExposition(expose(metrics, {}));
  const bucket = (le: string) => samples.get(`clawdbot_turn_answer_seconds_bucket{le="${le}"}`);
  deepStrictEqual(["0.1", "0.25", "5", "10", "320", "+Inf"].map(bucket), [2, 3, 3, 4, 4, 5]);
  strictEqual(samples.get("clawdbot_turn_answer_seconds_count"), 5);
  ok(Math.abs(samples.get("clawdbot_turn_answer_seconds_sum")! - 1_007.21) < 1e-9);
});

Deno.test("series are bounded: further ones are counted together, and none is lost", () => {
  const metrics = createMetrics();
  for (let index = 0; index < 10_000; index++) {
    metrics.count("clawdbot_http_requests_total", { route: `r${index}`, status: "200" });
  }
  const { samples } = parseExposition(expose(metrics, {}));
  const counts = [...samples].filter(([name]) => name.startsWith("clawdbot_http_requests_total"));
  strictEqual(counts.length, seriesMax + 1);
  strictEqual(counts.reduce((sum, [, value]) => sum + value, 0), 10_000);
});

const characters = ["a", '"', "\\", "\n", "\r", "é", "🏭", "\ud800", "{", "}", ",", "=", " ", "\0", "\u2028"];
seeded("whatever labels hold, the text can be parsed and says the same", (random) => {
  const metrics = createMetrics();
  const text = () =>
    Array.from({ length: random() * 8 }, () => characters[Math.floor(random() * characters.length)]).join("");
  const want = new Map<string, number>();
  for (let index = 0; index < 20; index++) {
    const [channel, outcome] = [text().toWellFormed(), text().toWellFormed()];
    const by = Math.floor(random() * 10);
    metrics.count("clawdbot_deliveries_ended_total", { channel, outcome }, by);
    const key = JSON.stringify([channel, outcome]);
    want.set(key, (want.get(key) ?? 0) + by);
  }
  const { labelled } = parseExposition(expose(metrics, {}));
  const got = labelled.filter(({ name }) => name === "clawdbot_deliveries_ended_total");
  deepStrictEqual(
    new Map(got.map(({ labels, value }) => [JSON.stringify([labels.channel, labels.outcome]), value])),
    want,
  );
});

Deno.test("names follow Prometheus' conventions", () => {
  for (const name of Object.keys(metricTable) as MetricName[]) {
    const { kind, help } = metricTable[name];
    ok(/^clawdbot_[a-z_]+$/.test(name), name);
    strictEqual(name.endsWith("_total"), kind === "counter", name);
    if (kind === "histogram") ok(name.endsWith("_seconds"), name);
    ok(help.endsWith("."), name);
  }
});
