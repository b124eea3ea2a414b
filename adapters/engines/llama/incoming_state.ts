import type { HostMessage } from "./protocol.ts";

/** A state whose bytes come in pieces. */
export interface IncomingState {
  readonly message: Extract<HostMessage, { kind: "state" }>;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly isWhole: boolean;
  /** @throws {RangeError} When it is more than was announced: the other side is broken. */
  take(piece: Uint8Array): void;
}

/** Room for the bytes that a message announces. */
export function createIncomingState(message: IncomingState["message"]): IncomingState {
  const content = new Uint8Array(new ArrayBuffer(message.bytes));
  let filled = 0;
  return {
    message,
    content,
    get isWhole() {
      return filled === content.length;
    },
    take(piece) {
      content.set(piece, filled);
      filled += piece.length;
    },
  };
}
