import { catalogue, type CatalogueModel } from "../../../core/catalogue.ts";
import { modelFile } from "../../../core/ports/models.ts";
import type { Command } from "../command.ts";
import { megabytes } from "../progress.ts";
import { table } from "../terminal_text.ts";

/** `clawdbot model list`: what the catalogue has, and how much of each is here. */
export const command: Command = {
  options: { json: { kind: "flag" } },
  operands: [],
  async run({ flags }, context) {
    const { text: { models: { list: said } }, out, err, site, models } = context;
    const folder = site().modelsFolder;
    const room = await models.room(folder);
    const rows = catalogue.map((model) => ({
      model,
      ...presence(folder, model),
      fits: model.memoryBytes <= room.memoryBytes,
    }));
    if (flags.has("json")) {
      out.write(`${JSON.stringify(rows.map(wire))}\n`);
      return 0;
    }
    const { name, here, size, memory, context: length, kind, tools, languages, licence } = said;
    out.write(table([
      [name, here, size, memory, length, kind, tools, languages, licence],
      ...rows.map(({ model, isHere, fraction }) => [
        model.name,
        isHere ? said.yes : fraction > 0 ? said.partly(Math.floor(100 * fraction)) : said.no,
        megabytes(model.fileBytes),
        megabytes(model.memoryBytes),
        String(model.contextTokens),
        said.kinds[model.kind],
        model.tools ? said.yes : said.no,
        model.languages.map((language) => said.languageNames[language]).join(", "),
        model.licence,
      ]),
    ]));
    for (const { model, fits } of rows) {
      if (!fits) err.write(`${said.tooLarge(model.name, megabytes(room.memoryBytes))}\n`);
    }
    return 0;
  },
};

interface Row {
  readonly model: CatalogueModel;
  readonly path: string;
  readonly isHere: boolean;
  readonly fits: boolean;
}

function wire({ model, path, isHere, fits }: Row): unknown {
  return {
    name: model.name,
    kind: model.kind,
    path: isHere ? path : null,
    file_bytes: model.fileBytes,
    memory_bytes: model.memoryBytes,
    fits_memory: fits,
    context_tokens: model.contextTokens,
    tools: model.tools,
    languages: model.languages,
    licence: model.licence,
    sha256: model.sha256,
  };
}

function presence(folder: string, model: CatalogueModel): { path: string; isHere: boolean; fraction: number } {
  const path = modelFile(folder, model.name);
  return { path, isHere: bytesOf(path) === model.fileBytes, fraction: bytesOf(`${path}.part`) / model.fileBytes };
}

function bytesOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}
