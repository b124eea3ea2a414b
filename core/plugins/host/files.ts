import type { HostReply } from "../../../schema/plugin.ts";
import { attachmentsOf, openAttachment } from "../../attachments/rows.ts";
import {
  type FilePrefixes,
  type FilesReply,
  type FilesRequest,
  mayList,
  ownBytesMax,
  ownFilesMax,
  readBytesMax,
} from "../../capabilities/files.ts";
import { ObjectError } from "../../ports/objects.ts";
import type { ReadTx } from "../../ports/store.ts";
import type { Tables } from "../../tables.ts";
import { failed, type HostCall, type HostCallsDeps, withheld, type Work } from "./call.ts";

type FilesCall = HostCall<FilePrefixes, FilePrefixes, FilesRequest>;
type Row = Tables["pluginFiles"];

/** Thrown out of a transaction, which it undoes. */
class QuotaError extends Error {}

/** Files of plugins in the object store, by names that are no paths, and those of the message that a tool is called for. */
export function createFilesWork(
  { store, vault, ids, clock, contents }: Pick<HostCallsDeps, "store" | "vault" | "ids" | "clock" | "contents">,
): Work<FilePrefixes, FilePrefixes, FilesRequest> {
  const find = (tx: ReadTx, plugin: string, name: string): Row | undefined =>
    tx.find("pluginFiles", { plugin, nameHash: vault.keyedHash("plugin file", plugin, name) }, { limit: 1 })[0];

  async function list(plugin: string, { asked, granted }: FilesCall, prefix: string): Promise<FilesReply> {
    const rows = await store.read((tx) => tx.find("pluginFiles", { plugin }, { limit: ownFilesMax }));
    const files = rows.map((row) => ({ name: vault.openText(nameField(row.id), row.nameEnc), bytes: row.bytes }))
      .filter(({ name }) => name.startsWith(prefix) && mayList(asked, granted, name))
      .sort((a, b) => a.name < b.name ? -1 : 1);
    return { files };
  }

  /** A piece of an object's content. */
  async function piece(
    object: Tables["objects"],
    bytes: number,
    offset: number,
    signal: AbortSignal,
  ): Promise<HostReply> {
    const wanted = new Uint8Array(Math.max(0, Math.min(readBytesMax, bytes - offset)));
    let at = 0;
    try {
      for await (const part of contents.open(object, signal)) {
        const from = Math.max(0, offset - at);
        const to = Math.max(0, at - offset);
        wanted.set(part.subarray(from, from + Math.max(0, wanted.length - to)), Math.min(to, wanted.length));
        at += part.length;
        if (at >= offset + wanted.length) break;
      }
    } catch (error) {
      if (signal.aborted) return failed("unreachable", "cancelled");
      if (error instanceof ObjectError) return failed("failed", "the file can't be read any more");
      throw error;
    }
    return { ok: { bytes, body_base64: wanted.toBase64() } satisfies FilesReply };
  }

  async function read(plugin: string, name: string, offset: number, signal: AbortSignal): Promise<HostReply> {
    const found = await store.read((tx) => {
      const row = find(tx, plugin, name);
      return row && { row, object: tx.get("objects", row.objectId)! };
    });
    if (found === undefined) return failed("not-found", `there is no file "${name}"`);
    return await piece(found.object, found.row.bytes, offset, signal);
  }

  async function write(plugin: string, name: string, body: Uint8Array): Promise<HostReply> {
    try {
      const put = await contents.put(once(body), body.length, (tx, { objectId, bytes }) => {
        const before = find(tx, plugin, name);
        const others = tx.find("pluginFiles", { plugin }, { limit: ownFilesMax + 1 }).filter(({ id }) =>
          id !== before?.id
        );
        if (others.length >= ownFilesMax) throw new QuotaError(`it may have ${ownFilesMax} files`);
        if (others.reduce((sum, other) => sum + other.bytes, bytes) > ownBytesMax) {
          throw new QuotaError(`its files may take ${ownBytesMax} bytes`);
        }
        const now = { objectId, bytes, updatedMs: clock.nowMs() };
        if (before === undefined) {
          const id = ids();
          const nameEnc = vault.seal(nameField(id), name);
          tx.insert("pluginFiles", {
            id,
            plugin,
            nameHash: vault.keyedHash("plugin file", plugin, name),
            nameEnc,
            ...now,
          });
        } else tx.update("pluginFiles", before.id, now);
        return before?.objectId;
      });
      // What a crash leaves here is swept at the next start.
      if (put.kind === "stored" && put.value !== undefined) await contents.release([put.value]);
      return { ok: { done: true } satisfies FilesReply };
    } catch (error) {
      if (error instanceof QuotaError) return failed("quota", error.message);
      if (error instanceof ObjectError) return failed("failed", "the file can't be kept: the disk is full or failing");
      throw error;
    }
  }

  async function remove(plugin: string, name: string): Promise<FilesReply> {
    const objectId = await store.write((tx) => {
      const row = find(tx, plugin, name);
      if (row !== undefined) tx.remove("pluginFiles", row.id);
      return row?.objectId;
    });
    if (objectId !== undefined) await contents.release([objectId]);
    return { done: objectId !== undefined };
  }

  const attached = (tx: ReadTx, { context }: FilesCall) =>
    context.messageId === null ? [] : attachmentsOf(tx, context.messageId).filter(({ objectId }) => objectId !== null);

  async function attachments(call: FilesCall): Promise<FilesReply> {
    const rows = await store.read((tx) => attached(tx, call));
    return {
      attachments: rows.map((row) => {
        const { name, mediaType, bytes } = openAttachment(vault, row);
        return { name, media_type: mediaType, bytes };
      }),
    };
  }

  async function attachment(call: FilesCall, index: number, offset: number): Promise<HostReply> {
    const found = await store.read((tx) => {
      const row = attached(tx, call)[index];
      const object = row === undefined ? undefined : tx.get("objects", row.objectId!);
      return object && { bytes: row!.bytes, object };
    });
    if (found === undefined) return failed("not-found", `the message has no file ${index}`);
    return await piece(found.object, found.bytes, offset, call.signal);
  }

  return async (call): Promise<HostReply> => {
    const { request, context, signal } = call;
    const plugin = context.tool.plugin.name;
    switch (request.op) {
      case "list":
        return { ok: await list(plugin, call, request.prefix) };
      case "read":
        return await read(plugin, request.name, request.offset, signal);
      case "write":
        if (context.mode === "plan") return withheld;
        return await write(plugin, request.name, Uint8Array.fromBase64(request.body_base64));
      case "remove":
        return context.mode === "plan" ? withheld : { ok: await remove(plugin, request.name) };
      case "attachments":
        return { ok: await attachments(call) };
      case "attachment":
        return await attachment(call, request.index, request.offset);
    }
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

/** A file's name never changes: its row version stays 1. */
const nameField = (id: string) => ({ table: "pluginFiles", column: "name", id, version: 1 }) as const;
