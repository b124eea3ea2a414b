import type { Crypto } from "../ports/crypto.ts";
import type { PluginFile, PluginFolder } from "../ports/plugin_folder.ts";
import { elsewhereOf, filesMax, type PluginSettings } from "./catalogue.ts";
import { sizeRefusal } from "./file.ts";
import { seeFile } from "./see_file.ts";
import { type FileSeen, type PluginStanding, standingOf } from "./standing.ts";

/** Where plugins stand by their files and the configuration alone: one look, without what is remembered. */
export async function standingsOnDisk(
  { folder, settings, crypto, baseFolder }: {
    readonly folder: PluginFolder;
    readonly settings: PluginSettings;
    readonly crypto: Crypto;
    readonly baseFolder: string;
  },
): Promise<readonly PluginStanding[]> {
  const { plugins, trust } = settings;
  const { files } = await folder.list(elsewhereOf(plugins, baseFolder), filesMax);
  const names = [...new Set([...Object.keys(plugins), ...files.map(({ name }) => name)])].sort();
  const see = async (file: PluginFile): Promise<FileSeen> => {
    const tooLarge = sizeRefusal(file.bytes);
    if (tooLarge !== undefined) return { kind: "refused", reason: tooLarge.reason };
    const read = await folder.read(file);
    if (read.kind === "changed") return { kind: "unsettled" };
    return read.kind === "unreadable"
      ? { kind: "refused", reason: read.reason }
      : seeFile(read.bytes, { crypto, trust });
  };
  return await Promise.all(names.map(async (name) => {
    const file = files.find((one) => one.name === name);
    const options = Object.hasOwn(plugins, name) ? plugins[name] : undefined;
    return standingOf({
      name,
      ...(options === undefined ? {} : { options }),
      ...(file === undefined ? {} : { file: await see(file) }),
      earlier: [],
    });
  }));
}
