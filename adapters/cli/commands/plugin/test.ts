import * as v from "valibot";
import { languageBuilds, languageOf } from "../../../../core/plugins/languages.ts";
import { pack } from "../../../../core/plugins/pack.ts";
import { readJson, type RecordedCall, recordedCalls } from "../../../../core/plugins/recorded_calls.ts";
import type { Command } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { type PluginTrial, tryPlugin } from "../../plugin_trial.ts";
import { reportFailure } from "../../report.ts";

/** `clawdbot plugin test FOLDER|FILE`: builds it, runs it in the sandbox, and compares with the calls written down. */
export const command: Command = {
  options: { calls: { kind: "value" }, json: { kind: "flag" } },
  operands: ["FOLDER|FILE.wasm"],
  async run({ values, flags, operands: [given = ""] }, context) {
    const { out, err, text: { pluginAuthor: said } } = context;
    const fail = (line: string) => reportFailure(line, context);
    const isFolder = (await Deno.stat(given).catch(() => undefined))?.isDirectory;
    if (isFolder === undefined) return fail(said.noSuch(given));
    const folder = isFolder
      ? given.replace(/\/+$/, "")
      : given.includes("/")
      ? given.slice(0, given.lastIndexOf("/"))
      : ".";
    const module = isFolder ? await build(folder, context) : { kind: "built" as const, path: given };
    if (module.kind === "failed") return fail(module.reason);
    const calls = await readCalls(values.calls ?? `${folder || "/"}/calls.json`, values.calls !== undefined, context);
    if (calls.kind === "bad") return fail(calls.reason);
    let bytes = await Deno.readFile(module.path);
    const manifest = isFolder ? await readText(`${folder}/manifest.json`) : undefined;
    if (manifest !== undefined) {
      const packed = pack(bytes, readJson(new TextEncoder().encode(manifest)));
      if (packed.kind === "refused") return fail(said.refused(`${folder}/manifest.json`, packed.reason));
      bytes = packed.bytes;
    }
    const started = await context.pluginAuthorTools().start();
    if (started.kind === "failed") return fail(said.refused(given, started.reason));
    await using own = started.own;
    const trial = await tryPlugin(bytes, calls.calls, own.plugins);
    if (flags.has("json")) out.write(`${JSON.stringify(wire(trial))}\n`);
    else if (trial.kind === "refused") err.write(`${said.refused(given, trial.reason)}\n`);
    else show(trial, context);
    return trial.kind === "tried" && trial.calls.every(({ problems }) => problems.length === 0) ? 0 : 1;
  },
};

async function build(
  folder: string,
  { text: { pluginAuthor: said }, pluginAuthorTools, out, err }: CliContext,
): Promise<{ readonly kind: "built"; readonly path: string } | { readonly kind: "failed"; readonly reason: string }> {
  const files = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  const language = languageOf(files);
  if (language === undefined) {
    const markers = Object.values(languageBuilds).map(({ marker }) => marker).join(", ");
    return { kind: "failed", reason: said.noLanguage(folder, markers) };
  }
  const { builds, environment, output } = languageBuilds[language];
  const tools = pluginAuthorTools();
  const way = builds.find(({ programs }) => Object.keys(programs).every(tools.has));
  if (way === undefined) {
    const [missing, from] = Object.entries(builds[0]!.programs).find(([program]) => !tools.has(program))!;
    return { kind: "failed", reason: said.noToolchain(language, missing, from) };
  }
  for (const words of way.commands) {
    const { code, said: printed } = await tools.run(words, { cwd: folder, env: environment });
    if (code === 0) continue;
    err.write(printed);
    return { kind: "failed", reason: said.notBuilt(folder, words[0]!, code) };
  }
  if (out.isTerminal) out.write(`${said.built(`${folder}/${output}`)}\n`);
  return { kind: "built", path: `${folder}/${output}` };
}

async function readCalls(
  path: string,
  wanted: boolean,
  { text: { pluginAuthor: said } }: CliContext,
): Promise<
  { readonly kind: "read"; readonly calls: readonly RecordedCall[] } | { readonly kind: "bad"; readonly reason: string }
> {
  const text = await readText(path);
  if (text === undefined) {
    return wanted ? { kind: "bad", reason: said.noSuch(path) } : { kind: "read", calls: [] };
  }
  const parsed = v.safeParse(recordedCalls, readJson(new TextEncoder().encode(text)));
  if (parsed.success) return { kind: "read", calls: parsed.output.calls };
  const [issue] = parsed.issues;
  return { kind: "bad", reason: said.badCalls(path, v.getDotPath(issue) ?? "calls", issue.message) };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function show(
  { tools, calls }: Extract<PluginTrial, { kind: "tried" }>,
  { out, text: { pluginAuthor: said } }: CliContext,
): void {
  out.write(`${said.tools(tools.length)}\n`);
  for (const { name, description, read_only } of tools) {
    out.write(`  ${name}${read_only ? ` (${said.readOnly})` : ""}: ${description}\n`);
  }
  for (const { call, problems, fuelUsed, tookMs, logs } of calls) {
    const given = JSON.stringify(call.arguments);
    out.write(`${said.call(`${call.tool} ${given}`, problems.length === 0, fuelUsed, tookMs)}\n`);
    for (const problem of problems) {
      out.write(`  ${said.problem(problem.kind, "capability" in problem ? problem.capability : "")}`);
      out.write("reason" in problem ? `: ${problem.reason}\n` : "\n");
      if ("diff" in problem) { for (const line of problem.diff) out.write(`    ${line}\n`); }
    }
    if (problems.length > 0) { for (const line of logs) out.write(`  | ${line}\n`); }
  }
  const failed = calls.filter(({ problems }) => problems.length > 0).length;
  out.write(`${said.summary(calls.length - failed, failed)}\n`);
}

function wire(trial: PluginTrial): unknown {
  if (trial.kind === "refused") return { ok: false, code: trial.code, reason: trial.reason };
  return {
    ok: trial.calls.every(({ problems }) => problems.length === 0),
    tools: trial.tools,
    calls: trial.calls.map(({ call, problems, output, fuelUsed, tookMs, logs }) => ({
      tool: call.tool,
      arguments: call.arguments,
      ok: problems.length === 0,
      problems,
      output: output ?? null,
      fuel: fuelUsed,
      took_ms: tookMs,
      logs,
    })),
  };
}
