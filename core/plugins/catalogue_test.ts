import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { digestOf, grantOf, playedPlugin, playedTool, pluginScene } from "../../tests/plugin_scene.ts";
import { device } from "../../schema/devices.ts";
import * as v from "valibot";
import type { CallOutcome } from "../ports/plugins.ts";

const old = 60_000;
const never = new AbortController().signal;
const noHost = () => Promise.resolve(new Uint8Array());

function execute(digest: string) {
  return {
    digest,
    module: () => Promise.resolve(new Uint8Array()),
    entry: "execute",
    input: new Uint8Array(),
    limits: { fuel: 1, memory_bytes: 1, deadline_ms: 1, output_bytes: 1, host_calls: 1, log_bytes: 1 },
  } as const;
}

Deno.test("a file that is put into the folder is known, and nothing of it runs", async () => {
  const { catalogue, folder, sandbox, rest, states, said } = await pluginScene();
  await catalogue.start();
  deepStrictEqual(catalogue.list(), []);
  folder.put("pump", playedPlugin({ capabilities: { clock: {}, kv: {} } }));
  await rest();
  deepStrictEqual(states(), { pump: "known" });
  deepStrictEqual(Object.keys(catalogue.list()[0]!.facts!.manifest.asked), ["clock", "kv"]);
  deepStrictEqual(catalogue.tools(), []);
  deepStrictEqual([sandbox.prepared, sandbox.calls], [[], []]);
  deepStrictEqual(said, ["plugin known, nothing is granted to it: pump"]);
  await catalogue.stop();
});

Deno.test("a grant of exactly this file gives its tools, prepared once and remembered", async () => {
  const file = playedPlugin({ capabilities: { clock: {} }, limits: { deadline_ms: 50 } });
  const settings = { plugins: { pump: grantOf(file, { grant: { clock: {} } }) } };
  const scene = await pluginScene({ settings });
  scene.folder.put("pump", file, old);
  await scene.catalogue.start();
  await scene.catalogue.refresh();
  const [tool] = scene.catalogue.tools();
  strictEqual(tool?.name, "pump.stop");
  deepStrictEqual(tool.plugin.granted, { clock: {} });
  strictEqual(tool.plugin.limits.deadline_ms, 50);
  strictEqual(tool.plugin.digest, digestOf(file));
  deepStrictEqual(await scene.catalogue.module(digestOf(file)), file);
  await rejects(scene.catalogue.module("0".repeat(64)), /No module was prepared/);
  await scene.catalogue.stop();

  const second = await pluginScene({ settings, earlier: scene });
  await second.catalogue.start();
  strictEqual(second.catalogue.tools()[0]?.name, "pump.stop", "at once");
  deepStrictEqual([second.sandbox.prepared, second.sandbox.calls], [[], []]);
  await second.catalogue.stop();

  const other = await pluginScene({ settings, earlier: scene, reader: "2" });
  await other.catalogue.start();
  deepStrictEqual(other.catalogue.tools(), [], "another reader prepares it anew");
  await other.catalogue.refresh();
  deepStrictEqual(other.sandbox.prepared, [digestOf(file)]);
  await other.catalogue.stop();
});

for (const watched of [true, false]) {
  Deno.test(`replacing a file voids its grant at once, ${watched ? "as the system tells" : "without a watch"}`, async () => {
    const file = playedPlugin();
    const scene = await pluginScene({ settings: { plugins: { pump: grantOf(file) } }, watched });
    const { catalogue, folder, rest, clock, states, said } = scene;
    folder.put("pump", file, old);
    await catalogue.start();
    await catalogue.refresh();
    strictEqual(catalogue.tools().length, 1);
    let changes = 0;
    const end = catalogue.changed(() => changes++);
    folder.put("pump", playedPlugin({ version: "1.1.0" }));
    await rest(watched ? 150 : 2_200);
    // Without a watch, it is seen when it isn't being written any more.
    const reason = watched ? "its file is being replaced" : "its file isn't the one that was granted something";
    deepStrictEqual(states(), { pump: `void: ${reason}` });
    deepStrictEqual(catalogue.tools(), []);
    await clock.run(clock.nowMs() + 4_000);
    deepStrictEqual(states(), { pump: "void: its file isn't the one that was granted something" });
    strictEqual(catalogue.list()[0]?.facts?.manifest.version, "1.1.0");
    strictEqual(changes, watched ? 2 : 1);
    end();
    ok(said.includes("plugin's grant is void: pump"));
    const entries = await scene.store.read((tx) => tx.find("audit", {}));
    deepStrictEqual(entries.map(({ action, resource, outcome }) => `${action} ${resource} ${outcome}`), [
      "install plugin:pump installed",
      "withdraw plugin:pump void",
    ]);
    folder.put("pump", file);
    await rest();
    deepStrictEqual(states(), { pump: "granted" }, "put back, it is the granted file again");
    strictEqual(changes, watched ? 2 : 1, "nobody is told any more");
    await catalogue.stop();
  });
}

