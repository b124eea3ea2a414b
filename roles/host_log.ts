import { createFileSink } from "../adapters/log/file.ts";
import { createStderrSink } from "../adapters/log/stderr.ts";
import { systemClock } from "../adapters/clock/system.ts";
import { harmless } from "../core/harmless.ts";
import type { HostStart, LauncherMessage } from "../core/host_start.ts";
import { createLog, type SiteLog } from "../core/log/log.ts";
import { createScrub } from "../core/log/scrub.ts";
import { createLogTail } from "../core/log/tail.ts";
import type { LogEntry, LogLevel, LogTail } from "../core/ports/log_tail.ts";
import type { Config } from "../schema/config.ts";
import { Secret } from "../schema/secret.ts";

/** How often files are looked at that have become too old. */
const tendMs = 600_000;
/** How long the last words may take to reach stderr. */
const lastWordsMs = 1_000;

/** The host's log, wherever it is written. */
export interface HostLog {
  readonly log: SiteLog;
  readonly tail: LogTail;
  /** What the launcher heard a process say, or says itself. */
  heard(message: Extract<LauncherMessage, { kind: "said" }>): void;
  /** Goes by another configuration, and hides these secrets, from now on. */
  configure(config: Config["log"], secrets: HostStart["secrets"]): void;
  /** Resolves when what was said is written as far as it can be. */
  flushed(): Promise<void>;
}

/** @param counted Told of each entry's level. */
export function createHostLog(
  start: Pick<HostStart, "site" | "stderr" | "secrets">,
  config: Config["log"],
  counted: (level: LogLevel) => void,
): HostLog {
  let { level } = config;
  let secrets = secretsOf(start.secrets);
  const tail = createLogTail(crypto.randomUUID());
  const stderr = createStderrSink(start.stderr, async (bytes) => {
    for (let at = 0; at < bytes.length;) at += await Deno.stderr.write(bytes.subarray(at));
  });
  const told = (entry: LogEntry) => {
    stderr.write(entry);
    tail.write(entry);
  };
  const files = createFileSink(start.site.logsFolder, config, { nowMs: systemClock.nowMs, told });
  const deps = { clock: systemClock, level: () => level, scrub: createScrub(() => secrets), counted };
  const log = createLog({ ...deps, sinks: [stderr, files, tail] });
  // A pace of its own: what others say in a loop hides nothing that the host says.
  const [shown, unshown] = [log, createLog({ ...deps, sinks: [files, tail] })];
  files.tend();
  Deno.unrefTimer(setInterval(files.tend, tendMs));
  return {
    log,
    tail,
    heard({ role, pid, text, shown: isShown }) {
      const isLauncher = role === "launcher";
      const message = isLauncher ? "launcher said" : "runner said";
      (isShown ? unshown : shown).say(isLauncher ? "info" : "warn", message, { role, pid, text: harmless(text) });
    },
    configure(next, wanted) {
      level = next.level;
      secrets = secretsOf(wanted);
      files.limit(next);
    },
    async flushed() {
      log.settle();
      unshown.settle();
      await Promise.race([stderr.flushed(), new Promise((resolve) => setTimeout(resolve, lastWordsMs))]);
    },
  };
}

function secretsOf(secrets: HostStart["secrets"]): readonly Secret[] {
  return secrets.flatMap((secret) => "value" in secret ? [new Secret(secret.value)] : []);
}
