import { MendableError } from "../../../../core/errors.ts";
import { configBytesMax } from "../../../../core/config.ts";
import { pluginBytesMax } from "../../../../core/plugins/custom_sections.ts";
import { grantOfAll, grantText, type ProposedGrant, withGrant } from "../../../../core/plugins/proposal.ts";
import type { PluginFacts } from "../../../../core/plugins/standing.ts";
import { compareVersions } from "../../../../core/plugins/version.ts";
import { linesOf } from "../../../../core/plugins/words.ts";
import { capabilitySite } from "../../../../core/capabilities/mod.ts";
import * as v from "valibot";
import { pluginName } from "../../../../schema/plugin.ts";
import type { Command } from "../../command.ts";
import type { CliContext } from "../../context.ts";
import { absolute } from "../../find_model.ts";
import { pluginsHere } from "../../plugins_here.ts";
import { hostFailure, reportFailure } from "../../report.ts";
import {
  folderOf,
  giveName,
  makeFolder,
  removeIfThere,
  statOf,
  writeUnfinished,
  writeWhole,
} from "../../site_files.ts";

/**
 * `clawdbot plugin install FILE|NAME`: checks a file and puts it into the folder of plugins, so that it is known. What would
 * grant it what it asks is printed and proposed, and never done: that is `config apply`.
 */
export const command: Command = {
  options: { name: { kind: "value" }, json: { kind: "flag" } },
  operands: ["FILE|NAME"],
  async run({ flags, values, operands: [given = ""] }, context) {
    const { text, out, err, locale } = context;
    const { install: said } = text.plugins;
    const bytes = await bytesOf(given, context);
    const site = await context.sitePlugins();
    if (site.settings.kind === "bad") {
      for (const problem of site.settings.problems) err.write(`${problem}\n`);
      return reportFailure(said.badConfig, context);
    }
    const { settings } = site.settings;
    const seen = site.see(bytes);
    if (seen.kind === "refused") throw new MendableError(said.failed, said.refused(given, seen.reason));
    const { facts } = seen;
    const prepared = await (await context.pluginTools()).prepare(bytes);
    if (prepared.kind === "refused") throw new MendableError(said.failed, said.refused(given, prepared.reason));
    const name = values.name ?? facts.manifest.name;
    if (!v.is(pluginName, name)) throw new MendableError(said.failed, said.badName(name));

    const here = await pluginsHere(context);
    if (here.kind === "refused") return reportFailure(hostFailure(here.failure, text.cli), context);
    const before = here.plugins.find((plugin) => plugin.name === name);
    const configured = settings.plugins[name];
    const newest = [...before?.earlier ?? [], ...before?.file === undefined ? [] : [before.file]]
      .reduce(
        (most, one) => most === undefined || compareVersions(one.version, most) > 0 ? one.version : most,
        undefined as string | undefined,
      );
    const isOlder = newest !== undefined && compareVersions(facts.manifest.version, newest) < 0;
    if (isOlder && configured?.digest !== facts.digest) {
      throw new MendableError(said.failed, said.older(name, facts.manifest.version, newest, facts.digest));
    }
    if (configured?.path !== undefined) throw new MendableError(said.failed, said.elsewhere(name, configured.path));

    const path = `${site.folder}/${name}.wasm`;
    const isSame = before?.file?.digest === facts.digest && statOf(path) !== undefined;
    if (!isSame) put(path, bytes);
    const isGranted = configured?.digest === facts.digest;
    const { grant, open } = grantOfAll(facts.manifest.asked);
    const proposed: ProposedGrant = {
      name,
      digest: facts.digest,
      ...(configured === undefined || Object.keys(configured.grant).length === 0 ? { grant: asWritten(grant) } : {}),
    };
    const proposal = isGranted ? undefined : await propose(proposed, context);
    if (flags.has("json")) {
      out.write(`${
        JSON.stringify({
          name,
          path,
          digest: facts.digest,
          version: facts.manifest.version,
          granted: isGranted,
          grant: isGranted ? null : grantText(proposed),
          proposal: proposal?.kind === "written" ? proposal.path : null,
        })
      }\n`);
      return 0;
    }
    out.write(`${said.installed(name, facts.manifest.version, path)}\n`);
    if (configured?.digest !== undefined && !isGranted) out.write(`${said.voids(name)}\n`);
    tellAsks(facts, linesOf(facts.manifest.asked, locale, capabilitySite(settings)), context);
    if (isGranted) {
      out.write(`${said.granted}\n`);
      return 0;
    }
    out.write(`\n${said.toGrant}\n\n${grantText(proposed)}\n`);
    for (const secret of open) out.write(`${said.secret(secret)}\n`);
    if (proposal?.kind === "written") out.write(`${said.proposed}\n`);
    else if (proposal !== undefined) err.write(`${proposal.why}\n`);
    return 0;
  },
};

