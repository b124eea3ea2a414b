/** The journey of a plugin's author: begin one, try it, break it, and see what is said. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createNodeCrypto } from "../../adapters/crypto/node.ts";
import { checkout } from "../../roles/program_here.ts";
import { zigFolder } from "../../scripts/llama_build_tools.ts";
import { goToolchain } from "../../scripts/package_go.ts";
import { assemblyscriptPackage, toolchain } from "../../scripts/plugin_toolchains.ts";
import { commandEnvironment, type CommandResult, runCommand } from "../command_line.ts";
import { openNpmRegistry } from "../npm_registry.ts";

/** A folder to work in, and the command line there with just these programs, and `more` in its environment. */
async function atWork(
  programs: readonly string[],
  body: (run: (...args: string[]) => Promise<CommandResult>, folder: string) => Promise<void>,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  // Where Go keeps what it has built: else it builds its own library for each test.
  const { HOME = folder, GOCACHE, GOPATH } = Deno.env.toObject();
  const env = {
    PATH: programs.join(":"),
    GOCACHE: GOCACHE ?? `${HOME}/.cache/go-build`,
    GOPATH: GOPATH ?? `${HOME}/go`,
    GOFLAGS: "",
    ...more,
  };
  try {
    await body((...args) => runCommand(args, { env, cwd: folder, home: folder }), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const zig = await zigFolder(() => {});

/** Begins a plugin, looks at what is there then, and tries it. */
async function beginAndTry(run: (...args: string[]) => Promise<CommandResult>, folder: string, language: string) {
  const begun = await run("plugin", "new", `my_${language}`, "--lang", language, "--json");
  strictEqual(begun.code, 0, begun.stderr);
  const { files } = JSON.parse(begun.stdout) as { files: string[] };
  ok(files.includes("README.md") && files.includes("manifest.json") && files.includes("calls.json"));
  const manifest = JSON.parse(await Deno.readTextFile(`${folder}/my_${language}/manifest.json`));
  deepStrictEqual([manifest.name, manifest.stateful], [`my_${language}`, language === "go" ? true : undefined]);
  holds(await run("plugin", "test", `my_${language}`, "--json"));
}

/** Every call that was written down holds. */
function holds({ code, stdout, stderr }: CommandResult): void {
  strictEqual(code, 0, stderr + stdout);
  const said = JSON.parse(stdout);
  strictEqual(said.ok, true);
  deepStrictEqual(said.tools.map(({ name }: { name: string }) => name), ["greet", "visits"]);
  ok(said.calls.length > 0);
  ok(said.calls.every(({ ok, fuel }: { ok: boolean; fuel: number }) => ok && fuel > 0));
}

Deno.test("a plugin that was just begun builds, and its calls hold: c and zig by Zig, go by Go", async () => {
  const go = await goToolchain(() => {});
  const goFolder = go.command.includes("/") ? go.command.replace(/\/go$/, "") : await folderOf(go.command);
  ok(goFolder !== undefined);
  await atWork([zig, goFolder], async (run, folder) => {
    for (const language of ["c", "zig", "go"]) await beginAndTry(run, folder, language);
  });
});

const clang = await Promise.all(["clang", "wasm-ld"].map(folderOf));
const hasClang = clang.every((folder) => folder !== undefined);
Deno.test({
  name: `a plugin in c builds by clang, and its calls hold${hasClang ? "" : " (not tried: clang or lld isn't here)"}`,
  ignore: !hasClang,
  fn: () => atWork(clang.filter((folder) => folder !== undefined), (run, folder) => beginAndTry(run, folder, "c")),
});

Deno.test("a plugin in assemblyscript builds by the commands of its README, and its calls hold", async () => {
  // Brings what isn't there yet. The author's npm then asks a registry of this machine for it, and nobody else.
  await toolchain("assemblyscript", () => {});
  const modules = `${checkout}/.tools/plugin_tools/assemblyscript-${assemblyscriptPackage[1]}/node_modules`;
  await using registry = openNpmRegistry(modules);
  const npm = { npm_config_registry: `http://127.0.0.1:${registry.addr.port}` };
  const programs = await Promise.all(["npm", "node", "sh"].map(folderOf));
  ok(programs.every((folder) => folder !== undefined));
  await atWork(programs, async (run, folder) => {
    strictEqual((await run("plugin", "new", "my_plugin", "--lang", "assemblyscript")).code, 0);
    const home = `${folder}/my_plugin`;
    const commands = /```\n([^]*?)```/.exec(await Deno.readTextFile(`${home}/README.md`))![1]!.trim().split("\n");
    deepStrictEqual(commands.map((line) => line.split(" ").slice(0, 3).join(" ")), [
      "npm install",
      "npx asc assembly/index.ts",
      "clawdbot plugin test",
      "clawdbot plugin pack",
      "clawdbot plugin inspect",
      "clawdbot plugin install",
    ]);
    for (const line of commands.slice(0, 2)) {
      const { success, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", line],
        cwd: home,
        clearEnv: true,
        env: commandEnvironment({ env: { ...npm, PATH: programs.join(":") }, home: folder }),
      }).output();
      ok(success, `${line}: ${new TextDecoder().decode(stdout)}${new TextDecoder().decode(stderr)}`);
    }
    const digest = async () => createNodeCrypto().sha256(await Deno.readFile(`${home}/plugin.wasm`)).toHex();
    const built = await digest();
    // It builds too, and the same comes of it.
    await Deno.remove(`${home}/plugin.wasm`);
    holds(await run("plugin", "test", "my_plugin", "--json"));
    strictEqual(await digest(), built);
    for (const line of commands.slice(3, 5)) {
      const { code, stderr } = await runCommand(line.split(" ").slice(1), { cwd: home, home: folder });
      strictEqual(code, 0, `${line}: ${stderr}`);
    }
  }, npm);
});

Deno.test("plugin test shows where a result and a request differ, and what the manifest lacks", () =>
  atWork([zig], async (run, folder) => {
    strictEqual((await run("plugin", "new", "pump", "--lang", "c")).code, 0);
    const path = `${folder}/pump/calls.json`;
    const calls = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, calls.replace("Hello, Ada!", "Hello, Bob!").replace('"7"', '"8"'));
    await Deno.writeTextFile(
      `${folder}/pump/manifest.json`,
      '{"name": "pump", "version": "1.0.0", "description": "Pumps"}',
    );
    const { code, stdout } = await run("plugin", "test", "pump");
    strictEqual(code, 1);
    match(stdout, /FAILED greet \{"name":"Ada"\}/);
    match(stdout, / +- +"text": "Hello, Bob!"\n +\+ +"text": "Hello, Ada!"/);
    match(stdout, / +- +"visits": "8"\n +\+ +"visits": "7"/);
    match(stdout, /asks the host for kv, which its manifest doesn't ask for/);
    match(stdout, /1 call holds, 3 don't/);
  }));

/** The program that each language lacks on a machine without any, and what brings it. */
const missing = [
  ["c", "clang", "Debian's packages clang and lld"],
  ["zig", "zig", "Zig 0.17 from https://ziglang.org, or the PyPI package ziglang"],
  ["go", "go", "Go 1.24 or newer from https://go.dev/dl"],
  ["assemblyscript", "npm", "Node.js from https://nodejs.org, or Debian's packages nodejs and npm"],
  ["rust", "cargo", "Rust from https://rustup.rs, then `rustup target add wasm32-unknown-unknown`"],
] as const;

Deno.test("plugin test says which program is missing and what brings it, and that a module can be tried without it", async () => {
  const programs = await Deno.makeTempDir();
  try {
    await atWork([programs], async (run) => {
      const lacks = async (language: string, program: string, from: string) => {
        const { code, stderr } = await run("plugin", "test", language);
        const toDo = `install ${from}, or test a module that is built: clawdbot plugin test FILE.wasm`;
        strictEqual(stderr, `Cannot build ${language} here: there is no program ${program}; ${toDo}\n`);
        strictEqual(code, 1);
      };
      for (const [language, program, from] of missing) {
        const begun = await run("plugin", "new", language, "--lang", language);
        strictEqual(begun.code, 0, begun.stderr);
        ok(begun.stdout.includes(`it needs ${from}`), begun.stdout);
        await lacks(language, program, from);
      }
      // Where the compiler is, C lacks the linker.
      await Deno.writeTextFile(`${programs}/clang`, "");
      await lacks("c", "wasm-ld", "Debian's package lld");
    });
  } finally {
    await Deno.remove(programs, { recursive: true });
  }
});

Deno.test("plugin test refuses what isn't a plugin, and calls that can't be read", () =>
  atWork([], async (run, folder) => {
    await Deno.writeTextFile(`${folder}/x.wasm`, "not a module");
    match((await run("plugin", "test", "x.wasm")).stderr, /^x\.wasm can't be run: it isn't a WebAssembly file\n$/);
    await Deno.writeTextFile(`${folder}/calls.json`, '{"calls": [{"tool": "greet", "outcome": 1}]}');
    const { code, stderr } = await run("plugin", "test", "x.wasm");
    deepStrictEqual([code, stderr.startsWith("./calls.json: calls.0")], [1, true], stderr);
  }));

/** Where a program is; undefined: nowhere. */
async function folderOf(program: string): Promise<string | undefined> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    if (await Deno.stat(`${folder}/${program}`).then(() => true, () => false)) return folder;
  }
  return undefined;
}
