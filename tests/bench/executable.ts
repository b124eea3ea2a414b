import type { SiteRole } from "../site.ts";
import { executables } from "../executable.ts";
import { targetHere } from "../../scripts/package_targets.ts";
import { checkout } from "../../roles/program_here.ts";
import { type Site, startSite, testModel } from "../site.ts";
import { type Memory, memoryOf } from "./memory.ts";
import { quantile, type Row, row } from "./row.ts";

const rounds = 5;
const question = "What is the capital of France? Answer in one word.";

/**
 * What the executable takes from the first touch on: until it answers, and of memory in each process. The one of `dist/` where
 * it was built, as it is released; else the quick one of the tests, which is compressed less.
 */
export async function* executableRows(): AsyncGenerator<Row> {
  const released = `${checkout}/dist/clawdbot-${targetHere()}`;
  const isReleased = await Deno.stat(released).then(() => true, () => false);
  const command = isReleased ? released : executables().released;
  const which = `${isReleased ? "dist/" : "the quick build"}, median of ${rounds}`;
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-bench-" });
  try {
    const firstReady: number[] = [], warmReady: number[] = [], firstAsk: number[] = [], warmAsk: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const at = (name: string) => ({ CLAWDBOT_RUNTIME: `${folder}/${round}-${name}` });
      firstReady.push(await readyMs(command, at("site")));
      warmReady.push(await readyMs(command, at("site")));
      firstAsk.push(await askMs(command, at("ask")));
      warmAsk.push(await askMs(command, at("ask")));
      await removeRuntimes(folder);
    }
    const ms = (name: string, values: readonly number[], detail: string) =>
      row({ name, value: quantile(values, 0.5), unit: "ms", detail: `${detail}; ${which}` });
    yield ms("executable.first.ready", firstReady, "nothing unpacked, no data: the file to /readyz");
    yield ms("executable.ready", warmReady, "unpacked, no data: to /readyz");
    yield ms("executable.first.ask", firstAsk, "nothing unpacked: `ask --model` to its first token, 135M");
    yield ms("executable.ask", warmAsk, "unpacked: `ask --model` to its first token, 135M");
    yield* memoryRows(command, `${folder}/memory`);
  } finally {
    await removeRuntimes(folder);
    await Deno.remove(folder, { recursive: true });
  }
}

/** From the start to `/readyz`. */
async function readyMs(command: string, env: Record<string, string>): Promise<number> {
  const beganMs = performance.now();
  await using site = await startSite({ command, env });
  await site.untilReady();
  return performance.now() - beganMs;
}

/** From the start to the first bytes of the answer. */
async function askMs(command: string, env: Record<string, string>): Promise<number> {
  const beganMs = performance.now();
  const child = new Deno.Command(command, {
    args: ["ask", "--model", testModel(), question],
    env: { ...env, PATH: "/usr/bin:/bin" },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { done } = await reader.read();
  const tookMs = performance.now() - beganMs;
  while (!(await reader.read()).done);
  if (done || !(await child.status).success) throw new Error("`ask --model` gave no answer");
  return tookMs;
}

async function* memoryRows(command: string, runtime: string): AsyncGenerator<Row> {
  // Pages of a file that isn't on the disk yet count as dirty.
  using file = await Deno.open(command);
  await file.sync();
  await using site = await startSite({ command, env: { CLAWDBOT_RUNTIME: runtime } });
  await site.untilReady();
  await new Promise((go) => setTimeout(go, 2_000)); // what the start needed is let go
  yield memoryRow(site, "launcher", "no model loaded", ({ privateDirty }) => privateDirty, { most: 2 });
  yield memoryRow(site, "host", "no model loaded");
  const body = JSON.stringify({ conversation: "bench", platform_id: "1", text: question });
  const response = await site.api("/api/messages", { method: "POST", body });
  if (!response.ok) throw new Error(`The message: ${response.status}`);
  await site.untilStarted("model-runner");
  while ((await (await site.api("/api/status")).json()).model.state.kind !== "ready") {
    await new Promise((go) => setTimeout(go, 50));
  }
  yield memoryRow(site, "model-runner", "the 135M loaded");
}

/** One process; the value is its share unless something else is asked for. */
function memoryRow(
  site: Site,
  role: SiteRole,
  when: string,
  value: (memory: Memory) => number = ({ pss }) => pss,
  goal?: { readonly most: number },
): Row {
  const memory = memoryOf(site.pids(role)[0]!);
  const { pss, rss, privateDirty } = memory;
  const mb = (number: number) => number.toFixed(1);
  return row({
    name: `memory.${role}`,
    value: value(memory),
    unit: "MB",
    ...(goal === undefined ? {} : { goal }),
    detail: `${goal === undefined ? "PSS" : "private dirty"}, ${when}: PSS ${mb(pss)}, RSS ${mb(rss)}, ` +
      `private dirty ${mb(privateDirty)} MB`,
  });
}

/** What was unpacked nobody may write, nor remove. */
async function removeRuntimes(folder: string): Promise<void> {
  await new Deno.Command("chmod", { args: ["-R", "u+w", folder] }).output();
  for await (const { name } of Deno.readDir(folder)) await Deno.remove(`${folder}/${name}`, { recursive: true });
}
