import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { seeded } from "../../tests/seeded.ts";
import { packetBytesMax, packetWatch } from "./mqtt_stream.ts";

const publish = (bytes: number, flags = 0): number[] => {
  const header = [0x30 | flags];
  for (let rest = bytes;;) {
    header.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
    if (rest === 0) break;
  }
  return [...header, ...Array(bytes).fill(0x3f)];
};

const ended: [name: string, bytes: number[], problem: string | undefined][] = [
  ["an acknowledgement", [0x20, 2, 0, 0], undefined],
  ["a packet without a body", [0xd0, 0], undefined],
  ["several packets", [...publish(200), 0xd0, 0, ...publish(5, 2)], undefined],
  ["the longest packet", publish(packetBytesMax), undefined],
  ["a longer one", publish(packetBytesMax + 1), "it sent a packet of more than 65536 bytes"],
  ["a length of 256 MB", [0x30, 0xff, 0xff, 0xff, 0x7f], "it sent a packet of more than 65536 bytes"],
  ["a length that never ends", [0x20, 0x80, 0x80, 0x80, 0x80], "what it sent isn't MQTT"],
  ["the highest quality of service", publish(9, 0b100), "it sent what nobody subscribed to in that way"],
  ["no quality of service", publish(9, 0b110), "it sent what nobody subscribed to in that way"],
];
for (const [name, bytes, problem] of ended) {
  Deno.test(`a broker's ${name} ${problem === undefined ? "passes" : "ends the connection"}, however it is cut`, () => {
    strictEqual(packetWatch()(Uint8Array.from(bytes)), problem);
    const watch = packetWatch();
    deepStrictEqual(
      bytes.slice(0, 300).map((byte) => watch(Uint8Array.of(byte))).find((found) => found !== undefined),
      problem,
    );
  });
}

seeded("the watch finds the same beginnings however a stream is cut", (random) => {
  const bytes: number[] = [];
  for (let count = 1 + Math.floor(random() * 6); count > 0; count--) {
    bytes.push(...publish(Math.floor(random() * 400), random() < 0.1 ? 4 : 0));
  }
  const whole = packetWatch()(Uint8Array.from(bytes));
  const watch = packetWatch();
  let found: string | undefined;
  for (let at = 0; at < bytes.length && found === undefined;) {
    const to = at + 1 + Math.floor(random() * 50);
    found = watch(Uint8Array.from(bytes.slice(at, to)));
    at = to;
  }
  strictEqual(found, whole);
}, { runs: 300 });
