import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { createMessageReader, encodeMessage, MessageError } from "./message.ts";

const megabyte = 1024 * 1024;

for (const length of [0, 1, 8 * megabyte - 1, 8 * megabyte, 8 * megabyte + 1, 20 * megabyte]) {
  Deno.test(`a message with a body of ${length} bytes arrives as it was sent`, () => {
    const body = new Uint8Array(length).map((_, index) => index % 253);
    const frames = encodeMessage({ op: "泵" }, body);
    const reader = createMessageReader(32 * megabyte);
    for (const frame of frames.slice(0, -1)) strictEqual(reader.take(frame), undefined);
    const message = reader.take(frames.at(-1)!);
    deepStrictEqual(message?.header, { op: "泵" });
    strictEqual(message.body.length, length);
    strictEqual(message.body.every((byte, index) => byte === index % 253), true);
    // Nothing is left of it.
    deepStrictEqual(reader.take(encodeMessage("next")[0]!), { header: "next", body: new Uint8Array(0) });
  });
}

const bytes = (...values: number[]) => ({ kind: "bytes", bytes: new Uint8Array(values) } as const);
const bad: readonly (readonly [what: string, frame: Parameters<ReturnType<typeof createMessageReader>["take"]>[0]])[] =
  [
    ["a frame of JSON", { kind: "json", value: {} }],
    ["no lengths", bytes(0, 0, 0)],
    ["a header that isn't there", bytes(0, 0, 0, 9, 0, 0, 0, 0, 0x7b)],
    ["a header of 4 GiB", bytes(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0x7b)],
    ["a header that isn't JSON", bytes(0, 0, 0, 1, 0, 0, 0, 0, 0x7b)],
    ["a header that isn't UTF-8", bytes(0, 0, 0, 3, 0, 0, 0, 0, 0x22, 0xff, 0x22)],
    ["a body that is too long", bytes(0, 0, 0, 1, 0, 0, 0, 101, 0x31)],
    ["more of a body than was said", bytes(0, 0, 0, 1, 0, 0, 0, 1, 0x31, 0, 0)],
  ];
for (const [what, frame] of bad) {
  Deno.test(`a message is refused for ${what}`, () => throws(() => createMessageReader(100).take(frame), MessageError));
}

Deno.test("a message is refused for more of a body than was said, in a frame of its own", () => {
  const reader = createMessageReader(100);
  strictEqual(reader.take(bytes(0, 0, 0, 1, 0, 0, 0, 2, 0x31, 7)), undefined);
  throws(() => reader.take(bytes(1, 2)), MessageError);
});
