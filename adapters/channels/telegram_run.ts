import type { InboundFile } from "../../core/message/types.ts";
import type { Sink } from "../../core/ports/channel.ts";
import { localeOf, text } from "../../core/text/mod.ts";
import type { ChannelDeps } from "./module.ts";
import type { Options } from "./telegram.ts";
import type { TelegramApi } from "./telegram_api.ts";
import type { Failure } from "./telegram_failure.ts";
import { createIntake, type Intake, type Outcome } from "./telegram_intake.ts";
import {
  allowedUpdates,
  inboundOf,
  type Me,
  parseUpdate,
  type RemoteFile,
  targetOf,
  type Update,
} from "./telegram_update.ts";
import { UpdateWindow } from "./telegram_window.ts";

/** The name under `protocol`, and of the channel. */
const name = "telegram";
/** The Bot API gives no larger files. Source: https://core.telegram.org/bots/api#getfile */
const downloadBytesMax = 20_000_000;
/** How long a poll waits at the platform, in seconds, and how long it may take in all. */
const pollSeconds = 50;
const pollMsMax = 65_000;
/** A platform that answers polls at once isn't asked more often than this. */
const pollEveryMs = 250;
const backoffMs = 1_000;
const backoffMsMax = 60_000;
/** How often the platform is asked how its webhook does. */
const webhookEveryMs = 60_000;
/** What is said besides deliveries is said once; more than so many at a time isn't. */
const courtesiesMax = 100;

/** What a run works with. */
export interface RunDeps extends ChannelDeps {
  readonly api: TelegramApi;
  readonly webhook: Options["webhook"];
  readonly sink: Sink;
  /** Aborts when the channel is stopped, or has failed. */
  readonly signal: AbortSignal;
  readonly health: { isReady(): boolean; ready(): void; degrade(reason: string): void };
  /** Told what takes in what is pushed. */
  readonly listening: (intake: Intake) => void;
}

