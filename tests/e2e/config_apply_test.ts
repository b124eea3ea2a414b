import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { runCommand } from "../command_line.ts";
import { TelegramEmulator } from "../telegram_emulator.ts";
import { openTerminal } from "../terminal.ts";
import { type Home, inHome } from "./home.ts";

// Goal: nobody accepts a configuration without having seen what it says and what it lets processes do, and accepting is
// whole or not at all. Method: the real program, with the plans that the real role computes.

const config = ".clawdbot/config.yaml";
const proposal = ".clawdbot/proposal/config.proposed.yaml";
const model = "model: { name: smollm2-135m }\n";

async function put({ folder }: Home, path: string, content: string): Promise<void> {
  await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(`${folder}/${path}`, content, { mode: 0o600 });
}

Deno.test("config apply shows the difference in text and in rights, writes, keeps the old one, and --undo goes back", async () => {
  await inHome(async (home) => {
    const { options, files, read, mode, folder } = home;
    const [old, changed] = [
      `${model}# kept\nweb: { listen: "127.0.0.1:8080" }\n`,
      `${model}# kept\nweb: { listen: "127.0.0.1:8123" }\n`,
    ];
    await put(home, config, old);
    await put(home, proposal, changed);
    const expected = [
      "The text:",
      `--- HOME/${config}`,
      `+++ HOME/${proposal}`,
      "@@ -1,3 +1,3 @@",
      " model: { name: smollm2-135m }",
      " # kept",
      '-web: { listen: "127.0.0.1:8080" }',
      '+web: { listen: "127.0.0.1:8123" }',
      "",
      "What processes may do:",
      "+ host may be reached at 127.0.0.1:8123",
      "- host may no longer be reached at 127.0.0.1:8080",
      "",
    ].join("\n");

    const diff = await runCommand(["config", "diff"], options);
    deepStrictEqual([diff.code, diff.stdout.replaceAll(folder, "HOME")], [0, expected]);
    deepStrictEqual(files(), [proposal, config].sort());

    const unasked = await runCommand(["config", "apply"], { ...options, stdin: "" });
    deepStrictEqual([unasked.code, unasked.stderr], [
      1,
      "Nothing was written; add `--yes` to do it without being asked\n",
    ]);
    const no = await runCommand(["config", "apply"], { ...options, stdin: "n\n" });
    strictEqual(no.code, 1);
    strictEqual(read(config), old);

    const yes = await runCommand(["config", "apply"], { ...options, stdin: "y\n" });
    strictEqual(yes.code, 0, yes.stderr);
    ok(yes.stdout.replaceAll(folder, "HOME").startsWith(expected), yes.stdout);
    match(yes.stdout, /^Wrote .*config\.yaml\. A running assistant takes it over by itself\.$/m);
    deepStrictEqual(files(), [config, `${config}.bak`]);
    deepStrictEqual([read(config), read(`${config}.bak`), mode(config)], [changed, old, "600"]);

    const undone = await runCommand(["config", "apply", "--undo", "--yes"], options);
    strictEqual(undone.code, 0, undone.stderr);
    match(undone.stdout, /^\+ host may be reached at 127\.0\.0\.1:8080$/m);
    deepStrictEqual([read(config), read(`${config}.bak`)], [old, changed]);
  });
});

Deno.test("config apply makes a configuration where there was none, and can't undo that", async () => {
  await inHome(async (home) => {
    const { options, files } = home;
    await put(home, proposal, `${model}protocol: { discord: { token: "env:DISCORD" } }\n`);
    const { code, stdout } = await runCommand(["config", "apply", "--yes"], options);
    strictEqual(code, 0);
    match(stdout, /^\+model: \{ name: smollm2-135m \}$/m);
    match(stdout, /^\+ model-runner may read the file .*smollm2-135m\.gguf$/m);
    deepStrictEqual(files(), [config]);
    const undo = await runCommand(["config", "apply", "--undo"], options);
    deepStrictEqual([undo.code, undo.stderr.replace(/".*"/, "FILE")], [
      1,
      "Cannot apply: there is no backup FILE\n",
    ]);
  });
});

