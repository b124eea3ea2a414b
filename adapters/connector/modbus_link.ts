import type { Pdu } from "./modbus_pdu.ts";
import { connectTo, writeAll } from "./tcp.ts";

/** What one question came to. `hasLeft`: its bytes may have reached the device. */
export type LinkAnswer = { readonly kind: "answered"; readonly pdu: Pdu } | {
  readonly kind: "lost";
  readonly hasLeft: boolean;
  readonly reason: string;
};

/**
 * One connection to a Modbus device or gateway, over which one question is under way at a time. It ends with the first
 * thing that isn't exactly the answer to its question: what comes after that can't be trusted to belong to anything.
 * Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3.
 */
export class ModbusLink {
  readonly #connection: Deno.Conn;
  #transaction: number;
  #asked: { readonly transaction: number; readonly unit: number; answer(answer: LinkAnswer): void } | undefined;
  #endedBecause: string | undefined;

  private constructor(connection: Deno.Conn, firstTransaction: number) {
    this.#connection = connection;
    this.#transaction = firstTransaction;
    void this.#receive();
  }

  /** Connects. `firstTransaction`: by chance, so that answers to an earlier connection's questions fit none of this one. */
  static async open(
    address: string,
    firstTransaction: number,
    signal: AbortSignal,
  ): Promise<ModbusLink | { readonly kind: "unreachable"; readonly reason: string }> {
    const connected = await connectTo({ address }, signal);
    return connected.kind === "unreachable" ? connected : new ModbusLink(connected.connection, firstTransaction);
  }

  get isOpen(): boolean {
    return this.#endedBecause === undefined;
  }

  /** Asks once. Abort of `signal`, which is also the deadline, ends the connection. */
  async ask(unit: number, pdu: Pdu, signal: AbortSignal): Promise<LinkAnswer> {
    if (this.#endedBecause !== undefined || signal.aborted) {
      return { kind: "lost", hasLeft: false, reason: this.#endedBecause ?? "there was no time left to ask it" };
    }
    this.#transaction = (this.#transaction + 1) & 0xffff;
    const transaction = this.#transaction;
    const answered = Promise.withResolvers<LinkAnswer>();
    this.#asked = { transaction, unit, answer: answered.resolve };
    const late = () => this.#end("it didn't answer in time");
    signal.addEventListener("abort", late, { once: true });
    const frame = Uint8Array.of(transaction >> 8, transaction & 0xff, 0, 0, 0, 1 + pdu.length, unit, ...pdu);
    void writeAll(this.#connection, frame).catch(() => this.#end("it closed the connection"));
    try {
      return await answered.promise;
    } finally {
      signal.removeEventListener("abort", late);
    }
  }

  /** Ends it; who waits for an answer learns that. */
  close(): void {
    this.#end("the connection was closed");
  }

  /** Reads all the time, so that a device that ends the connection is seen to do so before it is asked again. */
  async #receive(): Promise<void> {
    const buffer = new Uint8Array(frameBytesMax);
    let have = 0;
    try {
      for (;;) {
        const count = await this.#connection.read(buffer.subarray(have));
        if (count === null) return this.#end("it closed the connection");
        have += count;
        const asked = this.#asked;
        if (asked === undefined) return this.#end("it said something without being asked");
        const problem = frameProblem(buffer.subarray(0, have), asked);
        if (problem !== undefined) return this.#end(problem);
        if (have < headerBytes || have < frameBytes(buffer)) continue;
        const pdu = buffer.slice(headerBytes, have);
        have = 0;
        this.#asked = undefined;
        asked.answer({ kind: "answered", pdu });
      }
    } catch {
      this.#end("it closed the connection");
    }
  }

  #end(reason: string): void {
    if (this.#endedBecause !== undefined) return;
    this.#endedBecause = reason;
    this.#asked?.answer({ kind: "lost", hasLeft: true, reason });
    this.#asked = undefined;
    this.#connection.close();
  }
}

/** Transaction, protocol, length and unit. */
const headerBytes = 7;
/** A unit and a PDU of 253 bytes at most. */
const lengthMax = 254;
const frameBytesMax = 6 + lengthMax;

const frameBytes = (frame: Uint8Array): number => 6 + (frame[4]! << 8 | frame[5]!);

/** Why what came so far can't be the answer. */
function frameProblem(
  frame: Uint8Array,
  { transaction, unit }: { readonly transaction: number; readonly unit: number },
): string | undefined {
  if (frame.length < headerBytes) return undefined;
  if ((frame[2]! << 8 | frame[3]!) !== 0) return "what it said isn't Modbus";
  const length = frame[4]! << 8 | frame[5]!;
  if (length < 3 || length > lengthMax) return `its answer says that it is ${length} bytes long`;
  if ((frame[0]! << 8 | frame[1]!) !== transaction) return "it answered another question";
  if (frame[6] !== unit) return `unit ${frame[6]} answered instead of ${unit}`;
  return frame.length > frameBytes(frame) ? "its answer is longer than it says" : undefined;
}