/** Receives until the signal aborts: sets up, asks for updates or watches the webhook, and tries again for ever. */
export async function runTelegram(deps: RunDeps): Promise<void> {
  const { api, webhook, sink, signal, health, listening, clock, log, random, commands: commandsIn } = deps;
  const updates = new UpdateWindow();
  const courtesies = new Set<Promise<unknown>>();
  let listeningMs = 0;
  let me: Me | undefined;
  let intake: Intake | undefined;
  let soon = new AbortController();

  function say(make: Parameters<TelegramApi["call"]>[0]): void {
    if (courtesies.size >= courtesiesMax) return;
    const saying = api.call(make, signal).finally(() => courtesies.delete(saying));
    courtesies.add(saying);
  }

  const openFile = ({ id, name, bytes }: RemoteFile): InboundFile => ({
    name,
    ...(bytes === undefined ? {} : { bytes, isWithheld: bytes > downloadBytesMax }),
    async open(signal) {
      const found = await api.call((api, signal) => api.getFile(id, signal), signal);
      if (found.kind !== "done") throw new Error(found.reason);
      return api.download(found.value.file_path ?? "", signal);
    },
  });

  function done({ update_id, callback_query: query }: Update, outcome: Outcome): void {
    updates.dealtWith(update_id);
    if (updates.open === 0) soon.abort();
    if (query !== undefined) say((api, signal) => api.answerCallbackQuery(query.id, {}, signal));
    if (outcome.kind === "nothing") return;
    const reason = toSay(outcome);
    if (reason === undefined) return;
    const { chat, ...topic } = targetOf(outcome.inbound.conversation);
    say((api, signal) => api.sendMessage(chat, reason, topic, signal));
  }

  /** Finds out who the bot is, and says how it is told of messages. */
  async function setUp(): Promise<Failure | undefined> {
    const found = await api.call((api, signal) => api.getMe(signal), signal);
    if (found.kind !== "done") return found;
    const told = await api.call((api, signal) => {
      if (webhook === undefined) return api.deleteWebhook({}, signal);
      const more = { secret_token: webhook.secret.reveal(), allowed_updates: allowedUpdates };
      return api.setWebhook(webhook.url.url, more, signal);
    }, signal);
    if (told.kind !== "done") return told;
    const lists = ["", "zh"].map((language) => {
      const more = language === "" ? {} : { language_code: language as "zh" };
      return api.call((api, signal) => api.setMyCommands(commandsIn(localeOf(language)), more, signal), signal);
    });
    for (const listed of await Promise.all(lists)) {
      // They work without being listed.
      if (listed.kind !== "done") log.warn("telegram doesn't list the commands", { reason: listed.reason });
    }
    const { id, username } = found.value;
    const commands = commandsIn("en").map(({ command }) => command);
    const known: Me = me = { id, username };
    intake = createIntake({
      ...{ sink, clock, log, signal, done, draw: () => random.unit() },
      inboundOf: (update) => inboundOf(update, { channel: name, me: known, commands, openFile }),
    });
    listening(intake);
    listeningMs = clock.nowMs();
    health.ready();
    return undefined;
  }

  /** Asks for updates once. What is told is taken in while the next are asked for. */
  async function poll(): Promise<Failure | undefined> {
    const offset = updates.offset();
    const wait = health.isReady() && updates.open === 0 ? pollSeconds : 0;
    const beganMs = clock.nowMs();
    const polled = await api.call(
      (api, signal) =>
        api.getUpdates(
          { timeout: wait, allowed_updates: allowedUpdates, ...(offset === undefined ? {} : { offset }) },
          signal,
        ),
      signal,
      pollMsMax,
    );
    if (polled.kind !== "done") return polled;
    updates.confirmed(offset);
    health.ready();
    const told = polled.value.flatMap((value) => {
      const update = parseUpdate(value);
      if (update === undefined) log.warn("telegram told what can't be read", { update: value.update_id });
      return update ?? [{ update_id: value.update_id }];
    });
    const fresh = updates.fresh(told);
    soon = new AbortController();
    for (const update of fresh) intake!.take(update);
    const isEarly = fresh.length === 0 && clock.nowMs() - beganMs < pollEveryMs;
    if (updates.open > 0 || isEarly) await clock.sleep(pollEveryMs, AbortSignal.any([signal, soon.signal]));
    return undefined;
  }

  /** Asks how the webhook does, and waits. */
  async function watch(): Promise<Failure | undefined> {
    const asked = await api.call((api, signal) => api.getWebhookInfo(signal), signal);
    if (asked.kind !== "done") return asked;
    const { url, last_error_date: atSeconds = 0, last_error_message: problem = "" } = asked.value;
    if (url !== webhook!.url.url) me = undefined; // Somebody else took it: it is set again.
    const atMs = atSeconds * 1_000;
    // What was pushed while nobody listened isn't wrong any more.
    const isNow = atMs > listeningMs && clock.nowMs() - atMs < 2 * webhookEveryMs;
    if (isNow) health.degrade(`Telegram can't reach the webhook: ${problem.slice(0, 200)}`);
    else health.ready();
    if (me !== undefined) await clock.sleep(webhookEveryMs, signal);
    return undefined;
  }

  for (let failures = 0; !signal.aborted;) {
    const failure: Failure | undefined = me === undefined
      ? await setUp()
      : webhook === undefined
      ? await poll()
      : await watch();
    if (signal.aborted) break;
    if (failure === undefined) {
      failures = 0;
      continue;
    }
    health.degrade(failure.reason);
    const waitMs = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(failures++, 30)) * (0.5 + random.unit() / 2);
    await clock.sleep(Math.max(failure.retryAfterMs ?? 0, waitMs), signal);
  }
  await intake?.quiet();
  await Promise.allSettled(courtesies);
}

/** What is said to a message besides what the core says to it. */
function toSay({ inbound, ...outcome }: Exclude<Outcome, { kind: "nothing" }>): string | undefined {
  const said = text(inbound.locale).telegram;
  // In a group nobody is told that they weren't heard.
  if (outcome.kind === "givenUp") return inbound.place === "direct" ? said.givenUp : undefined;
  const isWithheld = inbound.files?.some(({ isWithheld }) => isWithheld) === true;
  return isWithheld && outcome.result.kind === "accepted" ? said.fileTooLarge(downloadBytesMax) : undefined;
}
