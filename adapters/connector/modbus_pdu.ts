import type { ModbusTag } from "../../schema/devices.ts";
import type { TagValue } from "../../core/devices.ts";
import type { TagRead, TagWritten } from "../../core/ports/connector.ts";
import { decodeNumber, encodeNumber, registerCount } from "../../core/registers.ts";

/**
 * What is asked of a device and what it answers, without what carries it: a function code, then that function's bytes.
 * Source: MODBUS Application Protocol Specification V1.1b3, section 6.
 */
export type Pdu = Uint8Array<ArrayBuffer>;

const readFunctions = { coil: 1, discrete: 2, holding: 3, input: 4 } as const;
const writeOne = { coil: 5, holding: 6 } as const;
const writeSeveral = { coil: 15, holding: 16 } as const;
const coilOn = 0xff00;

/** Asks for what a tag holds. */
export function readRequest({ table, register, type }: ModbusTag): Pdu {
  const count = isBit(table) ? 1 : registerCount({ type });
  return pdu(readFunctions[table], register, count);
}

/** What a device answered to {@link readRequest}. Nothing where it isn't an answer to that at all. */
export function readAnswer(tag: ModbusTag, answer: Pdu): TagRead | undefined {
  const code = exceptionOf(readFunctions[tag.table], answer);
  if (code !== undefined) return { kind: isPassing(code) ? "unreachable" : "refused", reason: exceptionReason(code) };
  const words = isBit(tag.table) ? 0 : registerCount(tag);
  const bytes = words === 0 ? 1 : 2 * words;
  if (answer[0] !== readFunctions[tag.table] || answer[1] !== bytes || answer.length !== 2 + bytes) return undefined;
  if (words === 0) return { kind: "read", value: (answer[2]! & 1) === 1 };
  const view = new DataView(answer.buffer, answer.byteOffset);
  const number = decodeNumber(tag, Array.from({ length: words }, (_, index) => view.getUint16(2 + 2 * index)));
  return number.kind === "refused" ? number : { kind: "read", value: number.value };
}

/** One way to write a value, and the bytes that say that it was done. */
export interface WriteRequest {
  readonly request: Pdu;
  readonly done: Pdu;
}

/**
 * The ways to write a value, the usual one first; some devices know only the second, and refuse the first untried.
 */
export function writeRequests(
  tag: ModbusTag,
  value: TagValue,
): { readonly kind: "requests"; readonly requests: readonly WriteRequest[] } | {
  readonly kind: "refused";
  readonly reason: string;
} {
  const { table, register } = tag;
  if (table === "coil") {
    if (typeof value !== "boolean") return { kind: "refused", reason: "a coil takes true or false" };
    const one = pdu(writeOne.coil, register, value ? coilOn : 0);
    const done = pdu(writeSeveral.coil, register, 1);
    const several = Uint8Array.of(...done, 1, value ? 1 : 0);
    return { kind: "requests", requests: [{ request: one, done: one }, { request: several, done }] };
  }
  if (table !== "holding") return { kind: "refused", reason: "this table can't be written" };
  if (typeof value !== "number") return { kind: "refused", reason: "a register takes a number" };
  const registers = encodeNumber(tag, value);
  if (registers.kind === "refused") return registers;
  const { words } = registers;
  const done = pdu(writeSeveral.holding, register, words.length);
  const bytes = words.flatMap((word) => [word >> 8, word & 0xff]);
  const several = { request: Uint8Array.of(...done, bytes.length, ...bytes), done };
  if (words.length > 1) return { kind: "requests", requests: [several] };
  const one = pdu(writeOne.holding, register, words[0]!);
  return { kind: "requests", requests: [{ request: one, done: one }, several] };
}

/**
 * What a device answered to a write. `untried`: it doesn't know this function, so another may be tried. Nothing where it
 * isn't an answer to that at all.
 */
export function writeAnswer(
  { request, done }: WriteRequest,
  answer: Pdu,
): TagWritten | { readonly kind: "untried"; readonly reason: string } | undefined {
  const code = exceptionOf(request[0]!, answer);
  if (code === undefined) {
    return answer.length === done.length && answer.every((byte, index) => byte === done[index])
      ? { kind: "written" }
      : undefined;
  }
  const reason = exceptionReason(code);
  if (code === illegalFunction) return { kind: "untried", reason };
  return { kind: mayHaveBeenDone.has(code) ? "unknown" : "refused", reason };
}

const illegalFunction = 1;

/** Source: as above, section 7. */
const exceptions: Readonly<Record<number, string>> = {
  1: "it doesn't know this function",
  2: "it has no such register",
  3: "it doesn't take this value",
  4: "it failed while it was doing it",
  5: "it is still at it",
  6: "it is busy",
  8: "its memory is damaged",
  10: "the gateway has no way to it",
  11: "it doesn't answer the gateway",
};

/** After these nobody knows: it had begun, or the gateway had sent it on. */
const mayHaveBeenDone = new Set([4, 5, 8, 11]);

/** Worth another try. */
const isPassing = (code: number) => code === 5 || code === 6 || code === 11;

function exceptionReason(code: number): string {
  return `${exceptions[code] ?? "it refused"} (exception ${code})`;
}

function exceptionOf(functionCode: number, answer: Pdu): number | undefined {
  return answer.length === 2 && answer[0] === (functionCode | 0x80) ? answer[1] : undefined;
}

function isBit(table: ModbusTag["table"]): boolean {
  return table === "coil" || table === "discrete";
}

function pdu(functionCode: number, first: number, second: number): Pdu {
  return Uint8Array.of(functionCode, first >> 8, first & 0xff, second >> 8, second & 0xff);
}
