import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { sha256Alone } from "../../crypto/sha256.ts";
import { siteOf } from "../../../core/site.ts";
import { text } from "../../../core/text/mod.ts";
import type { ExitCode } from "../command.ts";
import type { CliContext } from "../context.ts";
import { createOutput } from "../output.ts";
import type { ServiceTools } from "../service/tools.ts";
import { command as install } from "./service_install.ts";
import { command as uninstall } from "./service_uninstall.ts";

/** A machine on which everything that the commands do to it can be seen, in a folder. */
interface Machine {
  readonly folder: string;
  readonly unit: string;
  /** The programs that were run. */
  readonly ran: string[];
  /** What the machine is like, to be changed. */
  readonly now: { isSystemdRunning: boolean; holder?: number; mainPid?: number; executable?: string; failing?: string };
  run(command: "install" | "uninstall", options?: {
    readonly flags?: readonly string[];
    readonly values?: Readonly<Record<string, string>>;
    readonly answers?: readonly string[];
  }): Promise<{ readonly code: ExitCode; readonly said: string }>;
}

async function onMachine(body: (machine: Machine) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const [home, base] = [`${folder}/home`, `${folder}/bot`];
  for (const path of [home, base, `${folder}/opt`, `${folder}/program/0123456789abcdef`]) {
    await Deno.mkdir(path, { recursive: true });
  }
  await Deno.writeTextFile(`${base}/config.yaml`, "");
  await Deno.writeTextFile(`${folder}/opt/clawdbot`, "");
  await Deno.writeTextFile(`${folder}/program/0123456789abcdef/deno`, "x".repeat(1_000));
  await Deno.chmod(`${folder}/program/0123456789abcdef`, 0o555);
  const site = siteOf({ configPath: `${base}/config.yaml`, home, uid: 1000, runtimeRoot: "/tmp" }, sha256Alone);
  // Not root, also where the tests are.
  const uid = Deno.uid() || 1000;
  const ran: string[] = [];
  const now: Machine["now"] = { isSystemdRunning: true, executable: `${folder}/opt/clawdbot` };
  const tools = (): ServiceTools => ({
    os: "linux",
    ...(now.executable === undefined ? {} : { executable: now.executable }),
    runtimesFolder: `${folder}/program`,
    isSystemdRunning: now.isSystemdRunning,
    uid,
    person: () => Promise.resolve({ name: "alice", uid, gid: uid, home }),
    site: () =>
      Promise.resolve({
        kind: "planned",
        site,
        runtimeName: "clawdbot-1000-00ff00ff",
        touched: [],
        hasLowPort: false,
        environment: [{ path: "protocol.telegram.token", name: "TOKEN" }],
      }),
    holder: () => now.holder,
    run(...command) {
      if (command[1] === "--version") return Promise.resolve({ code: 0, said: "systemd 252 (252.1)\n" });
      if (command.includes("show")) return Promise.resolve({ code: 0, said: `${now.mainPid ?? 0}\n` });
      if (command[0] === "ps") return Promise.resolve({ code: 0, said: "1 /sbin/init\n" });
      ran.push(command.join(" "));
      if (now.failing !== undefined && command.includes(now.failing)) {
        return Promise.resolve({ code: 1, said: "Failed to connect to bus\n" });
      }
      if (command.includes("--now")) delete now.holder;
      return Promise.resolve({ code: 0, said: "" });
    },
  });
  const commands = { install, uninstall };
  try {
    await body({
      folder,
      unit: `${home}/.config/systemd/user/clawdbot.service`,
      ran,
      now,
      async run(name, { flags = [], values = {}, answers = [] } = {}) {
        let said = "";
        const out = createOutput((text) => said += text, { isTerminal: false, colours: false, columns: () => 80 });
        const left = [...answers];
        const context = {
          text: text("en"),
          locale: "en",
          out,
          err: out,
          input: { isTerminal: false },
          site: () => site,
          serviceTools: tools,
          openLines: () => ({
            next: () => {
              const text = left.shift();
              return Promise.resolve(text === undefined ? { kind: "end" } : { kind: "line", text });
            },
            [Symbol.dispose]() {},
          }),
        } as unknown as CliContext;
        const code = await commands[name].run({ flags: new Set(flags), values, lists: {}, operands: [] }, context);
        return { code, said };
      },
    });
  } finally {
    await Deno.chmod(`${folder}/program/0123456789abcdef`, 0o755).catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("service install writes the unit, makes its folders, and starts it", async () => {
  await onMachine(async ({ run, unit, ran, folder }) => {
    const { code, said } = await run("install");
    strictEqual(code, 0);
    deepStrictEqual(ran, [
      "systemctl --user daemon-reload",
      "systemctl --user enable clawdbot.service",
      "systemctl --user restart clawdbot.service",
    ]);
    ok((await Deno.readTextFile(unit)).includes(`ExecStart="${folder}/opt/clawdbot" "--config"`));
    ok((await Deno.stat(`${folder}/bot/data`)).isDirectory);
    ok((await Deno.stat(`${folder}/home/.config/clawdbot`)).isDirectory, "the first start makes the key there");
    ok(said.includes("`systemctl --user status clawdbot` shows it"), said);
    ok(said.includes("protocol.telegram.token is env:TOKEN"), said);
    ok(said.includes("loginctl enable-linger alice"), said);
  });
});

Deno.test("service install --print changes nothing", async () => {
  await onMachine(async ({ run, unit, ran }) => {
    ok((await run("install", { flags: ["print"] })).said.includes("\n[Service]\n"));
    deepStrictEqual(ran, []);
    await rejects(Deno.stat(unit), Deno.errors.NotFound);
  });
});

Deno.test("service install where systemd isn't running has it start with the machine", async () => {
  await onMachine(async ({ run, ran, now }) => {
    now.isSystemdRunning = false;
    const { code, said } = await run("install");
    strictEqual(code, 0);
    deepStrictEqual(ran, ["systemctl --user enable clawdbot.service"]);
    ok(said.includes("starts with the machine"), said);
  });
});

Deno.test("service install says what failed, and with what", async () => {
  await onMachine(async ({ run, now }) => {
    now.failing = "enable";
    const { code, said } = await run("install");
    strictEqual(code, 1);
    ok(said.includes("`systemctl --user enable clawdbot.service` failed: Failed to connect to bus"), said);
  });
});

Deno.test("service install refuses what it can't do", async () => {
  await onMachine(async ({ run, now, unit }) => {
    await rejects(run("install", { values: { name: "../x" } }), /isn't a name for a service/);
    await rejects(run("install", { values: { user: "bob" } }), /only root installs services for others/);
    now.holder = 4711;
    await rejects(run("install"), /a Clawdbot that isn't this service uses the data, process 4711; run `kill 4711`/);
    now.mainPid = 4711;
    strictEqual((await run("install")).code, 0, "its own service is written anew");
    await Deno.writeTextFile(unit, "[Service]\nExecStart=/bin/true\n");
    await rejects(run("install"), /wasn't written by this program/);
    await rejects(run("uninstall"), /wasn't written by this program/);
    delete now.executable;
    await rejects(run("install"), /this runs from source/);
  });
});

Deno.test("service uninstall removes the unit, and nothing else", async () => {
  await onMachine(async ({ run, unit, ran, folder }) => {
    await rejects(run("uninstall"), /there is no service clawdbot of yours/);
    await run("install");
    ran.length = 0;
    strictEqual((await run("uninstall")).code, 0);
    deepStrictEqual(ran, ["systemctl --user disable --now clawdbot.service", "systemctl --user daemon-reload"]);
    await rejects(Deno.stat(unit), Deno.errors.NotFound);
    ok((await Deno.stat(`${folder}/bot/data`)).isDirectory);
    strictEqual((await run("install")).code, 0, "it can come back");
  });
});

Deno.test("service uninstall --purge shows what it removes, asks, and leaves what people wrote", async () => {
  await onMachine(async ({ run, unit, now, folder }) => {
    await run("install");
    await Deno.writeTextFile(`${folder}/bot/data/clawdbot.db`, "x".repeat(2_500_000));
    await Deno.writeTextFile(`${folder}/home/.config/clawdbot/key`, "x".repeat(32));
    now.holder = now.mainPid = 4711;
    const refused = await run("uninstall", { flags: ["purge"], answers: ["no"] });
    strictEqual(refused.code, 1);
    ok(refused.said.includes(`data     2.5 MB  ${folder}/bot/data\n`), refused.said);
    ok(refused.said.includes(`key      32 B    ${folder}/home/.config/clawdbot/key\n`), refused.said);
    ok(refused.said.includes(`program  1 KB    ${folder}/program\n`), refused.said);
    ok(refused.said.includes("Nothing was removed."), refused.said);
    ok((await run("uninstall", { flags: ["purge"] })).said.includes("add `--yes`"), "nobody answers");
    ok((await Deno.stat(unit)).isFile);
    const done = await run("uninstall", { flags: ["purge"], answers: ["yes"] });
    strictEqual(done.code, 0);
    ok(done.said.includes("Removed; 2.5 MB are free again."), done.said);
    for (const gone of [unit, `${folder}/bot/data`, `${folder}/home/.config/clawdbot/key`, `${folder}/program`]) {
      await rejects(Deno.stat(gone), Deno.errors.NotFound);
    }
    ok((await Deno.stat(`${folder}/bot/config.yaml`)).isFile);
    ok((await Deno.stat(`${folder}/opt/clawdbot`)).isFile);
  });
});

Deno.test("service uninstall --purge --keep-key leaves the key", async () => {
  await onMachine(async ({ run, folder }) => {
    await run("install");
    await Deno.writeTextFile(`${folder}/home/.config/clawdbot/key`, "x".repeat(32));
    const { code, said } = await run("uninstall", { flags: ["purge", "keep-key", "yes"] });
    strictEqual(code, 0);
    ok(!said.includes("The key is for all"), said);
    ok((await Deno.stat(`${folder}/home/.config/clawdbot/key`)).isFile);
  });
});

Deno.test("service uninstall --purge refuses while a host runs that isn't the service", async () => {
  await onMachine(async ({ run, now, unit, folder }) => {
    await run("install");
    now.holder = 4711;
    await rejects(run("uninstall", { flags: ["purge", "yes"] }), /process 4711/);
    ok((await Deno.stat(unit)).isFile);
    ok((await Deno.stat(`${folder}/bot/data`)).isDirectory);
  });
});
