import { ok, strictEqual } from "node:assert/strict";
import { quickExecutable } from "../../../scripts/quick_executable.ts";
import { packagedFlags } from "../../../roles/program_here.ts";

// Goal: the runtime uses the cache that was made when it was unpacked, although it can't write it. It keeps quiet when it
// doesn't: each start of each process then takes three times the CPU.
// Method: the unpacked runtime as a user without rights, with that cache and with none, by CPU rather than by the clock.

const starts = 5;

Deno.test("a cache that can't be written is used", async () => {
  const home = await Deno.makeTempDir({ prefix: "clawdbot-cache-" });
  try {
    await Deno.copyFile(await quickExecutable(), `${home}/clawdbot`);
    await Deno.chmod(`${home}/clawdbot`, 0o755);
    // Root may write whatever its mode.
    const isRoot = Deno.uid() === 0;
    if (isRoot) await Deno.chown(home, 65534, 65534);
    const as = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"];
    await run([...as, `${home}/clawdbot`, "--version"], { HOME: home });
    const parent = `${home}/.local/share/clawdbot/runtime`;
    const root = `${parent}/${[...Deno.readDirSync(parent)].find(({ isDirectory }) => isDirectory)!.name}`;
    const cpuMs = (cache: string) =>
      cpuOf([...as, `${root}/deno`, ...flags, `${root}/app/main.js`, "--version"], cache);
    const withCache = await cpuMs(`${root}/deno_dir`);
    const without = await cpuMs("/nonexistent");
    console.log(`${withCache} ms of CPU a start with the cache, ${without} ms without`);
    ok(withCache < without * 0.6);
  } finally {
    await new Deno.Command("chmod", { args: ["-R", "u+w", home] }).output();
    await Deno.remove(home, { recursive: true });
  }
});

const flags = ["run", "--ignore-env", "--quiet", "--no-prompt", "--no-remote", "--cached-only", ...packagedFlags];

/** User and system time of one start, in milliseconds. */
async function cpuOf(words: readonly string[], cache: string): Promise<number> {
  const script = `i=0; while [ $i -lt ${starts} ]; do "$@" >/dev/null || exit; i=$((i+1)); done; times`;
  const said = await run(["sh", "-c", script, "sh", ...words], { DENO_DIR: cache });
  const times = [...said.trim().split("\n").at(-1)!.matchAll(/(\d+)m([\d.]+)s/g)];
  strictEqual(times.length, 2, said);
  const seconds = times.reduce((sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest), 0);
  return Math.round(seconds * 1_000 / starts);
}

async function run(words: readonly string[], env: Record<string, string>): Promise<string> {
  const [command, ...args] = words;
  const options = { args, env: { PATH: "/usr/bin:/bin", ...env }, clearEnv: true };
  const { code, stdout, stderr } = await new Deno.Command(command!, options).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
