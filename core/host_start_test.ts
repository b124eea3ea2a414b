import { deepStrictEqual, throws } from "node:assert/strict";
import { hostSite, type HostStartWire, parseHostStart } from "./host_start.ts";
import { createNodeCrypto } from "../adapters/crypto/node.ts";
import { siteOf } from "./site.ts";

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const site = siteOf({ configPath: "/srv/config.yaml", home: "/h/a", uid: 1, runtimeRoot: "/tmp" }, createNodeCrypto());
const wire: HostStartWire = {
  version: "0.1.0",
  site: hostSite(site),
  document: { web: { listen: "127.0.0.1:8080" } },
  secrets: [{ pointer: "/protocol/telegram/token", value: "t" }, { pointer: "/protocol/x/token", failure: "missing" }],
  keyEncryptionKey: btoa(String.fromCharCode(...key)),
  model: { name: "m", path: "/m.gguf", memoryLimitBytes: 2e9 },
  embedding: { name: "e", path: "/e.gguf", memoryLimitBytes: 1e9 },
  terminal: false,
  memoryBytes: 16e9,
  stderr: { kind: "terminal", colours: true, timeZone: "Europe/Berlin" },
  pulls: false,
  offline: true,
  confinement: [{ layer: "files", enforced: true, detail: "Landlock, ABI 7" }],
  configuration: { requests: 2, problem: { atMs: 1, lines: ["config.yaml:1:1: modell: unknown key"] } },
};

Deno.test("parseHostStart() reads what the launcher sends", () => {
  const { keyEncryptionKey, ...rest } = parseHostStart(JSON.parse(JSON.stringify(wire)));
  deepStrictEqual(new Uint8Array(keyEncryptionKey), key);
  const { keyEncryptionKey: _, ...sent } = wire;
  deepStrictEqual(rest, sent);
});

Deno.test("hostSite() tells the host neither where its key nor where the lock is", () => {
  deepStrictEqual(Object.keys(hostSite(site)).sort(), [
    "baseFolder",
    "configPath",
    "dataFolder",
    "databasePath",
    "hostSocket",
    "logsFolder",
    "modelsFolder",
    "objectsFolder",
    "pluginsFolder",
    "proposalPath",
    "runnerSockets",
  ]);
});

const wrong: [name: string, change: Record<string, unknown>][] = [
  ["a short key", { keyEncryptionKey: btoa("short") }],
  ["a key that isn't base64", { keyEncryptionKey: "?" }],
  ["a field of another version", { extra: 1 }],
  ["a secret with both value and failure", { secrets: [{ pointer: "/a", value: "v", failure: "f" }] }],
  ["no model", { model: undefined }],
];
for (const [name, change] of wrong) {
  Deno.test(`parseHostStart() refuses ${name}`, () => throws(() => parseHostStart({ ...wire, ...change })));
}
