import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { runCommand } from "../command_line.ts";
import { givingPlugin } from "../giving_plugin.ts";
import { wat, withManifest } from "../wat.ts";

const manifest = {
  name: "pump",
  version: "1.0.0",
  description: "Pumps.",
  capabilities: { device: { read: ["plc-7.speed"], write: [] }, secrets: ["api"] },
};

const module = wat(`(module (import "extism:host/user" "device" (func (param i64) (result i64)))
  (memory (export "memory") 1)
  (func (export "register") (export "execute") (result i32) i32.const 0))`);

Deno.test("a module is packed, signed and looked at, and nobody else can read the key", async () => {
  const home = await Deno.makeTempDir();
  try {
    const run = (...args: string[]) =>
      runCommand(["plugin", ...args], { home, cwd: home, env: { LANG: "en_US.UTF-8" } });
    await Deno.writeFile(`${home}/pump.wasm`, module);
    await Deno.writeTextFile(`${home}/manifest.json`, JSON.stringify(manifest));

    const made = await run("key", "my.key");
    match(made.stdout, /^[0-9a-f]{64}\n$/);
    strictEqual((await Deno.stat(`${home}/my.key`)).mode! & 0o777, 0o600);
    const again = await run("key", "my.key");
    strictEqual(again.code, 1);
    match(again.stderr, /^Cannot make a key: my\.key is there already/);

    const packed = await run("pack", "pump.wasm", "--manifest", "manifest.json", "--sign", "my.key", "-o", "out.wasm");
    strictEqual(packed.code, 0, packed.stderr);
    const digest = packed.stdout.trim();
    match(digest, /^sha256:[0-9a-f]{64}$/);
    ok(packed.stderr.includes(`plugins:\n  pump:\n    digest: ${digest}\n    grant:\n`), packed.stderr);
    deepStrictEqual(await Deno.readFile(`${home}/pump.wasm`), module);

    const shown = await run("inspect", "out.wasm");
    strictEqual(shown.code, 0, shown.stderr);
    for (
      const words of [
        digest,
        `an unknown key (${made.stdout.trim()})`,
        "may read speed of plc-7",
        "may not reach the network",
        "extism:host/user: device",
        "1,000,000,000 instructions",
      ]
    ) ok(shown.stdout.includes(words), `${words}\n${shown.stdout}`);
    const told = JSON.parse((await run("inspect", "out.wasm", "--json")).stdout);
    deepStrictEqual([told.name, told.digest, told.signer], ["pump", digest, { key: made.stdout.trim() }]);

    // With a configuration that trusts nobody, and one that trusts this key.
    for (const [keys, words] of [["{}", "doesn't know"], [`{ me: ${made.stdout.trim()} }`, `me (`]] as const) {
      await Deno.writeTextFile(`${home}/config.yaml`, `security:\n  plugins: { signed: true, keys: ${keys} }\n`);
      const { stdout, stderr } = await run("inspect", "out.wasm");
      ok(`${stdout}${stderr}`.includes(words), `${stdout}${stderr}`);
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

const registered = {
  tools: [{
    name: "set_speed",
    description: "Sets how fast a pump turns \u001b]0;owned\u0007",
    parameters: {
      type: "object",
      properties: {
        pump: { type: "string", "x-from": "devices" },
        rpm: { type: "integer", minimum: 0 },
        mode: { type: "string", enum: ["eco", "full"] },
        why: { type: "string" },
        day: { type: "string", enum: Array.from({ length: 31 }, (_, day) => `day ${day + 1}`) },
      },
      required: ["pump", "rpm", "mode"],
    },
  }, { name: "pumps", description: "Lists pumps.", read_only: true, parameters: { type: "object" } }],
};

Deno.test("a file's tools are told as it says them itself, each in one line", async () => {
  const home = await Deno.makeTempDir();
  try {
    const run = (lang: string, ...args: string[]) =>
      runCommand(["plugin", "inspect", "pump.wasm", ...args], { home, cwd: home, env: { LANG: lang } });
    await Deno.writeFile(`${home}/pump.wasm`, givingPlugin({ register: registered }));
    const linesOf = async (lang: string) => {
      const { code, stdout, stderr } = await run(lang);
      deepStrictEqual([code, stderr], [0, ""]);
      return stdout.split("\n").filter((line) => /set_speed|pumps[:：]/.test(line))
        .map((line) => line.trim().replace(/ {2,}/, "  "));
    };
    deepStrictEqual(await linesOf("en_US.UTF-8"), [
      "Its tools  set_speed: Sets how fast a pump turns \\u001b]0;owned\\u0007 (may change something; takes " +
      "pump: device, rpm: whole number, mode: eco|full, why: text or nothing, day: one of 31 or nothing)",
      "pumps: Lists pumps. (only reads; takes nothing)",
    ]);
    deepStrictEqual(await linesOf("zh_CN.UTF-8"), [
      "工具  set_speed：Sets how fast a pump turns \\u001b]0;owned\\u0007（可能改动；参数：" +
      "pump 设备、rpm 整数、mode eco|full、why 文字（可不写）、day 31 选一（可不写））",
      "pumps：Lists pumps.（只读取；参数：无）",
    ]);
    const told = JSON.parse((await run("C.UTF-8", "--json")).stdout);
    deepStrictEqual(
      told.tools.map(({ name, read_only, parameters }: Record<string, unknown>) => [name, read_only, parameters]),
      [
        ["set_speed", false, { ...registered.tools[0]!.parameters, additionalProperties: false }],
        ["pumps", true, { type: "object", additionalProperties: false }],
      ],
    );
    ok(!("tools_problem" in told));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a file that can't be asked for its tools is told all the same; with --no-run it isn't asked", async () => {
  const home = await Deno.makeTempDir();
  try {
    const inspect = (...args: string[]) => runCommand(["plugin", "inspect", "pump.wasm", ...args], { home, cwd: home });
    const registers: readonly (readonly [register: string, reason: string])[] = [
      ["unreachable", "its register failed: unreachable"],
      [
        "(loop $on (drop (call $kv (call $alloc (i64.const 1)))) (br $on)) (i32.const 0)",
        "its register failed: more requests to the host than it may make",
      ],
      ["(i32.const 0)", "its register gives something that isn't JSON in UTF-8"],
    ];
    for (const [register, reason] of registers) {
      const bytes = withManifest(
        wat(`(module (import "extism:host/user" "kv" (func $kv (param i64) (result i64)))
          (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
          (func (export "register") (result i32) ${register}) (func (export "execute") (result i32) i32.const 0))`),
        { ...manifest, capabilities: { kv: { quota: 1_000 } } },
      );
      await Deno.writeFile(`${home}/pump.wasm`, bytes);
      const { code, stdout, stderr } = await inspect();
      deepStrictEqual([code, stderr], [0, ""], register);
      strictEqual(/^Its tools +couldn't be asked: (.*)$/m.exec(stdout)?.[1], reason, stdout);
      match(stdout, /may keep up to 1 KB of its own notes/);
    }
    const json = JSON.parse((await inspect("--json")).stdout);
    deepStrictEqual([json.tools, json.tools_problem], [null, registers.at(-1)![1]]);
    const left = await inspect("--no-run");
    deepStrictEqual([left.code, left.stdout.includes("Its tools")], [0, false], left.stderr);
    match(left.stdout, /may keep up to 1 KB of its own notes/);
    const leftJson = JSON.parse((await inspect("--no-run", "--json")).stdout);
    deepStrictEqual([leftJson.tools, "tools_problem" in leftJson], [null, false]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("whatever isn't a plugin is refused in one line", async () => {
  const home = await Deno.makeTempDir();
  try {
    const run = (...args: string[]) =>
      runCommand(["plugin", ...args], { home, cwd: home, env: { LANG: "en_US.UTF-8" } });
    await Deno.writeFile(`${home}/bare.wasm`, module);
    await Deno.writeTextFile(`${home}/text.wasm`, "hello");
    await Deno.writeTextFile(`${home}/manifest.json`, JSON.stringify({ ...manifest, capabilities: { root: {} } }));
    using large = await Deno.open(`${home}/large.wasm`, { write: true, create: true });
    await large.truncate(200_000_000);
    const refused: readonly (readonly [args: readonly string[], line: RegExp])[] = [
      [["inspect", "nowhere.wasm"], /^nowhere\.wasm isn't a file that can be read\n$/],
      [["inspect", "."], /^\. isn't a file that can be read\n$/],
      [["inspect", "bare.wasm"], /^bare\.wasm can't be used as a plugin: it has no manifest\n$/],
      [["inspect", "text.wasm"], /^text\.wasm can't be used as a plugin: it isn't a WebAssembly file\n$/],
      [
        ["inspect", "large.wasm"],
        /^large\.wasm can't be used as a plugin: 200000000 bytes, at most 16777216 are taken\n$/,
      ],
      [["pack", "bare.wasm", "--manifest", "manifest.json"], /^manifest\.json can't be used as a plugin: .*"root"/],
      [["pack", "bare.wasm", "--manifest", "text.wasm"], /^text\.wasm isn't JSON\n$/],
    ];
    for (const [args, line] of refused) {
      const { code, stdout, stderr } = await run(...args);
      deepStrictEqual([code, stdout], [1, ""], args.join(" "));
      match(stderr, line);
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
