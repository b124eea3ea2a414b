import { capabilitySite } from "../../../../core/capabilities/mod.ts";
import { harmless } from "../../../../core/harmless.ts";
import { type AskedTools, askTools, describeMsMax } from "../../../../core/plugins/ask_tools.ts";
import type { CheckedManifest } from "../../../../core/plugins/checked_manifest.ts";
import { callLimits } from "../../../../core/plugins/limits.ts";
import { grantOfAll, grantText } from "../../../../core/plugins/proposal.ts";
import type { PluginFacts } from "../../../../core/plugins/standing.ts";
import { linesOf } from "../../../../core/plugins/words.ts";
import type { Text } from "../../../../core/text/mod.ts";
import type { Command } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { absolute } from "../../find_model.ts";
import { readPluginBytes } from "../../plugin_file.ts";
import { reportFailure } from "../../report.ts";
import { table } from "../../terminal_text.ts";
import { toolLine } from "../../tool_line.ts";

/**
 * `clawdbot plugin inspect FILE`: what a file asks, which tools it has, and what it can't do. Only the plugin itself
 * knows its tools: for them its `register` runs, in the sandbox and with nothing granted.
 */
export const command: Command = {
  options: { "no-run": { kind: "flag" }, json: { kind: "flag" } },
  operands: ["FILE.wasm"],
  async run({ flags, operands: [given = ""] }, context) {
    const { text, out, err, locale } = context;
    const said = text.cli.plugins;
    const refused = (reason: string) => reportFailure(said.refused(given, harmless(reason)), context);
    const found = await readPluginBytes(absolute(given));
    if (found.kind === "absent") return reportFailure(said.unreadable(given), context);
    if (found.kind === "refused") return refused(found.reason);
    const site = await context.sitePlugins();
    if (site.settings.kind === "bad") { for (const problem of site.settings.problems) err.write(`${problem}\n`); }
    const seen = site.see(found.bytes);
    if (seen.kind === "refused") return refused(seen.reason);
    const prepared = await (await context.pluginTools()).prepare(found.bytes);
    if (prepared.kind === "refused") return refused(prepared.reason);
    const tools = flags.has("no-run")
      ? undefined
      : await toolsOf({ digest: seen.facts.digest, module: prepared.bytes }, context);

    const { manifest, signer } = seen.facts;
    const { name, version, description, stateful, asked } = manifest;
    const digest = `sha256:${seen.facts.digest}`;
    const limits = callLimits(manifest.limits, {});
    const devices = site.settings.kind === "read" ? capabilitySite(site.settings.settings) : undefined;
    const may = linesOf(asked, locale, devices);
    const mayNot = withheld(manifest, said.mayNot);
    if (flags.has("json")) {
      out.write(`${
        JSON.stringify({
          name,
          version,
          description,
          digest,
          ...(signer === undefined ? {} : { signer }),
          stateful,
          tools: tools?.kind === "described" ? tools.tools : null,
          ...(tools === undefined || tools.kind === "described" ? {} : { tools_problem: tools.reason }),
          capabilities: asked,
          may,
          may_not: mayNot,
          imports: prepared.imports,
          memory_bytes_max: prepared.memoryBytesMax,
          limits,
        })
      }\n`);
      return 0;
    }
    const rows = (label: string, lines: readonly string[]) =>
      lines.map((line, at) => [at === 0 ? label : "", harmless(line)]);
    out.write(`${name} ${version}\n${description}\n\n`);
    out.write(table([
      [said.labels.digest, digest],
      [said.labels.signed, signedBy(signer, text)],
      ...rows(said.labels.tools, tools === undefined ? [] : toolLines(tools, text)),
      ...rows(said.labels.may, may.length === 0 ? [said.asksNothing] : may),
      ...rows("", mayNot),
      ...rows(said.labels.imports, prepared.imports.length === 0 ? [said.nothing] : byModule(prepared.imports)),
      ...rows(said.labels.limits, said.limits(limits)),
      ...(stateful ? [["", said.stateful]] : []),
    ]));
    const { grant, open } = grantOfAll(asked);
    out.write(`\n${said.grantIt}\n${grantText({ name, digest: seen.facts.digest, grant })}`);
    for (const secret of open) out.write(`${text.plugins.install.secret(secret)}\n`);
    return 0;
  },
};

/** Asks it for its tools. That it says none is no reason not to say the rest. */
async function toolsOf(module: Parameters<typeof askTools>[1], { pluginAuthorTools }: CliContext): Promise<AskedTools> {
  const started = await pluginAuthorTools().start();
  if (started.kind === "failed") return started;
  await using own = started.own;
  return await askTools(own.plugins, module, AbortSignal.timeout(describeMsMax));
}

function toolLines(asked: AskedTools, text: Text): readonly string[] {
  if (asked.kind !== "described") return [text.cli.plugins.toolsUnknown(asked.reason)];
  return asked.tools.map((tool) => toolLine(tool, text));
}

function signedBy(signer: PluginFacts["signer"], { plugins: said }: Text): string {
  if (signer === undefined) return said.unsigned;
  return signer.name === undefined ? said.unknownSigner(signer.key) : said.signer(signer.name, signer.key);
}

/** What it doesn't ask for, of what people would want to know. */
function withheld({ asked }: CheckedManifest, said: Text["cli"]["plugins"]["mayNot"]): readonly string[] {
  const names = ["http", "device", "files", "message", "model", "secrets"] as const;
  return [...names.filter((name) => !Object.hasOwn(asked, name)).map((name) => said[name]), said.machine];
}

/** `extism:host/env alloc` and others of one module on one line. */
function byModule(imports: readonly string[]): string[] {
  const names = new Map<string, string[]>();
  for (const line of imports) {
    const [module = "", name = ""] = line.split(" ");
    names.set(module, [...names.get(module) ?? [], name]);
  }
  return [...names].map(([module, names]) => `${module}: ${names.join(", ")}`);
}