Deno.test("a file that is written again as it was never leaves", async () => {
  const file = playedPlugin();
  const { catalogue, folder, rest, said } = await pluginScene({ settings: { plugins: { pump: grantOf(file) } } });
  folder.put("pump", file, old);
  await catalogue.start();
  await catalogue.refresh();
  const tools = catalogue.tools();
  folder.put("pump", file);
  await rest();
  strictEqual(catalogue.tools(), tools);
  deepStrictEqual(said, ["plugin ready: pump"]);
  await catalogue.stop();
});

Deno.test("a file that is still being written isn't taken", async () => {
  const { catalogue, folder, rest, states } = await pluginScene();
  const file = playedPlugin();
  await catalogue.start();
  for (let length = 0; length <= file.length; length += 20) {
    folder.put("pump", file.slice(0, length));
    await rest(900);
    ok(["", "known"].includes(states().pump ?? ""), states().pump ?? "");
    strictEqual(catalogue.list()[0]?.facts, undefined);
  }
  folder.put("pump", file);
  await rest();
  deepStrictEqual(states(), { pump: "known" });
  ok(catalogue.list()[0]?.facts !== undefined);
  await catalogue.stop();
});

Deno.test("a file whose clock is ahead is taken when it has stayed the same", async () => {
  const { catalogue, folder, rest, states } = await pluginScene();
  folder.put("pump", playedPlugin(), -3_600_000);
  await catalogue.start();
  await rest();
  deepStrictEqual(states(), { pump: "known" });
  ok(catalogue.list()[0]?.facts !== undefined);
  await catalogue.stop();
});

Deno.test("what didn't change isn't read again", async () => {
  const { catalogue, folder, rest } = await pluginScene();
  folder.put("pump", playedPlugin(), old);
  await catalogue.start();
  await rest(60_000);
  strictEqual(folder.reads(), 1);
  await catalogue.stop();
});

Deno.test("a file that is gone takes its tools along, and is said to be missing while it is granted something", async () => {
  const file = playedPlugin();
  const { catalogue, folder, rest, states, configure } = await pluginScene({
    settings: { plugins: { pump: grantOf(file) } },
  });
  folder.put("pump", file, old);
  await catalogue.start();
  await catalogue.refresh();
  folder.remove("pump");
  await rest();
  deepStrictEqual(states(), { pump: "missing: its file isn't there" });
  deepStrictEqual(catalogue.tools(), []);
  configure({ plugins: {} });
  await catalogue.refresh();
  deepStrictEqual(states(), {});
  await catalogue.stop();
});

