import { create, options } from "../../adapters/channels/telegram.ts";
import { systemClock } from "../../adapters/clock/system.ts";
import type { InboundMessage, IntakeResult } from "../../core/message/types.ts";
import type { Channel, Sink } from "../../core/ports/channel.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { LogFields } from "../../core/ports/log.ts";
import * as v from "valibot";
import type { TelegramEmulator } from "../telegram_emulator.ts";

/** One line that the channel logged. */
export interface LogLine {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly fields: LogFields;
}

/** A Telegram channel that runs against an emulator, with a sink that keeps what it is given. */
export interface ChannelStand extends AsyncDisposable {
  readonly channel: Channel;
  readonly taken: InboundMessage[];
  readonly lines: LogLine[];
  /** Resolves when `start` has. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** What may be set. */
export interface StandOptions {
  readonly sink?: Sink;
  readonly clock?: Clock;
  /** Further keys below `protocol.telegram`. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** As real time, but what is waited for takes a hundredth. */
export const fastClock: Clock = {
  nowMs: systemClock.nowMs,
  sleep: (ms, signal) => systemClock.sleep(ms / 100, signal),
};

/** Makes a channel that isn't started. */
export function createTelegram(
  { apiRoot, token }: Pick<TelegramEmulator, "apiRoot" | "token">,
  { clock = fastClock, config = {} }: StandOptions = {},
): { readonly channel: Channel; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = (level: LogLine["level"]) => (message: string, fields: LogFields = {}) =>
    void lines.push({ level, message, fields });
  const channel = create(v.parse(options, { token, api_root: apiRoot, ...config }), {
    clock,
    random: { unit: () => 0.5 },
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    commands: (locale) => [
      { command: "new", description: locale === "en" ? "Begins anew" : "重新开始" },
      { command: "stop", description: locale === "en" ? "Stops the answer" : "停止回答" },
    ],
  });
  return { channel, lines };
}

/** Starts a channel, which is ready when this resolves unless it failed. */
export async function startTelegram(telegram: TelegramEmulator, options: StandOptions = {}): Promise<ChannelStand> {
  const { channel, lines } = createTelegram(telegram, options);
  const stop = new AbortController();
  const taken: InboundMessage[] = [];
  const sink: Sink = options.sink ?? (async (message): Promise<IntakeResult> => {
    taken.push(message);
    return { kind: "accepted", sessionId: "s", messageId: "m", turnId: "t" };
  });
  const ended = channel.start(sink, stop.signal);
  await telegram.until(() => channel.health().kind !== "connecting" || undefined, "the channel is ready");
  const stand: ChannelStand = {
    channel,
    taken,
    lines,
    ended,
    async stop() {
      stop.abort();
      await ended;
    },
    [Symbol.asyncDispose]: () => stand.stop(),
  };
  return stand;
}
