import { catalogue, modelsThatFit } from "../../../core/catalogue.ts";
import type { InstalledModel, ModelFacts } from "../../../core/ports/models.ts";
import type { Text } from "../../../core/text/mod.ts";
import type { Command } from "../command.ts";
import { findModel } from "../find_model.ts";
import { megabytes } from "../progress.ts";
import { reportFailure } from "../report.ts";
import { table } from "../terminal_text.ts";

/** `clawdbot model info NAME|FILE`: what its header says, what it takes of memory, and whether that is free here. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: ["NAME"],
  async run({ flags, operands: [given = ""] }, context) {
    const { text: { models: said, cli }, out, models } = context;
    const path = await findModel(given, "describe", context);
    const described = await context.describeModel(path);
    if (described.kind === "failed") {
      const { reason, mend } = described.failure;
      const line = `${said.failedTo.describe}: ${reason}`;
      return reportFailure(line + (mend === undefined ? "" : cli.mend(mend)), context);
    }
    const { facts } = described;
    const here = (await models.installed(path.slice(0, path.lastIndexOf("/")))).find((model) => model.path === path);
    out.write(flags.has("json") ? `${JSON.stringify(wire(path, facts, here))}\n` : words(path, facts, here, said));
    return 0;
  },
};

/** What the record says, else the catalogue. */
function originOf({ fileBytes }: ModelFacts, here: InstalledModel | undefined) {
  const known = catalogue.find((model) => model.name === here?.name && model.fileBytes === fileBytes);
  const { source, sha256 = known?.sha256, licence = known?.licence } = here?.record ?? {};
  return { source, sha256, licence };
}

function words(path: string, facts: ModelFacts, here: InstalledModel | undefined, said: Text["models"]): string {
  const { info } = said;
  const { source, sha256, licence = facts.licence } = originOf(facts, here);
  const rows = [
    [info.name, here?.name ?? facts.name],
    [info.file, `${path} (${megabytes(facts.fileBytes)})`],
    [info.kind, said.list.kinds[facts.kind]],
    [info.architecture, facts.architecture],
    [info.parameters, parameters(facts.parametersCount)],
    [info.quantisation, facts.quantisation ?? info.unknown],
    [info.context, facts.contextTokensMax === undefined ? info.unknown : info.tokens(facts.contextTokensMax)],
    ...(facts.isBase ? [[info.template, info.noTemplate]] : []),
    ...(facts.kind === "chat" ? [[info.tools, facts.tools ? said.list.yes : said.list.no]] : []),
    [info.licence, licence ?? info.unknown],
    ...(source === undefined ? [] : [[info.source, source]]),
    ...(sha256 === undefined ? [] : [[info.digest, sha256]]),
    [info.here, fitWords(facts, said)],
  ];
  const memory = facts.memory.map(({ contextTokens, leastBytes, bestBytes }) => [
    info.tokens(contextTokens),
    megabytes(leastBytes),
    megabytes(bestBytes),
  ]);
  return `${table(rows)}\n${table([[info.conversation, info.least, info.best], ...memory])}`;
}

function fitWords({ fit, kind }: ModelFacts, { info }: Text["models"]): string {
  const free = megabytes(fit.haveBytes);
  if (fit.kind === "fits") return info.fits(info.tokens(fit.contextTokens), megabytes(fit.needBytes), free);
  const others = kind === "chat" ? modelsThatFit(fit.haveBytes).map(({ name }) => name) : [];
  return info.tooLarge(megabytes(fit.needBytes), free) + (others.length === 0 ? "" : info.wouldFit(others.join(", ")));
}

/** `135 M`, `1.54 B`: as the field writes it. */
function parameters(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toFixed(2)} B` : `${Math.round(count / 1e6)} M`;
}

function wire(path: string, facts: ModelFacts, here: InstalledModel | undefined): unknown {
  const { source = null, sha256 = null, licence = facts.licence ?? null } = originOf(facts, here);
  const { fit } = facts;
  return {
    name: here?.name ?? facts.name,
    path,
    kind: facts.kind,
    architecture: facts.architecture,
    parameters: facts.parametersCount,
    quantisation: facts.quantisation ?? null,
    context_tokens: facts.contextTokensMax ?? null,
    chat_template: facts.kind === "chat" && !facts.isBase,
    tools: facts.tools,
    licence,
    source,
    sha256,
    file_bytes: facts.fileBytes,
    memory: facts.memory.map(({ contextTokens, leastBytes, bestBytes }) => ({
      context_tokens: contextTokens,
      least_bytes: leastBytes,
      best_bytes: bestBytes,
    })),
    fits: fit.kind === "fits",
    loads_with_context_tokens: fit.kind === "fits" ? fit.contextTokens : null,
    needs_bytes: fit.needBytes,
    free_bytes: fit.haveBytes,
  };
}
