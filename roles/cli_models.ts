import { readModelFacts } from "../adapters/engines/llama/model_facts.ts";
import { room } from "../adapters/models/room.ts";
import { parseConfig } from "../core/config.ts";
import { embeddingMemoryBytesMax, runnerMemoryBytesMax } from "../core/permissions.ts";
import { type DescribeModel, modelFile } from "../core/ports/models.ts";
import { resolvePath, type Site } from "../core/site.ts";
import { sequencesMax } from "./sequences.ts";

/** Reads a model file's header, and plans its memory for a host on this machine as it is now. */
export async function describeModel(
  path: string,
  { limitBytes = runnerMemoryBytesMax(Deno.systemMemoryInfo().total) }: Parameters<DescribeModel>[1] = {},
): ReturnType<DescribeModel> {
  const { memoryBytes } = await room(path.slice(0, path.lastIndexOf("/")));
  return readModelFacts(path, {
    answersMax: sequencesMax,
    availableBytes: memoryBytes,
    limitBytes,
    embeddingLimitBytes: embeddingMemoryBytesMax,
  });
}

/** The files of the models that the configuration names; `undefined` when it can't be read. */
export function configuredModels({ configPath, baseFolder, modelsFolder }: Site): readonly string[] | undefined {
  if (configPath === undefined) return [];
  const parsed = parseConfig(Deno.readFileSync(configPath), configPath);
  if (parsed.kind === "refused") return undefined;
  const { name, path } = parsed.config.model;
  // What is written only: the default isn't what anybody has chosen.
  const { embedding } = Object(parsed.document.model);
  return [name, path, embedding].flatMap((model) =>
    typeof model === "string" ? [modelFile(modelsFolder, model), resolvePath(baseFolder, model)] : []
  );
}
