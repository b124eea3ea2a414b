import * as v from "valibot";
import type { Clock } from "../../core/ports/clock.ts";
import type { Connector, ConnectorAnswer, ReachedDevice, TagRead, TagWritten } from "../../core/ports/connector.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Connection, Runners } from "../../core/ports/runner.ts";
import { type Order, type Reply, reply, requestBytesMax, underWayMax } from "./protocol.ts";

/** Without work the process is ended after this time, in milliseconds. */
const idleMsMax = 60_000;
/**
 * An older process is ended as soon as it has no work, however soon more may come: the system's files that say how names
 * are looked up may have been replaced, and confinement is about the files that were there.
 */
const lifeMsMax = 600_000;
/** What the process may take beyond an order's own time before it counts as hung. */
const graceMs = 2_000;
/** A process that ended by itself isn't started again before this, twice as long each time up to the other. */
const restartMsMin = 250;
const restartMsMax = 30_000;
/** A driver connects, asks, and may have to connect anew: each may take the device's own time. */
const deviceSteps = 3;

type Outcome = Exclude<Reply, { kind: "answered" }> | Extract<ConnectorAnswer, { kind: "answered" }>;
type Work = Exclude<Order, { kind: "cancel" }>;
type Unnumbered = Work extends infer W ? W extends Work ? Omit<W, "id"> : never : never;

interface Unavailable {
  readonly kind: "unavailable";
  readonly reason: string;
}

/** One process and what it was asked. */
interface Process {
  readonly connection: Connection;
  readonly waiting: Map<number, (outcome: Outcome | "gone") => void>;
  readonly startedMs: number;
  hasEnded: boolean;
}

/**
 * The host's side of the connector: one process, started when something is to leave the machine, ended when nothing was
 * for a while, and started again when it died.
 */
