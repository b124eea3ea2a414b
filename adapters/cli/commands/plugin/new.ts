import { MendableError } from "../../../../core/errors.ts";
import { languageBuilds, type PluginLanguage, pluginLanguages } from "../../../../core/plugins/languages.ts";
import { nearest } from "../../../../core/nearest.ts";
import * as v from "valibot";
import { pluginName } from "../../../../schema/plugin.ts";
import type { Command } from "../../command.ts";
import type { FolderFile, PluginAuthorTools } from "../../plugin_author_tools.ts";
import { reportFailure } from "../../report.ts";

/** What the example is called, in its manifest and its words, until it has a name. */
const exampleName = "example-plugin";

/** `clawdbot plugin new NAME --lang LANGUAGE`: a folder with a plugin that builds and whose calls hold. */
export const command: Command = {
  options: { lang: { kind: "value" }, json: { kind: "flag" } },
  operands: ["NAME"],
  async run({ values, flags, operands: [name = ""] }, context) {
    const { out, text: { pluginAuthor: said } } = context;
    if (!v.safeParse(pluginName, name).success) return reportFailure(said.badName(name), context);
    const language = pluginLanguages.find((known) => known === values.lang);
    if (language === undefined) {
      const near = values.lang === undefined ? undefined : nearest(values.lang, pluginLanguages);
      return reportFailure(said.whichLanguage(pluginLanguages.join(", "), near), context);
    }
    const files = await filesOf(name, language, context.pluginAuthorTools());
    try {
      await Deno.mkdir(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      throw new MendableError(said.cannotMake(name), said.folderIsThere, `clawdbot plugin test ${name}`);
    }
    for (const { path, bytes } of files) {
      await Deno.mkdir(`${name}/${path}`.slice(0, `${name}/${path}`.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(`${name}/${path}`, bytes);
    }
    if (flags.has("json")) {
      out.write(`${JSON.stringify({ name, language, folder: name, files: files.map(({ path }) => path) })}\n`);
    } else out.write(`${said.made(name, Object.values(languageBuilds[language].builds[0]!.programs).join("; "))}\n`);
    return 0;
  },
};

async function filesOf(
  name: string,
  language: PluginLanguage,
  { template }: Pick<PluginAuthorTools, "template">,
): Promise<FolderFile[]> {
  return (await template(language)).map(({ path, bytes }) => {
    if (!/^(?:README\.md|manifest\.json|package\.json)$/.test(path)) return { path, bytes };
    const text = new TextDecoder().decode(bytes).replaceAll(exampleName, name);
    return { path, bytes: new TextEncoder().encode(text) };
  }).toSorted((a, b) => a.path < b.path ? -1 : 1);
}
