import { ok, strictEqual } from "node:assert/strict";
import { systemRandom } from "../../../adapters/random/system.ts";
import type { Delivery, DeliveryResult, InboundMessage, IntakeResult } from "../../../core/message/types.ts";
import type { ChannelHealth, Sink } from "../../../core/ports/channel.ts";
import { VirtualClock } from "../../simulator/virtual_clock.ts";
import type { Ability, ChannelSuite, ChannelUnderTest, Written } from "./under_test.ts";

/** Real time that anything on the stage may take before it counts as hanging: a guard, never a measure. */
export const guardMs = 20_000;
/** Steps in which time passes on the stage: small beside any deadline of a channel. */
const stepMs = 250;

/** A channel with its platform, a clock of its own, and all that the channel said of itself. */
export interface Stage extends ChannelUnderTest {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Starts the channel, and starts it again after an error of the sink's own, as the core does. */
  run(sink: Sink): Run;
  /** Delivers as the outbox does, under the stage's guard unless `signal` is given. */
  deliver(delivery: Delivery, signal?: AbortSignal): Promise<DeliveryResult>;
  /** While this goes on, no time passes on the stage's clock. */
  during<R>(work: Promise<R>): Promise<R>;
  /** Resolves when it is so; no time passes on the stage's clock. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** As {@link until}; after a second, time passes too, as a channel whose first call broke tries again. */
  become(what: string, holds: () => boolean): Promise<void>;
  /** Resolves when it is so, while time passes on the stage's clock. */
  pass(what: string, holds: () => boolean): Promise<void>;
  /** The kinds of health that were seen, each change once. */
  healths(): readonly ChannelHealth["kind"][];
}

/** A channel that was started. */
export interface Run {
  /** Whether `start` has ended. */
  hasEnded(): boolean;
  /** Aborts, and resolves when `start` has. */
  stop(): Promise<void>;
}

/** Registers one test of the suite; what a platform can't do is skipped with the suite's reason. */
export type Test = (sentence: string, body: (stage: Stage) => Promise<void>, ...needs: readonly Ability[]) => void;

/** The tests of one channel. */
export function testsOf(suite: ChannelSuite): Test {
  return (sentence, body, ...needs) => {
    const missing = needs.find((need) => suite.cannot[need] !== undefined);
    const why = missing === undefined ? "" : ` [skipped without ${missing}: ${suite.cannot[missing]}]`;
    Deno.test({
      name: `channel ${[suite.name, suite.how ?? [], sentence].flat().join(" ")}${why}`,
      ignore: missing !== undefined,
      async fn() {
        const said: string[] = [];
        const stage = await openStage(suite, said);
        try {
          await within(guardMs, sentence, body(stage));
        } catch (error) {
          said.push(`${error} ${(error as Error)?.stack} ${JSON.stringify((error as Error)?.cause ?? null)}`);
          throw error;
        } finally {
          await stage.close();
          checkSecrets(stage, said);
        }
      },
    });
  };
}

