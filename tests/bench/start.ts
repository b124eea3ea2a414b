import { runnerRoles } from "../../core/site.ts";
import { checkout } from "../../roles/program_here.ts";
import { type Site, startSite, testModel } from "../site.ts";
import { TelegramPlatform } from "../telegram/platform.ts";
import { memoryOf } from "./memory.ts";
import { quantile, type Row, row } from "./row.ts";

const rounds = 7;

/**
 * How fast a site is ready, and what it costs while nobody asks, no model loaded: by the executable, whose processes are
 * the real ones, beside the same from source, round by round.
 */
export async function* startRows(): AsyncGenerator<Row> {
  await using platform = await TelegramPlatform.start(1);
  const config = `protocol: { telegram: { token: "${platform.token}", api_root: "${platform.apiRoot}" } }`;
  const folder = await Deno.makeTempDir({ prefix: "clawdbot-bench-" });
  const secondMs: number[] = [];
  const by = {
    executable: { readyMs: [] as number[], idleMb: [] as number[] },
    source: { readyMs: [] as number[], idleMb: [] as number[] },
  };
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const which of ["executable", "source"] as const) {
        const beganMs = performance.now();
        await using site = await startSite({ config, folder, by: which });
        await site.untilReady();
        const tookMs = performance.now() - beganMs;
        if (round === 0) continue; // It makes the database and the caches.
        by[which].readyMs.push(tookMs);
        await untilPolling(site);
        by[which].idleMb.push(pssMb(site));
      }
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
  const detail = `the executable: launcher, plan and host, with Telegram configured; median of ${rounds}`;
  const { executable, source } = by;
  yield row({ name: "start.ready", value: quantile(executable.readyMs, 0.5), unit: "ms", goal: { most: 200 }, detail });
  yield row({
    name: "start.ready.source",
    value: quantile(source.readyMs, 0.5),
    unit: "ms",
    detail: "the same from source, round by round",
  });
  yield row({
    name: "start.second",
    value: quantile(secondMs, 0.5),
    unit: "ms",
    goal: { most: 1_000 },
    detail: `./scripts/start --small to /readyz, everything installed; median of ${rounds}`,
  });
  yield row({ name: "memory.idle", value: quantile(executable.idleMb, 0.5), unit: "MB", goal: { most: 100 }, detail });
  yield row({
    name: "memory.idle.source",
    value: quantile(source.idleMb, 0.5),
    unit: "MB",
    detail: "the same from source, round by round",
  });
}

/** Telegram's code is loaded when it is started, beside the rest: what it takes counts as memory. */
async function untilPolling(site: Site): Promise<void> {
  for (let isReady = false; !isReady;) {
    const { channels } = await (await site.api("/api/status")).json();
    isReady = channels.telegram.kind === "ready";
  }
}

/** Proportional set size of all processes of a site, in MB. */
export function pssMb(site: Site): number {
  const pids = (["launcher", "host", ...runnerRoles] as const).flatMap((role) => site.pids(role));
  return pids.reduce((sum, pid) => sum + memoryOf(pid).pss, 0);
}
