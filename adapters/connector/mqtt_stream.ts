import { Duplex } from "node:stream";
import { writeAll } from "./tcp.ts";

/** The longest packet that a broker may send. */
export const packetBytesMax = 64 * 1024;
/** What may wait to be sent to a broker that doesn't read. */
const unsentBytesMax = 1024 * 1024;

/**
 * A connection to a broker as the client library wants it, which ends it with the first packet that a broker must not
 * send to this client: the library itself would gather one of 256 MB, and keep those of the highest quality of service.
 */
export function brokerStream(connection: Deno.Conn, onProblem: (reason: string) => void): Duplex {
  const problemOf = packetWatch();
  const buffer = new Uint8Array(16 * 1024);
  const receive = async (): Promise<void> => {
    const count = await connection.read(buffer);
    if (count === null) return void stream.push(null);
    const chunk = buffer.slice(0, count);
    const problem = stream.writableLength > unsentBytesMax ? "it doesn't read what it is sent" : problemOf(chunk);
    if (problem === undefined) stream.push(chunk);
    else onProblem(problem);
  };
  const stream = new Duplex({
    allowHalfOpen: false,
    read: () => void receive().catch(() => stream.destroy()),
    write: (chunk: Uint8Array, _, done) => void writeAll(connection, chunk).then(() => done(), done),
    destroy: (error, done) => {
      try {
        connection.close();
      } catch {
        // It had ended already.
      }
      done(error);
    },
  });
  return stream;
}

/**
 * Looks at the beginnings of packets in a stream, however it was cut.
 * Source: MQTT 3.1.1, section 2.2 (a byte of type and flags, then the length in up to four bytes of seven bits).
 */
export function packetWatch(): (chunk: Uint8Array) => string | undefined {
  let skip = 0;
  let length = 0;
  /** Bytes of the header that came: 0 stands before the first. */
  let have = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      if (skip > 0) {
        const passed = Math.min(skip, chunk.length - at);
        skip -= passed;
        at += passed;
        continue;
      }
      const byte = chunk[at++]!;
      if (have === 0) {
        const isPublish = byte >> 4 === 3;
        if (isPublish && (byte & 0b100) !== 0) return "it sent what nobody subscribed to in that way";
        have = 1;
        length = 0;
        continue;
      }
      length |= (byte & 0x7f) << (7 * (have - 1));
      have++;
      if (length > packetBytesMax) return `it sent a packet of more than ${packetBytesMax} bytes`;
      if (byte < 0x80) {
        skip = length;
        have = 0;
      } else if (have > 4) return "what it sent isn't MQTT";
    }
    return undefined;
  };
}