const bad: readonly (readonly [what: string, bytes: Uint8Array<ArrayBuffer>, state: string])[] = [
  ["something else", new TextEncoder().encode("#!/bin/sh"), "refused: it isn't a WebAssembly file"],
  ["nothing", new Uint8Array(), "refused: it isn't a WebAssembly file"],
  ["half a file", playedPlugin().slice(0, 60), "refused: the module ends early"],
  ["a file of 200 MB", new Uint8Array(200_000_000), "refused: 200000000 bytes, at most 16777216 are taken"],
  [
    "an unknown capability",
    playedPlugin({ capabilities: { shell: {}, "\u001b[2J": {} } }),
    'refused: its manifest asks for "shell", "\\\\u001b[2J", which this program doesn\'t know',
  ],
  [
    "a capability that is asked in a wrong way",
    playedPlugin({ capabilities: { kv: { quota: 7, forever: true } } }),
    'refused: its manifest asks for kv in a wrong way: quota: a size, like "1 MB"',
  ],
  [
    "a version that is none",
    playedPlugin({ version: "latest" }),
    'refused: its manifest is wrong: version: a version, like "1.2.3"',
  ],
];
for (const [what, bytes, state] of bad) {
  Deno.test(`a file that is ${what} is refused with the reason, granted or not, and its neighbour stays`, async () => {
    const neighbour = playedPlugin({ name: "valve" });
    const plugins = { pump: grantOf(bytes), valve: grantOf(neighbour) };
    for (const configured of [plugins, { valve: plugins.valve }]) {
      const { catalogue, folder, states } = await pluginScene({ settings: { plugins: configured } });
      folder.put("pump", bytes, old);
      folder.put("valve", neighbour, old);
      await catalogue.start();
      await catalogue.refresh();
      deepStrictEqual(states(), { pump: state, valve: "granted" });
      deepStrictEqual(catalogue.tools().map(({ name }) => name), ["valve.stop"]);
      await catalogue.stop();
    }
  });
}

Deno.test("a file whose name can't be a plugin's is refused with the reason", async () => {
  const { catalogue, folder, states } = await pluginScene();
  folder.put("Pump 2", playedPlugin(), old);
  await catalogue.start();
  deepStrictEqual(states(), {
    "Pump 2": "refused: a plugin can't be called so: " +
      'small letters, digits, "-" and "_", beginning with a letter, at most 32',
  });
  await catalogue.stop();
});

Deno.test("a plugin is called as its site calls it, and what it calls itself is told", async () => {
  const file = playedPlugin({ name: "administrator" });
  const { catalogue, folder } = await pluginScene({ settings: { plugins: { pump: grantOf(file) } } });
  folder.put("pump", file, old);
  await catalogue.start();
  await catalogue.refresh();
  deepStrictEqual(catalogue.tools().map(({ name, plugin }) => [name, plugin.name]), [["pump.stop", "pump"]]);
  deepStrictEqual(catalogue.list()[0]?.notes, [{ kind: "renamed", name: "administrator" }]);
  await catalogue.stop();
});

const described: readonly (readonly [what: string, register: unknown, reason: string])[] = [
  ["garbage", new TextEncoder().encode("hello"), "its register gives something that isn't JSON in UTF-8"],
  ["two tools of one name", { tools: [playedTool(), playedTool()] }, 'its register gives two tools called "stop"'],
  ["10 MB", new Uint8Array(10_000_000), "its register gives more than 256 KiB"],
];
for (const [what, register, reason] of described) {
  Deno.test(`a plugin whose register gives ${what} is refused, also after a restart, and isn't asked again`, async () => {
    const file = playedPlugin({}, register);
    const settings = { plugins: { pump: grantOf(file) } };
    const scene = await pluginScene({ settings });
    scene.folder.put("pump", file, old);
    await scene.catalogue.start();
    await scene.catalogue.refresh();
    deepStrictEqual(scene.states(), { pump: `refused: ${reason}` });
    deepStrictEqual(scene.sandbox.ended, [digestOf(file)], "nothing of it stays");
    await scene.catalogue.stop();
    const second = await pluginScene({ settings, earlier: scene });
    await second.catalogue.start();
    await second.catalogue.refresh();
    deepStrictEqual(second.states(), { pump: `refused: ${reason}` });
    deepStrictEqual(second.sandbox.calls, []);
    await second.catalogue.stop();
  });
}

Deno.test("what the sandbox refuses is refused with its reason", async () => {
  const file = playedPlugin();
  const scene = await pluginScene({ settings: { plugins: { pump: grantOf(file) } } });
  scene.sandbox.refuse = () => ({ kind: "refused", code: "export", reason: "it doesn't export register" });
  scene.folder.put("pump", file, old);
  await scene.catalogue.start();
  await scene.catalogue.refresh();
  deepStrictEqual(scene.states(), { pump: "refused: it doesn't export register" });
  await scene.catalogue.stop();
});

