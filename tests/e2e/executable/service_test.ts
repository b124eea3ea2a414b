import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { systemdUnit } from "../../../adapters/cli/service/systemd.ts";
import { executables, runtimeParent } from "../../executable.ts";
import { startSite } from "../../site.ts";

// Systemd isn't the first process where these tests run. What its unit would refuse can be seen nevertheless: whatever the
// executable asks the system for, from its start to an answer and to its end, must be in the unit's filter.

const unit = systemdUnit({
  name: "clawdbot",
  executable: "/srv/bot/clawdbot",
  system: { user: "daemon" },
  home: "/srv",
  dataFolder: "/srv/bot/data",
  logsFolder: "/srv/bot/data/logs",
  writable: ["/srv/bot/data"],
  runtimeName: "clawdbot-1-00ff00ff",
  hasLowPort: false,
  touched: [],
}, 252);

/** Refused, and no matter: as root, SQLite gives the log the database's owner, and goes on where it can't. */
const needless = ["fchown"];

const missing = (await Promise.all(["strace", "systemd-analyze"].map(isHere))).filter((name) => name !== undefined);
const notSeen = missing.length === 0 ? "" : ` (not seen: ${missing.join(" and ")} isn't here)`;

Deno.test(`the unit's filter has every system call from the start to an answer and the end${notSeen}`, async () => {
  if (missing.length > 0) return;
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-service-" });
  try {
    const traced = `${folder}/traced`;
    const trace = `strace -f -qq -o ${folder}/trace.txt`;
    await Deno.writeTextFile(traced, `#!/bin/sh\nexec ${trace} ${executables().released} "$@"\n`);
    await Deno.chmod(traced, 0o755);
    await using site = await startSite({
      folder: `${folder}/site`,
      command: traced,
      env: { CLAWDBOT_RUNTIME: runtimeParent },
    });
    await site.untilReady();
    const { code, stderr } = await new Deno.Command(executables().released, {
      args: ["--config", `${folder}/site/config.yaml`, "ask", "What is the capital of France? One word."],
      clearEnv: true,
      env: { HOME: `${folder}/site/home`, CLAWDBOT_RUNTIME: runtimeParent },
      stdin: "null",
      stdout: "null",
    }).output();
    strictEqual(code, 0, new TextDecoder().decode(stderr));
    Deno.kill(Number(await Deno.readTextFile(`${folder}/site/data/clawdbot.lock`)), "SIGTERM");
    await site.ended;
    const text = await Deno.readTextFile(`${folder}/trace.txt`);
    const called = new Set([...text.matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map(([, name]) => name!));
    ok(called.size > 50, `${called.size} system calls`);
    const allowed = await allowedBy(unit);
    deepStrictEqual(
      [...called].filter((name) => !allowed.has(name)).sort(),
      needless.filter((name) => called.has(name)),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** The system calls that a unit's lines `SystemCallFilter` leave, one line after the other. */
async function allowedBy(unit: string): Promise<Set<string>> {
  const allowed = new Set<string>();
  for (const [, line] of unit.matchAll(/^SystemCallFilter=(.*)$/gm)) {
    const isRemoving = line!.startsWith("~");
    for (const word of line!.replace("~", "").split(" ")) {
      for (const name of await expanded(word)) {
        if (isRemoving) allowed.delete(name);
        else allowed.add(name);
      }
    }
  }
  return allowed;
}

async function expanded(word: string): Promise<string[]> {
  if (!word.startsWith("@")) return [word];
  const { stdout } = await new Deno.Command("systemd-analyze", { args: ["syscall-filter", word] }).output();
  const names = [...new TextDecoder().decode(stdout).matchAll(/^ +(@?[a-z0-9_-]+)$/gm)].map(([, name]) => name!);
  return (await Promise.all(names.map(expanded))).flat();
}

async function isHere(name: string): Promise<string | undefined> {
  const { code } = await new Deno.Command("sh", { args: ["-c", `command -v ${name}`], stdout: "null" }).output();
  return code === 0 ? undefined : name;
}
