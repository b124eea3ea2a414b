/** Starts from source as people do, and in the ways that go wrong: each is one line and exit 1, with nothing lost. */
import { match, ok, strictEqual } from "node:assert/strict";
import { checkout } from "../../roles/program_here.ts";
import { isByExecutable } from "../executable.ts";
import { runCommand } from "../command_line.ts";
import { lives, type SiteOptions, startSite, testModel } from "../site.ts";

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-start-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a site says that doesn't start. */
async function failureOf(options: SiteOptions): Promise<string> {
  await using site = await startSite(options);
  strictEqual(await site.ended, 1, site.stderr());
  await site.stop();
  return site.stderr().split("\n").filter((line) => line !== "" && !line.startsWith('{"event"')).join("\n");
}

Deno.test("./scripts/start --small is ready, also the second time, and prints the address but no code into a file", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data/models`, { recursive: true });
    await Deno.symlink(testModel(), `${folder}/data/models/smollm2-135m.gguf`);
    for (let start = 0; start < 2; start++) {
      await using site = await startSite({
        folder,
        command: `${checkout}/scripts/start`,
        args: ["--small"],
        model: "",
      });
      await site.untilReady();
      strictEqual(await site.stop(), 0, site.stderr());
      match(
        site.stdout(),
        /^Clawdbot is ready at http:\/\/127\.0\.0\.1:\d+ \(`clawdbot login-code` prints a login code\)\n$/,
      );
      ok(!/\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b/.test(site.stdout()), "a login code is for a terminal only");
    }
  });
});

Deno.test("./scripts/start --small says in Chinese and English that the small model speaks no Chinese", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data/models`, { recursive: true });
    await Deno.symlink(testModel(), `${folder}/data/models/smollm2-135m.gguf`);
    const command = `${checkout}/scripts/start`;
    await using site = await startSite({ folder, command, args: ["--small"], model: "", env: { LANG: "zh_CN.UTF-8" } });
    await site.untilReady();
    match(site.stderr(), /^smollm2-135m 只懂英文/m);
    match(site.stderr(), /^smollm2-135m speaks English only/m);
  });
});

Deno.test("a host that is killed is started again, with the same key and database", async () => {
  await using site = await startSite();
  await site.untilReady();
  const [host] = site.pids("host");
  Deno.kill(host!, "SIGKILL");
  await site.untilStarted("host", [host!]);
  await site.untilListening();
  await site.untilReady();
  ok(!lives(host!));
  match(site.stderr(), /^The host ended unexpectedly \(SIGKILL\)\. It is started again\.$/m);
  strictEqual(await site.stop(), 0);
});

Deno.test("a port in use is one line that names the key", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const said = await failureOf({ port: taken.addr.port });
  match(
    said,
    /^Cannot listen on 127\.0\.0\.1:\d+: the port is in use by another program; .*web\.listen of config\.yaml$/,
  );
});

const failures: [name: string, options: Omit<SiteOptions, "folder">, said: RegExp][] = [
  ["an unknown key", { config: "modell: {}" }, /config\.yaml:1:1: modell: unknown key; did you mean "model"\?$/],
  ["an unknown model", { model: "smollm2" }, /--model: there is no model "smollm2"/],
  [
    "a database that is a folder",
    { config: "storage: { path: /usr/share }" },
    /^Cannot start: "\/usr\/share" is a folder, and host needs a file$/,
  ],
  [
    "a database in the key's place",
    { config: "storage: { path: config.yaml }" },
    /storage\.path: ".*" would open ".*config\.yaml" to/,
  ],
];
// The executable takes what isn't an option of a run for a command: tests/golden/command_line has what it says.
if (!isByExecutable()) {
  failures.push(["an unknown option", { args: ["--smal"] }, /^Cannot start: Unknown option '--smal'/]);
}
for (const [name, options, said] of failures) {
  Deno.test(`${name} is one line, and exit 1`, async () => {
    const line = await failureOf(options);
    match(line, said);
    ok(!line.includes("\n"), line);
  });
}

const badKeys: [name: string, spoil: (key: string) => Promise<void>, said: RegExp][] = [
  [
    "missing",
    (key) => Deno.remove(key),
    /^Cannot start: the key ".*" is missing, and without it nobody can read ".*"; put it back$/,
  ],
  [
    "cut short",
    (key) => Deno.truncate(key, 31),
    /^Cannot start: the key ".*" has 31 bytes instead of 32; put it back$/,
  ],
  [
    "open to others",
    (key) => Deno.chmod(key, 0o644),
    /^Cannot start: others may read the key ".*"; run `chmod 600 .*`$/,
  ],
  [
    "another one",
    (key) => Deno.writeFile(key, new Uint8Array(32)),
    /^Cannot open the database .*: its content was sealed with another key/,
  ],
];
Deno.test("a key that doesn't fit the database is one line, and nothing is made anew", async (t) => {
  for (const [name, spoil, said] of badKeys) {
    await t.step(name, () =>
      withFolder(async (folder) => {
        await using site = await startSite({ folder });
        await site.untilReady();
        await site.stop();
        const key = `${folder}/home/.config/clawdbot/key`;
        const kept = await Deno.readFile(key);
        await spoil(key);
        const line = await failureOf({ folder });
        match(line, said);
        ok(!line.includes("\n"), line);
        await Deno.remove(key).catch(() => {});
        await Deno.writeFile(key, kept, { mode: 0o600 });
        await using again = await startSite({ folder });
        await again.untilReady();
      }));
  }
});

Deno.test("a runtime folder that someone else made first is refused", async () => {
  await withFolder(async (folder) => {
    await using site = await startSite({ folder });
    await site.untilReady();
    const runtimeFolder = site.hostSocket.slice(0, site.hostSocket.lastIndexOf("/"));
    await site.stop();
    await Deno.mkdir(`${folder}/elsewhere`);
    await Deno.symlink(`${folder}/elsewhere`, runtimeFolder);
    try {
      match(await failureOf({ folder }), /^Cannot start: ".*" isn't a private folder of this user; remove it$/);
    } finally {
      await Deno.remove(runtimeFolder);
    }
  });
});

Deno.test("a model file that is a link is read", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/linked.gguf`;
    await Deno.symlink(testModel(), path);
    await using site = await startSite({ folder, model: path });
    await site.untilReady();
    const { code, stdout } = await runCommand([
      "ask",
      "--config",
      `${folder}/config.yaml`,
      "What is the capital of France? Answer in one word.",
    ], {
      home: `${folder}/home`,
    });
    strictEqual(code, 0, site.stderr());
    match(stdout, /Paris/);
  });
});
