import type { Channels } from "../channels.ts";
import type { Ids } from "../ids.ts";
import type { ChannelCapabilities } from "../ports/channel.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Store } from "../ports/store.ts";
import type { Tables } from "../tables.ts";
import type { Vault } from "../vault.ts";
import { fenceLengthMax, fencesOf } from "./fences.ts";
import { destinationOf } from "./new_delivery.ts";
import type { Outbox } from "./outbox.ts";
import { partText, splitText } from "./split.ts";
import type { Delivery } from "./types.ts";

/** A turn that is answered within this time makes no draft. */
const quickMs = 1_000;
/** How often it is looked whether there is room for a draft, as long as there is none. */
const lookMs = 250;
/** A draft begins with so many code units: the first words. */
const firstLength = 8;
/** The least time between two edits; where the platform wants more in a conversation, that and half of it again. */
const everyMs = 1_500;
const everyShare = 1.5;
/** How long platforms show that something is being written, with something to spare. */
const typingMs = 4_500;
/** How long a channel may take over what is only shown on the way. */
const showMsMax = 10_000;

/** What every draft ends with: so it is never taken for the answer. */
const goesOn = " …";

/** The growing answer of one running turn, as its platform shows it. Best effort: whatever fails is left out. */
export interface Draft {
  /** A piece of the answer was made. */
  grow(piece: string): void;
  /** The platform's id of what shows it at this moment. */
  platformId(): string | undefined;
  /**
   * Shows nothing any more. Resolves, after at most 10 s, with what the answer takes the place of; `undefined` where
   * there is nothing, or where something is still under way that could come behind the answer.
   */
  end(): Promise<string | undefined>;
}

/** What drafts need. `ending`: give up what still runs. */
export interface DraftsDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly channels: Pick<Channels, "get">;
  readonly outbox: Pick<Outbox, "sendAside">;
  readonly ending: AbortSignal;
}

/**
 * Shows that a turn's answer is being written, and what of it there is, as long as the turn runs. `undefined` where the
 * channel can show neither. What an earlier attempt began is gone on with.
 */
export function beginDraft(deps: DraftsDeps, turn: Tables["turns"]): Draft | undefined {
  const { vault, clock, ids, log, outbox, ending } = deps;
  const capabilities = deps.channels.get(turn.channel)?.capabilities;
  if (capabilities === undefined || !(capabilities.edit || capabilities.typing)) return undefined;
  const { conversation, replyTo } = destinationOf(turn, vault);
  const at = { ...turn, conversationHash: vault.keyedHash("conversation", turn.channel, conversation) };
  const stop = new AbortController();
  const stopped = AbortSignal.any([stop.signal, ending]);
  const firstWords = Promise.withResolvers<void>();
  let platformId = draftIdOf(turn, vault);
  let said = "";
  let shown = "";

  async function show(delivery: Delivery): ReturnType<Outbox["sendAside"]> {
    const late = new AbortController();
    void clock.sleep(showMsMax, late.signal).then(() => late.abort());
    try {
      return await outbox.sendAside(at, delivery, late.signal);
    } finally {
      late.abort();
    }
  }

  async function keepTyping(): Promise<void> {
    while (!stopped.aborted) {
      if ((await show({ kind: "typing", conversation })).kind === "refused") return;
      await clock.sleep(typingMs, stopped);
    }
  }

  async function keepDrafting(): Promise<void> {
    await Promise.all([clock.sleep(quickMs, stopped), firstWords.promise]);
    while (!stopped.aborted) {
      const text = draftText(said, capabilities!.textLengthMax);
      if (text !== shown && text !== goesOn && !await showDraft(text)) return;
      await clock.sleep(shown === "" ? lookMs : pauseMs(turn, capabilities!), stopped);
    }
  }

  /** False when nothing more can be shown. */
  async function showDraft(text: string): Promise<boolean> {
    const delivery: Delivery = platformId === undefined
      // On a platform that knows keys, another attempt doesn't begin another draft.
      ? {
        kind: "text",
        id: turn.id,
        conversation,
        text,
        mayBeDuplicate: false,
        ...(replyTo === undefined ? {} : { replyTo }),
      }
      : { kind: "edit", id: ids(), conversation, platformId, text, mayBeDuplicate: false };
    const result = await show(delivery);
    if (result.kind === "busy") return true;
    if (result.kind === "accepted") {
      shown = text;
      if (delivery.kind === "edit") return true;
      platformId = result.platformId;
      await journal();
      return true;
    }
    if (result.kind === "unreachable" && result.mayHaveArrived !== true) return true;
    // It was deleted, or what is under way could still come: the answer is sent as a message of its own.
    if (platformId !== undefined) {
      platformId = undefined;
      await journal();
    }
    return false;
  }

  /** Best effort: without it, another attempt begins another draft. */
  async function journal(): Promise<void> {
    const draftIdEnc = platformId === undefined ? null : vault.seal(draftField(turn.id), platformId);
    try {
      await deps.store.write((tx) => {
        if (tx.get("turns", turn.id)?.state === "running") tx.update("turns", turn.id, { draftIdEnc });
      });
    } catch (error) {
      log.warn("draft not journalled", { turnId: turn.id, error: String(error) });
    }
  }

  if (capabilities.typing) {
    keepTyping().catch((error) => log.error("showing that an answer is written broke", { error: String(error) }));
  }
  const drafting = capabilities.edit
    ? keepDrafting().catch((error) => {
      platformId = undefined;
      log.error("showing a draft broke", { turnId: turn.id, error: String(error) });
    })
    : undefined;

  return {
    grow(piece) {
      said += piece;
      if (said.length >= firstLength && said.length - piece.length < firstLength) firstWords.resolve();
    },
    platformId: () => platformId,
    async end() {
      stop.abort();
      firstWords.resolve();
      await drafting;
      return platformId;
    },
  };
}

/** What shows the answer of a turn, as it was journalled. */
export function draftIdOf({ id, draftIdEnc }: Tables["turns"], vault: Vault): string | undefined {
  return draftIdEnc === null ? undefined : vault.openText(draftField(id), draftIdEnc);
}

/**
 * What is shown of an answer that isn't whole: all of it, or the first part when it is too long, with its blocks of code
 * closed, and a sign at its end that it goes on.
 */
export function draftText(said: string, textLengthMax: number): string {
  const room = textLengthMax - goesOn.length - fenceLengthMax;
  const [part] = splitText(said, room);
  const text = partText(said, part ?? { from: 0, to: 0 }, room).trimEnd();
  const last = fencesOf(text).at(-1);
  const isOpen = last !== undefined && last.bodyTo === last.to;
  if (isOpen) return `${text}\n${last.closing}\n${goesOn}`;
  return text.length === last?.to ? `${text}\n${goesOn}` : text + goesOn;
}

function pauseMs({ place }: Tables["turns"], { rate }: ChannelCapabilities): number {
  const platformMs = rate === undefined ? 0 : place === "group" ? rate.groupEveryMs : rate.directEveryMs;
  return Math.max(everyMs, everyShare * platformMs);
}

const draftField = (id: string) => ({ table: "turns", column: "draftId", id, version: 1 }) as const;