Deno.test("config apply refuses a proposal that is wrong, with line and column, and leaves everything as it is", async () => {
  await inHome(async (home) => {
    const { options, files, read, folder } = home;
    await put(home, config, model);
    const wrong: [string, RegExp][] = [
      ["web:\n  lissten: 1\n", /config\.proposed\.yaml:2:3: web\.lissten: unknown key; did you mean "listen"\?\n$/],
      ["web: [\n", /config\.proposed\.yaml:\d+:\d+: /],
      ["model: { name: smollm3 }\n", /config\.proposed\.yaml: model\.name: there is no model "smollm3"/],
      [
        "storage: { path: config.yaml }\n",
        /config\.proposed\.yaml: storage\.path: ".*" would open ".*config\.yaml" to/,
      ],
    ];
    for (const [text, said] of wrong) {
      await put(home, proposal, text);
      for (const command of ["apply", "diff"]) {
        const { code, stdout, stderr } = await runCommand(["config", command], { ...options, stdin: "y\n" });
        deepStrictEqual([code, stdout], [1, ""]);
        match(stderr, said);
      }
      deepStrictEqual(files(), [proposal, config].sort());
      strictEqual(read(config), model);
    }
    const json = await runCommand(["config", "diff", "--json"], options);
    const { ok: isGood, problems } = JSON.parse(json.stdout);
    deepStrictEqual([json.code, isGood, problems.length], [1, false, 1]);
    void folder;
  });
});

Deno.test("config apply shows no secret, and says which one changes", async () => {
  await inHome(async (home) => {
    const { options } = home;
    await put(home, config, `${model}protocol: { discord: { token: "OLDSECRET", client_id: "a" } }\n`);
    await put(home, proposal, `${model}protocol: { discord: { token: "NEWSECRET", client_id: "b" } }\n`);
    for (const args of [["config", "diff"], ["config", "diff", "--json"], ["config", "apply", "--yes"]]) {
      const { code, stdout, stderr } = await runCommand(args, options);
      strictEqual(code, 0, stderr);
      doesNotMatch(`${stdout}${stderr}`, /SECRET/);
      match(stdout, /protocol\.discord\.token/);
      match(stdout, /token: \\?"\*\*\*\\?", client_id: \\?"b\\?"/);
    }
  });
});

Deno.test("config apply shows no secret of a configuration that is broken", async () => {
  await inHome(async (home) => {
    await put(home, config, `protocol: { discord: { token: "OLDSECRET" }\nmodell: 1`);
    await put(home, proposal, model);
    const { code, stdout, stderr } = await runCommand(["config", "apply", "--yes"], home.options);
    strictEqual(code, 0, stderr);
    match(stdout, /^The configuration that counts is wrong: /);
    doesNotMatch(`${stdout}${stderr}`, /SECRET/);
  });
});

Deno.test("config diff --json tells rights and secrets that are missing", async () => {
  await inHome(async (home) => {
    const { options, folder } = home;
    await put(home, config, model);
    await put(
      home,
      proposal,
      `${model}security: { offline: false }\nprotocol: { discord: { token: "file:secrets/d" } }\nlog: { level: warn }\n`,
    );
    const { stdout } = await runCommand(["config", "diff", "--json"], options);
    const { rights, secrets_missing, text, ...rest } = JSON.parse(stdout);
    deepStrictEqual(rest, { ok: true, problems: [], secrets_changed: [] });
    deepStrictEqual(secrets_missing, [{ path: "protocol.discord.token", file: `${folder}/.clawdbot/secrets/d` }]);
    ok(Array.isArray(rights));
    match(text, /^\+log: \{ level: warn \}$/m);
  });
});

