import { catalogue, modelByName } from "../../core/catalogue.ts";
import { MendableError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { modelFile } from "../../core/ports/models.ts";
import { resolvePath } from "../../core/site.ts";
import type { Text } from "../../core/text/mod.ts";
import type { CliContext } from "./context.ts";

/**
 * The file that is meant: a path, or the name of a model that is here.
 * @throws {MendableError} When there is no such file.
 */
export async function findModel(
  model: string,
  failedTo: keyof Text["models"]["failedTo"],
  { text: { models: said }, site, models }: CliContext,
): Promise<string> {
  const isPath = model.includes("/") || model.endsWith(".gguf");
  if (isPath || isFile(model)) {
    if (!isFile(model)) throw new MendableError(said.failedTo[failedTo], said.noFile(model));
    return absolute(model);
  }
  const folder = site().modelsFolder;
  const path = modelFile(folder, model);
  if (isFile(path)) return path;
  if (modelByName(model).kind === "found") throw new MendableError(said.failedTo[failedTo], said.notHere(model));
  const known = modelByName(model);
  const names = [...catalogue, ...await models.installed(folder)].map(({ name }) => name);
  const near = nearest(model, names) ?? (known.kind === "unknown" ? known.nearest : undefined);
  throw new MendableError(said.failedTo[failedTo], said.unknown(model, near));
}

/** A path as it is from the root on. */
export function absolute(path: string): string {
  return resolvePath(Deno.cwd(), path);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
