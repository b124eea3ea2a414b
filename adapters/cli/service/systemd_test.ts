import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type Service, writtenService } from "./service.ts";
import { systemdUnit, unitPath } from "./systemd.ts";

/** The one that people have, in folders whose names need care. */
const machine: Service = {
  name: "clawdbot",
  executable: "/srv/100 % $of it/clawdbot",
  configPath: "/srv/a\\b -- c/config.yaml",
  system: { user: "daemon" },
  home: "/srv/ho me",
  xdgConfigHome: "/srv/x dg",
  dataFolder: "/srv/a\\b -- c/data",
  logsFolder: "/srv/a\\b -- c/data/logs",
  writable: ["/srv/a\\b -- c/data", "/srv/100 % $of it"],
  runtimeName: "clawdbot-1-00ff00ff",
  hasLowPort: false,
  credential: "/etc/clawdbot/100 % key",
  touched: ["/srv/models/one.gguf"],
};
const { system: _, credential: __, ...rest } = machine;
const person: Service = { ...rest, home: "/home/alice", writable: ["/home/alice/bot/data"] };

const analyze = await program("systemd-analyze");
const without = analyze === undefined ? "systemd-analyze isn't here" : undefined;

test("a unit of the machine can be loaded, and is well confined", without, async () => {
  await withUnit(systemdUnit({ ...machine, executable: "/bin/sleep" }, 252), async (file) => {
    deepStrictEqual(await run("systemd-analyze", "verify", "--man=no", file), { code: 0, said: "" });
    const { said } = await run("systemd-analyze", "security", "--offline=true", file);
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
    ok(exposure < 2, `${exposure} of at most 2`);
  });
});

test("a unit of a person's own can be loaded", without, async () => {
  await withUnit(systemdUnit({ ...person, executable: "/bin/sleep" }, 252), async (file) => {
    // Without a session the folders that it looks in can't be found: what it says must be of that only.
    const { said } = await run("systemd-analyze", "verify", "--man=no", file);
    deepStrictEqual(said, "");
    const { said: security } = await run("systemd-analyze", "security", "--offline=true", file);
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(security)?.[1]);
    // It can't know that this one has no right of root's to begin with, and counts them all.
    ok(exposure < 6, `${exposure} of at most 6`);
  });
});

test("paths arrive in a unit as they are", without, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const executable = `${folder}/100% $of it`;
    await Deno.writeTextFile(executable, "#!/bin/sh\n");
    await Deno.chmod(executable, 0o755);
    await withUnit(systemdUnit({ ...machine, executable }, 252), async (file) => {
      // It looks whether what it would start is there.
      deepStrictEqual(await run("systemd-analyze", "verify", "--man=no", file), { code: 0, said: "" });
      await Deno.remove(executable);
      ok(
        (await run("systemd-analyze", "verify", "--man=no", file)).said.includes(
          `Command ${executable} is not executable`,
        ),
      );
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a unit leaves to the launcher what it needs", () => {
  const unit = systemdUnit(machine, 254);
  ok(!unit.includes("MemoryDenyWriteExecute"), "V8 writes machine code");
  ok(!unit.includes("ProtectControlGroups"), "the launcher bounds its runners' memory in its own group");
  for (const line of ["Delegate=memory pids", "DelegateSubgroup=launcher", "KillMode=mixed", "TimeoutStopSec=20"]) {
    ok(unit.includes(`\n${line}\n`), line);
  }
  ok(!systemdUnit(machine, 253).includes("DelegateSubgroup"), "253 doesn't know it");
  ok(/\nSystemCallFilter=@system-service @pkey seccomp landlock_create_ruleset/.test(unit), "it confines its children");
  ok(unit.includes("\nLoadCredential=clawdbot.key:/etc/clawdbot/100 %% key\n"));
  ok(unit.includes("\nRuntimeDirectory=clawdbot-1-00ff00ff\n"));
});

Deno.test("a unit leaves a right of root's for a port below 1024 only", () => {
  ok(systemdUnit(machine, 252).includes("\nCapabilityBoundingSet=\nAmbientCapabilities=\n"));
  const low = systemdUnit({ ...machine, hasLowPort: true }, 252);
  ok(low.includes("\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n"));
});

Deno.test("a unit hides what nothing of the site is in", () => {
  const unit = systemdUnit(machine, 252);
  ok(unit.includes("\nProtectHome=yes\n"));
  ok(unit.includes("\nPrivateTmp=yes\n"));
  const touching = systemdUnit({ ...machine, touched: ["/home/bob/one.gguf", "/tmp/x"] }, 252);
  ok(touching.includes("\nProtectHome=read-only\n"));
  ok(!touching.includes("PrivateTmp"));
});

Deno.test("a unit of a person's own has nothing that needs root", () => {
  const unit = systemdUnit(person, 252);
  for (const key of ["User", "CapabilityBoundingSet", "PrivateDevices", "ProtectKernelModules", "ProtectClock"]) {
    ok(!unit.includes(`\n${key}=`), key);
  }
  ok(/^ReadWritePaths=.* %t$/m.test(unit), "its sockets are there");
  strictEqual(unitPath(person), "/srv/x dg/systemd/user/clawdbot.service");
  strictEqual(unitPath(machine), "/etc/systemd/system/clawdbot.service");
});

Deno.test("a unit says whom it was written for", () => {
  const { configPath, home, xdgConfigHome } = machine;
  deepStrictEqual(writtenService(systemdUnit(machine, 252)), { configPath, user: "daemon", home, xdgConfigHome });
  strictEqual(writtenService("[Unit]\nDescription=Written by hand\n"), undefined);
});

function test(name: string, without: string | undefined, body: () => Promise<void>): void {
  Deno.test(without === undefined ? name : `${name} (not seen: ${without})`, async () => {
    if (without === undefined) await body();
  });
}

async function withUnit(text: string, body: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/clawdbot.service`, text);
    await body(`${folder}/clawdbot.service`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function program(name: string): Promise<string | undefined> {
  const { said } = await run("sh", "-c", `command -v ${name} || :`);
  return said.trim() === "" ? undefined : said.trim();
}

async function run(command: string, ...args: string[]): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, env: { LC_ALL: "C" } }).output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  // Of a sandbox of its own in which its test runs, not of the unit.
  return { code, said: said.split("\n").filter((line) => !/unlisted system calls/.test(line)).join("\n") };
}
