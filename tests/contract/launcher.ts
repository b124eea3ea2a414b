import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { lives, type Site, type SiteOptions, startSite } from "../site.ts";
import { type ProbeSite, startProbeSite } from "../hostile/probe_site.ts";

/** From the closing of a connection to the end of its process. */
const killMsMax = 100;
/** Two busy cores may keep the test itself from seeing an end in time; the median of some rounds is what counts. */
const rounds = 5;

/** What every launcher does, whatever it is written in, tried with the probe in the place of host and runners. */
export function launcherContract(name: string, by: NonNullable<SiteOptions["by"]>): void {
  const start = (options: SiteOptions = {}) => startProbeSite({ ...options, by });
  const test = (what: string, body: (site: ProbeSite) => Promise<void>, options?: SiteOptions) =>
    Deno.test(`${name} ${what}`, async () => {
      await using site = await start(options);
      await body(site);
    });
  const told = async (site: ProbeSite, ...[order]: Parameters<ProbeSite["host"]>) => {
    const report = await site.host(order);
    strictEqual(report.kind, "done", JSON.stringify(report));
    return report.kind === "done" ? report.value : undefined;
  };
  const open = async (site: ProbeSite, runner: string, except: readonly number[] = []) => {
    await told(site, { runner, do: "open" });
    return await site.untilStarted("model-runner", except);
  };

  for (const order of [{ try: "spin" }, { try: "sleep" }] as const) {
    test(`ends a runner within ${killMsMax} ms after its connection closed, while it does "${order.try}"`, async (site) => {
      const tookMs: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const runner = `${round}`;
        const pid = await open(site, runner, site.pids("model-runner"));
        await told(site, { runner, do: "ask", order: { try: "facts" } });
        await told(site, { runner, do: "tell", order });
        const closedMs = performance.now();
        await told(site, { runner, do: "close" });
        await site.untilEnded([pid]);
        tookMs.push(performance.now() - closedMs);
      }
      const median = tookMs.sort((a, b) => a - b)[rounds >> 1]!;
      ok(median <= killMsMax, `median ${median.toFixed()} ms of ${tookMs.map((ms) => ms.toFixed())}`);
    });
  }

  test("ends the connection when the runner dies", async (site) => {
    for (const how of ["exit", "kill"]) {
      const pid = await open(site, how);
      if (how === "exit") await told(site, { runner: how, do: "tell", order: { try: "exit", code: 3 } });
      else Deno.kill(pid, "SIGKILL");
      await told(site, { runner: how, do: "untilEnded" });
      await site.untilEnded([pid]);
    }
  });

  test("refuses a connection over the role's limit, and takes one again when a runner is gone", async (site) => {
    const first = await open(site, "first");
    const second = await site.host({ runner: "second", do: "open" });
    deepStrictEqual(second, { kind: "failed", reason: "at most 1 model-runner may run at once" });
    deepStrictEqual(site.pids("model-runner"), [first]);
    await told(site, { runner: "first", do: "close" });
    // At once: the process that was closed may still be ending.
    await open(site, "third", [first]);
    await told(site, { runner: "third", do: "ask", order: { try: "facts" } });
  });

  test("hands a runner an empty environment but for what the plan says", async (site) => {
    const report = await site.runner({ try: "facts" });
    ok(report.kind === "done");
    const { pid } = report.value as { pid: number };
    ok(pid > 0);
    const running = await open(site, "again");
    await told(site, { runner: "again", do: "ask", order: { try: "facts" } }); // it runs, and what it was before is gone
    const names = Deno.readTextFileSync(`/proc/${running}/environ`).split("\0").map((entry) => entry.split("=")[0]);
    deepStrictEqual(names.filter(Boolean).sort(), [
      "DENO_DIR",
      "DENO_NO_UPDATE_CHECK",
      "GGML_NO_BACKTRACE",
      "HOME",
      "NO_COLOR",
    ]);
  });

  test("kills a runner that outgrows its memory limit", async (site) => {
    const pid = await open(site, "greedy");
    const within = await site.host({ runner: "greedy", do: "ask", order: { try: "grow", bytes: 1_000_000 } });
    strictEqual(within.kind, "done");
    await told(site, { runner: "greedy", do: "tell", order: { try: "grow", bytes: 600_000_000 } });
    await site.untilEnded([pid], 5_000);
    await site.untilSaid(/model-runner was ended: it took \d+ MB of memory, and 300 MB are allowed/);
    strictEqual(site.pids("host").length, 1, "it costs one connection, never the host");
  }, { config: "model: { name: smollm2-135m, memory_limit: 300 MB }" });

  test("lets the kernel end runners first when memory is short", async (site) => {
    const pid = await open(site, "first");
    await told(site, { runner: "first", do: "ask", order: { try: "facts" } });
    strictEqual(Deno.readTextFileSync(`/proc/${pid}/oom_score_adj`).trim(), "1000");
  });

  test("starts a host again that was killed, and its runners end with it", async (site) => {
    const runner = await open(site, "first");
    const [host] = site.pids("host");
    Deno.kill(host!, "SIGKILL");
    const again = await site.untilStarted("host", [host!]);
    ok(again !== host);
    await site.untilEnded([host!, runner]);
    await site.untilListening();
    await open(site, "second", [runner]);
  });

  test("ends when its host ends on purpose", async (site) => {
    await site.host({ try: "exit", code: 0 }).catch(() => {});
    strictEqual(await site.ended, 0);
    strictEqual(site.pids("host").length, 0);
  });

  test("ends with exit 1 when its host says that starting again doesn't help", async (site) => {
    await site.host({ try: "exit", code: 2 }).catch(() => {});
    strictEqual(await site.ended, 1);
  });

  test("leaves nothing behind when it is asked to stop", async (site) => {
    const pids = [await open(site, "first"), ...site.pids("host")];
    strictEqual(await site.stop(), 0);
    ok(!pids.some(lives));
    strictEqual(await exists(site.hostSocket), false);
  });

  test("leaves no process behind when it is killed", async (site) => {
    const pids = [await open(site, "first"), ...site.pids("host")];
    await site.kill();
    await site.untilEnded(pids, 2_000);
  });

  test("kills a host that doesn't end, at the second signal", async (site) => {
    const [host] = site.pids("host");
    site.host({ try: "spin" }).catch(() => {});
    await untilSilent(site);
    const [launcher] = site.pids("launcher");
    Deno.kill(launcher!, "SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 200));
    ok(lives(host!), "it has its time to end");
    Deno.kill(launcher!, "SIGTERM");
    strictEqual(await site.ended, 1);
    await site.untilEnded([host!], 2_000);
  });

  Deno.test(`${name} refuses to run twice on one data folder, and says who has it`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "clawdbot-site-" });
    await using first = await start({ folder });
    const [host] = first.pids("host");
    const second: Site = await startSite({ folder, by });
    strictEqual(await second.ended, 1);
    match(
      second.stderr(),
      /^Cannot start: the data folder "[^"]+" is in use by another Clawdbot, process \d+; run `kill \d+`$/m,
    );
    ok(second.stderr().includes(`process ${first.pids("launcher")[0]};`));
    ok(lives(host!));
    await first.stop();
    await using third = await start({ folder });
    strictEqual(third.pids("host").length, 1);
  });

  test("makes the key once, private, and keeps it out of the data folder", async (site) => {
    const path = `${site.folder}/home/.config/clawdbot/key`;
    const { mode, size } = await Deno.stat(path);
    strictEqual(size, 32);
    strictEqual(mode! & 0o777, 0o600);
    strictEqual((await Deno.stat(`${site.folder}/data`)).mode! & 0o777, 0o700);
  });
}

/** Resolves when the host doesn't answer any more. */
async function untilSilent(site: ProbeSite): Promise<void> {
  const silent = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 300));
  while (!await Promise.race([site.host({ try: "facts" }).then(() => false), silent]));
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