Deno.test("config apply asks for secrets that aren't there, shows none, tests each, and writes them for this user only", async () => {
  await using telegram = await TelegramEmulator.start();
  await inHome(async (home) => {
    const { folder, read, mode, options } = home;
    await put(home, config, model);
    const text =
      `${model}protocol:\n  telegram: { token: "file:secrets/telegram", api_root: "${telegram.apiRoot}" }\n` +
      `  discord: { token: "file:secrets/discord" }\n`;
    await put(home, proposal, text);
    await using terminal = openTerminal(["config", "apply"], { home: folder });
    const answer = async (question: string, keys: string) => {
      await terminal.until((text) => text.includes(question));
      await terminal.type(keys);
    };
    await answer("Write this into", "y\r");
    await answer("protocol.telegram.token (it isn't shown", "110201543:wrong\r");
    await answer("refuses the token: Unauthorized", `${telegram.token}\r`);
    await answer("protocol.discord.token (it isn't shown", "\r");
    strictEqual(await terminal.ended, 0, terminal.screen());
    ok(!terminal.screen().includes(telegram.token) && !terminal.screen().includes("543:wrong"), terminal.screen());
    match(terminal.screen(), new RegExp(`telegram knows it: @${telegram.username}`));
    match(terminal.screen(), /protocol\.discord\.token stays without a value: put it into .*secrets\/discord/);
    deepStrictEqual([read(config), read(".clawdbot/secrets/telegram")], [text, `${telegram.token}\n`]);
    deepStrictEqual([mode(".clawdbot/secrets/telegram"), mode(".clawdbot/secrets")], ["600", "700"]);

    await put(home, proposal, `${text}log: { level: warn }\n`);
    const again = await runCommand(["config", "apply", "--yes"], options);
    strictEqual(again.code, 0);
    match(again.stderr, /^protocol\.discord\.token stays without a value/);

    // What is missing can be given later, without a change.
    await using later = openTerminal(["config", "apply", `${folder}/${config}`], { home: folder });
    await later.until((text) => text.includes("protocol.discord.token (it isn't shown"));
    await later.type("DISCORDSECRET\r");
    strictEqual(await later.ended, 0, later.screen());
    ok(!later.screen().includes("DISCORDSECRET"));
    deepStrictEqual([read(".clawdbot/secrets/discord"), mode(".clawdbot/secrets/discord")], ["DISCORDSECRET\n", "600"]);
    strictEqual((await runCommand(["config", "check"], options)).code, 0);
  });
});

Deno.test("config apply writes what was shown, whatever becomes of the proposal meanwhile", async () => {
  await inHome(async (home) => {
    const { folder, read } = home;
    await put(home, config, model);
    await put(home, proposal, `${model}log: { level: warn }\n`);
    await using terminal = openTerminal(["config", "apply"], { home: folder });
    await terminal.until((text) => text.includes("Write this into"));
    await put(home, proposal, `${model}security: { offline: true }\n`);
    await terminal.type("y\r");
    strictEqual(await terminal.ended, 0);
    strictEqual(read(config), `${model}log: { level: warn }\n`);
  });
});

Deno.test("config apply doesn't write over a configuration that changed while it asked, and Ctrl-C leaves nothing", async () => {
  await inHome(async (home) => {
    const { folder, read, files } = home;
    await put(home, config, model);
    await put(home, proposal, `${model}log: { level: warn }\n`);
    {
      await using terminal = openTerminal(["config", "apply"], { home: folder });
      await terminal.until((text) => text.includes("Write this into"));
      await put(home, config, `${model}# by hand\n`);
      await terminal.type("y\r");
      strictEqual(await terminal.ended, 1);
      match(terminal.screen(), /Cannot apply: .*config\.yaml was changed meanwhile/);
    }
    {
      await using terminal = openTerminal(["config", "apply"], { home: folder });
      await terminal.until((text) => text.includes("Write this into"));
      await terminal.type("\x03");
      strictEqual(await terminal.ended, 1);
    }
    strictEqual(read(config), `${model}# by hand\n`);
    deepStrictEqual(files(), [proposal, config].sort());
  });
});

Deno.test("config apply says in Chinese what there is, and what isn't a file", async () => {
  await inHome(async (home) => {
    const options = { ...home.options, env: { LANG: "zh_CN.UTF-8" } };
    match((await runCommand(["config", "apply"], options)).stderr, /^无法应用：.*没有提议|^无法应用: .*没有提议/);
    match((await runCommand(["config", "apply", "."], options)).stderr, /不是文件/);
    match((await runCommand(["config", "apply", "x.yaml"], options)).stderr, /没有文件/);
    await put(home, config, model);
    await put(home, proposal, model);
    strictEqual((await runCommand(["config", "apply"], options)).stdout, "它与现有配置相同，无需改动。\n");
    deepStrictEqual(home.files(), [config]);
    await put(home, proposal, `${model}web: { listen: "127.0.0.1:8123" }\n`);
    match((await runCommand(["config", "diff"], options)).stdout, /^\+ 可以在 127\.0\.0\.1:8123 访问 host$/m);
  });
});
