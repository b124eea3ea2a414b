import type { Text } from "../../core/text/mod.ts";
import { attachment } from "../../schema/api.ts";
import type { HostClient } from "./host_client.ts";

/** The ids of what was uploaded, or why a file wasn't: then nothing is asked. */
export type Uploads =
  | { readonly kind: "uploaded"; readonly attachmentIds: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "not-running" };

/** Gives files to the running host, one after the other, streamed from the disk. What isn't sent, it removes after a day. */
export async function uploadFiles(
  paths: readonly string[],
  { host, said, signal }: { readonly host: HostClient; readonly said: Text["cli"]; readonly signal: AbortSignal },
): Promise<Uploads> {
  const attachmentIds: string[] = [];
  for (const path of paths) {
    const opened = await openFile(path);
    if (opened === undefined) return { kind: "refused", reason: said.fileUnreadable(path) };
    const name = encodeURIComponent(path.split("/").at(-1)!.toWellFormed());
    const answer = await host.upload(`/api/attachments?name=${name}`, opened.readable, {
      schema: attachment,
      signal,
    });
    if (answer.kind === "refused") return { kind: "refused", reason: said.fileRefused(path, answer.reason) };
    if (answer.kind === "down") return { kind: "not-running" };
    attachmentIds.push(answer.value.id);
  }
  return { kind: "uploaded", attachmentIds };
}

/** `undefined` of what isn't a file, or can't be read. */
async function openFile(path: string): Promise<Deno.FsFile | undefined> {
  try {
    const file = await Deno.open(path);
    if ((await file.stat()).isFile) return file;
    file.close();
  } catch { /* the reason is the same for whoever reads it */ }
  return undefined;
}
