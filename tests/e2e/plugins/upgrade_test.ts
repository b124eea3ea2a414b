import { deepStrictEqual, ok } from "node:assert/strict";
import { systemClock } from "../../../adapters/clock/system.ts";
import { createNodeCrypto } from "../../../adapters/crypto/node.ts";
import { createPluginFolder } from "../../../adapters/plugins/folder.ts";
import { systemRandom } from "../../../adapters/random/system.ts";
import { createMemoryStore } from "../../../adapters/storage/memory.ts";
import { createIds } from "../../../core/ids.ts";
import { createPluginCatalogue, type PluginSettings } from "../../../core/plugins/catalogue.ts";
import { drainingPlugins } from "../../../core/plugins/draining.ts";
import { openVault } from "../../../core/vault.ts";
import type { PluginOptions } from "../../../schema/config.ts";
import { createPluginRunners, createTestPlugins } from "../../contract/plugin_runner_stand.ts";
import { givingPlugin } from "../../giving_plugin.ts";

// Goal: while calls come without a pause, a plugin is upgraded, rolled back and removed: each call ends with the very version
// that it began with, or is told that nothing is granted any more; none is lost, and none runs something else. Method: the
// real sandbox, its processes, and a real folder.

const crypto = createNodeCrypto();
const hangMs = 60_000;
const never = new AbortController().signal;
const pump = (version: string) =>
  givingPlugin({
    manifest: { version },
    register: { tools: [{ name: "read", description: "Reads", parameters: { type: "object" } }] },
    execute: { text: version },
    spins: 200_000,
  });
const files = Object.fromEntries(["1.0.0", "1.1.0", "1.2.0"].map((version) => [version, pump(version)]));
const digestOf = (version: string) => crypto.sha256(files[version]!).toHex();

Deno.test("a plugin is upgraded, rolled back and removed while it is called, and every call ends as it began", async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-plugins-" });
  const runners = createPluginRunners();
  const sandbox = createTestPlugins(runners);
  const plugins = drainingPlugins(sandbox, systemClock);
  const store = createMemoryStore();
  const ports = { store, crypto, random: systemRandom, clock: systemClock };
  const opened = await openVault({ ...ports, keyEncryptionKey: new Uint8Array(32) });
  ok(opened.kind === "open");
  let settings: PluginSettings = { plugins: {}, devices: {}, trust: { signed: false, keys: {}, revoked: [] } };
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const catalogue = createPluginCatalogue({
    ...ports,
    vault: opened.vault,
    folder: createPluginFolder(folder),
    plugins,
    ids: createIds(ports),
    log,
    settings: () => settings,
    baseFolder: folder,
    reader: "test",
  });
  const put = (name: string, version: string) => {
    Deno.writeFileSync(`${folder}/${name}.new`, files[version]!);
    Deno.renameSync(`${folder}/${name}.new`, `${folder}/${name}.wasm`);
  };
  const grant = (version: string, options: Partial<PluginOptions> = {}) => {
    settings = { ...settings, plugins: { pump: { digest: digestOf(version), grant: {}, limits: {}, ...options } } };
  };
  const granted = async (version: string) => {
    for (const endMs = Date.now() + hangMs; catalogue.tools()[0]?.plugin.version !== version;) {
      ok(Date.now() < endMs, `${version} is never there`);
      await catalogue.refresh();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };

  const done: Record<string, number> = {};
  const wrong: string[] = [];
  let withdrawn = 0;
  let isOver = false;
  const caller = async () => {
    while (!isOver) {
      const [tool] = catalogue.tools();
      if (tool === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const { digest, version, limits } = tool.plugin;
      const module = () => catalogue.module(digest);
      const call = { digest, module, entry: "execute", input: new Uint8Array(), limits } as const;
      const outcome = await plugins.call(call, () => Promise.resolve(new Uint8Array()), never);
      if (outcome.kind === "done") {
        const { text } = JSON.parse(new TextDecoder().decode(outcome.output));
        if (text !== version) wrong.push(`${version} said ${text}`);
        done[version] = (done[version] ?? 0) + 1;
      } else if (outcome.kind === "failed" && outcome.code === "void") withdrawn++;
      else wrong.push(`${version}: ${JSON.stringify(outcome)}`);
    }
  };
  const some = async (version: string) => {
    const before = done[version] ?? 0;
    for (const endMs = Date.now() + hangMs; (done[version] ?? 0) < before + 10;) {
      ok(Date.now() < endMs, `${version} is never called`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  await catalogue.start();
  const callers = Array.from({ length: 4 }, caller);
  try {
    for (const version of ["1.0.0", "1.1.0", "1.0.0"]) {
      put("pump", version);
      grant(version);
      await granted(version);
      await some(version);
    }
    // The other file lies beside it, and one change of the configuration names it.
    put("pump-next", "1.2.0");
    grant("1.2.0", { path: "pump-next.wasm" });
    await granted("1.2.0");
    await some("1.2.0");
    Deno.removeSync(`${folder}/pump-next.wasm`);
    for (const endMs = Date.now() + hangMs; catalogue.tools().length > 0;) {
      ok(Date.now() < endMs, "it never goes");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    isOver = true;
    await Promise.all(callers);
    await catalogue.stop();
    await sandbox.close();
    await runners[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
  deepStrictEqual(wrong, []);
  deepStrictEqual(Object.keys(done).sort(), ["1.0.0", "1.1.0", "1.2.0"]);
  const calls = Object.values(done).reduce((sum, count) => sum + count, 0);
  console.log(`${calls} calls done, ${withdrawn} told that nothing is granted any more`);
});
