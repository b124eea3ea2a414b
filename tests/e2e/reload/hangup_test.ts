import { ok } from "node:assert/strict";
import { checkout } from "../../../roles/program_here.ts";
import { siteHere } from "../../../roles/site_here.ts";
import { commandEnvironment } from "../../command_line.ts";
import { freePort } from "../../free_port.ts";
import { launcherWords, lives } from "../../site.ts";

// Goal: SIGHUP means what it means everywhere: at a terminal that is gone, that all shall end, in order.

async function until<R>(what: string, ask: () => R | undefined | Promise<R | undefined>): Promise<R> {
  for (const endMs = Date.now() + 30_000;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > endMs) throw new Error(`Never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function attempt<R>(work: () => R): R | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

Deno.test("at a terminal SIGHUP reads the configuration again, and ends the site in order when the terminal is gone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-hangup-" });
  const home = `${folder}/home`;
  Deno.mkdirSync(home);
  const configPath = `${folder}/config.yaml`;
  Deno.writeTextFileSync(configPath, `web: { listen: "127.0.0.1:${freePort()}" }\n`);
  const site = siteHere(configPath);
  const words = [
    ...await launcherWords({ main: `${checkout}/tests/bench/scripted_main.ts` }),
    ...[`--config=${configPath}`, `--model=${folder}/none.gguf`],
  ];
  const terminal = new Deno.Command("script", {
    args: ["--quiet", "--command", words.map((word) => `'${word}'`).join(" "), "/dev/null"],
    clearEnv: true,
    env: { ...commandEnvironment({ home }), TERM: "xterm", SHELL: "/bin/sh" },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const listens = () => attempt(() => Deno.statSync(site.hostSocket));
    await until("a host", listens);
    const launcher = Number(Deno.readTextFileSync(site.lockPath));
    ok(lives(launcher));
    const log = () => attempt(() => Deno.readTextFileSync(`${site.logsFolder}/clawdbot.log`)) ?? "";
    await until("the start", () => log().includes('"started"') || undefined);
    Deno.kill(launcher, "SIGHUP");
    await until("a reload", () => log().includes('"configuration applied"') || undefined);
    ok(lives(launcher));
    terminal.kill("SIGKILL");
    await until("the launcher's end", () => !lives(launcher) || undefined);
    ok(log().includes('"stopped"'), "the host had time to end");
    ok(attempt(() => Deno.statSync(site.runtimeFolder)) === undefined, "nothing is left behind");
  } finally {
    attempt(() => terminal.kill("SIGKILL"));
    await terminal.status;
    await terminal.stdin.close().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
});
