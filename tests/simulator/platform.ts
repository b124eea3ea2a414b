import type { Delivery, DeliveryResult, InboundMessage, IntakeResult, Place } from "../../core/message/types.ts";
import type { ChannelCapabilities, Sink } from "../../core/ports/channel.ts";

/** One message that a person sends. */
export interface Sent {
  message: InboundMessage;
  state: "unsent" | "offered" | "acknowledged" | "refused";
  result?: IntakeResult;
}

/** One copy that reached the platform, and was shown. */
export interface Receipt {
  readonly kind: "text" | "edit";
  readonly id: string;
  readonly platformId: string;
  readonly conversation: string;
  readonly text: string;
  readonly mayBeDuplicate: boolean;
}

/** One thing that the platform was given, whatever became of it; `life`: by which life of the host. */
export interface Attempt {
  readonly delivery: Delivery;
  readonly life: number;
  readonly beganMs: number;
  /** When it was answered; absent while it isn't, and when the host died before. */
  endedMs?: number;
}

/** A message as people see it now. */
interface Shown {
  text: string;
  isDeleted: boolean;
}

/** A pause that the platform asked for: in one conversation, or in all. */
interface Pause {
  readonly conversation: string | undefined;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A platform that knows keys and can do nothing more than show texts. */
export const plain: ChannelCapabilities = {
  edit: false,
  buttons: false,
  typing: false,
  idempotent: true,
  textLengthMax: 4_096,
  fileBytesMax: 0,
};

/** A platform as most are: edits, no keys, short messages, and a rate. */
export const lively: ChannelCapabilities = {
  edit: true,
  buttons: true,
  typing: true,
  idempotent: false,
  textLengthMax: 400,
  fileBytesMax: 0,
  rate: { perSecond: 4, directEveryMs: 1_000, groupEveryMs: 3_000 },
};

/**
 * The world's side of a channel: it remembers what people sent until it is acknowledged, offers it again to each new
 * life of the host, keeps each copy of what it was given, and shows messages as they were edited last.
 */
export class Platform {
  readonly sent: Sent[] = [];
  readonly receipts: Receipt[] = [];
  readonly attempts: Attempt[] = [];
  readonly shown = new Map<string, Shown>();
  /** What the host did that the platform had asked it not to do. */
  readonly intrusions: string[] = [];
  /** Until then it answers nothing. */
  silentUntilMs = 0;
  #pauses: Pause[] = [];
  #lives = 0;
  #sink: Sink | undefined;

  /** @param groups Conversations that have several people. */
  constructor(
    readonly name: string,
    readonly capabilities: ChannelCapabilities,
    readonly groups: readonly string[] = [],
  ) {}

  /** A life of the host listens. What was never acknowledged is offered again, in order. */
  connect(sink: Sink): void {
    this.#sink = sink;
    this.#lives++;
    this.#pauses = []; // That is lost with the host, and asked for again.
    for (const sent of this.sent) if (sent.state === "offered") this.offer(sent);
  }

  disconnect(): void {
    this.#sink = undefined;
  }

  /** A person sends, or the platform offers a copy of what it sent before. */
  offer(sent: Sent): void {
    if (sent.state === "unsent") sent.state = "offered";
    const sink = this.#sink;
    if (sink === undefined) return;
    sink(sent.message).then((result) => {
      if (sink !== this.#sink || sent.state === "acknowledged") return;
      sent.state = result.kind === "refused" ? "refused" : "acknowledged";
      sent.result = result;
    }, () => {}); // Not taken in: it stays offered, and the driver offers it again.
  }

  placeOf(conversation: string): Place {
    return this.groups.includes(conversation) ? "group" : "direct";
  }

  /** The host begins to deliver something. */
  attempt(delivery: Delivery, nowMs: number): Attempt {
    const attempt = { delivery, life: this.#lives, beganMs: nowMs };
    this.attempts.push(attempt);
    const { conversation } = delivery;
    const pause = this.#pauses.find((pause) =>
      nowMs > pause.fromMs && nowMs < Math.floor(pause.untilMs) &&
      (pause.conversation === undefined || pause.conversation === conversation)
    );
    if (pause !== undefined && (delivery.kind !== "typing" || pause.conversation === undefined)) {
      this.intrusions.push(`${this.name} was sent ${delivery.kind} into a pause that ends at ${pause.untilMs}`);
    }
    return attempt;
  }

  /** Too much was sent: nothing for a while. */
  pause(pause: Pause): void {
    this.#pauses.push(pause);
  }

  /** Shows what it was given. */
  receive(delivery: Delivery): DeliveryResult {
    if (delivery.kind === "typing") return { kind: "accepted", platformId: "" };
    if (delivery.kind === "file") return { kind: "refused", reason: `${this.name} takes no files` };
    const { kind, id, conversation, text, mayBeDuplicate } = delivery;
    if (text.length > this.capabilities.textLengthMax) return { kind: "refused", reason: "the text is too long" };
    const platformId = kind === "edit" ? delivery.platformId : `${this.name}-${this.shown.size + 1}`;
    const known = this.shown.get(platformId);
    if (kind === "edit" && (known === undefined || known.isDeleted)) {
      return { kind: "refused", reason: "there is no message to edit" };
    }
    this.shown.set(platformId, { text, isDeleted: false });
    this.receipts.push({ kind, id, platformId, conversation, text, mayBeDuplicate });
    return { kind: "accepted", platformId };
  }
}
