import * as v from "valibot";
import type { ModelRecord } from "../../core/ports/models.ts";
import { diskError } from "./pull_error.ts";

const bytesMax = 64 * 1024;

const schema = v.object({
  source: v.string(),
  commit: v.optional(v.string()),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  bytes: v.number(),
  licence: v.optional(v.string()),
  added: v.pipe(v.string(), v.isoTimestamp()),
});

/** Where the record of a model's file stands. */
export function recordPath(modelPath: string): string {
  return modelPath.replace(/\.gguf$/, ".json");
}

/** Writes the record beside a model's file: whole, or not at all. */
export async function writeRecord(modelPath: string, { addedMs, ...rest }: ModelRecord): Promise<void> {
  const path = recordPath(modelPath);
  const json = { ...rest, added: new Date(addedMs).toISOString() };
  try {
    // With its mode from the start: where the system confines this process, it may change none.
    (await Deno.open(`${path}.part`, { write: true, create: true, mode: 0o600 })).close();
    await Deno.writeTextFile(`${path}.part`, `${JSON.stringify(json, null, 2)}\n`);
    await Deno.rename(`${path}.part`, path);
  } catch (error) {
    throw diskError(error, path);
  }
}

/** The record of a model's file; `undefined` when there is none, or people have made something else of it. */
export async function readRecord(modelPath: string): Promise<ModelRecord | undefined> {
  try {
    const path = recordPath(modelPath);
    if ((await Deno.stat(path)).size > bytesMax) return undefined;
    const { commit, licence, added, ...rest } = v.parse(schema, JSON.parse(await Deno.readTextFile(path)));
    return {
      ...rest,
      ...(commit === undefined ? {} : { commit }),
      ...(licence === undefined ? {} : { licence }),
      addedMs: Date.parse(added),
    };
  } catch {
    return undefined;
  }
}
