import { protocols } from "../../../schema/protocols.ts";
import { duration } from "../progress.ts";
import { connectionProblem } from "./connection.ts";
import { type Check, type Planned, planned, type Scene, statOf, type Told } from "./scene.ts";

/** Whether the page's address can be had, or is this assistant's own. */
export const portCheck: Check = {
  check: "port",
  run: planned(({ config }, { host, said: { port: said } }) => {
    const { hostname, port } = config.web.listen;
    const address = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    try {
      Deno.listen({ hostname, port }).close();
      return [{ state: "good", reason: said.free(address) }];
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) {
        // Without its port a host doesn't start.
        return host.kind === "ok"
          ? [{ state: "good", reason: said.ours(address) }]
          : [{ state: "bad", reason: said.taken(address) }];
      }
      if (error instanceof Deno.errors.PermissionDenied) return [{ state: "bad", reason: said.refused(address) }];
      if (error instanceof Deno.errors.AddrNotAvailable) return [{ state: "bad", reason: said.foreign(address) }];
      throw error;
    }
  }),
};

/** How the running host says that it is. */
export const hostCheck: Check = {
  check: "host",
  run({ host, tools: { isLive }, context: { version }, said: { host: said } }) {
    if (host.kind === "refused") return [{ state: "bad", reason: said.refused(host.reason) }];
    if (host.kind === "down") {
      return [isLive ? { state: "bad", reason: said.silent } : { state: "skipped", reason: said.notRunning }];
    }
    const { value } = host;
    const told: Told[] = [];
    if (value.version !== version) told.push({ state: "warning", reason: said.other(value.version, version) });
    if (value.model.state.kind === "failed") {
      const { reason, mend } = value.model.state;
      told.push({ state: "bad", reason: said.modelFailed(reason), ...(mend === undefined ? {} : { mend }) });
    }
    if (value.halted !== null) {
      told.push({ state: "warning", reason: said.halted(value.halted.by), mend: "clawdbot resume" });
    }
    if (value.database.kind !== "ready") {
      told.push({ state: "bad", reason: said.databaseFailed(value.database.reason) });
    }
    return told.length > 0 ? told : [{ state: "good", reason: said.good(duration(value.uptime_ms / 1_000)) }];
  },
};

/** Whether each channel's platform can be reached and takes its token; and what the running host says of it. */
export const channelsCheck: Check = {
  check: "channels",
  run: planned(async (plan, scene) => {
    const { host, said: { channels: said } } = scene;
    const told: Told[] = [];
    for (const name of Object.keys(plan.config.protocol)) {
      told.push(name === "telegram" ? await telegram(plan, scene) : { state: "warning", reason: said.later(name) });
    }
    if (host.kind === "ok") {
      for (const [name, health] of Object.entries(host.value.channels)) {
        const isLater = Object.hasOwn(protocols, name) && name !== "telegram";
        if (health.kind === "failed" && !isLater) told.push({ state: "bad", reason: said.failed(name, health.reason) });
        if (health.kind === "degraded") told.push({ state: "warning", reason: said.degraded(name, health.reason) });
      }
    }
    return told.length > 0 ? told : [{ state: "good", reason: said.none }];
  }),
};

async function telegram({ config, secrets }: Planned, { tools, context, said, signal }: Scene): Promise<Told> {
  const name = "telegram";
  const { channels: words } = said;
  const secret = secrets.find(({ path }) => path === "protocol.telegram.token");
  const token = secret === undefined ? undefined : tools.revealSecret(secret.path);
  if (token === undefined || secret?.test === undefined) return { state: "skipped", reason: words.noSecret(name) };
  if (config.security.offline) return { state: "skipped", reason: words.offline(name) };
  const tested = await context.testToken(token, secret.test, signal);
  if (tested.kind === "good") return { state: "good", reason: words.good(name, tested.name) };
  if (tested.kind === "refused") return { state: "bad", reason: words.refused(name, tested.reason) };
  const root = new URL(secret.test.apiRoot ?? "https://api.telegram.org");
  const secure = root.protocol === "https:";
  const address = `${root.hostname}:${root.port || (secure ? 443 : 80)}`;
  const problem = await connectionProblem(address, { secure, signal });
  const reason = problem === undefined ? tested.reason : words[problem.kind](problem.what);
  return { state: "bad", reason: words.unreachable(name, reason) };
}

/** A file that is so much newer than now shows that the clock is wrong, in milliseconds. */
const aheadMsMax = 600_000;
/** How long the clock is watched, and how much it may differ from the one that never goes back. */
const [watchMs, jumpMsMax] = [150, 50];

/** Whether the clock agrees with the files here, runs evenly, and is synchronised, as far as that can be read. */
export const clockCheck: Check = {
  check: "clock",
  async run({ tools: { site, programFile }, context: { clock, monotonicMs }, said: { clock: said }, signal }) {
    const nowMs = clock.nowMs();
    const files = [
      programFile,
      site.databasePath,
      site.keyPath,
      ...(site.configPath === undefined ? [] : [site.configPath]),
    ];
    const [newest] = files
      .map((path) => ({ path, atMs: statOf(path)?.mtime?.getTime() ?? 0 }))
      .sort((one, other) => other.atMs - one.atMs);
    const time = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace("T", " ") + " UTC";
    if (newest !== undefined && newest.atMs > nowMs + aheadMsMax) {
      return [{ state: "bad", reason: said.behind(newest.path, time(newest.atMs), time(nowMs)) }];
    }
    const before = nowMs - monotonicMs();
    await clock.sleep(watchMs, signal);
    const jumpMs = Math.round(clock.nowMs() - monotonicMs() - before);
    if (Math.abs(jumpMs) > jumpMsMax) return [{ state: "warning", reason: said.jumped(jumpMs) }];
    // What systemd's own client writes when it has been synchronised once. Source: systemd-timesyncd.service(8)
    const isSynchronised = statOf("/run/systemd/timesync/synchronized") !== undefined;
    return [{ state: "good", reason: isSynchronised ? said.synchronised : said.good }];
  },
};

/** Which program this is. */
export const versionsCheck: Check = {
  check: "versions",
  run: ({ tools: { versions: { deno, llama, platform } }, context: { version }, said }) => [
    { state: "good", reason: said.versions(version, deno, llama, platform) },
  ],
};