export function createConnector({ runners, clock, log }: {
  readonly runners: Runners;
  readonly clock: Clock;
  readonly log: Log;
}): Connector {
  const closing = new AbortController();
  let starting: Promise<Process | Unavailable> | undefined;
  let lastId = 0;
  let idle = new AbortController();
  let restart = { notBeforeMs: 0, waitMs: restartMsMin };
  const underWay = new Set<Promise<unknown>>();

  const process = (): Promise<Process | Unavailable> =>
    starting ??= start().then((result) => {
      if ("kind" in result) starting = undefined;
      return result;
    });

  async function start(): Promise<Process | Unavailable> {
    if (closing.signal.aborted) return { kind: "unavailable", reason: "the service is ending" };
    if (clock.nowMs() < restart.notBeforeMs) {
      return { kind: "unavailable", reason: "the connector ended unexpectedly; it will be started again" };
    }
    const result = await runners.connect("connector", closing.signal);
    if (result.kind === "unavailable") return result;
    const { connection } = result;
    const started: Process = { connection, waiting: new Map(), startedMs: clock.nowMs(), hasEnded: false };
    void receive(started);
    return started;
  }

  async function receive(of: Process): Promise<void> {
    try {
      let head: Extract<Reply, { kind: "answered" }> | undefined;
      for await (const frame of of.connection.frames) {
        if (head !== undefined) {
          if (frame.kind !== "bytes") throw new Error("an answer's body didn't follow it");
          const { id, status, headers } = head;
          head = undefined;
          settle(of, id, { kind: "answered", status, headers, body: frame.bytes });
          continue;
        }
        const next = v.parse(reply, frame.kind === "json" ? frame.value : undefined);
        if (next.kind === "answered") head = next;
        else settle(of, next.id, next);
      }
    } catch (error) {
      log.error("connector says what it must not", { reason: String(error).slice(0, 300) });
    }
    ended(of);
  }

  function settle(of: Process, id: number, outcome: Outcome | "gone"): void {
    const waiting = of.waiting.get(id);
    of.waiting.delete(id);
    restart = { notBeforeMs: 0, waitMs: restartMsMin };
    waiting?.(outcome);
  }

  /** Forgets a process; who still waits for it learns that it is gone. */
  function ended(of: Process): void {
    if (of.hasEnded) return;
    of.hasEnded = true;
    starting = undefined;
    of.connection.close();
    const isExpected = closing.signal.aborted || of.waiting.size === 0;
    if (!isExpected) {
      log.warn("connector ended", { underWay: of.waiting.size });
      restart = {
        notBeforeMs: clock.nowMs() + restart.waitMs,
        waitMs: Math.min(restartMsMax, restart.waitMs * 2),
      };
    }
    const left = [...of.waiting.values()];
    of.waiting.clear();
    for (const waiting of left) waiting("gone");
  }

  async function ask(
    wanted: Unnumbered,
    { body, timeoutMs, signal }: {
      readonly body?: Uint8Array;
      readonly timeoutMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Outcome | Unavailable | { readonly kind: "gone"; readonly reason: string }> {
    if (signal.aborted) return { kind: "unavailable", reason: "cancelled" };
    if (underWay.size >= underWayMax) {
      return { kind: "unavailable", reason: `${underWayMax} requests are under way already` };
    }
    const to = await process();
    if ("kind" in to) return to;
    if (signal.aborted) return { kind: "unavailable", reason: "cancelled" };
    if (to.hasEnded) return { kind: "unavailable", reason: "the connector ended" };
    const id = ++lastId;
    const done = Promise.withResolvers<Outcome | "gone">();
    to.waiting.set(id, done.resolve);
    const send = (frame: Parameters<Connection["send"]>[0]) => to.connection.send(frame).catch(() => ended(to));
    void send({ kind: "json", value: { id, ...wanted } });
    if (body !== undefined) void send({ kind: "bytes", bytes: body });
    const cancel = () => void send({ kind: "json", value: { id, kind: "cancel" } });
    signal.addEventListener("abort", cancel, { once: true });
    const settled = new AbortController();
    void clock.sleep(timeoutMs + graceMs, AbortSignal.any([settled.signal, closing.signal])).then(() => {
      if (settled.signal.aborted || closing.signal.aborted) return;
      log.warn("connector hangs", { kind: wanted.kind });
      ended(to);
    });
    // Who cancelled waits a moment for what was done, no longer.
    const cancelled = new Promise<"cancelled">((resolve) => {
      const wait = () => void clock.sleep(graceMs, settled.signal).then(() => resolve("cancelled"));
      if (signal.aborted) wait();
      else signal.addEventListener("abort", wait, { once: true, signal: settled.signal });
    });
    const outcome = await Promise.race([done.promise, cancelled]);
    settled.abort();
    signal.removeEventListener("abort", cancel);
    if (outcome === "cancelled") {
      to.waiting.delete(id);
      return { kind: "gone", reason: "cancelled, and no answer came" };
    }
    if (outcome === "gone") return { kind: "gone", reason: "the connector ended before there was an answer" };
    return outcome;
  }

  /** Keeps the process while there is work, and ends it a while after the last. */
  async function working<T>(doing: Promise<T>): Promise<T> {
    idle.abort();
    underWay.add(doing);
    try {
      return await doing;
    } finally {
      underWay.delete(doing);
      if (underWay.size === 0 && !closing.signal.aborted) endWhenIdle();
    }
  }

  function endWhenIdle(): void {
    idle = new AbortController();
    const { signal } = idle;
    void (async () => {
      const running = await starting;
      if (running === undefined || "kind" in running) return;
      const isOld = clock.nowMs() - running.startedMs >= lifeMsMax;
      if (!isOld) await clock.sleep(idleMsMax, AbortSignal.any([signal, closing.signal]));
      if (!signal.aborted && !closing.signal.aborted) ended(running);
    })();
  }

  const deviceMs = ({ timeoutMs }: ReachedDevice) => deviceSteps * timeoutMs;

  return {
    request: ({ body, ...request }, signal) =>
      working((async (): Promise<ConnectorAnswer> => {
        if ((body?.length ?? 0) > requestBytesMax) {
          return { kind: "refused", reason: `a request's body may have ${requestBytesMax} bytes` };
        }
        const { timeoutMs } = request;
        const outcome = await ask({ kind: "request", hasBody: body !== undefined, ...request }, {
          ...(body === undefined ? {} : { body }),
          timeoutMs,
          signal,
        });
        switch (outcome.kind) {
          case "answered":
            return outcome;
          case "refused":
          case "unreachable":
          case "too-large":
            return { kind: outcome.kind, reason: outcome.reason };
          case "gone":
          case "unavailable":
            return { kind: "unreachable", reason: outcome.reason };
          default:
            return { kind: "unreachable", reason: `the connector answered a request with "${outcome.kind}"` };
        }
      })()),
    read: (device, tag, signal) =>
      working((async (): Promise<TagRead> => {
        const outcome = await ask({ kind: "read", device: { ...device }, tag }, {
          timeoutMs: deviceMs(device),
          signal,
        });
        if (outcome.kind === "read") return { kind: "read", value: outcome.value };
        if (outcome.kind === "refused") return { kind: "refused", reason: outcome.reason };
        return { kind: "unreachable", reason: "reason" in outcome ? outcome.reason : "the connector answered oddly" };
      })()),
    write: (device, tag, value, signal) =>
      working((async (): Promise<TagWritten> => {
        const outcome = await ask({ kind: "write", device: { ...device }, tag, value }, {
          timeoutMs: deviceMs(device),
          signal,
        });
        switch (outcome.kind) {
          case "written":
            return { kind: "written" };
          case "refused":
          case "unreachable":
            return { kind: outcome.kind, reason: outcome.reason };
          case "unavailable":
            return { kind: "unreachable", reason: outcome.reason };
          default:
            // It had been sent: nobody knows what became of it.
            return { kind: "unknown", reason: "reason" in outcome ? outcome.reason : "the connector answered oddly" };
        }
      })()),
    async close() {
      closing.abort();
      idle.abort();
      const running = await starting;
      if (running !== undefined && !("kind" in running)) ended(running);
      await Promise.allSettled(underWay);
    },
  };
}
