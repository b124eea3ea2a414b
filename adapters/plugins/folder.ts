import type { PluginFile, PluginFileRead, PluginFolder } from "../../core/ports/plugin_folder.ts";

/** What a plugin's file ends in. */
const ending = ".wasm";

/** Files of plugins on this machine's disk: those in one folder, and those that are named elsewhere. */
export function createPluginFolder(path: string): PluginFolder {
  return {
    async list(elsewhere, filesMax) {
      const named = new Map(Object.entries(elsewhere));
      const paths = new Set(named.values());
      const found = new Map(named);
      for (const name of await namesIn(path)) {
        const file = `${path}/${name}${ending}`;
        // A plugin's file is the one that the configuration names; the same file isn't two plugins.
        if (!found.has(name) && !paths.has(file)) found.set(name, file);
      }
      const files: PluginFile[] = [];
      let left = 0;
      for (const [name, file] of [...found].sort(([a], [b]) => a < b ? -1 : 1)) {
        const seen = await lookAt(name, file);
        if (seen === undefined) continue;
        if (files.length < filesMax) files.push(seen);
        else left++;
      }
      return { files, left };
    },

    async read(file): Promise<PluginFileRead> {
      try {
        using opened = await Deno.open(file.path);
        const bytes = new Uint8Array(file.bytes);
        for (let length = 0; length < bytes.length;) {
          const count = await opened.read(bytes.subarray(length));
          if (count === null) return { kind: "changed" };
          length += count;
        }
        // Whoever wrote meanwhile has changed what is seen of it.
        const isSame = (await lookAt(file.name, file.path))?.print === file.print;
        return isSame ? { kind: "read", bytes } : { kind: "changed" };
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return { kind: "changed" };
        if (!(error instanceof Error)) throw error;
        return { kind: "unreadable", reason: "its file can't be read" };
      }
    },

    watch(changed, signal) {
      void watchFolder(path, changed, signal);
    },
  };
}

async function namesIn(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(path)) {
      if (name.endsWith(ending) && !name.startsWith(".")) names.push(name.slice(0, -ending.length));
    }
  } catch (error) {
    // Whoever puts a plugin there makes it.
    if (!(error instanceof Deno.errors.NotFound)) return [];
  }
  return names;
}

/** A plain file, also behind a link; `undefined` for what isn't one, which a read might wait at for ever. */
async function lookAt(name: string, path: string): Promise<PluginFile | undefined> {
  try {
    const { isFile, size, mtime, ctime, ino, dev } = await Deno.stat(path);
    if (!isFile) return undefined;
    const print = [size, mtime?.getTime(), ctime?.getTime(), ino, dev].join(" ");
    return { name, path, bytes: size, modifiedMs: mtime?.getTime() ?? 0, print };
  } catch {
    return undefined;
  }
}

/** Without a watch, whoever looks from time to time still sees what changes. */
async function watchFolder(path: string, changed: () => void, signal: AbortSignal): Promise<void> {
  try {
    using watcher = Deno.watchFs(path, { recursive: false });
    const close = () => watcher.close();
    signal.addEventListener("abort", close, { once: true });
    for await (const { kind } of watcher) if (kind !== "access") changed();
  } catch {
    // Not there, not allowed, or more watches than the system has; or it was closed.
  }
}