Deno.test("a plugin that can't be asked just now is asked again", async () => {
  const file = playedPlugin();
  const scene = await pluginScene({ settings: { plugins: { pump: grantOf(file) } } });
  let asked = 0;
  scene.sandbox.answer = () =>
    ++asked > 2 ? undefined : Promise.resolve({ kind: "failed", code: "crash", reason: "it was killed", logs: [] });
  scene.folder.put("pump", file, old);
  await scene.catalogue.start();
  await scene.catalogue.refresh();
  deepStrictEqual(scene.states(), { pump: "granted: its register failed: it was killed" });
  deepStrictEqual(scene.catalogue.tools(), []);
  await scene.rest(60_000);
  deepStrictEqual(scene.states(), { pump: "granted" });
  strictEqual(asked, 3);
  await scene.catalogue.stop();
});

Deno.test("a register that never ends is cut, and others go on", async () => {
  const [file, other] = [playedPlugin(), playedPlugin({ name: "valve" })];
  const scene = await pluginScene({ settings: { plugins: { pump: grantOf(file), valve: grantOf(other) } } });
  scene.sandbox.answer = ({ digest }, signal) =>
    digest !== digestOf(file)
      ? undefined
      : new Promise<CallOutcome>((resolve) =>
        signal.addEventListener("abort", () => resolve({ kind: "cancelled" }), { once: true })
      );
  scene.folder.put("pump", file, old);
  scene.folder.put("valve", other, old);
  await scene.catalogue.start();
  await scene.rest(61_000);
  deepStrictEqual(scene.states(), {
    pump: "granted: asking it for its tools took too long",
    valve: "granted",
  });
  await scene.catalogue.stop();
});

Deno.test("an older version than was granted before is refused, unless the configuration names exactly that file", async () => {
  const [one, two] = [playedPlugin(), playedPlugin({ version: "1.2.0" })];
  const scene = await pluginScene({ settings: { plugins: { pump: grantOf(two) } } });
  const { catalogue, folder, rest, states, configure } = scene;
  folder.put("pump", two, old);
  await catalogue.start();
  await catalogue.refresh();
  folder.put("pump", one, old);
  configure({ plugins: {} });
  await catalogue.refresh();
  deepStrictEqual(states(), {
    pump:
      "refused: version 1.0.0 is older than 1.2.0, which was granted here before; to go back to it, name its digest " +
      "under plugins.pump",
  });
  configure({ plugins: { pump: grantOf(one) } });
  await catalogue.refresh();
  deepStrictEqual(states(), { pump: "granted" });
  deepStrictEqual(catalogue.list()[0]?.notes, [{ kind: "rolled-back", version: "1.2.0" }]);
  strictEqual(catalogue.tools()[0]?.plugin.version, "1.0.0");
  const other = playedPlugin({ version: "1.2.0", description: "The same version, another file" });
  folder.put("pump", other, old);
  configure({ plugins: { pump: grantOf(other) } });
  await catalogue.refresh();
  deepStrictEqual(catalogue.list()[0]?.notes, [{ kind: "same-version", digest: digestOf(two) }]);
  await rest();
  await catalogue.stop();
});

Deno.test("tools get the devices that are granted and asked for, and follow the configuration", async () => {
  const parameters = (from: string) => ({
    type: "object",
    properties: { which: { type: "string", "x-from": from } },
    required: ["which"],
  });
  const file = playedPlugin({ capabilities: { device: { write: ["plc-*.speed"] } } }, {
    tools: [playedTool({ parameters: parameters("tags") }), playedTool({ name: "list" })],
  });
  const plc = v.parse(device, {
    type: "modbus",
    address: "127.0.0.1:502",
    words: ["pump seven"],
    tags: { speed: { register: 1, access: "write" }, level: { register: 2 } },
  });
  const grant = { device: { read: [], write: ["plc-7.*"] } };
  const scene = await pluginScene({ settings: { plugins: { pump: grantOf(file, { grant }) } } });
  const { catalogue, folder, configure } = scene;
  folder.put("pump", file, old);
  await catalogue.start();
  await catalogue.refresh();
  deepStrictEqual(catalogue.tools().map(({ name }) => name), ["pump.list"]);
  deepStrictEqual(catalogue.list()[0]?.notes, [{ kind: "unusable", tools: ["stop"] }]);
  configure({ devices: { "plc-7": plc, "plc-8": plc } });
  await catalogue.refresh();
  const [, stop] = catalogue.tools();
  deepStrictEqual(Object(stop?.parameters.properties).which.enum, ["plc-7.speed"]);
  deepStrictEqual(scene.sandbox.prepared, [digestOf(file)], "nothing was described again");
  await catalogue.stop();
});

