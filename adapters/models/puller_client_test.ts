import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Frame } from "../../core/frames.ts";
import type { PullProgress } from "../../core/ports/models.ts";
import type { Runners } from "../../core/ports/runner.ts";
import { createModelPuller } from "./puller_client.ts";

const never = new AbortController().signal;

/** A process that says this and ends; with `hangs`, it doesn't end before the connection is closed. */
function saying(values: readonly unknown[], { hangs = false } = {}) {
  const closed = Promise.withResolvers<void>();
  const sent: unknown[] = [];
  const runners: Runners = {
    connect: async () => ({
      kind: "connected",
      connection: {
        frames: (async function* (): AsyncGenerator<Frame> {
          for (const value of values) yield { kind: "json", value };
          if (hangs) await closed.promise;
        })(),
        send: async (frame) => void (frame.kind === "json" && sent.push(frame.value)),
        close: () => closed.resolve(),
      },
    }),
  };
  return { puller: createModelPuller(runners), sent, closed: closed.promise };
}

const progress = { kind: "progress", phase: "downloading", doneBytes: 5, totalBytes: 9 } as const;

Deno.test("a pull tells how far it is, and what became of it", async () => {
  const { puller, sent } = saying([progress, { kind: "ended", result: "pulled" }]);
  const seen: PullProgress[] = [];
  deepStrictEqual(await puller.pull("small", (progress) => seen.push(progress), never), { kind: "pulled" });
  deepStrictEqual(seen, [{ phase: "downloading", doneBytes: 5, totalBytes: 9 }]);
  deepStrictEqual(sent, [{ kind: "pull", name: "small" }]);
});

Deno.test("why a model didn't come is said", async () => {
  const { puller } = saying([{ kind: "failed", reason: "the index doesn't have it" }]);
  deepStrictEqual(await puller.pull("small", () => {}, never), { kind: "failed", reason: "the index doesn't have it" });
});

Deno.test("a process that ends in the middle has failed", async () => {
  const result = await saying([progress]).puller.pull("small", () => {}, never);
  ok(result.kind === "failed" && result.reason.includes("ended in the middle"));
});

for (
  const [what, value] of [
    ["something else", { kind: "run", command: "rm" }],
    ["bytes below zero", { ...progress, doneBytes: -1 }],
    ["more than is told", { ...progress, path: "/etc" }],
    ["a reason without end", { kind: "failed", reason: "x".repeat(3_000) }],
    ["nothing", null],
  ] as const
) {
  Deno.test(`a process that says ${what} isn't listened to any more`, async () => {
    const { puller, closed } = saying([value, { kind: "ended", result: "pulled" }], { hangs: true });
    const result = await puller.pull("small", () => {}, never);
    ok(result.kind === "failed" && result.reason.includes("what it must not"));
    await closed;
  });
}

Deno.test("whoever stops a pull ends its process", async () => {
  const stop = new AbortController();
  const { puller, closed } = saying([progress], { hangs: true });
  const pulling = puller.pull("small", () => stop.abort(), stop.signal);
  await closed;
  strictEqual((await pulling).kind, "cancelled");
});

Deno.test("a launcher that starts none is told as the reason", async () => {
  const puller = createModelPuller({ connect: async () => ({ kind: "unavailable", reason: "at most 1 may run" }) });
  deepStrictEqual(await puller.pull("small", () => {}, never), { kind: "failed", reason: "at most 1 may run" });
});
