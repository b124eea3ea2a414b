import { isModelName } from "../core/hub.ts";
import { modelFile } from "../core/ports/models.ts";

/** More names than this aren't passed on: a plan isn't the place for a long list. */
const modelsHereMax = 500;

/** Names of the model files in a folder, of the catalogue or not. */
export function modelsIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .map(({ name }) => name.replace(/\.gguf$/, ""))
      .filter((name, index, all) => isModelName(name) && all.indexOf(name) === index && isHere(modelFile(folder, name)))
      .sort()
      .slice(0, modelsHereMax);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Whether a file is there. */
export function isHere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
