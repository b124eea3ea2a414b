import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { runCommand } from "../command_line.ts";
import { wat } from "../wat.ts";

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
