/** Models that aren't of the catalogue: imported, pulled from a hub, examined, run by name, and removed. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { modelByName } from "../../core/catalogue.ts";
import { modelFile } from "../../core/ports/models.ts";
import { runCommand, startCommand } from "../command_line.ts";
import { commit, openModelHub, token } from "../model_hub.ts";
import { startSite, testModel } from "../site.ts";

const found = modelByName("smollm2-135m");
ok(found.kind === "found");
const { sha256, fileBytes } = found.model;
const capital = "What is the capital of France? Answer in one word.";

async function withHome(body: (home: string, folder: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  try {
    await body(home, `${home}/.clawdbot/models`);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("model import takes a file among the models: it is listed, described, answers by its name, and goes", () =>
  withHome(async (home, folder) => {
    const path = modelFile(folder, "tiny");
    const imported = await runCommand(["model", "import", testModel(), "--name", "tiny"], { home });
    deepStrictEqual([imported.code, imported.stdout], [0, `tiny is here: ${path}\n`], imported.stderr);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["tiny.gguf", "tiny.json"]);
    const record = JSON.parse(await Deno.readTextFile(`${folder}/tiny.json`));
    deepStrictEqual([record.source, record.sha256, record.bytes], [testModel(), sha256, fileBytes]);

    const listed = JSON.parse((await runCommand(["model", "list", "--json"], { home })).stdout);
    const row = listed.find(({ name }: { name: string }) => name === "tiny");
    deepStrictEqual([row.path, row.kind, row.context_tokens, row.sha256], [path, "chat", 8_192, sha256]);
    match(
      (await runCommand(["model", "list"], { home })).stdout,
      /^tiny +yes +98 MB +\d+ MB +8192 +chat +no +– +apache-2\.0$/m,
    );

    const info = JSON.parse((await runCommand(["model", "info", "tiny", "--json"], { home })).stdout);
    deepStrictEqual(
      [info.architecture, info.quantisation, info.parameters, info.sha256, info.fits],
      ["llama", "Q4_1", 134_515_008, sha256, true],
    );
    const lengths = info.memory.map(({ context_tokens }: { context_tokens: number }) => context_tokens);
    deepStrictEqual(lengths, [1_024, 2_048, 4_096, 8_192]);
    ok(info.memory.every((row: { least_bytes: number; best_bytes: number }) => row.least_bytes < row.best_bytes));

    strictEqual((await runCommand(["model", "path", "tiny"], { home })).stdout, `${path}\n`);
    match((await runCommand(["ask", "--model", "tiny", capital], { home })).stdout, /Paris/);

    const again = await runCommand(["model", "import", testModel(), "--name", "tiny"], { home });
    deepStrictEqual([again.code, again.stdout], [0, `tiny was here already: ${path}\n`]);
    const removed = await runCommand(["model", "rm", "tiny"], { home });
    deepStrictEqual([removed.code, removed.stdout], [0, "tiny is removed; 98 MB are free again.\n"]);
    deepStrictEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("model import refuses what it can't run, and names that mean another model", () =>
  withHome(async (home, folder) => {
    const cut = `${home}/cut.gguf`;
    await Deno.writeFile(cut, (await Deno.readFile(testModel())).subarray(0, 50_000_000));
    const cases: [args: string[], said: RegExp][] = [
      [[cut], /^Cannot import cut: cannot use model .*: it is truncated: /],
      [[`${home}/nothing.gguf`], /^Cannot import the model: there is no file /],
      [[testModel(), "--name", "Ünlaut"], /^Cannot import the model: "Ünlaut" isn't a name for a model; /],
      [[testModel(), "--name", "qwen2.5-coder-1.5b"], /another model is called qwen2\.5-coder-1\.5b here; /],
    ];
    for (const [args, said] of cases) {
      const { code, stdout, stderr } = await runCommand(["model", "import", ...args], { home });
      deepStrictEqual([code, stdout], [1, ""], stderr);
      match(stderr, said);
      strictEqual(stderr.split("\n").length, 2, stderr);
    }
    const left = await Deno.stat(folder).then(() => [...Deno.readDirSync(folder)], () => []);
    deepStrictEqual(left, []);
    // The catalogue's own file may have the catalogue's name.
    strictEqual((await runCommand(["model", "import", testModel()], { home })).code, 0);
    strictEqual((await runCommand(["model", "path", "smollm2-135m"], { home })).code, 0);
  }));

Deno.test("model import --link shares the file's bytes, and model rm leaves them to their owner", () =>
  withHome(async (home, folder) => {
    const file = `${home}/own.gguf`;
    await Deno.copyFile(testModel(), file);
    strictEqual((await runCommand(["model", "import", file, "--link"], { home })).code, 0);
    strictEqual((await Deno.stat(modelFile(folder, "own"))).ino, (await Deno.stat(file)).ino);
    const removed = JSON.parse((await runCommand(["model", "rm", "own", "--json"], { home })).stdout);
    ok(removed.freed_bytes < 1_000, "the file's own bytes aren't free: its owner has them");
    strictEqual((await Deno.stat(file)).size, fileBytes);
  }));

Deno.test("model import leaves nothing behind when it is stopped", () =>
  withHome(async (home, folder) => {
    const command = startCommand(["model", "import", testModel(), "--name", "tiny"], { home });
    for (;;) {
      const part = await Deno.stat(`${modelFile(folder, "tiny")}.part`).catch(() => undefined);
      if (part !== undefined && part.size > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    command.kill("SIGINT");
    const { code, stdout, stderr } = await command.ended;
    // On a fast disk it may have been done already.
    if (code === 0) return strictEqual(stdout, `tiny is here: ${modelFile(folder, "tiny")}\n`);
    deepStrictEqual([code, stderr], [1, "Stopped. Nothing is kept.\n"]);
    deepStrictEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a site runs a model by the name that it was given, and keeps it while it is configured or in use", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const at = { flags: ["--config", `${folder}/config.yaml`], home: `${folder}/home` };
    await Deno.mkdir(at.home);
    const config = "model: { name: tiny }";
    await Deno.writeTextFile(`${folder}/config.yaml`, config);
    const early = await runCommand([...at.flags, "config", "check"], at);
    strictEqual(early.code, 1);
    match(early.stderr, /model\.name: there is no model "tiny"/);
    const imported = await runCommand([...at.flags, "model", "import", testModel(), "--name", "tiny"], at);
    strictEqual(imported.code, 0, imported.stderr);
    strictEqual((await runCommand([...at.flags, "config", "check"], at)).code, 0);

    await using site = await startSite({ folder, config });
    await site.untilReady();
    const asked = await runCommand([...at.flags, "ask", capital], at);
    deepStrictEqual([asked.code, /Paris/.test(asked.stdout)], [0, true], asked.stderr);
    const used = await runCommand([...at.flags, "model", "rm", "tiny"], at);
    strictEqual(used.code, 1);
    match(used.stderr, /the running assistant uses tiny; /);
    await site.stop();
    const configured = await runCommand([...at.flags, "model", "rm", "tiny"], at);
    strictEqual(configured.code, 1);
    match(configured.stderr, /the configuration names tiny; /);
    strictEqual((await runCommand([...at.flags, "model", "rm", "tiny", "--force"], at)).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("model pull hf: brings the real model from a hub, says what and why, and ask answers from it", async () => {
  const model = await Deno.readFile(testModel());
  await using hub = openModelHub({
    "me/tiny-GGUF": {
      files: { "tiny-Q4_K_M.gguf": model, "tiny-Q8_0.gguf": model, "README.md": model.slice(0, 100) },
      tags: ["license:apache-2.0"],
      gated: true,
    },
  });
  await withHome(async (home, folder) => {
    const env = { HF_ENDPOINT: hub.url };
    const gated = await runCommand(["model", "pull", "hf:me/tiny-GGUF"], { home, env });
    strictEqual(gated.code, 1);
    match(
      gated.stderr,
      /^Cannot pull the model: .* accept the terms at .*\/me\/tiny-GGUF; accept them there, and set HF_TOKEN/,
    );

    const withToken = { ...env, HF_TOKEN: token };
    hub.mischief = { cutAfterBytes: 40_000_000, cuts: 1 };
    const pulled = await runCommand(["model", "pull", "hf:me/tiny-GGUF"], { home, env: withToken });
    const path = modelFile(folder, "tiny-q4_k_m");
    deepStrictEqual([pulled.code, pulled.stdout], [0, `tiny-q4_k_m is here: ${path}\n`], pulled.stderr);
    match(pulled.stderr, /^Taking tiny-Q4_K_M\.gguf \(98 MB\): .* best balance\.\nIts licence: apache-2\.0\.\n/);
    ok(!(pulled.stdout + pulled.stderr + gated.stderr).includes(token));
    const record = JSON.parse(await Deno.readTextFile(`${folder}/tiny-q4_k_m.json`));
    deepStrictEqual([record.source, record.commit, record.sha256], [
      "hf:me/tiny-GGUF:tiny-Q4_K_M.gguf",
      commit,
      sha256,
    ]);

    const again = await runCommand(["model", "pull", "hf:me/tiny-GGUF:Q4_K_M", "--json"], { home, env: withToken });
    deepStrictEqual(JSON.parse(again.stdout), { name: "tiny-q4_k_m", path, result: "present" });
    match((await runCommand(["ask", "--model", "tiny-q4_k_m", capital], { home })).stdout, /Paris/);
    const removed = await runCommand(["model", "rm", "tiny-q4_k_m"], { home });
    match(removed.stderr, /model pull hf:me\/tiny-GGUF:tiny-Q4_K_M\.gguf`/);
  });
});

Deno.test("model pull hf: says in one line what is wrong", async () => {
  await using hub = openModelHub({ "me/tiny": { files: { "a-Q4_K_M-00001-of-00002.gguf": new Uint8Array(9) } } });
  await withHome(async (home) => {
    const cases: [args: string[], said: RegExp][] = [
      [["hf:me"], /"hf:me" isn't hf:OWNER\/REPO/],
      [["hf:me/none"], /has no repository me\/none, or it is private: then set HF_TOKEN/],
      [["hf:me/tiny"], /a-Q4_K_M-00001-of-00002\.gguf is one of several parts/],
      [["hf:me/tiny:Q8_0"], /me\/tiny has no Q8_0; it has a-Q4_K_M-00001-of-00002\.gguf/],
      [["hf:me/tiny", "--from", "/x"], /`--from` doesn't go with hf:OWNER\/REPO/],
      [["smollm2-135m", "--name", "x"], /`--name` goes with hf:OWNER\/REPO only/],
    ];
    for (const [args, said] of cases) {
      const { code, stderr } = await runCommand(["model", "pull", ...args], { home, env: { HF_ENDPOINT: hub.url } });
      strictEqual(code, 1, stderr);
      match(stderr, said);
      strictEqual(stderr.split("\n").length, 2, stderr);
    }
  });
});
