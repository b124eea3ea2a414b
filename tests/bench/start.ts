import { runnerRoles } from "../../core/site.ts";
import { checkout } from "../../roles/program_here.ts";
import { type Site, startSite, testModel } from "../site.ts";
import { TelegramPlatform } from "../telegram/platform.ts";
import { quantile, type Row, row } from "./row.ts";

const rounds = 7;

/** How fast a site is ready, and what it costs while nobody asks: launcher and host from source, no model loaded. */
export async function* startRows(): AsyncGenerator<Row> {
  await using platform = await TelegramPlatform.start(1);
  const config = `protocol: { telegram: { token: "${platform.token}", api_root: "${platform.apiRoot}" } }`;
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-bench-" });
  const secondMs: number[] = [];
  const readyMs: number[] = [];
  const idleMb: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      const beganMs = performance.now();
      await using site = await startSite({ config, folder });
      await site.untilReady();
      if (round > 0) readyMs.push(performance.now() - beganMs); // The first one makes the database and the caches.
      if (round === 0) continue;
      await untilPolling(site);
      idleMb.push(pssMb(site));
    }
    await Deno.mkdir(`${folder}/data/models`, { recursive: true });
    await Deno.symlink(testModel(), `${folder}/data/models/smollm2-135m.gguf`);
    for (let round = 0; round < rounds; round++) {
      const beganMs = performance.now();
      const command = `${checkout}/scripts/start`;
      await using site = await startSite({ config, folder, command, args: ["--small"], model: "" });
      await site.untilReady();
      secondMs.push(performance.now() - beganMs);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  const detail = "from source: the launcher's stand-in, plan and host, with Telegram configured; median of " + rounds;
  yield row({ name: "start.ready", value: quantile(readyMs, 0.5), unit: "ms", goal: { most: 200 }, detail });
  yield row({
    name: "start.second",
    value: quantile(secondMs, 0.5),
    unit: "ms",
    goal: { most: 1_000 },
    detail: `./scripts/start --small to /readyz, everything installed; median of ${rounds}`,
  });
  yield row({ name: "memory.idle", value: quantile(idleMb, 0.5), unit: "MB", goal: { most: 100 }, detail });
}

/** Telegram's code is loaded when it is started, beside the rest: what it takes counts as memory. */
async function untilPolling(site: Site): Promise<void> {
  for (let isReady = false; !isReady;) {
    const { channels } = await (await site.api("/api/status")).json();
    isReady = channels.telegram.kind === "ready";
  }
}

/** Proportional set size of all processes of a site, in MB. Source: proc(5), `smaps_rollup`. */
function pssMb(site: Site): number {
  const pids = (["launcher", "host", ...runnerRoles] as const).flatMap((role) => site.pids(role));
  const kb = pids.map((pid) => /^Pss:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`))?.[1]);
  return kb.reduce((sum, text) => sum + Number(text), 0) * 1024 / 1e6;
}