Deno.test("granted and never asked for gives nothing and is told; so are limits that the site doesn't give", async () => {
  const file = playedPlugin({ limits: { deadline_ms: 60_000 } });
  const scene = await pluginScene({
    settings: { plugins: { pump: grantOf(file, { grant: { clock: {}, log: {} } }) } },
  });
  scene.folder.put("pump", file, old);
  await scene.catalogue.start();
  await scene.catalogue.refresh();
  deepStrictEqual(scene.catalogue.list()[0]?.notes, [
    { kind: "unasked", capabilities: ["log", "clock"] },
    { kind: "limits", limits: ["deadline_ms"] },
  ]);
  await scene.catalogue.stop();
});

Deno.test("calls end with the digest that they began with, its process after them, and later ones need what is granted", async () => {
  const [one, two] = [playedPlugin(), playedPlugin({ version: "1.1.0" })];
  const scene = await pluginScene({ settings: { plugins: { pump: grantOf(one) } } });
  const { catalogue, folder, plugins, sandbox, configure } = scene;
  folder.put("pump", one, old);
  await catalogue.start();
  await catalogue.refresh();
  const release = Promise.withResolvers<void>();
  sandbox.answer = ({ entry }) =>
    entry === "register"
      ? undefined
      : release.promise.then(() =>
        ({ kind: "done", output: new Uint8Array(), logs: [], fuelUsed: 1, tookMs: 1 }) as const
      );
  const running = plugins.call(execute(digestOf(one)), noHost, never);
  folder.put("pump", two, old);
  configure({ plugins: { pump: grantOf(two) } });
  await catalogue.refresh();
  strictEqual(catalogue.tools()[0]?.plugin.digest, digestOf(two));
  deepStrictEqual(sandbox.ended, [], "a call runs in it");
  const late = await plugins.call(execute(digestOf(one)), noHost, never);
  ok(late.kind === "failed" && late.code === "void");
  const next = plugins.call(execute(digestOf(two)), noHost, never);
  release.resolve();
  strictEqual((await running).kind, "done");
  strictEqual((await next).kind, "done");
  deepStrictEqual(sandbox.ended, [digestOf(one)]);
  await catalogue.stop();
});

Deno.test("more files than are looked at are told, and the first of them are there", async () => {
  const { catalogue, folder, said } = await pluginScene();
  for (let index = 0; index < 210; index++) folder.put(`p${index}`, playedPlugin({ name: `p${index}` }), old);
  await catalogue.start();
  strictEqual(catalogue.list().length, 200);
  strictEqual(said.filter((line) => line.startsWith("more files")).length, 1);
  await catalogue.stop();
});

Deno.test("of many versions, few modules are kept, and the greatest version is never forgotten", async () => {
  const scene = await pluginScene();
  const { catalogue, folder, configure, store } = scene;
  await catalogue.start();
  for (let index = 30; index > 0; index--) {
    const file = playedPlugin({ version: `1.${index}.0` });
    folder.put("pump", file, old);
    configure({ plugins: { pump: grantOf(file) } });
    await catalogue.refresh();
    await scene.rest(5_000);
  }
  const rows = await store.read((tx) => tx.find("plugins", {}));
  strictEqual(rows.length, 21);
  strictEqual(rows.filter(({ moduleEnc }) => moduleEnc !== null).length, 3);
  ok(rows.some(({ version }) => version === "1.30.0"));
  await catalogue.stop();
});
