import { secretFailure } from "../core/config/secrets.ts";
import type { HostStartWire } from "../core/host_start.ts";
import { resolvePath } from "../core/site.ts";
import type { SecretWanted } from "./plan.ts";

/** Longest secret, in bytes. */
const secretBytesMax = 64 * 1024;

/** Looks one secret up, relative to the configuration's folder. */
export function resolveSecret(
  { pointer, reference }: SecretWanted,
  baseFolder: string,
): HostStartWire["secrets"][number] {
  if (reference.kind === "literal") return { pointer, value: reference.value };
  const failure = (why: Parameters<typeof secretFailure>[1]) => ({ pointer, failure: secretFailure(reference, why) });
  let value: string | undefined;
  try {
    value = reference.kind === "env"
      ? Deno.env.get(reference.name)
      : Deno.readTextFileSync(resolvePath(baseFolder, reference.path)).replace(/\r?\n$/, "");
  } catch (error) {
    return failure(error instanceof Deno.errors.NotFound ? "missing" : "unreadable");
  }
  if (value === undefined) return failure("missing");
  if (value === "") return failure("empty");
  return value.length > secretBytesMax ? failure("too long") : { pointer, value };
}
