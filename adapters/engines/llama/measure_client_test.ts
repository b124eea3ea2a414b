import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Frame } from "../../../core/frames.ts";
import { createMeasuring } from "./measure_client.ts";

const never = new AbortController().signal;

/** A process that says this and ends; with `hangs`, not before the connection is closed. */
function saying(values: readonly unknown[], { hangs = false } = {}) {
  const closed = Promise.withResolvers<void>();
  const sent: unknown[] = [];
  const asked: string[] = [];
  const measure = createMeasuring((path) => {
    asked.push(path);
    const runners = {
      connect: (role: string) => {
        asked.push(role);
        return Promise.resolve(
          {
            kind: "connected",
            connection: {
              frames: (async function* (): AsyncGenerator<Frame> {
                for (const value of values) yield { kind: "json", value };
                if (hangs) await closed.promise;
              })(),
              send: (frame: Frame) => Promise.resolve(void (frame.kind === "json" && sent.push(frame.value))),
              close: () => closed.resolve(),
            },
          } as const,
        );
      },
    };
    return Promise.resolve({ kind: "planned", runners, memoryBytesMax: 1_000 });
  });
  return { measure, sent, asked, closed: closed.promise };
}

const measured = { kind: "measured", measured: { kind: "bandwidth", bytesPerSecond: 5e9, threads: 2 } } as const;
const bandwidth = { kind: "bandwidth" } as const;

Deno.test("a measurement tells how far it is, and what came out", async () => {
  const { measure, sent, asked, closed } = saying([{ kind: "progress", share: 0.5 }, measured], { hangs: true });
  const seen: number[] = [];
  const result = await measure("/m.gguf", bandwidth, (share) => seen.push(share), never);
  deepStrictEqual(result, { kind: "measured", measured: measured.measured });
  deepStrictEqual(seen, [0.5]);
  deepStrictEqual(sent, [{ measurement: bandwidth, memoryLimitBytes: 1_000 }]);
  deepStrictEqual(asked, ["/m.gguf", "model-runner"]);
  await closed;
});

Deno.test("why there is nothing to tell is said, with what mends it", async () => {
  const failure = { kind: "refused", reason: "it is too large", mend: "clawdbot model list" } as const;
  const result = await saying([{ kind: "failed", failure }]).measure("/m.gguf", bandwidth, () => {}, never);
  deepStrictEqual(result, { kind: "failed", failure });
});

for (
  const [what, values] of [
    ["ends in the middle", [{ kind: "progress", share: 0 }]],
    ["says what it must not", [{ kind: "progress", share: 2 }]],
    ["says infinity", [{ ...measured, measured: { ...measured.measured, bytesPerSecond: Infinity } }]],
    ["measured something else", [{ kind: "measured", measured: { kind: "perplexity", texts: [] } }]],
    ["says nothing", []],
  ] as const
) {
  Deno.test(`a process that ${what} has crashed`, async () => {
    const result = await saying(values).measure("/m.gguf", bandwidth, () => {}, never);
    ok(result.kind === "failed" && result.failure.kind === "crashed", JSON.stringify(result));
  });
}

Deno.test("who doesn't want it any more closes the connection", async () => {
  const cancel = new AbortController();
  const { measure, closed } = saying([{ kind: "progress", share: 0.1 }], { hangs: true });
  const result = measure("/m.gguf", bandwidth, () => cancel.abort(), cancel.signal);
  await closed;
  strictEqual((await result).kind, "cancelled");
});
