import { isModelName } from "../../core/hub.ts";
import { type InstalledModel, modelFile } from "../../core/ports/models.ts";
import { readRecord, recordPath } from "./model_record.ts";
import { diskError } from "./pull_error.ts";

/** More files than this aren't told: nobody has so many. */
const modelsMax = 1_000;

/** The model files in `folder` by name, with what is known of where they came from. */
export async function installed(folder: string): Promise<readonly InstalledModel[]> {
  const models: InstalledModel[] = [];
  try {
    for await (const { name: file } of Deno.readDir(folder)) {
      const name = file.replace(/\.gguf$/, "");
      if (name === file || !isModelName(name)) continue;
      const path = modelFile(folder, name);
      const { isFile, size } = await Deno.stat(path);
      const record = await readRecord(path);
      if (isFile) models.push({ name, path, fileBytes: size, ...(record === undefined ? {} : { record }) });
      if (models.length === modelsMax) break;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskError(error, `${folder}/`);
  }
  return models.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Removes a model, its record and what an unfinished pull left. A file with another name on the disk frees nothing. */
export async function remove(folder: string, name: string): Promise<number> {
  const path = modelFile(folder, name);
  let freedBytes = 0;
  const drop = async (path: string) => {
    const { size, nlink, isDirectory } = await Deno.lstat(path);
    if (isDirectory) { for await (const { name } of Deno.readDir(path)) await drop(`${path}/${name}`); }
    await Deno.remove(path);
    if ((nlink ?? 1) === 1) freedBytes += size;
  };
  await drop(path);
  for await (const { name: file } of Deno.readDir(folder)) {
    const isOurs = file.startsWith(`${name}.gguf.`) && file.endsWith(".part");
    if (isOurs || `${folder}/${file}` === recordPath(path)) await drop(`${folder}/${file}`);
  }
  return freedBytes;
}
