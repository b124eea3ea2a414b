import { encodeFrame } from "../core/frames.ts";
import type { HostStartWire, LauncherMessage } from "../core/host_start.ts";
import { runnerRoles } from "../core/site.ts";
import { type Held, makeFolders, removeFile } from "./supervise_files.ts";
import { pause, type Processes } from "./supervise_processes.ts";
import { serveRunners } from "./supervise_runners.ts";
import type { Saying } from "./supervise_said.ts";
import { isExpected, type Loaded, type Refused } from "./supervise_start.ts";

/** How long the host may take to end when it was asked to. */
const stopMs = 10_000;
const backoffMs = 100;
const backoffMsMax = 5_000;
/** A host that lived this long starts with the first backoff again. */
const livedMs = 10_000;
/** How often it is tried whether a host listens. */
const lookMs = 20;
/** How often the host is told what the processes take. */
const useMs = 5_000;

/** Exit codes of a host that aren't a crash. */
const exitStopped = 0;
/** It can't start, and starting it again doesn't help. */
const exitUnable = 2;
/** The configuration that it was given last can't be applied while it runs: it is started with that one. */
const exitAgain = 3;

/** Keeps a host alive, and brings changed configurations into force. */
export interface Keeper {
  /** Resolves with the launcher's exit code when a host ended on purpose, can't start, or all was asked to stop. */
  run(): Promise<number>;
  /**
   * Brings into force what was read again: at once where all rights are the same, else by a host that is started anew.
   *
   * @param asked By a person, who waits for what becomes of it.
   */
  take(read: { readonly kind: "loaded"; readonly loaded: Loaded } | Refused, asked: boolean): void;
  /** Files whose change may change what is in force. */
  watched(): readonly string[];
}

interface InForce {
  readonly loaded: Loaded;
  readonly start: Omit<HostStartWire, "configuration">;
}