async function openStage(suite: ChannelSuite, said: string[]): Promise<Stage> {
  const going = new Set<Promise<unknown>>();
  const clock = new VirtualClock(
    Date.UTC(2026, 0, 1),
    () => going.size === 0 ? undefined : Promise.allSettled([...going]),
  );
  const say = (message: string, fields?: unknown) => void said.push(JSON.stringify([message, fields]));
  const on = await suite.create({
    clock,
    random: systemRandom,
    log: { info: say, warn: say, error: say },
    commands: () => [{ command: "new", description: "Begins anew" }],
  });
  const kinds: ChannelHealth["kind"][] = [];
  const runs: Run[] = [];
  const look = () => {
    const health = on.channel.health();
    said.push(JSON.stringify(health));
    if (health.kind !== kinds.at(-1)) kinds.push(health.kind);
  };
  look();

  async function until(what: string, holds: () => boolean, passing: () => Promise<void>): Promise<void> {
    for (const endMs = performance.now() + guardMs;;) {
      look();
      if (holds()) return;
      if (performance.now() > endMs) {
        throw new Error(`Not yet: ${what}; health: ${JSON.stringify(on.channel.health())}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
      await passing();
    }
  }

  return {
    ...on,
    name: suite.name,
    clock,
    run(sink) {
      const stop = new AbortController();
      let ended = false;
      const all = keepRunning(on, sink, stop.signal).finally(() => {
        ended = true;
        look();
      });
      all.catch(() => {}); // `stop` tells.
      const run: Run = {
        hasEnded: () => ended,
        async stop() {
          look();
          stop.abort();
          await within(guardMs, "start ends when it is aborted", all);
        },
      };
      runs.push(run);
      return run;
    },
    async deliver(delivery, signal = AbortSignal.timeout(guardMs)) {
      const result = await within(2 * guardMs, "deliver resolves", on.channel.deliver(delivery, signal));
      said.push(JSON.stringify(result));
      look();
      return result;
    },
    during: (work) => {
      going.add(work);
      return work.finally(() => going.delete(work));
    },
    until: (what, holds) => until(what, holds, () => Promise.resolve()),
    become(what, holds) {
      const patientMs = performance.now() + 1_000;
      return until(
        what,
        holds,
        () => performance.now() < patientMs ? Promise.resolve() : clock.run(clock.nowMs() + stepMs),
      );
    },
    pass: (what, holds) => until(what, holds, () => clock.run(clock.nowMs() + stepMs)),
    healths: () => kinds,
    async close() {
      await Promise.all(runs.map((run) => run.stop()));
      await on.close();
    },
  };
}

/** As the core does it: what the sink refused isn't acknowledged, and is offered again to the next start. */
async function keepRunning({ channel }: ChannelUnderTest, sink: Sink, signal: AbortSignal): Promise<void> {
  const own = new Set<unknown>();
  const watched: Sink = async (message) => {
    try {
      return await sink(message);
    } catch (error) {
      own.add(error);
      throw error;
    }
  };
  do {
    try {
      return await channel.start(watched, signal);
    } catch (error) {
      ok(own.has(error), `start rejects only with the sink's own error, not with ${error}`);
    }
  } while (!signal.aborted);
}

/** What the suite's sink took in. */
export interface Intake {
  readonly sink: Sink;
  readonly taken: InboundMessage[];
  /** Messages that weren't copies of an earlier one. */
  answered(): number;
}

/** A sink that knows a copy by channel, conversation and platform id, as intake does. */
export function createIntake(): Intake {
  const seen = new Set<string>();
  const taken: InboundMessage[] = [];
  return {
    taken,
    answered: () => seen.size,
    async sink(message): Promise<IntakeResult> {
      const key = JSON.stringify([message.channel, message.conversation, message.platformId]);
      const isNew = !seen.has(key);
      seen.add(key);
      taken.push(message);
      const ids = { sessionId: "s", messageId: `m-${key}`, turnId: `t-${key}` };
      return { kind: isNew ? "accepted" : "duplicate", ...ids };
    },
  };
}

/** A channel that runs and is ready, with an intake. */
export async function ready(stage: Stage, intake: Intake = createIntake()): Promise<Intake & { readonly run: Run }> {
  const run = stage.run(intake.sink);
  await stage.become("the channel is ready", () => stage.channel.health().kind === "ready");
  return { ...intake, run };
}

/** A person writes until the platform was told what became of it. */
export async function write({ platform }: Stage, written: Written): Promise<"acknowledged" | "refused"> {
  for (;;) {
    const told = await platform.write(written);
    if (told !== "unavailable") return told;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** As {@link write}, while time passes: a channel that has lost its platform tells it later. */
export async function writePassing(stage: Stage, written: Written): Promise<"acknowledged" | "refused"> {
  let told: "acknowledged" | "refused" | undefined;
  const writing = write(stage, written).then((result) => told = result);
  await stage.pass("the platform was told", () => told !== undefined);
  return await writing;
}

/** A ready channel in which somebody has written, so that there is a conversation to deliver to. */
export async function met(stage: Stage, written: Partial<Written> = {}): Promise<{
  readonly conversation: string;
  readonly message: InboundMessage;
  readonly intake: Intake;
  readonly run: Run;
}> {
  const intake = await ready(stage);
  strictEqual(await write(stage, { key: "first", text: "hello", ...written }), "acknowledged");
  const message = intake.taken.at(-1)!;
  return { conversation: message.conversation, message, intake, run: intake.run };
}

/** What all texts have that the suite sends. */
export function textTo(
  conversation: string,
  text: string,
  id = `d-${crypto.randomUUID()}`,
): Delivery & { kind: "text" } {
  return { kind: "text", id, conversation, text, mayBeDuplicate: false };
}

/** The platform's id of what it accepted. */
export function accepted(result: DeliveryResult): string {
  strictEqual(result.kind, "accepted", JSON.stringify(result));
  return result.kind === "accepted" ? result.platformId : "";
}

/** Rejects when it takes longer: a guard against hanging. */
export async function within<R>(ms: number, what: string, promise: Promise<R>): Promise<R> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Hangs for ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function checkSecrets({ secrets, name }: Stage, said: readonly string[]): void {
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret), btoa(secret)]) {
      for (const line of said) ok(!line.includes(form), `${name} says its secret in: ${line.replaceAll(form, "***")}`);
    }
  }
}
