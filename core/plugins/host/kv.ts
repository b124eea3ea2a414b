import type { HostReply } from "../../../schema/plugin.ts";
import { keysMax, type KvQuota, type KvReply, type KvRequest, quotaOf } from "../../capabilities/kv.ts";
import { createKeyedLock } from "../../keyed_lock.ts";
import type { ReadTx, Tx } from "../../ports/store.ts";
import type { Tables } from "../../tables.ts";
import { failed, type HostCall, type HostCallsDeps, withheld, type Work } from "./call.ts";

/** Keys that one plugin may have. */
export const keysOfOneMax = 4_096;
/** Rows that one read looks at. */
const pageLength = 200;

type KvCall = HostCall<KvQuota, KvQuota, KvRequest>;
type Row = Tables["pluginValues"];

/** What a plugin keeps, as a sum. */
interface Used {
  readonly bytes: number;
  readonly keys: number;
}

/** Thrown out of a transaction, which it undoes. */
class QuotaError extends Error {}

/** Keys and values of plugins, sealed. A plugin's are found by its name: they outlive an upgrade. */
export function createKvWork({ store, vault, ids, clock }: HostCallsDeps): Work<KvQuota, KvQuota, KvRequest> {
  /** Sets of one plugin come one after the other, so that the sum below is right. */
  const lock = createKeyedLock();
  /** What each plugin keeps, once it was counted. */
  const known = new Map<string, Used>();

  const hashOf = (plugin: string, key: string) => vault.keyedHash("plugin value", plugin, key);
  const find = (tx: ReadTx, plugin: string, key: string): Row | undefined =>
    tx.find("pluginValues", { plugin, keyHash: hashOf(plugin, key) }, { limit: 1 })[0];
  const field = (column: "key" | "value", { id, version }: Pick<Row, "id" | "version">) =>
    ({ table: "pluginValues", column, id, version }) as const;
  const valueOf = (row: Row | undefined) =>
    row === undefined ? null : vault.openText(field("value", row), row.valueEnc);

  /** All rows of a plugin, in pages: values are large. */
  async function eachRow(plugin: string, look: (row: Row) => void): Promise<void> {
    for (let after = "";;) {
      const page = await store.read((tx) =>
        tx.find("pluginValues", { plugin, id: { gt: after } }, { order: ["id"], limit: pageLength })
      );
      for (const row of page) look(row);
      if (page.length < pageLength) return;
      after = page.at(-1)!.id;
    }
  }

  async function usedBy(plugin: string): Promise<Used> {
    let used = known.get(plugin);
    if (used === undefined) {
      let [bytes, keys] = [0, 0];
      await eachRow(plugin, (row) => {
        bytes += row.bytes;
        keys++;
      });
      used = { bytes, keys };
      known.set(plugin, used);
    }
    return used;
  }

  async function list(plugin: string, prefix: string, after: string): Promise<KvReply> {
    const keys: string[] = [];
    await eachRow(plugin, (row) => {
      const key = vault.openText(field("key", row), row.keyEnc);
      if (key.startsWith(prefix) && key > after) keys.push(key);
    });
    keys.sort();
    return { keys: keys.slice(0, keysMax), more: keys.length > keysMax };
  }

  /** Puts one entry in, or takes it away; gives by how much that changed what is kept. */
  function put(tx: Tx, plugin: string, key: string, value: string | null): Used {
    const before = find(tx, plugin, key);
    if (value === null) {
      if (before !== undefined) tx.remove("pluginValues", before.id);
      return { bytes: -(before?.bytes ?? 0), keys: before === undefined ? 0 : -1 };
    }
    const id = before?.id ?? ids();
    const version = (before?.version ?? 0) + 1;
    const encoder = new TextEncoder();
    const bytes = encoder.encode(key).length + encoder.encode(value).length;
    const sealed = {
      keyEnc: vault.seal(field("key", { id, version }), key),
      valueEnc: vault.seal(field("value", { id, version }), value),
    };
    const now = { ...sealed, bytes, version, updatedMs: clock.nowMs() };
    if (before === undefined) tx.insert("pluginValues", { id, plugin, keyHash: hashOf(plugin, key), ...now });
    else tx.update("pluginValues", id, now);
    return { bytes: bytes - (before?.bytes ?? 0), keys: before === undefined ? 1 : 0 };
  }

  function set(
    plugin: string,
    quota: number,
    { entries, if: conditions }: Extract<KvRequest, { op: "set" }>,
  ): Promise<HostReply> {
    return lock(plugin, async () => {
      const used = await usedBy(plugin);
      try {
        const now = await store.write((tx) => {
          const holds = Object.entries(conditions).every(([key, value]) => valueOf(find(tx, plugin, key)) === value);
          if (!holds) return undefined;
          let { bytes, keys } = used;
          for (const [key, value] of Object.entries(entries)) {
            const change = put(tx, plugin, key, value);
            bytes += change.bytes;
            keys += change.keys;
          }
          const isMore = bytes > used.bytes || keys > used.keys;
          if (isMore && bytes > quota) throw new QuotaError(`it would take ${bytes} bytes, and may take ${quota}`);
          if (isMore && keys > keysOfOneMax) throw new QuotaError(`it may have ${keysOfOneMax} keys`);
          return { bytes, keys };
        });
        if (now !== undefined) known.set(plugin, now);
        return { ok: { done: now !== undefined } satisfies KvReply };
      } catch (error) {
        if (error instanceof QuotaError) return failed("quota", error.message);
        known.delete(plugin); // Whether it was committed isn't known: it is counted again.
        throw error;
      }
    });
  }

  return async ({ context, asked, granted, request }: KvCall): Promise<HostReply> => {
    const plugin = context.tool.plugin.name;
    switch (request.op) {
      case "get":
        return { ok: { value: await store.read((tx) => valueOf(find(tx, plugin, request.key))) } satisfies KvReply };
      case "list":
        return { ok: await list(plugin, request.prefix, request.after) };
      case "set":
        return context.mode === "plan" ? withheld : await set(plugin, quotaOf(asked, granted), request);
    }
  };
}
