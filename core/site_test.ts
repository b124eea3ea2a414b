import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { ownConfigPath, resolvePath, type SiteFacts, siteOf, socketPathBytesMax } from "./site.ts";

const facts: SiteFacts = { home: "/home/ann", uid: 1000, runtimeRoot: "/run/user/1000" };
const crypto = createNodeCrypto();

Deno.test("siteOf() keeps everything under ~/.clawdbot without a configuration, and the key elsewhere", () => {
  const site = siteOf(facts, crypto);
  match(site.runtimeFolder, /^\/run\/user\/1000\/clawdbot-[0-9a-f]{8}$/);
  deepStrictEqual(site, {
    baseFolder: "/home/ann",
    dataFolder: "/home/ann/.clawdbot",
    databasePath: "/home/ann/.clawdbot/clawdbot.db",
    modelsFolder: "/home/ann/.clawdbot/models",
    pluginsFolder: "/home/ann/.clawdbot/plugins",
    objectsFolder: "/home/ann/.clawdbot/objects",
    logsFolder: "/home/ann/.clawdbot/logs",
    proposalPath: "/home/ann/.clawdbot/proposal/config.proposed.yaml",
    lockPath: "/home/ann/.clawdbot/clawdbot.lock",
    runtimeFolder: site.runtimeFolder,
    hostSocket: `${site.runtimeFolder}/host.sock`,
    runnerSockets: {
      "model-runner": `${site.runtimeFolder}/model-runner.sock`,
      "model-puller": `${site.runtimeFolder}/model-puller.sock`,
      "embedding-runner": `${site.runtimeFolder}/embedding-runner.sock`,
      "plugin-runner": `${site.runtimeFolder}/plugin-runner.sock`,
      "connector": `${site.runtimeFolder}/connector.sock`,
    },
    keyPath: "/home/ann/.config/clawdbot/key",
  });
});

Deno.test("siteOf() keeps data beside the configuration file, and reads its paths from there", () => {
  const configPath = "/srv/a/../b/config.yaml";
  const paths = { storagePath: "./x/../clawdbot.db", objectsPath: "files", keyPath: "../key" };
  const site = siteOf({ ...facts, configPath, ...paths }, crypto);
  strictEqual(site.dataFolder, "/srv/b/data");
  strictEqual(site.databasePath, "/srv/b/clawdbot.db");
  strictEqual(site.objectsFolder, "/srv/b/files");
  strictEqual(site.keyPath, "/srv/key");
});

Deno.test("siteOf() keeps the data of a site that ran without a configuration when one is written into ~/.clawdbot", () => {
  const without = siteOf(facts, crypto);
  const configPath = ownConfigPath(facts.home);
  strictEqual(configPath, "/home/ann/.clawdbot/config.yaml");
  const site = siteOf({ ...facts, configPath, storagePath: "./x.db" }, crypto);
  const { databasePath, ...places } = without;
  strictEqual(databasePath, "/home/ann/.clawdbot/clawdbot.db");
  deepStrictEqual(site, {
    ...places,
    configPath,
    baseFolder: "/home/ann/.clawdbot",
    databasePath: "/home/ann/.clawdbot/x.db",
  });
});

Deno.test("siteOf() gives each data folder a runtime folder of its own, and names the user in /tmp", () => {
  const at = (configPath: string) => siteOf({ ...facts, configPath, runtimeRoot: "/tmp" }, crypto).runtimeFolder;
  match(at("/srv/a/config.yaml"), /^\/tmp\/clawdbot-1000-[0-9a-f]{8}$/);
  strictEqual(at("/srv/a/config.yaml"), at("/srv/a/other.yaml"));
  strictEqual(at("/srv/a/config.yaml") === at("/srv/b/config.yaml"), false);
});

Deno.test("siteOf() honours XDG_CONFIG_HOME", () => {
  strictEqual(siteOf({ ...facts, xdgConfigHome: "/srv/cfg" }, crypto).keyPath, "/srv/cfg/clawdbot/key");
});

Deno.test("siteOf() refuses a socket path that the system would cut", () => {
  const runtimeRoot = `/${"é".repeat(socketPathBytesMax / 2 - 20)}`;
  throws(() => siteOf({ ...facts, runtimeRoot }, crypto), /bytes, and a socket's path at most 100$/);
});

Deno.test("siteOf() refuses a home that isn't absolute", () => {
  throws(() => siteOf({ ...facts, home: "home" }, crypto), /isn't absolute/);
});

for (
  const [path, expected] of [["a", "/srv/a"], ["/b//c/.", "/b/c"], ["../../../x", "/x"], ["~/y", "/srv/~/y"]] as const
) {
  Deno.test(`resolvePath() reads ${path}`, () => strictEqual(resolvePath("/srv", path), expected));
}
