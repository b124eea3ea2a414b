import { catalogue } from "../../../core/catalogue.ts";
import type { CatalogueModel } from "../../../core/catalogue.ts";
import { type InstalledModel, modelFile } from "../../../core/ports/models.ts";
import type { Text } from "../../../core/text/mod.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { megabytes } from "../progress.ts";
import { table } from "../terminal_text.ts";

/** `clawdbot model list`: what the catalogue has and how much of each is here, then what else is here. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { models: { list: said } }, out, err, site, models } = context;
    const folder = site().modelsFolder;
    const { memoryBytes: freeBytes } = await models.room(folder);
    const others = (await models.installed(folder)).filter(({ name }) =>
      !catalogue.some((known) => known.name === name)
    );
    const rows = [
      ...catalogue.map((model) => ofCatalogue(model, folder)),
      ...await Promise.all(others.map((model) => ofFolder(model, context))),
    ];
    const fits = ({ memoryBytes }: Row) => memoryBytes === null ? null : memoryBytes <= freeBytes;
    if (flags.has("json")) {
      out.write(`${JSON.stringify(rows.map((row) => wire(row, fits(row))))}\n`);
      return 0;
    }
    const { name, here, size, memory, context: length, kind, tools, languages, licence } = said;
    out.write(table([
      [name, here, size, memory, length, kind, tools, languages, licence],
      ...rows.map((row) => wordsOf(row, said)),
    ]));
    for (const row of rows) {
      if (fits(row) === false) err.write(`${said.tooLarge(row.name, megabytes(freeBytes))}\n`);
    }
    return 0;
  },
};

/** What isn't known of a file is null. */
interface Row {
  readonly name: string;
  readonly path: string;
  /** Of the whole file, as far as it is here. */
  readonly fraction: number;
  readonly fileBytes: number;
  readonly memoryBytes: number | null;
  readonly contextTokens: number | null;
  readonly kind: CatalogueModel["kind"] | null;
  readonly tools: boolean | null;
  readonly languages: CatalogueModel["languages"];
  readonly licence: string | null;
  readonly sha256: string | null;
  readonly source: string | null;
}

function ofCatalogue(model: CatalogueModel, folder: string): Row {
  const path = modelFile(folder, model.name);
  const isHere = bytesOf(path) === model.fileBytes;
  return { ...model, path, source: null, fraction: isHere ? 1 : bytesOf(`${path}.part`) / model.fileBytes };
}

/** A file that was imported, pulled from a hub, or put there: what its header and its record say. */
async function ofFolder(
  { name, path, fileBytes, record }: InstalledModel,
  { describeModel }: Pick<CliContext, "describeModel">,
): Promise<Row> {
  const described = await describeModel(path);
  const facts = described.kind === "read" ? described.facts : undefined;
  // As for the catalogue's: with one conversation of 4,096 tokens, or the longest that there is.
  const usual = facts?.memory.findLast(({ contextTokens }) => contextTokens <= 4_096) ?? facts?.memory[0];
  return {
    name,
    path,
    fraction: 1,
    fileBytes,
    memoryBytes: usual?.leastBytes ?? null,
    contextTokens: facts?.contextTokensMax ?? null,
    kind: facts?.kind ?? null,
    tools: facts?.tools ?? null,
    languages: [],
    licence: record?.licence ?? facts?.licence ?? null,
    sha256: record?.sha256 ?? null,
    source: record?.source ?? null,
  };
}

function wordsOf(row: Row, said: Text["models"]["list"]): string[] {
  const { name, fraction, fileBytes, memoryBytes, contextTokens, kind, tools, languages, licence } = row;
  const unknown = "–";
  return [
    name,
    fraction === 1 ? said.yes : fraction > 0 ? said.partly(Math.floor(100 * fraction)) : said.no,
    megabytes(fileBytes),
    memoryBytes === null ? unknown : megabytes(memoryBytes),
    contextTokens === null ? unknown : String(contextTokens),
    kind === null ? unknown : said.kinds[kind],
    tools === null ? unknown : tools ? said.yes : said.no,
    languages.length === 0 ? unknown : languages.map((language) => said.languageNames[language]).join(", "),
    licence ?? unknown,
  ];
}

function wire(row: Row, fits: boolean | null): unknown {
  return {
    name: row.name,
    kind: row.kind,
    path: row.fraction === 1 ? row.path : null,
    file_bytes: row.fileBytes,
    memory_bytes: row.memoryBytes,
    fits_memory: fits,
    context_tokens: row.contextTokens,
    tools: row.tools,
    languages: row.languages,
    licence: row.licence,
    sha256: row.sha256,
    source: row.source,
  };
}

function bytesOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