/** @throws {MendableError} When there is no such file, or it is no file that could be a plugin. */
/** A file; or a plugin that comes with the program, by its name. */
async function bytesOf(given: string, context: CliContext): Promise<Uint8Array<ArrayBuffer>> {
  if (!v.is(pluginName, given) || statOf(absolute(given)) !== undefined) return readWhole(given, context);
  const { install: said } = context.text.plugins;
  const found = await context.pluginAuthorTools().bundled(given);
  if (found.kind === "found") return found.bytes;
  if (found.kind === "missing") throw new MendableError(said.failed, said.notBuilt(given), found.mend);
  throw new MendableError(said.failed, said.notBundled(given, found.names.join(", ")));
}

function readWhole(given: string, { text: { plugins: { install: said } } }: CliContext): Uint8Array<ArrayBuffer> {
  const path = absolute(given);
  const stat = statOf(path);
  if (stat?.isFile !== true) throw new MendableError(said.failed, said.noFile(given));
  if (stat.size > pluginBytesMax) throw new MendableError(said.failed, said.tooLarge(given, stat.size, pluginBytesMax));
  return Deno.readFileSync(path);
}

/** Puts a file into the folder of plugins, whole or not at all. */
function put(path: string, bytes: Uint8Array): void {
  makeFolder(folderOf(path));
  const unfinished = writeUnfinished(path, bytes, 0o600);
  try {
    giveName(unfinished, path);
  } finally {
    removeIfThere(unfinished);
  }
}

function tellAsks(
  { signer }: PluginFacts,
  asks: readonly string[],
  { text: { plugins: said }, out }: CliContext,
): void {
  out.write(`${asks.length === 0 ? said.install.asksNothing : said.install.asks}\n`);
  for (const line of asks) out.write(`  ${line}\n`);
  out.write(
    `${
      signer === undefined ? said.install.unsigned : said.install.signed(
        signer.name === undefined ? said.unknownSigner(signer.key) : said.signer(signer.name, signer.key),
      )
    }\n`,
  );
}

/** What a manifest asks, without what it leaves empty: so people write it. */
function asWritten(grant: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(grant).map(([name, value]) => [name, withoutEmpty(value)]));
}

function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== false && !(Array.isArray(entry) && entry.length === 0)),
  );
}

/** Writes the configuration as it would be with the grant, for `config apply`; unless one is proposed already. */
async function propose(
  proposed: ProposedGrant,
  { text: { plugins: { install: said } }, plannedSite, planConfig }: CliContext,
): Promise<
  { readonly kind: "written"; readonly path: string } | { readonly kind: "not"; readonly why: string }
> {
  const { configPath = "", proposalPath } = plannedSite();
  if (statOf(proposalPath) !== undefined) return { kind: "not", why: said.proposedBefore(proposalPath) };
  const stat = statOf(configPath);
  if (stat !== undefined && stat.size > configBytesMax) return { kind: "not", why: said.notProposed };
  const text = stat === undefined ? "" : Deno.readTextFileSync(configPath);
  const wanted = withGrant(text, proposed);
  if (wanted === undefined) return { kind: "not", why: said.notProposed };
  makeFolder(folderOf(proposalPath));
  writeWhole(proposalPath, wanted, 0o600);
  const planned = await planConfig({ path: proposalPath, label: configPath });
  if (planned.kind === "planned") return { kind: "written", path: proposalPath };
  removeIfThere(proposalPath);
  return { kind: "not", why: said.notProposedSince(planned.problems[0] ?? "") };
}