/** @throws What a person can mend: the key isn't there. */
export function createKeeper(
  first: Loaded,
  { processes, saying, stop, held }: {
    readonly processes: Processes;
    readonly saying: Saying;
    readonly stop: AbortSignal;
    /** Without it in its place nothing is started: a host would begin with an empty database there. */
    readonly held: Pick<Held, "isInPlace">;
  },
): Keeper {
  /** What the next host is started with, and what the host that runs goes by: they differ until one is started anew. */
  let inForce: InForce = { loaded: first, start: first.start() };
  let running = inForce;
  /** With this a host has listened: what is gone back to when none can with what is in force. */
  let proven: InForce | undefined;
  /** What was proven before a running host was told of another. */
  let before: InForce | undefined;
  let isTold = false;
  let configuration: HostStartWire["configuration"] = { requests: 0 };
  let host: { send(message: LauncherMessage): void; restart(): void } | undefined;

  function refuse(what: string, lines: readonly string[]): { atMs: number; lines: string[] } {
    const problem = { atMs: Date.now(), lines: [...lines] };
    configuration = { ...configuration, problem };
    for (const line of [what, ...lines]) saying.say(line);
    return problem;
  }

  function take(read: Parameters<Keeper["take"]>[0], asked: boolean): void {
    configuration = { requests: configuration.requests + (asked ? 1 : 0) };
    const { requests } = configuration;
    const next = read.kind === "refused" ? read : accept(read.loaded);
    if (next.kind === "refused") {
      const problem = refuse("The changed configuration isn't in force:", next.lines);
      return host?.send({ kind: "refused", requests, problem });
    }
    const isSame = sameRights(inForce, next);
    inForce = next;
    if (!isSame) return host?.restart();
    if (host === undefined) return;
    const { document, secrets } = next.start;
    // A running host takes this one; should it rather be started with it, the one before is what was proven.
    before = proven;
    running = proven = next;
    isTold = true;
    host.send({ kind: "reload", document, secrets, requests });
  }

  function accept(loaded: Loaded): InForce & { readonly kind: "accepted" } | Refused {
    const { dataFolder } = inForce.loaded.answer.site;
    if (loaded.answer.site.dataFolder !== dataFolder) {
      return {
        kind: "refused",
        lines: [`The data folder would be another than ${dataFolder}: stop and start for that`],
      };
    }
    if (!held.isInPlace()) return { kind: "refused", lines: [movedAway()] };
    try {
      makeFolders(loaded.answer.site);
      return { kind: "accepted", loaded, start: loaded.start() };
    } catch (error) {
      if (!isExpected(error)) throw error;
      return { kind: "refused", lines: [error.message] };
    }
  }

  /** One host from its start to its end. */
  async function live(
    begun: InForce,
  ): Promise<Deno.CommandStatus & { readonly words: string[] }> {
    const { loaded: { answer }, start } = begun;
    const { site } = answer;
    const planned = (role: string) => answer.processes.find((plan) => plan.role === role);
    const listeners = runnerRoles.flatMap((role) => {
      const plan = planned(role);
      return plan === undefined ? [] : [serveRunners(plan, site.runnerSockets[role], processes, saying, stop)];
    });
    removeFile(site.hostSocket); // a killed host leaves it behind, and nothing could listen there again
    const child = processes.spawn(planned("host")!, { stdin: "piped", stdout: "inherit", stderr: "piped" });
    const words = lastWords(child.stderr);
    // Never closed: the end of its stdin is what tells the host that the launcher is gone.
    const stdin = child.stdin.getWriter();
    const send = (value: HostStartWire | LauncherMessage) =>
      void stdin.write(encodeFrame({ kind: "json", value })).catch(() => {}); // its exit status says more
    send({ ...start, configuration });
    const ended = new AbortController();
    const tellUse = () => send({ kind: "processes", processes: [...processes.use()] });
    const telling = setInterval(tellUse, useMs);
    void untilListening(site.hostSocket, ended.signal).then((listens) => {
      if (listens) tellUse();
      if (listens && running === begun) proven = begun;
    });
    const restarting = new AbortController();
    host = { send, restart: () => restarting.abort() };
    const endTelling = saying.tell(stdin);
    try {
      const status = await endOf(child, AbortSignal.any([stop, restarting.signal]));
      return { ...status, words: await words };
    } finally {
      endTelling();
      clearInterval(telling);
      host = undefined;
      ended.abort();
      await Promise.all(listeners.map((listener) => listener.close()));
    }
  }

  /** The end of the host: by itself, or within {@link stopMs} after it was asked to. */
  async function endOf(child: Deno.ChildProcess, asked: AbortSignal): Promise<Deno.CommandStatus> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () => {
      processes.end(child, "SIGTERM");
      timer = setTimeout(() => processes.end(child, "SIGKILL"), stopMs);
    };
    if (asked.aborted) ask();
    asked.addEventListener("abort", ask);
    try {
      return await child.status;
    } finally {
      asked.removeEventListener("abort", ask);
      clearTimeout(timer);
    }
  }

  const movedAway = () =>
    `the data folder "${inForce.loaded.answer.site.dataFolder}" was moved or replaced; put it back, and start again`;

  return {
    watched: () => inForce.loaded.answer.watched,
    take,
    async run() {
      for (let waitMs = backoffMs;; waitMs = Math.min(waitMs * 2, backoffMsMax)) {
        if (!held.isInPlace()) {
          saying.say(`Cannot start: ${movedAway()}`);
          return 1;
        }
        running = inForce;
        isTold = false;
        const startedMs = performance.now();
        const { code, signal, words } = await live(running);
        const endedAs = (known: number) => signal === null && code === known;
        if (stop.aborted) return endedAs(exitStopped) ? 0 : 1;
        const wantsAgain = isTold && endedAs(exitAgain);
        if (wantsAgain) proven = before;
        const isAsked = wantsAgain || inForce !== running;
        if (!isAsked && proven !== undefined && proven !== running) {
          inForce = proven;
          refuse("The host can't start with the changed configuration, and goes on with the one before:", words);
        }
        if (isAsked || inForce !== running) {
          waitMs = backoffMs / 2;
          continue;
        }
        if (endedAs(exitStopped)) return 0;
        if (endedAs(exitUnable)) return 1;
        if (performance.now() - startedMs > livedMs) waitMs = backoffMs;
        saying.say(`The host ended unexpectedly (${signal ?? `exit ${code}`}). It is started again.`);
        await pause(waitMs, stop);
        if (stop.aborted) return 0;
      }
    },
  };
}

/** Whether two configurations differ in what a running host can be told. */
function sameRights(a: InForce, b: InForce): boolean {
  const rest = ({ loaded, start: { document: _, secrets: __, ...start } }: InForce) =>
    JSON.stringify([loaded.answer.processes, start]);
  return rest(a) === rest(b);
}

/** Passes stderr on, and resolves at its end with what came after the log's last line. */
async function lastWords(stderr: AsyncIterable<Uint8Array>): Promise<string[]> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stderr) {
    await show(chunk);
    text = (text + decoder.decode(chunk, { stream: true })).slice(-4_000);
  }
  const lines = text.trimEnd().split("\n");
  // deno-lint-ignore no-control-regex
  const isLog = (line: string) => /^(?:\{"at":"|(?:\x1b\[2m)?(?:[\d-]{10} )?\d\d:\d\d:\d\d\.\d{3})/.test(line);
  return lines.slice(lines.findLastIndex(isLog) + 1).filter(Boolean).slice(-5);
}

/** A terminal that is gone takes nothing any more, which stops nobody. */
async function show(bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await Deno.stderr.write(bytes.subarray(at));
  } catch { /* nobody reads it */ }
}

/** True when somebody listens at a socket; false when `signal` aborted before. */
async function untilListening(path: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      (await Deno.connect({ transport: "unix", path })).close();
      return true;
    } catch {
      await pause(lookMs, signal);
    }
  }
  return false;
}
