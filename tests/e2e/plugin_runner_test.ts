import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { decodeFrames, encodeFrame } from "../../core/frames.ts";
import { checkout } from "../../roles/program_here.ts";
import { plentyOfLimits } from "../contract/plugins.ts";
import type { Calls, Came } from "../hostile/plugin_main.ts";
import { manyThings } from "../plugin_modules.ts";
import { startSite } from "../site.ts";

Deno.test("plugins run in processes of the launcher's, over its sockets, and one that must end is ended", async () => {
  await using site = await startSite({
    model: `${checkout}/deno.json`,
    main: `${checkout}/tests/hostile/plugin_main.ts`,
  });
  await site.untilListening();
  const long = `e ${"泵".repeat(100_000)}`;
  const calls: Calls = {
    wasm: manyThings().toBase64(),
    inputs: ["e one", long, "k\u0003", "L", "e again", "T", "e at last"],
    limits: { ...plentyOfLimits, fuel: 1e12, deadline_ms: 1_000 },
  };
  using socket = await Deno.connect({ transport: "unix", path: site.hostSocket });
  const bytes = encodeFrame({ kind: "json", value: calls });
  for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
  const answer = await decodeFrames(socket.readable.values({ preventCancel: true })).next();
  const came = (answer.done || answer.value.kind !== "json" ? [] : answer.value.value) as Came;
  deepStrictEqual(came.map(({ outcome }) => outcome), [
    "e one",
    long,
    "kv 1",
    "deadline",
    "e again",
    "trap",
    "e at last",
  ]);
  // One that runs, and one that is kept ready; of those before, nothing is left.
  const alive = site.pids("plugin-runner");
  ok(alive.length <= 3, `${alive}`);
  strictEqual(await site.stop(), 0);
  await site.untilEnded(alive);
});
