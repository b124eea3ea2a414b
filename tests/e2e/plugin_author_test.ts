/** The journey of a plugin's author: begin one, try it, break it, and see what is said. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { zigFolder } from "../../scripts/llama_build_tools.ts";
import { goToolchain } from "../../scripts/package_go.ts";
import { type CommandResult, runCommand } from "../command_line.ts";

/** A folder to work in, and the command line there with just these programs. */
async function atWork(
  programs: readonly string[],
  body: (run: (...args: string[]) => Promise<CommandResult>, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  // Where Go keeps what it has built: else it builds its own library for each test.
  const { HOME = folder, GOCACHE, GOPATH } = Deno.env.toObject();
  const env = {
    PATH: programs.join(":"),
    GOCACHE: GOCACHE ?? `${HOME}/.cache/go-build`,
    GOPATH: GOPATH ?? `${HOME}/go`,
    GOFLAGS: "",
  };
  try {
    await body((...args) => runCommand(args, { env, cwd: folder, home: folder }), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const zig = await zigFolder(() => {});

Deno.test("a plugin that was just begun builds, and its calls hold: c and zig by Zig, go by Go", async () => {
  const go = await goToolchain(() => {});
  const goFolder = go.command.includes("/") ? go.command.replace(/\/go$/, "") : await folderOf(go.command);
  await atWork([zig, goFolder], async (run, folder) => {
    for (const language of ["c", "zig", "go"]) {
      const begun = await run("plugin", "new", `my_${language}`, "--lang", language, "--json");
      strictEqual(begun.code, 0, begun.stderr);
      const { files } = JSON.parse(begun.stdout) as { files: string[] };
      ok(files.includes("README.md") && files.includes("manifest.json") && files.includes("calls.json"));
      const manifest = JSON.parse(await Deno.readTextFile(`${folder}/my_${language}/manifest.json`));
      deepStrictEqual([manifest.name, manifest.stateful], [`my_${language}`, language === "go" ? true : undefined]);
      const tried = await run("plugin", "test", `my_${language}`, "--json");
      strictEqual(tried.code, 0, tried.stderr + tried.stdout);
      const said = JSON.parse(tried.stdout);
      strictEqual(said.ok, true);
      deepStrictEqual(said.tools.map(({ name }: { name: string }) => name), ["greet", "visits"]);
      ok(said.calls.every(({ ok, fuel }: { ok: boolean; fuel: number }) => ok && fuel > 0));
    }
  });
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

Deno.test("plugin test says which program is missing, and that a module can be tried without it", () =>
  atWork([], async (run) => {
    const missing = { c: "clang", zig: "zig", go: "go", assemblyscript: "npm", rust: "cargo" };
    for (const [language, program] of Object.entries(missing)) {
      strictEqual((await run("plugin", "new", language, "--lang", language)).code, 0);
      const { code, stderr } = await run("plugin", "test", language);
      strictEqual(code, 1);
      match(
        stderr,
        new RegExp(`Cannot build ${language} here: there is no program ${program}; install .*FILE\\.wasm\n$`),
      );
    }
  }));

Deno.test("plugin test refuses what isn't a plugin, and calls that can't be read", () =>
  atWork([], async (run, folder) => {
    await Deno.writeTextFile(`${folder}/x.wasm`, "not a module");
    match((await run("plugin", "test", "x.wasm")).stderr, /^x\.wasm can't be run: it isn't a WebAssembly file\n$/);
    await Deno.writeTextFile(`${folder}/calls.json`, '{"calls": [{"tool": "greet", "outcome": 1}]}');
    const { code, stderr } = await run("plugin", "test", "x.wasm");
    deepStrictEqual([code, stderr.startsWith("./calls.json: calls.0")], [1, true], stderr);
  }));

async function folderOf(program: string): Promise<string> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    if (await Deno.stat(`${folder}/${program}`).then(() => true, () => false)) return folder;
  }
  throw new Error(`There is no ${program}`);
}
