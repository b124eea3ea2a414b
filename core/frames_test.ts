import { deepStrictEqual, rejects, throws } from "node:assert/strict";
import { seeded } from "../tests/seeded.ts";
import { decodeFrames, encodeFrame, encodeFrames, type Frame, FrameError, framePayloadBytesMax } from "./frames.ts";

async function* pieces(bytes: Uint8Array, size: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = at + size();
    yield bytes.subarray(at, end);
    at = end;
  }
}

async function collect(bytes: Uint8Array, size: () => number = () => bytes.length, max?: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of decodeFrames(pieces(bytes, size), max)) frames.push(frame);
  return frames;
}

seeded("frames arrive whole however their bytes are cut", async (random) => {
  const sent: Frame[] = Array.from(
    { length: Math.floor(random() * 10) },
    () =>
      random() < 0.5
        ? { kind: "json", value: { text: "汉字 🙂".repeat(Math.floor(random() * 50)), n: Math.floor(random() * 9) } }
        : { kind: "bytes", bytes: Uint8Array.from({ length: Math.floor(random() * 300) }, () => random() * 256) },
  );
  deepStrictEqual(await collect(encodeFrames(sent), () => 1 + Math.floor(random() * 40)), sent);
}, { runs: 300 });

Deno.test("what isn't a frame is refused", async () => {
  await rejects(collect(new Uint8Array([0, 0, 0, 1, 7, 0])), FrameError);
  await rejects(collect(new Uint8Array([0, 0, 0, 1, 0, 123])), FrameError);
  await rejects(collect(new Uint8Array([255, 255, 255, 255, 0])), FrameError);
  await rejects(collect(new Uint8Array([0, 0, 0, 9, 1]), undefined, 8), FrameError);
  await rejects(collect(new Uint8Array([0, 0, 0, 2, 1, 5])), FrameError);
  throws(() => encodeFrame({ kind: "bytes", bytes: new Uint8Array(framePayloadBytesMax + 1) }), FrameError);
});

seeded("random bytes never do more than throw a FrameError", async (random) => {
  const bytes = Uint8Array.from({ length: Math.floor(random() * 60) }, () => random() < 0.6 ? 0 : random() * 256);
  await collect(bytes).catch((error) => {
    if (!(error instanceof FrameError)) throw error;
  });
});
