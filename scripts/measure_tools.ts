/**
 * Measures how tools are chosen, with a real model over the measured set, and prints the table of docs/tools.md.
 *
 *     ./scripts/deno run -A scripts/measure_tools.ts [--model FILE] [--part tuned|held] [--only TEXT] [--explain] [--keep FILE]
 *
 * `--explain` prints each request that didn't come to what was expected, with every step; of the held part only totals
 * are printed, whatever is asked. `--keep` keeps the model's answers in a file, so that only what a change makes
 * different is computed again; then no times are measured. Without `--model`, the small test model.
 */
import { parseArgs } from "node:util";
import type { Chosen } from "../core/tools/choose.ts";
import { createToolChooser } from "../core/tools/choose.ts";
import type { Engine } from "../core/ports/engine.ts";
import type { InstalledTool } from "../core/tools/types.ts";
import { createModelRunners, createTestEngine, silent } from "../tests/contract/model_runner_stand.ts";
import { testModel } from "../tests/site.ts";
import { held, heldSites } from "../tests/tools/held.ts";
import { isAsExpected, outcomeOf } from "../tests/tools/outcome.ts";
import type { MeasuredRequest } from "../tests/tools/request.ts";
import { sites } from "../tests/tools/sites.ts";
import { todayMs, tuned } from "../tests/tools/tuned.ts";

interface Measured {
  readonly request: MeasuredRequest;
  readonly chosen: Chosen;
  readonly tookMs: number;
  readonly answerTokens: number;
  readonly steps: readonly string[];
}

const never = new AbortController().signal;

async function measure(
  requests: readonly MeasuredRequest[],
  toolsOf: Readonly<Record<string, readonly InstalledTool[]>>,
  modelPath: string,
  kept: Map<string, string> | undefined,
): Promise<readonly Measured[]> {
  await using runners = createModelRunners(modelPath);
  const engine = createTestEngine(runners, { contextTokens: 4_096, sequencesMax: 2 });
  const measured: Measured[] = [];
  try {
    let site = "";
    for (const request of requests) {
      const steps: string[] = [];
      let answerTokens = 0;
      const chooser = createToolChooser({
        engine: kept === undefined ? engine : keeping(engine, kept),
        clock: { nowMs: () => todayMs },
        log: silent,
        timeZone: "UTC",
        explain: (step, what) => {
          steps.push(`  ${step}: ${JSON.stringify(what)}`);
          if (step === "cost") answerTokens = (what as { answerTokens: number }).answerTokens;
        },
      });
      const asked = {
        text: request.say,
        locale: /\p{Script=Han}/u.test(request.say) ? "zh-CN" : "en",
        tools: toolsOf[request.site]!,
      } as const;
      // The front part of a site is computed once and kept: it isn't part of a request's time.
      if (site !== request.site && kept === undefined) await chooser.choose(asked, never);
      site = request.site;
      steps.length = 0;
      const startMs = performance.now();
      const chosen = await chooser.choose(asked, never);
      measured.push({ request, chosen, tookMs: performance.now() - startMs, answerTokens, steps });
    }
  } finally {
    await engine.close();
  }
  return measured;
}

/** The model's answers, each computed once: what a change of the code makes of the rest is seen at once. */
function keeping(engine: Engine, kept: Map<string, string>): Pick<Engine, "generate"> {
  return {
    async *generate(request, signal) {
      const key = JSON.stringify([request.messages, request.format]);
      let text = kept.get(key);
      if (text === undefined) {
        text = "";
        for await (const event of engine.generate(request, signal)) {
          if (event.kind === "text") text += event.text;
          if (event.kind === "failed" || (event.kind === "end" && event.reason !== "stop")) return yield event;
        }
        kept.set(key, text);
      }
      yield { kind: "text", text };
      yield { kind: "end", reason: "stop", usage: { promptTokens: 0, promptReused: 0, answerTokens: 0 } };
    },
  };
}

function table(measured: readonly Measured[]): string {
  const languages = {
    English: (say: string) => !/\p{Script=Han}/u.test(say),
    Chinese: (say: string) => /\p{Script=Han}/u.test(say),
  };
  const rows = (["calls", "idle", "ask"] as const).flatMap((kind) =>
    Object.entries(languages).map(([language, isIn]) => {
      const some = measured.filter(({ request }) => request.expected.kind === kind && isIn(request.say));
      const right = some.filter(isRight).length;
      const share = some.length === 0 ? "–" : `${Math.round(100 * right / some.length)} %`;
      return `| ${
        { calls: "commands", idle: "no action", ask: "ambiguous" }[kind]
      } | ${language} | ${right} of ${some.length} | ${share} |`;
    })
  );
  const wrong = measured.filter(({ request, chosen }) => outcomeOf(request.expected, chosen) === "wrong-sure").length;
  const unsure =
    measured.filter(({ request, chosen }) =>
      isAsExpected(request.expected, chosen) && chosen.kind === "calls" &&
      chosen.calls.some(({ isSure, tool }) => !isSure && !tool.readOnly)
    ).length;
  const times = measured.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const at = (share: number) => ((times[Math.floor(share * (times.length - 1))] ?? 0) / 1_000).toFixed(2);
  const tokens = measured.reduce((sum, { answerTokens }) => sum + answerTokens, 0) / measured.length;
  return [
    "| class | language | right | |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    `Wrong calls that would be made without confirmation: ${wrong}. Right commands that are confirmed first: ${unsure}. ` +
    `A request: ${at(0.5)} s median, ${at(0.9)} s at the 90th percentile, ${tokens.toFixed(1)} tokens.`,
  ].join("\n");
}

function isRight({ request, chosen }: Measured): boolean {
  return isAsExpected(request.expected, chosen);
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    part: { type: "string" },
    only: { type: "string" },
    keep: { type: "string" },
    explain: { type: "boolean", default: false },
  },
});
const kept = values.keep === undefined
  ? undefined
  : new Map<string, string>(JSON.parse(await Deno.readTextFile(values.keep).catch(() => "[]")));
const model = values.model ?? testModel();
const parts = {
  tuned: { requests: tuned as readonly MeasuredRequest[], tools: sites },
  held: { requests: held as readonly MeasuredRequest[], tools: heldSites },
};
for (const [name, { requests, tools }] of Object.entries(parts)) {
  if (values.part !== undefined && values.part !== name) continue;
  const wanted = requests.filter(({ say }) => values.only === undefined || say.includes(values.only));
  const measured = await measure(wanted, tools, model, kept);
  if (kept !== undefined) await Deno.writeTextFile(values.keep!, JSON.stringify([...kept]));
  if (name === "tuned") {
    for (const one of measured) {
      if (isRight(one) && values.only === undefined) continue;
      console.log(
        `${
          isRight(one) ? "right" : outcomeOf(one.request.expected, one.chosen)
        }: [${one.request.site}] ${one.request.say}\n  → ${shown(one.chosen)}`,
      );
      if (values.explain) console.log(one.steps.join("\n"));
    }
  }
  console.log(`\n${name}, ${wanted.length} requests, load ${Deno.loadavg()[0]!.toFixed(1)}\n${table(measured)}\n`);
}

function shown(chosen: Chosen): string {
  switch (chosen.kind) {
    case "calls":
      return chosen.calls.map(({ tool, arguments: given, isSure }) =>
        `${tool.name} ${JSON.stringify(given)}${isSure ? "" : " (unsure)"}`
      ).join("; ");
    case "ask":
      return `ask: ${chosen.text}`;
    case "failed":
      return `failed: ${chosen.failure.reason}`;
    case "none":
      return "none";
  }
}
