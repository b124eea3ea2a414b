import * as v from "valibot";
import type { Channel, ChannelHealth } from "../../core/ports/channel.ts";
import { secret } from "../../schema/secret.ts";
import { serverUrl } from "../../schema/server_url.ts";
import type { ChannelDeps } from "./module.ts";
import type { TelegramApi } from "./telegram_api.ts";
import type { Intake } from "./telegram_intake.ts";

// Only what the configuration needs is loaded with this file; the rest when the channel is started.

/** Under `protocol.telegram`. Source: https://core.telegram.org/bots/api */
export const options = v.pipe(
  v.strictObject({
    token: secret("The bot's token, from @BotFather."),
    api_root: v.optional(
      v.pipe(
        serverUrl("Where the Bot API is; another one than Telegram's own where the site runs its own server of it."),
        v.check(
          ({ secure, loopback }) => secure || loopback,
          "https, since the token would cross the network as it is",
        ),
      ),
      "https://api.telegram.org",
    ),
    webhook: v.optional(v.pipe(
      v.strictObject({
        url: v.pipe(
          serverUrl("The address that Telegram reaches, which ends in `/channels/telegram`."),
          v.check(({ secure, loopback }) => secure || loopback, "https: Telegram takes nothing else"),
          v.check(({ url }) => url.endsWith("/channels/telegram"), "an address that ends in /channels/telegram"),
        ),
        secret: secret("What Telegram proves itself with: 1 to 256 letters, digits, `_` and `-`, made up for this."),
      }),
      v.description("Be told of messages instead of asking for them. Needs an address that the internet reaches."),
    )),
  }),
  v.description("A bot on Telegram."),
);
/** See the schema's descriptions. */
export type Options = v.InferOutput<typeof options>;

/** What it connects to, `host:port`. */
export function connects({ api_root }: Options): readonly string[] {
  return [api_root.address];
}

/** The Bot API takes no larger files. Source: https://core.telegram.org/bots/api#sending-files */
const uploadBytesMax = 50_000_000;

/** Makes the channel of one bot. Nothing is loaded or asked before it is started. */
export function create(config: Options, deps: ChannelDeps): Channel {
  const { clock, log } = deps;
  const { webhook } = config;
  let health: ChannelHealth = { kind: "connecting" };
  let over = new AbortController();
  let intake: Intake | undefined;
  let loaded: Promise<TelegramApi> | undefined;
  const loadApi = () =>
    loaded ??= import("./telegram_api.ts").then(({ createApi }) =>
      createApi({ token: config.token.reveal(), apiRoot: config.api_root.url, clock, tokenRefused: fail })
    );

  const isFailed = () => health.kind === "failed";

  /** Only a person can mend it. */
  function fail(reason: string): void {
    health = { kind: "failed", reason };
    over.abort();
  }

  function degrade(reason: string): void {
    if (isFailed()) return;
    if (health.kind !== "degraded") log.warn("telegram is away", { reason });
    health = { kind: "degraded", reason, sinceMs: health.kind === "degraded" ? health.sinceMs : clock.nowMs() };
  }

  function ready(): void {
    if (health.kind === "degraded") log.info("telegram is back");
    if (!isFailed()) health = { kind: "ready" };
  }

  return {
    capabilities: {
      edit: true,
      buttons: true,
      typing: true,
      idempotent: false,
      textLengthMax: 4_096,
      fileBytesMax: uploadBytesMax,
      // Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
      rate: { perSecond: 28, directEveryMs: 1_050, groupEveryMs: 3_100 },
    },
    health: () => health,

    async start(sink, signal) {
      if (signal.aborted) return;
      health = { kind: "connecting" };
      over = new AbortController();
      try {
        const [api, { runTelegram }] = await Promise.all([loadApi(), import("./telegram_run.ts")]);
        await runTelegram({
          ...deps,
          ...{ api, webhook, sink, signal: AbortSignal.any([signal, over.signal]) },
          health: { isReady: () => health.kind === "ready", ready, degrade },
          listening: (to) => intake = to,
        });
      } finally {
        intake = undefined;
        if (!isFailed()) health = { kind: "connecting" };
      }
    },

    async deliver(delivery, signal) {
      if (health.kind === "failed") return { kind: "unreachable", reason: health.reason };
      const [api, { send }] = await Promise.all([loadApi(), import("./telegram_send.ts")]);
      return await send(api, delivery, signal);
    },

    async receive(request) {
      const { isSecret, readUpdate } = await import("./telegram_webhook.ts");
      if (webhook === undefined || request.method !== "POST") return new Response(null, { status: 404 });
      if (!isSecret(request, webhook.secret)) return new Response(null, { status: 401 });
      if (intake === undefined) return new Response(null, { status: 503 });
      const update = await readUpdate(request);
      // What can't be read would be pushed for ever.
      if (update === undefined) log.warn("telegram told what can't be read");
      const isDone = update === undefined || await intake.tryOnce(update);
      return new Response(null, { status: isDone ? 200 : 503 });
    },
  };
}
