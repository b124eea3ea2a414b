import type { Delivery, DeliveryResult, InboundMessage, IntakeResult } from "../../core/message/types.ts";
import type { Sink } from "../../core/ports/channel.ts";

/** One message that a person sends. */
export interface Sent {
  message: InboundMessage;
  state: "unsent" | "offered" | "acknowledged" | "refused";
  result?: IntakeResult;
}

/** One copy that reached the platform. */
export interface Receipt {
  readonly id: string;
  readonly conversation: string;
  readonly text: string;
  readonly mayBeDuplicate: boolean;
}

/**
 * The world's side of a channel: it remembers what people sent until it is acknowledged, offers it again to each new
 * life of the host, and keeps each copy of what it was given.
 */
export class Platform {
  readonly sent: Sent[] = [];
  readonly receipts: Receipt[] = [];
  #sink: Sink | undefined;

  constructor(readonly name: string) {}

  /** A life of the host listens. What was never acknowledged is offered again, in order. */
  connect(sink: Sink): void {
    this.#sink = sink;
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

  receive(delivery: Delivery): DeliveryResult {
    if (delivery.kind !== "text") return { kind: "refused", reason: `${this.name} takes text only` };
    const { id, conversation, text, mayBeDuplicate } = delivery;
    this.receipts.push({ id, conversation, text, mayBeDuplicate });
    return { kind: "accepted", platformId: `${this.name}-${this.receipts.length}` };
  }
}
