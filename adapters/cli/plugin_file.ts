import { sizeRefusal } from "../../core/plugins/file.ts";

/** The bytes of a plugin's file, or why there are none that are taken. A file that is too large isn't read. */
export async function readPluginBytes(
  path: string,
): Promise<{ readonly kind: "bytes"; readonly bytes: Uint8Array<ArrayBuffer> } | PluginBytesFailure> {
  try {
    using file = await Deno.open(path);
    const { size, isFile } = await file.stat();
    if (!isFile) return { kind: "absent" };
    const refusal = sizeRefusal(size);
    if (refusal !== undefined) return { kind: "refused", reason: refusal.reason };
    // A file that grows meanwhile isn't read further than it was.
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const count = await file.read(bytes.subarray(length));
      if (count === null) break;
      length += count;
    }
    return { kind: "bytes", bytes: bytes.slice(0, length) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return { kind: "absent" };
    }
    throw error;
  }
}

/** `absent`: there is no file that this user can read. */
export type PluginBytesFailure = { readonly kind: "absent" } | { readonly kind: "refused"; readonly reason: string };
